//! `da auth ...`: the same commands as at the top level, under the names that scripts of the original use (D-17).

mod password;
mod storage;

use clap::{Args, Subcommand};

use super::{import_token, login, logout, token, whoami};
use crate::cli::{context::Context, error::CliError};

/// Sign in and out, hold tokens, change passwords
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AuthArgs {
    #[command(subcommand)]
    pub(super) command: AuthCommand,
}

const EXAMPLES: &str = "\
Examples:
  da auth login
  da auth password change";

#[derive(Debug, Subcommand)]
pub(crate) enum AuthCommand {
    Login(login::LoginArgs),
    Logout(logout::LogoutArgs),
    Whoami(whoami::WhoamiArgs),
    ImportToken(import_token::ImportTokenArgs),
    Token(token::TokenArgs),
    Password(password::PasswordCommandArgs),
    Storage(storage::StorageArgs),
}

pub(super) fn run(ctx: &Context, command: AuthCommand) -> Result<(), CliError> {
    match command {
        AuthCommand::Login(args) => login::run(ctx, &args),
        AuthCommand::Logout(args) => logout::run(ctx, &args),
        AuthCommand::Whoami(args) => whoami::run(ctx, &args),
        AuthCommand::ImportToken(args) => import_token::run(ctx, &args),
        AuthCommand::Token(args) => token::run(ctx, &args.command),
        AuthCommand::Password(args) => password::run(ctx, &args.command),
        AuthCommand::Storage(args) => storage::run(ctx, &args.command),
    }
}
