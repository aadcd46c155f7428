//! What a command could not do: message, causes, hint, and the one table to exit codes (D-20).

mod hint;

use std::{io, process::ExitCode};

use serde_json::json;

use super::{config_file::ConfigError, settings::SettingsError};
use crate::{
    api::ErrorCode,
    client::{ClientError, HttpFailure},
    credentials::{CredentialError, FileError},
};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Failed,
    Usage,
    Unreachable,
    NotSignedIn,
    NotAllowed,
    /// The condition asked for holds, as with `da token list --expiring`.
    Holds,
    /// As another command ended, which `da exec` has run.
    Of(u8),
}

/// Every exit code and what it means, for `da help exit-codes` and the man pages.
pub(crate) const EXIT_CODES: [(Exit, &str); 7] = [
    (Exit::Done, "It is done."),
    (Exit::Failed, "It failed: the request was refused, or something on this machine is wrong."),
    (Exit::Usage, "The command line or a setting is wrong; nothing was done."),
    (Exit::Unreachable, "The server cannot be reached, or has a fault of its own (5xx)."),
    (Exit::NotSignedIn, "Not signed in: there is no token, or the server does not accept it (401)."),
    (Exit::NotAllowed, "Signed in, but not allowed (403)."),
    (Exit::Holds, "The condition asked for holds: `da token list --expiring` has found a token."),
];

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::NotSignedIn => 4,
            Self::NotAllowed => 5,
            Self::Holds => 6,
            Self::Of(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// Something to decide for the user.
    #[error("{message}")]
    Said { exit: Exit, message: String, hint: Option<String> },
    /// A name fits several things; each candidate is one line.
    #[error("{count} {what} match `{name}`")]
    Ambiguous { what: &'static str, count: usize, name: String, candidates: Vec<String> },
    /// A call went wrong; the message says what was wanted, the remedy what only the caller knows.
    #[error("{}", call_message(.action, .source))]
    Call { action: String, source: ClientError, remedy: Option<String> },
    /// The token in force was not accepted.
    #[error("The server did not accept the {token} for `{server}`")]
    TokenRefused { token: String, server: String, remedy: String, failure: Box<HttpFailure> },
    /// The place of the saved token.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A file of ours.
    #[error(transparent)]
    File(#[from] FileError),
    /// Flags, environment, file.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Nothing went wrong; the exit code alone tells how it is.
    #[error("it ended with {}", .0.code())]
    Outcome(Exit),
    /// Standard input.
    #[error("{}", input_message(.0))]
    Input(#[source] io::Error),
    /// Standard output.
    #[error("cannot write the output: {0}")]
    Output(#[source] io::Error),
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::Settings(error.into())
    }
}

/// Says what was being done when a call went wrong.
pub(crate) trait Doing<T> {
    /// `action` is what could not be done, such as `Could not list the tokens`.
    fn doing(self, action: &str) -> Result<T, CliError>;
}

impl<T> Doing<T> for Result<T, ClientError> {
    fn doing(self, action: &str) -> Result<T, CliError> {
        self.map_err(|source| CliError::Call { action: action.to_owned(), source, remedy: None })
    }
}

impl CliError {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::said(Exit::Failed, message)
    }

    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::said(Exit::Usage, message).with_hint(hint)
    }

    pub(crate) fn said(exit: Exit, message: impl Into<String>) -> Self {
        Self::Said { exit, message: message.into(), hint: None }
    }

    /// Adds the next step; only errors that say it themselves have room for one.
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        match self {
            Self::Said { exit, message, .. } => Self::Said { exit, message, hint: Some(hint.into()) },
            other => other,
        }
    }

    /// Returns the error as a sentence: what another layer said begins in lower case, as its place is behind a colon.
    pub(crate) fn message(&self) -> String {
        let text = self.to_string();
        let mut rest = text.chars();
        rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
    }

    /// Tells whether the reader of our output has gone, which is no fault.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Tells whether there is nothing to say.
    pub(crate) fn is_silent(&self) -> bool {
        self.is_broken_pipe() || matches!(self, Self::Outcome(_))
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Outcome(exit) => *exit,
            Self::Said { exit, .. } => *exit,
            Self::Ambiguous { .. } => Exit::Failed,
            Self::Call { source, .. } => exit_of_call(source),
            Self::TokenRefused { .. } => Exit::NotSignedIn,
            Self::Settings(
                SettingsError::NotText(_)
                | SettingsError::Variable { .. }
                | SettingsError::NoProfile(_)
                | SettingsError::NoServer { .. },
            ) => Exit::Usage,
            Self::Output(_) if self.is_broken_pipe() => Exit::Done,
            Self::Credential(_) | Self::File(_) | Self::Settings(_) | Self::Input(_) | Self::Output(_) => Exit::Failed,
        }
    }

    /// Tells whether only the server's operator can mend it: a fault of the server's own, or an account that is off.
    pub(crate) fn is_the_operators(&self) -> bool {
        match self {
            Self::Call { source: ClientError::Http(failure), .. } => failure.status >= 500,
            Self::TokenRefused { failure, .. } => {
                failure.is(ErrorCode::AccountDeactivated) || failure.is(ErrorCode::AccountUnknown)
            }
            _ => false,
        }
    }

    /// Returns what lies behind it, one line each.
    pub(crate) fn causes(&self) -> Vec<String> {
        match self {
            Self::Call { source: ClientError::Http(failure), .. } => {
                // A proxy's page has no text of its own: the status is all there is, and was said.
                Some(status_line(failure, false)).filter(|line| *line != failure.detail).into_iter().collect()
            }
            Self::TokenRefused { failure, .. } => vec![status_line(failure, true)],
            Self::Call { source, .. } => vec![source.to_string()],
            _ => Vec::new(),
        }
    }

    /// Returns what could have been meant, one line each.
    pub(crate) fn candidates(&self) -> &[String] {
        match self {
            Self::Ambiguous { candidates, .. } => candidates,
            _ => &[],
        }
    }

    /// Returns the next step, if there is one to advise.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Said { hint, .. } => hint.clone(),
            Self::Ambiguous { .. } => Some("Name one by its id".to_owned()),
            Self::Call { source, remedy, .. } => remedy.clone().or_else(|| hint::of_call(source)),
            Self::TokenRefused { remedy, .. } => Some(remedy.clone()),
            Self::Credential(error) => hint::of_credential(error),
            Self::File(error) | Self::Settings(SettingsError::Config(ConfigError::File(error))) => hint::of_file(error),
            Self::Settings(SettingsError::NoDir(_)) => {
                Some("Name one with `--config-dir` or `DA_CONFIG_DIR`, or set `HOME`".to_owned())
            }
            Self::Settings(SettingsError::NoServer { of_saved_token: Some(server) }) => {
                Some(format!("The saved token belongs to `{server}`: name it with `--server {server}` or `DA_SERVER`"))
            }
            Self::Settings(SettingsError::NoServer { of_saved_token: None }) => Some(
                "Name it with `--server URL` or `DA_SERVER`; `da login --server URL` remembers it. Your own `da serve` is \
                 found while it runs on its usual data directory"
                    .to_owned(),
            ),
            Self::Settings(SettingsError::NoProfile(chosen)) => Some(chosen.remedy()),
            Self::Settings(SettingsError::Config(_)) => {
                Some("Mend the file, or remove it and run `da setup init --server URL`".to_owned())
            }
            Self::Settings(SettingsError::Variable { name, .. }) => Some(format!("Set `{name}` anew, or unset it")),
            Self::Input(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Some("Give standard input one line for each value that is read from there".to_owned())
            }
            Self::Settings(_) | Self::Outcome(_) | Self::Input(_) | Self::Output(_) => None,
        }
    }

    /// Returns the error as one JSON object.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let failure = match self {
            Self::Call { source, .. } => source.failure(),
            Self::TokenRefused { failure, .. } => Some(&**failure),
            _ => None,
        };
        let mut error = json!({
            "message": self.message(),
            "causes": self.causes(),
            "hint": self.hint(),
            "exit_code": self.exit().code(),
            "status": failure.map(|failure| failure.status),
            "code": failure.and_then(|failure| failure.code.as_deref()),
            "request_id": failure.and_then(|failure| failure.request_id.as_deref()),
        });
        if !self.candidates().is_empty() {
            error["candidates"] = self.candidates().into();
        }
        json!({ "error": error })
    }
}

