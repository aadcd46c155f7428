//! The command line: what is typed becomes a call, an answer becomes text or JSON, an error becomes an exit code.

mod answered;
mod brief_token;
mod checkup;
mod clock_skew;
mod commands;
mod config_file;
mod context;
mod core_dumps;
mod device;
mod environment;
mod error;
mod expiry_notice;
mod global_args;
mod helper_token;
mod hidden_input;
mod local_server;
mod markdown;
mod misplaced_token;
mod moment;
mod number;
mod pages;
mod password;
mod profiles;
#[doc(hidden)]
pub mod rendered;
mod renewal;
mod request_log;
mod server_log;
mod settings;
mod sign_in;
mod span;
mod table;
mod terminal;
#[cfg(test)]
mod tests;
mod token_source;
mod token_text;
mod topics;
mod ui;
mod umask;
mod usage;

use std::{ffi::OsString, process::ExitCode};

use clap::{Args as _, CommandFactory as _, FromArgMatches as _, Parser};

use self::{
    commands::Command,
    context::Context,
    environment::Environment,
    error::{CliError, Exit},
    global_args::GlobalArgs,
    ui::Ui,
};

/// Sign in, hold and manage access tokens
///
/// `da` signs you in to a token authority, keeps your token in the keyring or in a file that only you can read, and
/// creates, lists and revokes the tokens of people, scripts and agents.
#[derive(Debug, Parser)]
#[command(
    name = "da",
    version,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = EXAMPLES,
    after_long_help = commands::examples_and_topics(EXAMPLES)
)]
struct Cli {
    #[command(flatten)]
    globals: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  da login --server https://id.example.org
  da token create --name laptop --ttl 90d
  DA_TOKEN=$(cat token) da whoami
  da help exit-codes";

/// Returns the whole command tree, for help, completions and man pages.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program: reads its arguments and environment, and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    umask::let_owner();
    let environment = Environment::of_process();
    match parse(&environment) {
        Ok(cli) => run(cli, environment).into(),
        Err(Unusable::Misplaced(error)) => {
            let json = environment::arguments().iter().any(|argument| argument == "--json");
            Ui::new(&GlobalArgs { json, ..GlobalArgs::default() }, &environment).error(&error);
            error.exit().into()
        }
        Err(Unusable::Usage(usage)) if usage.use_stderr() => {
            let usage = usage::without_secrets(usage);
            let arguments = environment::arguments();
            let hint = misplaced_token::hint_for(&arguments);
            let json = arguments.iter().any(|argument| argument == "--json");
            if json || hint.is_some() {
                let globals = GlobalArgs { json, ..GlobalArgs::default() };
                Ui::new(&globals, &environment).error(&usage::as_error(&usage, hint));
            } else {
                // Nothing can be said on a closed stderr.
                let _ = usage.print();
            }
            Exit::Usage.into()
        }
        Err(Unusable::Usage(help)) => {
            let _ = help.print();
            Exit::Done.into()
        }
    }
}

/// Why a command line is not carried out.
enum Unusable {
    /// The parser does not understand it, or it asks for help.
    Usage(clap::Error),
    /// A token stands where none belongs.
    Misplaced(CliError),
}

/// Parses by `line`, a command tree.
fn parsed(line: clap::Command, arguments: &[OsString]) -> Result<Cli, Unusable> {
    let matches = line.try_get_matches_from(arguments).map_err(Unusable::Usage)?;
    misplaced_token::check(&matches).map_err(Unusable::Misplaced)?;
    Cli::from_arg_matches(&matches).map_err(Unusable::Usage)
}

fn parse(environment: &Environment) -> Result<Cli, Unusable> {
    let arguments: Vec<_> = environment::arguments();
    if let Some(cli) = parse_by_one_command(&arguments) {
        return Ok(cli);
    }
    // Asked for before parsing, as usage errors have colours, too.
    let plain = environment.wants_no_color() || arguments.iter().any(|argument| argument == "--no-color");
    let color = if plain { clap::ColorChoice::Never } else { clap::ColorChoice::Auto };
    parsed(command().color(color), &arguments)
}

/// Parses by that command alone which the line begins with: to build the whole tree takes longer than many a command
/// does. What is wrong, or asks for help, is left to the whole tree to answer.
fn parse_by_one_command(arguments: &[OsString]) -> Option<Cli> {
    let line = with_one_command(arguments.get(1)?.to_str()?)?;
    parsed(line, arguments).ok()
}

fn with_one_command(name: &str) -> Option<clap::Command> {
    let line = GlobalArgs::augment_args(clap::Command::new("da")).disable_help_subcommand(true);
    Some(line.subcommand(commands::alone(name)?))
}

fn run(cli: Cli, environment: Environment) -> Exit {
    // Where the system does not let us, the command is as useful; the server says so in its log.
    let _ = core_dumps::forbid();
    let ui = Ui::new(&cli.globals, &environment);
    let ctx = Context::new(cli.globals, environment, ui);
    let result = commands::run(&ctx, cli.command);
    ctx.tell_unreadable_rows();
    match result {
        Ok(()) => {
            expiry_notice::give(&ctx);
            Exit::Done
        }
        Err(error) => {
            if !error.is_silent() {
                ctx.ui().error(&error);
            }
            error.exit()
        }
    }
}
