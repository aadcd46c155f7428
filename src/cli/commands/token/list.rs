use std::time::Duration;

use clap::Args;

use super::select::status;
use crate::{
    api::tokens::{self, TokenItem},
    cli::{context::Context, error::CliError, moment, table::Table},
    domain::{Expiry, Timestamp, token::TokenStatus},
};

/// List your tokens, newest first
///
/// A token that ended more than 30 days ago is left out of the table; `--all` and `--json` show every one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ListArgs {
    /// Also show tokens that ended long ago
    #[arg(long)]
    all: bool,
}

const EXAMPLES: &str = "\
Examples:
  da token list
  da token list --all
  da token list --json";

const LONG_AGO: Duration = Duration::from_secs(30 * 86_400);

pub(super) fn run(ctx: &Context, args: &ListArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let tokens = ctx.signed_in()?.get::<tokens::List>("Could not list the tokens", ())?;
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
            status(token, now).as_str().to_owned(),
        ]);
    }
    table
}

fn ended_long_ago(token: &TokenItem, now: Timestamp) -> bool {
    let end = token.revoked_at.or(token.expires_at);
    end.is_some_and(|end| now.since(end) > LONG_AGO)
}

fn ends_soon(token: &TokenItem, now: Timestamp) -> bool {
    status(token, now) == TokenStatus::Active && Expiry::from_option(token.expires_at).is_near(now)
}
