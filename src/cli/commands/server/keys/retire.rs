use clap::Args;

use super::Holder;
use crate::{
    cli::{
        commands::{server::settings::HostArgs, session::counted},
        context::Context,
        error::CliError,
    },
    domain::KeyId,
};

const EXAMPLES: &str = "\
Examples:
  da server keys retire pK3vX0mQ2nLw7yTe
  da server keys retire pK3vX0mQ2nLw7yTe --yes --data-dir /var/lib/da";

/// End a signing key with every token and session that it signed
///
/// The active key is refused: rotate first. A key that is retired already stays so.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RetireArgs {
    /// Key to end, as `da server keys list` names it
    #[arg(allow_hyphen_values = true)]
    kid: KeyId,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(ctx: &Context, args: &RetireArgs) -> Result<(), CliError> {
    let holder = Holder::find(ctx, &args.host)?;
    let kid = args.kid.to_string();
    let Some(key) = holder.list()?.into_iter().find(|key| key.kid == kid) else {
        let error = CliError::failed(format!("There is no signing key `{kid}`"));
        return Err(error.with_hint("`da server keys list` shows the keys"));
    };
    if key.status == "active" {
        let error = CliError::failed(format!("The signing key `{kid}` is the active one"));
        return Err(error.with_hint("Put another in its place with `da server keys rotate`, then retire this one"));
    }
    let question = format!("Retire {kid}? {} end at once", both(key.live_tokens, key.live_sessions));
    if !args.yes && key.retired_at.is_none() && !ctx.ui().confirm(&question, "`--yes`")? {
        return Err(CliError::failed("Nothing was done"));
    }
    let retired = holder.retire(args.kid)?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&retired);
    }
    if retired.was_retired {
        return ctx.ui().line(&format!("{kid} was retired before"));
    }
    ctx.ui().line(&format!("Retired {kid}: {} ended", both(retired.ended_tokens, retired.ended_sessions)))
}

/// Returns how many tokens and sessions, in words.
fn both(tokens: u64, sessions: u64) -> String {
    let counted = |number, thing| counted(usize::try_from(number).unwrap_or(usize::MAX), thing);
    format!("{} and {}", counted(tokens, "token"), counted(sessions, "session"))
}
