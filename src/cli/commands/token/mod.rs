//! `da token ...`

mod create;
pub(crate) mod list;
mod print;
mod revoke;
mod rotate;
pub(super) mod select;
mod show;

use clap::{Args, Subcommand};

pub(crate) use create::{create, undone};

use crate::cli::{context::Context, error::CliError};

/// Create, list, show, rotate and revoke your tokens
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(super) command: TokenCommand,
}

const EXAMPLES: &str = "\
Examples:
  da token create --name ci --ttl 30d
  da token list
  da token rotate ci
  da token revoke ci";

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    Create(create::CreateArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Rotate(rotate::RotateArgs),
    Revoke(revoke::RevokeArgs),
    Print(print::PrintArgs),
}

pub(super) fn run(ctx: &Context, command: &TokenCommand) -> Result<(), CliError> {
    match command {
        TokenCommand::Create(args) => create::run(ctx, args),
        TokenCommand::List(args) => list::run(ctx, args),
        TokenCommand::Show(args) => show::run(ctx, args),
        TokenCommand::Rotate(args) => rotate::run(ctx, args),
        TokenCommand::Revoke(args) => revoke::run(ctx, args),
        TokenCommand::Print(args) => print::run(ctx, args),
    }
}
