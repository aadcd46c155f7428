use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    api::passwords::{self, ChangeRequest, ResetRequest},
    cli::{
        context::Context,
        error::{CliError, Doing as _},
        password::{argument_or_stdin, ask_new, parse_secret},
    },
    domain::Secret,
};

/// Change or reset your password
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PasswordCommandArgs {
    #[command(subcommand)]
    pub(super) command: PasswordCommand,
}

const EXAMPLES: &str = "\
Examples:
  da auth password change
  da auth password reset --token -";

#[derive(Debug, Subcommand)]
pub(crate) enum PasswordCommand {
    Change(ChangeArgs),
    Reset(ResetArgs),
}

/// Change your password, knowing the present one
///
/// Ends your other sessions. Needs a login; a personal access token cannot do it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da auth password change
  printf '%s\\n' \"$OLD\" \"$NEW\" | da auth password change --password-stdin")]
pub(crate) struct ChangeArgs {
    /// Read the present and the new password from two lines of standard input
    #[arg(long)]
    password_stdin: bool,
}

/// Set a new password with the one-time value an admin gave you
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da auth password reset
  printf '%s\\n' \"$VALUE\" \"$NEW\" | da auth password reset --token - --password-stdin")]
pub(crate) struct ResetArgs {
    /// The one-time value; `-` reads it from standard input
    #[arg(long, value_name = "TOKEN", value_parser = parse_secret)]
    token: Option<Secret>,
    /// Read the new password from standard input, behind the value if that is read there, too
    #[arg(long)]
    password_stdin: bool,
}

pub(super) fn run(ctx: &Context, command: &PasswordCommand) -> Result<(), CliError> {
    match command {
        PasswordCommand::Change(args) => change(ctx, args)?,
        PasswordCommand::Reset(args) => reset(ctx, args)?,
    }
    if ctx.ui().is_json() { ctx.ui().json(&json!({ "ok": true })) } else { ctx.ui().line("Password changed.") }
}

fn change(ctx: &Context, args: &ChangeArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let signed_in = ctx.signed_in()?;
    let current =
        if args.password_stdin { ui.read_secret()? } else { ui.ask_secret("Present password", "`--password-stdin`")? };
    let password = new_password(ctx, args.password_stdin)?;
    let request = ChangeRequest { current, password };
    signed_in.send::<passwords::Change>("Could not change the password", (), &request)?;
    Ok(())
}

fn reset(ctx: &Context, args: &ResetArgs) -> Result<(), CliError> {
    let client = ctx.anonymous()?;
    if !args.password_stdin {
        ctx.ui().can_ask("New password", "`--password-stdin`")?;
    }
    let token = argument_or_stdin(ctx.ui(), args.token.as_ref(), "Reset token", "`--token -`")?;
    let token = Secret::new(token.expose().trim().to_owned());
    let password = new_password(ctx, args.password_stdin)?;
    client.send::<passwords::Reset>((), &ResetRequest { token, password }).doing("Could not reset the password")?;
    Ok(())
}

fn new_password(ctx: &Context, from_stdin: bool) -> Result<Secret, CliError> {
    if from_stdin { ctx.ui().read_secret() } else { ask_new(ctx.ui(), "`--password-stdin`") }
}
