//! A token that stands on the command line where something else is expected: nothing is done with it, and it is not
//! repeated. The one place for the rule (S-65).

use clap::ArgMatches;

use super::{error::CliError, token_text::holds_token};

/// Arguments that are tokens by purpose: subcommand and argument.
const EXPECTED: [(&str, &str); 2] = [("import-token", "token"), ("revoke", "secret")];

/// Returns an error if a token stands where none belongs. The command of `da exec` is checked, its arguments are not:
/// they are the command's own.
pub(super) fn check(matches: &ArgMatches) -> Result<(), CliError> {
    let mut path = Vec::new();
    match find(matches, &mut path) {
        Some(name) => Err(refusal(&path, &name)),
        None => Ok(()),
    }
}

/// Returns the error for a command line that the parser did not understand, if a token stands in it: `said` is what the
/// parser said, without the token.
pub(super) fn hint_for(arguments: &[std::ffi::OsString]) -> Option<String> {
    let texts: Vec<_> = arguments.iter().skip(1).map(|argument| argument.to_string_lossy()).collect();
    let has_token = texts.iter().any(|text| holds_token(text));
    let path: Vec<_> = texts.iter().filter(|text| !text.starts_with('-')).map(AsRef::as_ref).collect();
    has_token.then(|| hint(&path, ""))
}

/// Returns the argument that holds a token, and the commands on the way to it.
fn find<'a>(matches: &'a ArgMatches, path: &mut Vec<&'a str>) -> Option<String> {
    for id in matches.ids() {
        let command = path.last().copied().unwrap_or_default();
        if EXPECTED.contains(&(command, id.as_str())) {
            continue;
        }
        let counted = if (command, id.as_str()) == ("exec", "command") { 1 } else { usize::MAX };
        let Ok(Some(values)) = matches.try_get_raw(id.as_str()) else { continue };
        if values.take(counted).any(|value| holds_token(&value.to_string_lossy())) {
            return Some(id.as_str().to_owned());
        }
    }
    let (name, below) = matches.subcommand()?;
    path.push(name);
    find(below, path)
}

fn refusal(path: &[&str], id: &str) -> CliError {
    let place = match id {
        "token_file" => "the name of a file".to_owned(),
        "command" => "a command".to_owned(),
        // The positional arguments that name a token.
        "token" => "the id, prefix or name of a token".to_owned(),
        id => format!("`{}`", id.replace('_', "-")),
    };
    let message = format!("A token stands in the place of {place}; it was not used, sent or saved");
    CliError::usage(message, hint(path, id))
}

