//! `da server recover-admin`: the way back in (D-14, O-01).

use clap::Args;
use serde_json::json;

use super::{
    admin_socket, host,
    settings::{HostArgs, Values},
};
use crate::{
    api::users::{RecoverAdmin, RecoverAdminRequest},
    app::{Origin, SystemScope},
    cli::{
        context::Context,
        error::{CliError, Doing as _},
        password::PasswordArgs,
    },
    client::Client,
    domain::{Email, Secret},
};

const EXAMPLES: &str = "\
Examples:
  da server recover-admin ann@example.org
  da server recover-admin ann@example.org --password-stdin < new-password
  da server recover-admin ann@example.org --reset-value --data-dir /var/lib/da";

/// Make or restore an admin, whether the server runs or not
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

/// What became of it.
struct Recovered {
    email: String,
    /// With the hours for which it works.
    reset_value: Option<(Secret, u64)>,
}

pub(crate) fn run(ctx: &Context, args: &RecoverAdminArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    let recovered = match admin_socket::running(ctx, &values)? {
        Some(server) => through_server(ctx, args, &server)?,
        None => on_store(ctx, args, &values)?,
    };
    let Recovered { email, reset_value } = recovered;
    let Some((value, hours)) = reset_value else {
        if ctx.ui().is_json() {
            return ctx.ui().json(&json!({ "email": email, "password_set": true }));
        }
        let text = format!("{email} is an active admin with a new password; old sessions are ended");
        return ctx.ui().line(&text);
    };
    if ctx.ui().is_json() {
        let answer =
            json!({ "email": email, "password_set": false, "reset_token": value.expose(), "reset_hours": hours });
        return ctx.ui().json(&answer);
    }
    ctx.ui().note(&format!("{email} is an active admin; old sessions are ended"));
    ctx.ui().note(&format!("Set a password with `da auth password reset` and this value, within {hours} h:"));
    ctx.ui().line(value.expose())
}

fn new_password(ctx: &Context, args: &RecoverAdminArgs) -> Result<Option<Secret>, CliError> {
    let given = args.password.password_stdin || args.password.password.is_some();
    let asks = !args.reset_value && (given || ctx.ui().is_interactive());
    asks.then(|| args.password.new_one(ctx.ui())).transpose()
}

fn through_server(ctx: &Context, args: &RecoverAdminArgs, server: &Client) -> Result<Recovered, CliError> {
    let request = RecoverAdminRequest { email: args.email.to_string(), password: new_password(ctx, args)? };
    let answer = server.send::<RecoverAdmin>((), &request).doing("Could not restore the admin")?;
    let reset_value = answer.reset_token.zip(answer.reset_hours);
    Ok(Recovered { email: answer.user.email, reset_value })
}

fn on_store(ctx: &Context, args: &RecoverAdminArgs, values: &Values) -> Result<Recovered, CliError> {
    let installation = host::open_existing(values)?;
    let password = new_password(ctx, args)?;
    let scope = SystemScope::on_the_host();
    let recovered = installation.app.recover_admin(scope, args.email.clone(), password.as_ref(), &Origin::host());
    let (user, reset_value) = recovered.map_err(host::said)?;
    let hours = installation.app.settings().reset_hours();
    installation.store.close();
    Ok(Recovered { email: user.email.to_string(), reset_value: reset_value.map(|value| (value, hours)) })
}
