use std::time::Duration;

use clap::Args;

use super::select::status;
use crate::{
    api::tokens::{self, TokenItem},
    cli::{
        context::Context,
        error::{CliError, Exit},
        moment,
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
    /// Only tokens that work and end within this time, such as `14d`; the exit code is 1 if there is one, else 0
    #[arg(long, value_name = "SPAN", conflicts_with = "all")]
    expiring: Option<Span>,
}

const EXAMPLES: &str = "\
Examples:
  da token list
  da token list --all
  da token list --expiring 14d > ending || mail -s 'tokens end soon' me < ending
  da token list --json";

const LONG_AGO: Duration = Duration::from_secs(30 * 86_400);

pub(super) fn run(ctx: &Context, args: &ListArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let tokens = ctx.signed_in()?.get::<tokens::List>("Could not list the tokens", ())?;
    if let Some(Span(within)) = args.expiring {
        return expiring(ctx, tokens, within);
    }
    if ui.is_json() {
        return ui.json(&tokens);
    }
    if tokens.is_empty() {
        return ui.line("No tokens yet. Create one with: da token create --name NAME");
    }
    let now = ctx.now();
    let shown: Vec<_> = tokens.iter().filter(|token| args.all || !ended_long_ago(token, now)).collect();
    table(&shown, now).print(ui)?;
    let hidden = tokens.len() - shown.len();
    if hidden > 0 {
        ui.note(&format!("{hidden} more ended over 30 days ago; `--all` shows them"));
    }
    for token in shown.iter().filter(|token| ends_soon(token, now)) {
        ui.note(&format!("{} {}", token.name, moment::ending(token.expires_at, now)));
    }
    Ok(())
}

/// Shows the tokens that somebody should see to; says nothing if there is none, as the mail of a cron job would say it.
fn expiring(ctx: &Context, mut tokens: Vec<TokenItem>, within: Duration) -> Result<(), CliError> {
    let (ui, now) = (ctx.ui(), ctx.now());
    tokens.retain(|token| {
        let ends_within = token.expires_at.is_some_and(|end| end.since(now) <= within);
        ends_within && waited_for(token, now)
    });
    if ui.is_json() {
        ui.json(&tokens)?;
    } else if !tokens.is_empty() {
        table(&tokens.iter().collect::<Vec<_>>(), now).print(ui)?;
    } else if ui.is_interactive() {
        ui.note(&format!("No token ends within {}", moment::span(within)));
    }
    if tokens.is_empty() { Ok(()) } else { Err(CliError::Outcome(Exit::Failed)) }
}

/// Tells whether the end of a token asks for something: it works, nothing has replaced it, and it was made to last.
fn waited_for(token: &TokenItem, now: Timestamp) -> bool {
    status(token, now) == TokenStatus::Active && token.replaced_by.is_none() && !is_brief(token)
}

/// Tells whether a token was made for less than a day: nobody waits for its end.
fn is_brief(token: &TokenItem) -> bool {
    token.expires_at.is_some_and(|end| end.since(token.created_at) < Duration::from_secs(SECONDS_PER_DAY))
}

/// Lays the tokens out, one line each.
pub(crate) fn table(tokens: &[&TokenItem], now: Timestamp) -> Table {
    let columns = [("ID", 36), ("NAME", 20), ("PREFIX", 10), ("EXPIRES", 20), ("LAST USED", 20), ("STATUS", 0)];
    let mut table = Table::new(&columns);
    for token in tokens {
        table.row(vec![
            token.id.to_string(),
            token.name.clone(),
            token.prefix.clone(),
            moment::or_never(token.expires_at),
            moment::or_never(token.last_used_at),
            word(token, now).to_owned(),
        ]);
    }
    table
}

/// Returns what a token is, in a word; one that works beside its successor is none to build on.
fn word(token: &TokenItem, now: Timestamp) -> &'static str {
    match status(token, now) {
        TokenStatus::Active if token.replaced_by.is_some() => "replaced",
        status => status.as_str(),
    }
}

fn ended_long_ago(token: &TokenItem, now: Timestamp) -> bool {
    let end = token.revoked_at.or(token.expires_at);
    end.is_some_and(|end| now.since(end) > LONG_AGO)
}

fn ends_soon(token: &TokenItem, now: Timestamp) -> bool {
    let is_near = Expiry::from_option(token.expires_at).is_near(now);
    is_near && waited_for(token, now)
}