/// Returns the option that takes a token, for what was meant.
fn hint(path: &[&str], id: &str) -> String {
    let last = path.iter().rev().find(|word| !holds_token(word)).copied().unwrap_or_default();
    const REVOKE: &str = "`da token revoke --secret -`";
    let way = match (last, id) {
        // The command that revokes it is what was meant.
        ("revoke", id) if id != "token_file" => return format!("Give the token on standard input: {REVOKE}"),
        (_, "token_file") => "Set `DA_TOKEN` to the token, or write it into a file and name that with `--token-file`",
        ("import-token", _) => "Give the token on standard input: `da import-token --token -`",
        ("rotate", _) => "Set `DA_TOKEN` to the token and run `da token rotate --self`",
        ("show", _) => "Name the token as `da token list` shows it, by id, prefix or name",
        ("exec", _) => "Set `DA_TOKEN` to use a token, and name a command: `da exec -- COMMAND`",
        _ => "Set `DA_TOKEN` to use a token, or save it with `da import-token --token -`",
    };
    format!("{way}. Other users may have seen it on the command line: revoke it with {REVOKE}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use std::ffi::OsString;

    use clap::{Arg, Command};

    use super::*;
    use crate::cli::{parsed, usage};

    const JWT: &str = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
    const OPAQUE: &str = "da_pat_0123456789abcdefghijABCDEFGHIJ";

    /// Returns what is said of a command line; nothing if it is accepted.
    fn said(line: &[String]) -> Option<String> {
        let arguments: Vec<OsString> =
            std::iter::once("da").chain(line.iter().map(String::as_str)).map(Into::into).collect();
        match parsed(crate::cli::command(), &arguments) {
            Ok(_) => None,
            Err(crate::cli::Unusable::Misplaced(error)) => {
                Some(format!("{error} {}", error.hint().unwrap_or_default()))
            }
            Err(crate::cli::Unusable::Usage(usage)) => {
                let hint = hint_for(&arguments).unwrap();
                Some(format!("{} {hint}", usage::text(&usage::without_secrets(usage))))
            }
        }
    }

    /// Calls `check` with the way to every command and the command itself.
    fn each(command: &Command, path: &[String], check: &mut impl FnMut(&[String], &Command)) {
        check(path, command);
        for child in command.get_subcommands() {
            each(child, &[path, &[child.get_name().to_owned()]].concat(), check);
        }
    }

    /// Returns a value that the argument accepts.
    fn filler(argument: &Arg) -> String {
        let values = argument.get_possible_values();
        if let Some(value) = values.first() {
            return value.get_name().to_owned();
        }
        match argument.get_id().as_str() {
            "email" => "ann@example.org",
            "dir" | "host" | "hosts" => "example",
            "server" => "https://id.example.org",
            _ => "1",
        }
        .to_owned()
    }

    /// Returns the arguments that `command` requires beside `tested`.
    fn required(command: &Command, tested: &Arg) -> Vec<String> {
        let mut line = Vec::new();
        for argument in command.get_arguments().filter(|argument| argument.is_required_set()) {
            if argument.get_id() == tested.get_id() {
                continue;
            }
            line.extend(argument.get_long().map(|long| format!("--{long}")));
            line.push(filler(argument));
        }
        line
    }

    #[test]
    fn a_token_in_any_place_of_any_command_is_neither_used_nor_repeated() {
        let mut whole = crate::cli::command();
        whole.build();
        let mut places = 0;
        each(&whole, &[], &mut |path, command| {
            let name = path.last().map(String::as_str).unwrap_or_default();
            for argument in command.get_arguments() {
                for token in [JWT, OPAQUE] {
                    let mut lines = Vec::new();
                    match argument.get_long() {
                        Some(long) if argument.get_action().takes_values() => {
                            lines.push(vec![format!("--{long}"), token.to_owned()]);
                            lines.push(vec![format!("--{long}={token}")]);
                        }
                        Some(long) => lines.push(vec![format!("--{long}={token}")]),
                        None => lines.push(vec![token.to_owned()]),
                    }
                    for tested in lines {
                        let line = [path, &tested, &required(command, argument)].concat();
                        let said = said(&line);
                        if EXPECTED.contains(&(name, argument.get_id().as_str())) {
                            continue;
                        }
                        places += 1;
                        let said = said.unwrap_or_else(|| panic!("{line:?} is accepted"));
                        assert!(!said.contains(token), "{line:?}: {said}");
                        assert!(said.contains("`DA_TOKEN`") || said.contains("--secret -"), "{line:?}: {said}");
                    }
                }
            }
            for wrong in
                [vec![JWT.to_owned()], vec!["--nonsense".to_owned(), JWT.to_owned()], vec![format!("--nonsense={JWT}")]]
            {
                // What stands behind a whole command of `da exec` is that command's.
                let said = said(&[path, &wrong].concat());
                assert!(said.is_none_or(|said| !said.contains(JWT)), "{path:?} {wrong:?}");
            }
        });
        assert!(places > 1_000, "{places}");
    }

    #[test]
    fn the_hint_names_the_option_that_was_meant() {
        let hint = |line: &str| said(&line.split(' ').map(str::to_owned).collect::<Vec<_>>()).unwrap();
        for (line, named) in [
            (format!("token revoke {JWT}"), "`da token revoke --secret -`"),
            (format!("auth token revoke {OPAQUE}"), "`da token revoke --secret -`"),
            (format!("token show {JWT}"), "by id, prefix or name"),
            (format!("token rotate {JWT}"), "`da token rotate --self`"),
            (format!("whoami --token-file {JWT}"), "name that with `--token-file`"),
            (format!("exec -- {JWT}"), "`da exec -- COMMAND`"),
            (format!("exec --name {JWT} -- true"), "`da exec -- COMMAND`"),
            (format!("import-token {JWT}"), "`da import-token --token -`"),
            (JWT.to_owned(), "`da import-token --token -`"),
            (format!("whoami --token {JWT}"), "`da import-token --token -`"),
        ] {
            assert!(hint(&line).contains(named), "{line}: {}", hint(&line));
        }
    }

    #[test]
    fn a_token_where_one_belongs_is_taken() {
        for line in [
            format!("import-token --token {JWT}"),
            format!("auth import-token --token={JWT}"),
            format!("token revoke --secret {JWT}"),
            format!("exec -- curl -H {JWT} https://app.example.org"),
        ] {
            assert_eq!(said(&line.split(' ').map(str::to_owned).collect::<Vec<_>>()), None, "{line}");
        }
    }
}
