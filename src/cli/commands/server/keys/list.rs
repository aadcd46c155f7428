use clap::Args;

use super::Holder;
use crate::cli::{commands::server::settings::HostArgs, context::Context, error::CliError, moment, table::Table};

const EXAMPLES: &str = "\
Examples:
  da server keys list
  da server keys list --json --data-dir /var/lib/da";

/// List the signing keys, newest first
///
/// `active` signs, `verify` has signed what still lives, `retired` is believed no more. TOKENS and SESSIONS count what
/// lives by the key.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ListArgs {
    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(ctx: &Context, args: &ListArgs) -> Result<(), CliError> {
    let keys = Holder::find(ctx, &args.host)?.list()?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&keys);
    }
    let columns = [("KID", 16), ("STATUS", 7), ("CREATED", 19), ("RETIRED", 19), ("TOKENS", 6), ("SESSIONS", 0)];
    let mut table = Table::new(&columns);
    for key in keys {
        table.row(vec![
            key.kid,
            key.status,
            moment::written(key.created_at),
            key.retired_at.map_or_else(|| "-".to_owned(), moment::written),
            key.live_tokens.to_string(),
            key.live_sessions.to_string(),
        ]);
    }
    table.print(ctx.ui())
}
