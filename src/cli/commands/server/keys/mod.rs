//! `da server keys`: the keys that sign tokens (M-22, S-19).

mod list;
mod retire;
mod rotate;

use clap::{Args, Subcommand};

use crate::cli::{context::Context, error::CliError};

const EXAMPLES: &str = "\
Examples:
  da server keys list
  da server keys rotate
  da server keys retire pK3vX0mQ2nLw7yTe";

/// List, rotate and retire the keys that sign tokens
///
/// One key is active and signs. A rotation puts a new one in its place; what the former signed lives on, until that key
/// is retired.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    List(list::ListArgs),
    Rotate(rotate::RotateArgs),
    Retire(retire::RetireArgs),
}

pub(crate) fn run(ctx: &Context, args: &KeysArgs) -> Result<(), CliError> {
    match &args.command {
        KeysCommand::List(args) => list::run(ctx, args),
        KeysCommand::Rotate(args) => rotate::run(ctx, args),
        KeysCommand::Retire(args) => retire::run(ctx, args),
    }
}
