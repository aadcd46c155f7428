use clap::Args;

use super::Holder;
use crate::cli::{commands::server::settings::HostArgs, context::Context, error::CliError};

const EXAMPLES: &str = "\
Examples:
  da server keys rotate
  da server keys rotate --data-dir /var/lib/da";

/// Put a new signing key in use
///
/// No token ends: the former key goes on verifying what it signed, until `da server keys retire`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(ctx: &Context, args: &RotateArgs) -> Result<(), CliError> {
    let rotated = Holder::find(ctx, &args.host)?.rotate()?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&rotated);
    }
    ctx.ui().line(&format!("{} signs from now on", rotated.kid))?;
    ctx.ui().note(&format!("What {} signed lives on; `da server keys retire {0}` ends it", rotated.former));
    Ok(())
}
