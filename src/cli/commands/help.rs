use clap::Args;

use crate::cli::{
    commands::server::settings,
    context::Context,
    environment::{VARIABLES, Variable},
    error::{CliError, EXIT_CODES},
};

/// Show help on a command, or on `exit-codes` or `environment`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HelpArgs {
    /// Command or topic
    words: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  da help token create
  da help exit-codes
  da help environment";

pub(crate) fn run(ctx: &Context, args: &HelpArgs) -> Result<(), CliError> {
    let words: Vec<_> = args.words.iter().map(String::as_str).collect();
    let text = match words.as_slice() {
        ["exit-codes"] => exit_codes(),
        ["environment"] => environment(),
        path => command_help(path)?,
    };
    ctx.ui().page(&text)
}

fn exit_codes() -> String {
    let lines = EXIT_CODES.iter().map(|(exit, meaning)| format!("  {}  {meaning}\n", exit.code()));
    format!("Exit codes:\n{}\n{EXEC}\n", lines.collect::<String>())
}

/// What is different of one command.
pub(crate) const EXEC: &str = "\
`da exec` ends as the command that it runs: with its exit code, 128 and the number of the signal that ended it, 127 where
there is no such command, or 126 where it cannot be run.";

fn environment() -> String {
    let width = variables().map(|variable| variable.name.len()).max().unwrap_or_default();
    let line = |variable: &Variable| format!("  {:<width$}  {}\n", variable.name, variable.meaning);
    let client: String = VARIABLES.iter().map(line).collect();
    let server: String = settings::variables().map(line).collect();
    format!("Environment variables:\n{client}\nOf `da serve` and `da server`:\n{server}")
}

/// Returns every variable that the program heeds.
pub(crate) fn variables() -> impl Iterator<Item = &'static Variable> {
    VARIABLES.iter().chain(settings::variables())
}

fn command_help(path: &[&str]) -> Result<String, CliError> {
    let mut command = crate::cli::command();
    command.build();
    let mut found = &mut command;
    for word in path {
        found = found.find_subcommand_mut(word).ok_or_else(|| {
            let message = format!("There is no command or topic `{}`", path.join(" "));
            CliError::usage(message, "Topics are `exit-codes` and `environment`; `da --help` lists the commands")
        })?;
    }
    // By way of the parser, which alone knows whether a command has a long help.
    let words = std::iter::once("da").chain(path.iter().copied()).chain(std::iter::once("--help"));
    match crate::cli::command().try_get_matches_from(words) {
        Err(help) => Ok(help.render().to_string()),
        Ok(_) => Ok(found.render_long_help().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_come_from_the_registries() {
        assert!(exit_codes().contains("  4  Not signed in"));
        assert!(variables().all(|variable| environment().contains(variable.name)));
    }

    #[test]
    fn commands_are_found_by_their_path() {
        assert!(command_help(&["token", "create"]).is_ok_and(|text| text.contains("--ttl")));
        assert_eq!(command_help(&["tokens"]).map_err(|error| error.exit().code()), Err(2));
    }
}
