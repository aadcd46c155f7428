use clap::Args;
use serde_json::json;

use super::reference::UserRef;
use crate::{
    api::users::{self, SetPasswordRequest},
    cli::{answered, context::Context, error::CliError, password::PasswordArgs},
};

/// Make a one-time value with which a user sets a new password
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da admin reset-password ann@example.org")]
pub(crate) struct ResetPasswordArgs {
    /// Id or e-mail address
    user: UserRef,
}

/// Set a user's password; ends the user's sessions
///
/// The user must change it after the next sign-in, before anything else; tokens go on working.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da admin set-password ann@example.org
  da admin set-password ann@example.org --password-stdin < password")]
pub(crate) struct SetPasswordArgs {
    /// Id or e-mail address
    user: UserRef,
    #[command(flatten)]
    password: PasswordArgs,
    /// Let the user keep it; without this it must be changed after the next sign-in
    #[arg(long)]
    permanent: bool,
}

pub(super) fn reset(ctx: &Context, args: &ResetPasswordArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let admin = ctx.administrator()?;
    let id = args.user.id(admin)?;
    let reset = admin.get::<users::ResetPassword>("Could not reset the password", &id)?;
    if ui.is_json() && (reset.reset_token.is_some() || reset.reset_url.is_some() || reset.email_sent) {
        return ui.json(&reset);
    }
    if let Some(value) = &reset.reset_token {
        ui.line(&format!("Reset token: {}", value.expose()))?;
    }
    if let Some(url) = &reset.reset_url {
        ui.line(&format!("Reset page: {}", url.expose()))?;
    }
    let user = &args.user;
    match (&reset.reset_token, &reset.reset_url) {
        (None, None) if reset.email_sent => ui.line(&format!("The server sent an e-mail to {user}")),
        (None, None) => Err(CliError::failed("The server sent neither a reset token nor an e-mail")
            .with_hint("The server may be another program; set a password with `da admin set-password`")),
        (value, _) => {
            let way = if value.is_some() { "with `da auth password reset`" } else { "in a browser" };
            let sent = if reset.email_sent { "The server sent an e-mail" } else { "No e-mail was sent" };
            ui.note(&format!("{sent}. Give it to {user}; it works once, {way}"));
            Ok(())
        }
    }
}

pub(super) fn set(ctx: &Context, args: &SetPasswordArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let admin = ctx.administrator()?;
    let id = args.user.id(admin)?;
    let request = SetPasswordRequest { password: args.password.new_one(ui)?, must_change: !args.permanent };
    admin.send::<users::SetPassword>("Could not set the password", &id, &request)?;
    // The answer is empty. Only a `da` server is known to carry out `must_change`.
    let must_change = answered::is_da(admin.client).then_some(!args.permanent);
    if ui.is_json() {
        return ui.json(&json!({ "user_id": id, "password_set": true, "must_change": must_change }));
    }
    ui.line(&format!("Password set for {}", args.user))?;
    match must_change {
        Some(true) => ui.note("It must be changed after the next sign-in; `--permanent` sets one to keep"),
        Some(false) => {}
        None => ui.note("This server does not say whether the user has to choose another password"),
    }
    Ok(())
}
