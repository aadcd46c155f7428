use clap::Args;

use crate::{
    app::{Origin, SystemScope},
    cli::{
        commands::server::{
            host,
            settings::{HostArgs, Values},
        },
        context::Context,
        error::CliError,
    },
    server::handlers::keys::rotated,
};

const EXAMPLES: &str = "\
Examples:
  da server keys rotate
  da server keys rotate --data-dir /var/lib/da";

/// Put a new signing key in use, with the server stopped
///
/// No token ends: the former key goes on verifying what it signed, until `da server keys retire`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(ctx: &Context, args: &RotateArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    let installation = host::open_existing(&values)?;
    let rotation = installation.app.rotate_signing_key(SystemScope::on_the_host(), &Origin::host());
    let rotated = rotated(rotation.map_err(host::said)?);
    installation.store.close();
    if ctx.ui().is_json() {
        return ctx.ui().json(&rotated);
    }
    ctx.ui().line(&format!("{} signs from now on", rotated.kid))?;
    ctx.ui().note(&format!("What {} signed lives on; `da server keys retire {0}` ends it", rotated.former));
    Ok(())
}
