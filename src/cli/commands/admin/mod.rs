//! `da admin ...`

mod account;
mod add_user;
mod audit;
mod list_users;
mod passwords;
mod reference;
mod session;
mod token;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::server::{admin_socket, settings::HostArgs};
use crate::cli::{context::Context, error::CliError};

/// Manage users, everybody's tokens, and the audit log
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AdminArgs {
    #[command(subcommand)]
    command: AdminCommand,
    #[command(flatten)]
    local: LocalArgs,
}

/// The way without a token.
#[derive(Debug, Args)]
struct LocalArgs {
    /// Without a token, on the server's host: through the admin socket in its data directory
    #[arg(long, global = true, conflicts_with_all = ["server", "token_file"], help_heading = "On the server's host")]
    local: bool,
    /// Data directory of the server that is meant
    #[arg(long, global = true, value_name = "DIR", requires = "local", help_heading = "On the server's host")]
    data_dir: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  da admin add-user ann@example.org --role analyst
  da admin deactivate ann@example.org
  da admin audit --follow
  sudo -u da da admin list-users --local --data-dir /var/lib/da";

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    AddUser(add_user::AddUserArgs),
    ListUsers(list_users::ListUsersArgs),
    ShowUser(list_users::ShowUserArgs),
    RemoveUser(account::RemoveUserArgs),
    SetRole(account::SetRoleArgs),
    Activate(account::ActivateArgs),
    Deactivate(account::DeactivateArgs),
    ResetPassword(passwords::ResetPasswordArgs),
    SetPassword(passwords::SetPasswordArgs),
    Session(session::AdminSessionArgs),
    Token(token::AdminTokenArgs),
    Audit(audit::AuditArgs),
}

pub(super) fn run(ctx: &Context, args: &AdminArgs) -> Result<(), CliError> {
    let LocalArgs { local, data_dir } = &args.local;
    if *local {
        let host = HostArgs { data_dir: data_dir.clone(), config: None };
        ctx.administer_by(admin_socket::client(ctx, &host)?);
    }
    match &args.command {
        AdminCommand::AddUser(args) => add_user::run(ctx, args),
        AdminCommand::ListUsers(args) => list_users::list(ctx, args),
        AdminCommand::ShowUser(args) => list_users::show(ctx, args),
        AdminCommand::RemoveUser(args) => account::remove(ctx, args),
        AdminCommand::SetRole(args) => account::set_role(ctx, args),
        AdminCommand::Activate(args) => account::activate(ctx, args),
        AdminCommand::Deactivate(args) => account::deactivate(ctx, args),
        AdminCommand::ResetPassword(args) => passwords::reset(ctx, args),
        AdminCommand::SetPassword(args) => passwords::set(ctx, args),
        AdminCommand::Session(args) => session::run(ctx, &args.command),
        AdminCommand::Token(args) => token::run(ctx, &args.command),
        AdminCommand::Audit(args) => audit::run(ctx, args),
    }
}
