//! `da server recover-admin`: the way back in (D-14, O-01).

use clap::Args;

use super::{
    host,
    settings::{HostArgs, Values},
};
use crate::{
    app::{Origin, SystemScope},
    cli::{context::Context, error::CliError, password::PasswordArgs},
    domain::Email,
};

const EXAMPLES: &str = "\
Examples:
  da server recover-admin ann@example.org
  da server recover-admin ann@example.org --password-stdin < new-password
  da server recover-admin ann@example.org --reset-value --data-dir /var/lib/da";

/// Make or restore an admin, with the server stopped
///
/// Makes the account if there is none, makes it an active admin, sets its password and ends its sessions. Without a
/// terminal and without `--password-stdin` it prints a one-time value for `da auth password reset` instead. The
/// account's tokens stay as they are: look at them with `da token list` after signing in.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RecoverAdminArgs {
    /// Login name of the admin
    email: Email,
    /// Print a one-time reset value instead of setting a password
    #[arg(long, conflicts_with_all = ["password_stdin", "password"])]
    reset_value: bool,
    #[command(flatten)]
    password: PasswordArgs,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) fn run(ctx: &Context, args: &RecoverAdminArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    let installation = host::open_existing(&values)?;
    let given = args.password.password_stdin || args.password.password.is_some();
    let asks = !args.reset_value && (given || ctx.ui().is_interactive());
    let password = asks.then(|| args.password.new_one(ctx.ui())).transpose()?;
    let scope = SystemScope::on_the_host();
    let recovered = installation.app.recover_admin(scope, args.email.clone(), password.as_ref(), &Origin::host());
    let (user, reset_value) = recovered.map_err(host::said)?;
    let hours = installation.app.settings().reset_lifetime.as_secs() / 3_600;
    installation.store.close();
    match reset_value {
        Some(value) => {
            ctx.ui().note(&format!("{} is an active admin; old sessions are ended", user.email));
            ctx.ui().note(&format!(
                "Start the server, then set a password with `da auth password reset` and this value, within {hours} h:"
            ));
            ctx.ui().line(value.expose())
        }
        None => {
            ctx.ui().line(&format!("{} is an active admin with a new password; old sessions are ended", user.email))
        }
    }
}