fn input_message(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "The input ended before there was an answer".to_owned(),
        _ => format!("cannot read the input: {error}"),
    }
}

fn call_message(action: &str, source: &ClientError) -> String {
    match source {
        ClientError::Http(failure) => format!("{action}: {}", hint::in_options(failure)),
        _ => action.to_owned(),
    }
}

fn status_line(failure: &HttpFailure, with_detail: bool) -> String {
    let mut line = failure.status.to_string();
    line.push(' ');
    line.push_str(failure.code.as_deref().unwrap_or_else(|| reason(failure)));
    if with_detail {
        line.push_str(&format!(": {}", failure.detail));
    }
    if let Some(id) = &failure.request_id {
        line.push_str(&format!(" (request {id})"));
    }
    line
}

/// Returns the words that belong to the status, whoever answered.
fn reason(failure: &HttpFailure) -> &'static str {
    let status = reqwest::StatusCode::from_u16(failure.status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or("without a reason")
}

fn exit_of_call(error: &ClientError) -> Exit {
    match error {
        ClientError::Unreachable { .. } | ClientError::Untrusted { .. } => Exit::Unreachable,
        ClientError::ClearText { .. } => Exit::Usage,
        ClientError::Http(failure) => match failure.status {
            401 => Exit::NotSignedIn,
            403 => Exit::NotAllowed,
            500.. => Exit::Unreachable,
            _ => Exit::Failed,
        },
        ClientError::CaFile { .. } | ClientError::Setup(_) | ClientError::Moved { .. } | ClientError::BadAnswer(_) => {
            Exit::Failed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> CliError {
        let failure = HttpFailure {
            status,
            detail: "No".to_owned(),
            code: Some("last_admin".to_owned()),
            request_id: Some("r1".to_owned()),
            retry_after: (status == 429).then_some(7),
        };
        let source = ClientError::Http(Box::new(failure));
        CliError::Call { action: "Could not do it".to_owned(), source, remedy: None }
    }

    #[test]
    fn statuses_become_exit_codes() {
        let table =
            [(400, 1), (401, 4), (403, 5), (404, 1), (409, 1), (422, 1), (429, 1), (500, 3), (503, 3), (507, 3)];
        for (status, code) in table {
            assert_eq!(refused(status).exit().code(), code, "{status}");
        }
    }

    #[test]
    fn a_refusal_tells_detail_code_request_and_patience() {
        let error = refused(409);
        assert_eq!(error.to_string(), "Could not do it: No");
        assert_eq!(error.causes(), ["409 last_admin (request r1)"]);
        assert_eq!(refused(429).hint().as_deref(), Some("Try again in 7 s"));
        assert_eq!(error.to_json()["error"]["exit_code"], 1);
        assert_eq!(error.to_json()["error"]["code"], "last_admin");
    }

    #[test]
    fn a_broken_pipe_is_no_fault() {
        let error = CliError::Output(io::ErrorKind::BrokenPipe.into());
        assert!(error.is_broken_pipe() && error.exit() == Exit::Done);
        assert_eq!(CliError::Output(io::ErrorKind::StorageFull.into()).exit(), Exit::Failed);
    }

    #[test]
    fn the_table_of_exit_codes_is_in_order() {
        let codes: Vec<_> = EXIT_CODES.iter().map(|(exit, _)| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6]);
    }
}
