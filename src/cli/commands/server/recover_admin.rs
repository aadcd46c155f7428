//! `da server recover-admin`: the way back in (D-14, O-01).

use clap::Args;
use serde_json::json;

use super::{
    admin_socket, host,
    settings::{HostArgs, Values},
};
use crate::{
    api::{
        Empty,
        users::{List, ListQuery, RecoverAdmin, RecoverAdminRequest},
    },
    app::{Origin, SystemScope},
    cli::{
        context::Context,
        error::{CliError, Doing as _},
        password::PasswordArgs,
    },
    client::Client,
    domain::{Email, Secret, email::shown},
};

const EXAMPLES: &str = "\
Examples:
  da server recover-admin ann@example.org
  da server recover-admin ann@example.org --password-stdin < new-password
  da server recover-admin ann@example.org --reset-value --data-dir /var/lib/da";

/// Make or restore an admin, whether the server runs or not
///
/// Makes the account an active admin, sets its password and ends its sessions. An address without an account becomes a
/// new admin; a warning says so first. Without a terminal and without `--password-stdin` it prints a one-time value for
/// `da auth password reset` instead. The account's tokens stay as they are: look at them with `da token list` after
/// signing in.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RecoverAdminArgs {
    /// Login name of the admin
    email: Email,
    /// Print a one-time reset value instead of setting a password
    #[arg(long, conflicts_with_all = ["password_stdin", "password"])]
    reset_value: bool,
    /// Do not ask whether to create a new admin
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    password: PasswordArgs,
    #[command(flatten)]
    host: HostArgs,
}

/// What became of it.
struct Recovered {
    email: String,
    /// Whether there was no such account before.
    is_new: bool,
    /// With the hours for which it works.
    reset_value: Option<(Secret, u64)>,
}

pub(crate) fn run(ctx: &Context, args: &RecoverAdminArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    let recovered = match admin_socket::running(ctx, &values)? {
        Some(server) => through_server(ctx, args, &server)?,
        None => on_store(ctx, args, &values)?,
    };
    let Recovered { email, is_new, reset_value } = recovered;
    let became = if is_new { "is an active admin now" } else { "is an active admin; old sessions are ended" };
    let Some((value, hours)) = reset_value else {
        if ctx.ui().is_json() {
            return ctx.ui().json(&json!({ "email": email, "created": is_new, "password_set": true }));
        }
        let ended = if is_new { "" } else { "; old sessions are ended" };
        let email = shown(&email);
        let text = format!("{email} is an active admin with a new password{ended}");
        return ctx.ui().line(&text);
    };
    if ctx.ui().is_json() {
        let answer = json!({
            "email": email,
            "created": is_new,
            "password_set": false,
            "reset_token": value.expose(),
            "reset_hours": hours,
        });
        return ctx.ui().json(&answer);
    }
    ctx.ui().note(&format!("{} {became}", shown(&email)));
    ctx.ui().note(&format!("Set a password with `da auth password reset` and this value, within {hours} h:"));
    ctx.ui().line(value.expose())
}

/// Says that there is no such account before one is made. On a terminal it asks whether that is meant, unless the
/// password is asked for, where Ctrl-C does.
fn foresee_new(ctx: &Context, args: &RecoverAdminArgs) -> Result<(), CliError> {
    let text = format!("There is no account {}: this creates a new admin", args.email);
    let asks_password = !args.reset_value && !args.password.is_given();
    if args.yes || asks_password || !ctx.ui().is_interactive() {
        ctx.ui().warn(&text);
        return Ok(());
    }
    if ctx.ui().confirm(&format!("{text}. Create it?"), "`--yes`")? {
        return Ok(());
    }
    Err(CliError::failed("Nothing was done")
        .with_hint("Check the address; `da admin list-users --local` shows the users"))
}

/// Tells whether a running server has an account of this address, whose users are listed by address.
fn has_account(server: &Client, email: &str) -> Result<bool, CliError> {
    let mut cursor = None;
    loop {
        let query = ListQuery { limit: Some(crate::api::MAX_LIMIT), cursor, ..ListQuery::default() };
        let users = server.call::<List>((), &query, &Empty {}).doing("Could not list the users")?;
        if users.iter().any(|user| user.email == email) {
            return Ok(true);
        }
        match users.last() {
            Some(last) if last.email.as_str() < email => cursor = Some(last.email.clone()),
            _ => return Ok(false),
        }
    }
}

fn new_password(ctx: &Context, args: &RecoverAdminArgs) -> Result<Option<Secret>, CliError> {
    let given = args.password.password_stdin || args.password.password.is_some();
    let asks = !args.reset_value && (given || ctx.ui().is_interactive());
    asks.then(|| args.password.new_one(ctx.ui())).transpose()
}

fn through_server(ctx: &Context, args: &RecoverAdminArgs, server: &Client) -> Result<Recovered, CliError> {
    let is_new = !has_account(server, &args.email.to_string())?;
    if is_new {
        foresee_new(ctx, args)?;
    }
    let request = RecoverAdminRequest { email: args.email.to_string(), password: new_password(ctx, args)? };
    let answer = server.send::<RecoverAdmin>((), &request).doing("Could not restore the admin")?;
    let reset_value = answer.reset_token.zip(answer.reset_hours);
    Ok(Recovered { email: answer.user.email, is_new, reset_value })
}

fn on_store(ctx: &Context, args: &RecoverAdminArgs, values: &Values) -> Result<Recovered, CliError> {
    let installation = host::open_existing(values)?;
    let known = installation.app.find_user(SystemScope::on_the_host().into(), &args.email.to_string());
    let is_new = known.map_err(host::said)?.is_none();
    if is_new {
        foresee_new(ctx, args)?;
    }
    let password = new_password(ctx, args)?;
    let scope = SystemScope::on_the_host();
    let recovered = installation.app.recover_admin(scope, args.email.clone(), password.as_ref(), &Origin::host());
    let (user, reset_value) = recovered.map_err(host::said)?;
    let hours = installation.app.settings().reset_hours();
    installation.store.close();
    Ok(Recovered { email: user.email.to_string(), is_new, reset_value: reset_value.map(|value| (value, hours)) })
}
