use std::time::Duration;

use clap::Args;

use super::select::{status, word};
use crate::{
    api::tokens::{ListQuery, TokenItem},
    cli::{
        context::{Context, SignedIn},
        error::{CliError, Exit},
        moment,
        pages::each_own_token,
        span::Span,
        table::Table,
    },
    domain::{Expiry, Timestamp, time::SECONDS_PER_DAY, token::TokenStatus},
};

/// List your tokens, newest first
///
/// A token that ended more than 30 days ago is left out of the table; `--all` and `--json` show every one.
///
/// `--expiring` leaves out what was rotated, as its successor is in place, and what was made for less than a day.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListArgs {
    /// Also show tokens that ended long ago
    #[arg(long)]
    all: bool,
    /// Only tokens that work and end within this time, such as `14d`; the exit code is 6 if there is one, else 0
    #[arg(long, value_name = "SPAN", conflicts_with = "all")]
    expiring: Option<Span>,
}

const EXAMPLES: &str = "\
Examples:
  da token list
  da token list --all
  da token list --expiring 14d > ending; [ $? -ne 6 ] || mail -s 'tokens end soon' me < ending
  da token list --json";

const LONG_AGO: Duration = Duration::from_secs(30 * 86_400);

/// How many tokens that end soon are told of one by one.
const MOST_NOTES: usize = 20;

pub(super) fn run(ctx: &Context, args: &ListArgs) -> Result<(), CliError> {
    if let Some(Span(within)) = args.expiring {
        return expiring(ctx, within);
    }
    let signed_in = ctx.signed_in()?;
    if !ctx.ui().is_json() {
        return show(ctx, signed_in, args.all);
    }
    let mut list = ctx.ui().json_list();
    each_own_token(signed_in, &ListQuery::default(), |page| page.iter().try_for_each(|token| list.item(token)))?;
    list.end()
}

/// Prints the tokens page by page.
fn show(ctx: &Context, signed_in: &SignedIn, all: bool) -> Result<(), CliError> {
    let (ui, now) = (ctx.ui(), ctx.now());
    let (mut table, mut any, mut hidden, mut ending) = (header(), false, 0, Vec::new());
    each_own_token(signed_in, &ListQuery::default(), |page| {
        if page.is_empty() && !any {
            return Ok(());
        }
        any = true;
        let (shown, left_out): (Vec<_>, Vec<_>) =
            page.into_iter().partition(|token| all || !ended_long_ago(token, now));
        hidden += left_out.len();
        shown.iter().for_each(|token| table.row(row(token, now)));
        let soon = shown.iter().filter(|token| ends_soon(token, now));
        ending.extend(soon.map(|token| format!("{} {}", token.name, moment::ending(token.expires_at, now))));
        table.print(ui)
    })?;
    if !any {
        return ui.line("No tokens yet. Create one with: da token create --name NAME");
    }
    if hidden > 0 {
        ui.note(&format!("{hidden} more ended over 30 days ago; `--all` shows them"));
    }
    ending.iter().take(MOST_NOTES).for_each(|text| ui.note(text));
    if ending.len() > MOST_NOTES {
        ui.note(&format!("{} more end soon; `--expiring 7d` lists them", ending.len() - MOST_NOTES));
    }
    Ok(())
}

/// Shows the tokens that somebody should see to; says nothing if there is none, as the mail of a cron job would say it.
fn expiring(ctx: &Context, within: Duration) -> Result<(), CliError> {
    let (ui, now) = (ctx.ui(), ctx.now());
    let (mut table, mut list, mut any) = (header(), ui.json_list(), false);
    // Another server ignores the filter, so that each token is judged here too.
    let active = ListQuery { status: Some(TokenStatus::Active.as_str().to_owned()), ..ListQuery::default() };
    each_own_token(ctx.signed_in()?, &active, |page| {
        let ends_within = |token: &&TokenItem| token.expires_at.is_some_and(|end| end.since(now) <= within);
        let found: Vec<_> = page.iter().filter(ends_within).filter(|token| waited_for(token, now)).collect();
        if ui.is_json() {
            found.iter().try_for_each(|token| list.item(token))?;
        } else if !found.is_empty() {
            found.iter().for_each(|token| table.row(row(token, now)));
            table.print(ui)?;
        }
        any |= !found.is_empty();
        Ok(())
    })?;
    if ui.is_json() {
        list.end()?;
    } else if !any && ui.is_interactive() {
        ui.note(&format!("No token ends within {}", moment::span(within)));
    }
    if any { Err(CliError::Outcome(Exit::Holds)) } else { Ok(()) }
}

/// Tells whether the end of a token asks for something: it works, nothing has replaced it, and it was made to last.
fn waited_for(token: &TokenItem, now: Timestamp) -> bool {
    status(token, now) == TokenStatus::Active && token.replaced_by.is_none() && !is_brief(token)
}

/// Tells whether a token was made for less than a day: nobody waits for its end.
fn is_brief(token: &TokenItem) -> bool {
    let life = token.expires_at.zip(token.created_at).map(|(end, made)| end.since(made));
    life.is_some_and(|life| life < Duration::from_secs(SECONDS_PER_DAY))
}

/// Lays the tokens out, one line each.
pub(crate) fn table(tokens: &[&TokenItem], now: Timestamp) -> Table {
    let mut table = header();
    tokens.iter().for_each(|token| table.row(row(token, now)));
    table
}

fn header() -> Table {
    Table::new(&[("ID", 36), ("NAME", 20), ("PREFIX", 10), ("EXPIRES", 20), ("LAST USED", 20), ("STATUS", 0)])
}

fn row(token: &TokenItem, now: Timestamp) -> Vec<String> {
    vec![
        token.id.to_string(),
        token.name.clone(),
        token.prefix.clone(),
        moment::or_never(token.expires_at),
        moment::or_never(token.last_used_at),
        word(token, now).to_owned(),
    ]
}

fn ended_long_ago(token: &TokenItem, now: Timestamp) -> bool {
    let end = token.revoked_at.or(token.expires_at);
    end.is_some_and(|end| now.since(end) > LONG_AGO)
}

fn ends_soon(token: &TokenItem, now: Timestamp) -> bool {
    let is_near = Expiry::from_option(token.expires_at).is_near(now);
    is_near && waited_for(token, now)
}
