use clap::{
    Args,
    builder::{PossibleValue, StringValueParser, TypedValueParser},
};

use crate::cli::{
    commands::{self, server::settings},
    context::Context,
    environment::{VARIABLES, Variable},
    error::{CliError, EXIT_CODES},
    markdown,
    topics::TOPICS,
};

/// Show help on a command or a topic
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HelpArgs {
    /// Command or topic; without one, the commands and the topics
    #[arg(value_parser = Word, hide_possible_values = true)]
    words: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  da help token create
  da help exit-codes
  da help operations";

/// Topics that are lists, made from what the program knows.
const LISTS: [(&str, &str); 2] =
    [("exit-codes", "what the exit codes mean"), ("environment", "the variables that da uses")];

pub(crate) fn run(ctx: &Context, args: &HelpArgs) -> Result<(), CliError> {
    let words: Vec<_> = args.words.iter().map(String::as_str).collect();
    let text = match words.as_slice() {
        ["exit-codes"] => exit_codes(),
        ["environment"] => environment(),
        path => match TOPICS.iter().find(|topic| path == [topic.name]) {
            Some(topic) => markdown::terminal::render(&markdown::parse(topic.text), ctx.ui().width()),
            None => command_help(path)?,
        },
    };
    ctx.ui().page(&text)
}

/// A word after `da help`: any word is accepted, and completions offer the commands and the topics.
#[derive(Clone)]
struct Word;

impl TypedValueParser for Word {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(commands::names().chain(topic_names()).map(PossibleValue::new)))
    }
}

fn topic_names() -> impl Iterator<Item = &'static str> {
    let pages = TOPICS.iter().map(|topic| topic.name);
    pages.chain(LISTS.iter().map(|(name, _)| *name))
}

/// Returns the list of topics.
pub(super) fn topics() -> String {
    let pages = TOPICS.iter().map(|topic| (topic.name, topic.summary));
    let lines: Vec<_> = pages.chain(LISTS).map(|(name, summary)| format!("  {name:<13}{}", capital(summary))).collect();
    lines.join("\n")
}

/// Returns text that begins with a capital letter, as in the list of commands.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
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
            let topics: Vec<_> = topic_names().map(|name| format!("`{name}`")).collect();
            CliError::usage(message, format!("`da --help` lists the commands. Topics are {}", topics.join(", ")))
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
    fn the_programs_help_lists_every_topic() {
        let help = command_help(&[]).expect("the help of `da`");
        assert!(topic_names().all(|name| help.contains(&format!("\n  {name} "))), "{help}");
    }

    #[test]
    fn commands_are_found_by_their_path() {
        assert!(command_help(&["token", "create"]).is_ok_and(|text| text.contains("--ttl")));
        assert_eq!(command_help(&["tokens"]).map_err(|error| error.exit().code()), Err(2));
    }
}
