use clap::Args;

use crate::{
    app::{App, AppError, Origin, SystemScope},
    cli::{
        commands::{
            server::{
                host,
                settings::{HostArgs, Values},
            },
            session::counted,
        },
        context::Context,
        error::CliError,
    },
    server::handlers::keys::{item, retired},
};

const EXAMPLES: &str = "\
Examples:
  da server keys retire pK3vX0mQ2nLw7yTe
  da server keys retire pK3vX0mQ2nLw7yTe --yes --data-dir /var/lib/da";

/// End a signing key with every token and session that it signed, with the server stopped
///
/// The active key is refused: rotate first. A key that is retired already stays so.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RetireArgs {
    /// Key to end, as `da server keys list` names it
    #[arg(allow_hyphen_values = true)]
    kid: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(ctx: &Context, args: &RetireArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    let installation = host::open_existing(&values)?;
    confirm(ctx, args, &installation.app)?;
    let scope = SystemScope::on_the_host();
    let retirement = installation.app.retire_signing_key(scope, &args.kid, &Origin::host());
    let retired = retired(args.kid.clone(), retirement.map_err(refused)?);
    installation.store.close();
    if ctx.ui().is_json() {
        return ctx.ui().json(&retired);
    }
    if retired.was_retired {
        return ctx.ui().line(&format!("{} was retired before", retired.kid));
    }
    ctx.ui().line(&format!("Retired {}: {} ended", retired.kid, both(retired.ended_tokens, retired.ended_sessions)))
}

/// Returns how many tokens and sessions, in words.
fn both(tokens: u64, sessions: u64) -> String {
    let counted = |number, thing| counted(usize::try_from(number).unwrap_or(usize::MAX), thing);
    format!("{} and {}", counted(tokens, "token"), counted(sessions, "session"))
}

/// Asks before something ends; a key of which nothing can end is left to the use case.
fn confirm(ctx: &Context, args: &RetireArgs, app: &App) -> Result<(), CliError> {
    if args.yes {
        return Ok(());
    }
    let keys = app.signing_keys(SystemScope::on_the_host()).map_err(host::said)?;
    let Some(key) = keys.into_iter().map(item).find(|key| key.kid == args.kid && key.status == "verify") else {
        return Ok(());
    };
    let question = format!("Retire {}? {} end at once", key.kid, both(key.live_tokens, key.live_sessions));
    if ctx.ui().confirm(&question, "`--yes`")? { Ok(()) } else { Err(CliError::failed("Nothing was done")) }
}

fn refused(error: AppError) -> CliError {
    let hint = match error {
        AppError::KeyActive => Some("Put another key in its place with `da server keys rotate`"),
        AppError::KeyNotFound => Some("`da server keys list` shows the keys"),
        _ => None,
    };
    let said = host::said(error);
    match hint {
        Some(hint) => said.with_hint(hint),
        None => said,
    }
}
