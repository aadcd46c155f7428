//! What is wrong with the command line, said without a secret that stood there.

use clap::error::{ContextKind, ContextValue};

use super::{
    error::CliError,
    token_text::{holds_token, without_tokens},
};

/// Hides the credentials in what the parser repeats: its words may end in the log of a CI job (S-65).
pub(super) fn without_secrets(mut usage: clap::Error) -> clap::Error {
    let repeated = |(kind, value): (ContextKind, &ContextValue)| match value {
        ContextValue::String(text) if looks_secret(text) => Some(kind),
        _ => None,
    };
    let kinds: Vec<_> = usage.context().filter_map(repeated).collect();
    for kind in kinds {
        usage.insert(kind, ContextValue::String("[hidden]".to_owned()));
    }
    usage
}

/// Tells whether the text holds a token, or a URL with a password in it.
fn looks_secret(text: &str) -> bool {
    let url = text.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    holds_token(text) || url
}

/// Returns what the parser says, on one line and without a token: the first lines say it, the rest repeats the usage.
pub(super) fn text(usage: &clap::Error) -> String {
    let text = usage.render().to_string();
    let said: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    without_tokens(&said.join(" "))
}

/// Returns it as an error of ours, for JSON and where more is to be said than the parser does.
pub(super) fn as_error(usage: &clap::Error, hint: Option<String>) -> CliError {
    let said = text(usage);
    let hint = hint.unwrap_or_else(|| "`da help COMMAND` shows how it is used".to_owned());
    CliError::usage(said.strip_prefix("error: ").unwrap_or(&said), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        let usage = crate::cli::command().try_get_matches_from(["da"].into_iter().chain(line.split(' ')));
        as_error(&without_secrets(usage.expect_err("wrong usage")), None).to_string()
    }

    #[test]
    fn wrong_usage_is_said_in_one_line() {
        assert_eq!(said("token create"), "the following required arguments were not provided: --name <NAME>");
    }

    #[test]
    fn a_credential_in_the_wrong_place_is_not_repeated() {
        const JWT: &str = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        for line in [
            format!("import-token {JWT}"),
            format!("token create --name x {JWT}"),
            JWT.to_owned(),
            format!("whoami --nonsense={JWT}"),
            format!("whoami --server http://ann:{JWT}@host"),
        ] {
            assert!(!said(&line).contains("c2lnbmF0dXJl"), "{line}: {}", said(&line));
        }
        assert!(!said("whoami --server https://ann:hunter2@host").contains("hunter2"));
        assert!(said("whoami --server id.example.org").contains("id.example.org"));
        assert!(said("login extra").contains("'extra'"));
    }
}
