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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_tree_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn global_flags_are_taken_before_and_after_the_command() {
        for line in
            ["da --json --server http://127.0.0.1:1 token list", "da token list --json --server http://127.0.0.1:1"]
        {
            let cli = Cli::try_parse_from(line.split(' ')).expect("valid");
            assert!(cli.globals.json && cli.globals.server.is_some());
        }
    }

    #[test]
    fn every_documented_command_line_is_understood() {
        let lines = [
            "login --email a@b.c --password-stdin --insecure-storage",
            "auth login --email a@b.c --password p --server http://127.0.0.1:1",
            "logout",
            "auth logout",
            "whoami --offline",
            "auth whoami --json",
            "login --device --insecure-storage",
            "login --no-browser",
            "pair --name laptop",
            "pair --name laptop --ttl never --insecure-storage",
            "pair --name laptop --raw",
            "import-token --token - --server https://id.example.org --email a@b.c --role r --skip-verify",
            "auth import-token --token abc",
            "token create --name n --ttl 90d --raw",
            "auth token create --name n --ttl no-expiry",
            "token create --name n --renewable",
            "token rotate ci --overlap 7d --ttl 30d --raw",
            "auth token rotate --self --overlap 0",
            "token list --expiring 14d",
            "token list --all",
            "auth token list --json",
            "token show 1b2c3d4e",
            "auth token revoke ci",
            "token revoke --all --yes",
            "token revoke --secret -",
            "token print",
            "auth password change --password-stdin",
            "auth storage show --json",
            "auth storage move keyring",
            "auth password reset --token - --password-stdin",
            "profile list",
            "profile show work --json",
            "profile add work --server https://id.example.org",
            "profile use work --yes",
            "profile remove work",
            "profile rules",
            "profile rules add work --dir .",
            "profile rules remove --server https://id.example.org",
            "whoami --profile work",
            "exec --ttl 1h --name n -- env -i --json",
            "exec make -j 2",
            "credential git --host git.example.org get",
            "credential docker --host a.example --host b.example:5000 --username ann list",
            "status --json",
            "status --local",
            "diagnose --json",
            "setup init --server https://id.example.org",
            "setup bootstrap a@b.c --name Ann --code-file - --password-stdin",
            "admin add-user a@b.c --name Ann --role viewer --issue-token",
            "admin list-users --json",
            "admin show-user a@b.c",
            "admin remove-user 6fa459ea-ee8a-4ca4-894e-db77e160355e",
            "admin set-role a@b.c admin",
            "admin activate a@b.c",
            "admin deactivate a@b.c --revoke-tokens",
            "admin reset-password a@b.c",
            "admin set-password a@b.c --password p",
            "admin set-password a@b.c --password-stdin --permanent",
            "admin token list --user a@b.c --status expired --last-used never",
            "admin token revoke 1b2c3d4e",
            "admin audit --user a@b.c --action login --since 2h --follow",
            "completion zsh",
            "help exit-codes",
            "generate man dir",
        ];
        for line in lines {
            let words: Vec<_> = ["da"].into_iter().chain(line.split(' ')).map(OsString::from).collect();
            let parsed = Cli::try_parse_from(&words);
            assert!(parsed.is_ok(), "{line}: {:?}", parsed.err());
            assert_eq!(format!("{:?}", parse_by_one_command(&words)), format!("{:?}", parsed.ok()), "{line}");
        }
    }

    /// Returns every command without subcommands, with the words that lead to it.
    fn leaves(command: &clap::Command, path: &[String]) -> Vec<(Vec<String>, clap::Command)> {
        let path = [path, &[command.get_name().to_owned()]].concat();
        if !command.has_subcommands() {
            return vec![(path, command.clone())];
        }
        command.get_subcommands().flat_map(|command| leaves(command, &path)).collect()
    }

    #[test]
    fn no_refusal_of_a_value_is_in_the_words_of_a_parser() {
        const VALUES: [&str; 13] = [
            "0",
            "-1",
            "+1",
            "1.5",
            "x",
            "",
            "99999999999999999999",
            "0d",
            "-1d",
            "0h",
            "1e3",
            "9999999999d",
            "\u{661}",
        ];
        const OF_PARSERS: [&str; 9] = [
            "invalid digit",
            "is not in ",
            "number too",
            "cannot parse",
            "out of range",
            "invalid float",
            "empty string",
            "ParseInt",
            "Error(",
        ];
        let mut tree = command();
        tree.build();
        let (mut tried, mut refused) = (0, 0);
        for (path, leaf) in leaves(&tree, &[]) {
            // The global options are the same everywhere.
            let is_tried = |option: &&clap::Arg| !option.is_global_set() || path.ends_with(&["whoami".to_owned()]);
            let options = leaf.get_arguments().filter(|option| option.get_action().takes_values());
            for option in options.filter(is_tried) {
                for value in VALUES {
                    let typed = option.get_long().map_or(value.to_owned(), |long| format!("--{long}={value}"));
                    tried += 1;
                    let line = [leaf.get_name().to_owned(), typed];
                    let Err(usage) = leaf.clone().try_get_matches_from(line) else { continue };
                    let said = usage.render().to_string();
                    refused += 1;
                    assert!(!OF_PARSERS.iter().any(|words| said.contains(words)), "{path:?} {value:?}: {said}");
                }
            }
        }
        assert!(tried > 500 && refused > 100, "{tried} values were tried, {refused} refused");
        let said = |line: &str| command().try_get_matches_from(line.split(' ')).map(drop).expect_err(line).to_string();
        assert!(said("da token create --name n --ttl 0d").contains("expected at least 1 day"));
        assert!(said("da pair --name n --ttl 0d").contains("expected at least 1 day"));
        assert!(said("da whoami --timeout 0").contains("expected a whole number from 1 to 3600"));
        assert!(said("da admin audit --limit ten").contains("expected a whole number from 1 to 10000"));
    }

    #[test]
    fn a_command_alone_is_that_of_the_whole_tree() {
        let help = |line: &mut clap::Command, name: &str| {
            line.build();
            line.find_subcommand_mut(name).map(|command| command.render_long_help().to_string())
        };
        let mut whole = command();
        let names: Vec<_> = whole.get_subcommands().map(|command| command.get_name().to_owned()).collect();
        for name in names {
            let mut alone = with_one_command(&name).expect("known by its name");
            assert_eq!(help(&mut alone, &name), help(&mut whole, &name));
        }
        assert!(with_one_command("--json").is_none() && with_one_command("tok").is_none());
    }

    #[test]
    fn a_command_line_that_says_two_things_is_refused() {
        for line in [
            "login --password p --password-stdin",
            "login --device --no-browser",
            "login --device --email a@b.c",
            "login --no-browser --password-stdin",
            "login --device --password p",
            "pair",
            "pair --name n --ttl 0d",
            "pair --name n --raw --json",
            "pair --name n --raw --insecure-storage",
            "token revoke",
            "token revoke ci --all",
            "token revoke --all --secret -",
            "token create --name n --raw --json",
            "token create --name n --ttl 0d",
            "token rotate",
            "token rotate ci --self",
            "exec",
            "credential git get",
            "credential docker --host https://a.example get",
            "exec --ttl 25h env",
            "exec --ttl 59s env",
            "token rotate ci --overlap 90m",
            "token list --all --expiring 14d",
            "token create --name \t",
            "admin token list --status ended",
            "whoami --server ftp://x",
            "whoami --timeout 0",
        ] {
            assert!(Cli::try_parse_from(["da"].into_iter().chain(line.split(' '))).is_err(), "{line}");
        }
    }

    #[test]
    fn no_secret_argument_is_printed() {
        for line in ["login --password hunter2", "import-token --token hunter2", "token revoke --secret hunter2"] {
            let cli = Cli::try_parse_from(["da"].into_iter().chain(line.split(' '))).expect("valid");
            assert!(!format!("{cli:?}").contains("hunter2"), "{line}");
        }
    }

    #[test]
    fn every_command_says_what_it_is_for_and_shows_examples() {
        fn check(command: &clap::Command, path: &str) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty() && !about.ends_with('.'), "{path}: {about:?}");
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.starts_with("Examples:\n  ") && examples.contains(path), "{path}: {examples:?}");
            for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
                check(child, &format!("{path} {}", child.get_name()));
            }
        }
        let command = command();
        for child in command.get_subcommands().filter(|child| !child.is_hide_set() && child.get_name() != "auth") {
            check(child, &format!("da {}", child.get_name()));
        }
    }
}
