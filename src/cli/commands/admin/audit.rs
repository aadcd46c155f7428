use std::time::Duration;

use clap::Args;

use super::reference::UserRef;
use crate::{
    api::{
        DEFAULT_LIMIT, Empty, Page,
        audit::{self, AuditItem, ListQuery},
    },
    cli::{
        context::{Caller, Context},
        error::CliError,
        moment::{self, TimeOrSpan},
        number,
        pages::PAGE,
        ui::Ui,
    },
    domain::AuditId,
};

/// Show the audit log, oldest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AuditArgs {
    /// Only what this user did: id or e-mail address
    #[arg(long, value_name = "USER")]
    user: Option<UserRef>,
    /// Only this action, such as `token.create`
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only since this time, or this long ago, such as `2h` or `7d`
    #[arg(long, value_name = "TIME")]
    since: Option<TimeOrSpan>,
    /// Show at most this many rows, the newest ones
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_LIMIT, value_parser = number::between(1, MAX_ROWS))]
    limit: u32,
    /// Go on with new rows as they come
    #[arg(long, short)]
    follow: bool,
}

const EXAMPLES: &str = "\
Examples:
  da admin audit --since 7d
  da admin audit --user ann@example.org --action login_failed
  da admin audit --follow --json | jq .action";

/// The most rows that are held at once.
const MAX_ROWS: u32 = 10_000;
/// How often new rows are asked for.
const INTERVAL: Duration = Duration::from_secs(2);

pub(super) fn run(ctx: &Context, args: &AuditArgs) -> Result<(), CliError> {
    let admin = ctx.administrator()?;
    let user_id = args.user.as_ref().map(|user| user.id(admin)).transpose()?.map(|id| id.to_string());
    let since = args.since.map(|since| since.at(ctx.now()));
    let query = ListQuery { user_id, action: args.action.clone(), since, ..ListQuery::default() };
    // Taken first: a row that comes in between is shown by one of the two.
    let before = if args.follow { last_row(admin, &query)? } else { None };
    let mut rows = newest(admin, &query, args.limit)?;
    rows.reverse();
    if ctx.ui().is_json() && !args.follow {
        return ctx.ui().json(&rows);
    }
    rows.iter().try_for_each(|row| print(ctx.ui(), row))?;
    if rows.is_empty() && !args.follow {
        ctx.ui().note("No row fits");
    }
    if args.follow { follow(ctx, admin, &query, rows.last().map(|row| row.id).or(before)) } else { Ok(()) }
}

/// Fetches page after page until there are `limit` rows, newest first.
fn newest(admin: Caller<'_>, query: &ListQuery, limit: u32) -> Result<Vec<AuditItem>, CliError> {
    let mut rows = Vec::new();
    let mut cursor = None;
    loop {
        let missing = limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        let page = fetch(admin, &ListQuery { limit: Some(missing.min(PAGE)), cursor, ..query.clone() })?;
        // A server that promises more and sends nothing would be asked for ever.
        cursor = page.next_cursor.filter(|_| !page.items.is_empty());
        rows.extend(page.items.into_iter().take(missing as usize));
        if cursor.is_none() || rows.len() >= limit as usize {
            return Ok(rows);
        }
    }
}

/// Returns the newest row of all that the query finds, whatever their time.
fn last_row(admin: Caller<'_>, query: &ListQuery) -> Result<Option<AuditId>, CliError> {
    Ok(newest(admin, &ListQuery { since: None, ..query.clone() }, 1)?.first().map(|row| row.id))
}

/// Asks again and again for the rows behind the `last` one that was shown. They are told by their place in the log: the
/// time of a row may be older than that of the row before it, when the clock was set back.
#[expect(clippy::disallowed_methods, reason = "asking again is all there is to wait for")]
fn follow(ctx: &Context, admin: Caller<'_>, query: &ListQuery, mut last: Option<AuditId>) -> Result<(), CliError> {
    let query = ListQuery { since: None, ..query.clone() };
    loop {
        std::thread::sleep(INTERVAL);
        let rows = newer(admin, &query, last)?;
        rows.iter().try_for_each(|row| print(ctx.ui(), row))?;
        last = rows.last().map(|row| row.id).or(last);
    }
}

/// Fetches the rows behind `last`, oldest first: pages from the newest row back to it.
fn newer(admin: Caller<'_>, query: &ListQuery, last: Option<AuditId>) -> Result<Vec<AuditItem>, CliError> {
    let (mut rows, mut cursor, mut limit) = (Vec::new(), None, DEFAULT_LIMIT);
    loop {
        let page = fetch(admin, &ListQuery { limit: Some(limit), cursor, ..query.clone() })?;
        limit = PAGE;
        let is_last_page = page.next_cursor.is_none() || page.items.is_empty();
        cursor = page.next_cursor;
        for row in page.items {
            if Some(row.id) == last || rows.len() >= MAX_ROWS as usize {
                rows.reverse();
                return Ok(rows);
            }
            rows.push(row);
        }
        if is_last_page {
            rows.reverse();
            return Ok(rows);
        }
    }
}

fn fetch(admin: Caller<'_>, query: &ListQuery) -> Result<Page<AuditItem>, CliError> {
    admin.call::<audit::List>("Could not read the audit log", (), query, &Empty {})
}

fn print(ui: &Ui, row: &AuditItem) -> Result<(), CliError> {
    if ui.is_json() {
        return ui.json_line(row);
    }
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let user = or_dash(row.user_id.map(|id| id.prefix()).as_deref());
    let params = if row.params.as_object().is_none_or(serde_json::Map::is_empty) {
        String::new()
    } else {
        format!(" {}", row.params)
    };
    ui.line(&format!(
        "{} {:<24} {:<8} {:<15} {} {} ({}){params}",
        moment::written(row.at),
        row.action,
        user,
        or_dash(row.ip.as_deref()),
        row.resource,
        row.result,
        row.via,
    ))
}
