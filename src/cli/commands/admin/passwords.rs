use clap::Args;
use serde_json::json;

use super::reference::UserRef;
use crate::{
    api::users::{self, SetPasswordRequest},
    cli::{context::Context, error::CliError, password::PasswordArgs},
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
    let reset = admin.get::<users::ResetPassword>("Could not reset the password", id)?;
    if ui.is_json() {
        return ui.json(&reset);
    }
    ui.line(&format!("Reset token: {}", reset.reset_token.expose()))?;
    // Spelled as scripts of the original know it.
    ui.line(&format!("Email sent: {}", if reset.email_sent { "True" } else { "False" }))?;
    ui.note(&format!("Hand it to {}; it works once, with `da auth password reset`", args.user));
    Ok(())
}

pub(super) fn set(ctx: &Context, args: &SetPasswordArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let admin = ctx.administrator()?;
    let id = args.user.id(admin)?;
    let request = SetPasswordRequest { password: args.password.new_one(ui)?, must_change: !args.permanent };
    admin.send::<users::SetPassword>("Could not set the password", id, &request)?;
    if ui.is_json() {
        return ui.json(&json!({ "user_id": id, "password_set": true, "must_change": !args.permanent }));
    }
    ui.line(&format!("Password set for {}", args.user))?;
    if !args.permanent {
        ui.note("It must be changed after the next sign-in; `--permanent` sets one to keep");
    }
    Ok(())
}
