//! Secrets on their way in: terminal, standard input, or, with a warning, the command line (S-65).

use clap::Args;

use super::{error::CliError, ui::Ui};
use crate::domain::Secret;

/// Where a password comes from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PasswordArgs {
    /// Read the password from standard input
    #[arg(long, conflicts_with = "password")]
    pub(crate) password_stdin: bool,
    /// Password; other users of this machine can see it, so rather use `--password-stdin`
    #[arg(long, value_name = "PASSWORD", value_parser = parse_secret)]
    pub(crate) password: Option<Secret>,
}

/// Takes an argument as a secret.
#[expect(clippy::unnecessary_wraps, reason = "the form of a clap parser")]
pub(crate) fn parse_secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text.to_owned()))
}

impl PasswordArgs {
    /// Tells whether the command line says where it comes from.
    pub(crate) fn is_given(&self) -> bool {
        self.password_stdin || self.password.is_some()
    }

    /// Fails where the password is neither given nor could be asked for: before anything else is said.
    pub(crate) fn can_be_had(&self, ui: &Ui) -> Result<(), CliError> {
        if self.is_given() { Ok(()) } else { ui.can_ask("Password", "`--password-stdin`") }
    }

    /// Returns an existing password.
    pub(crate) fn existing(&self, ui: &Ui) -> Result<Secret, CliError> {
        self.given(ui).unwrap_or_else(|| ui.ask_secret("Password", "`--password-stdin`"))
    }

    /// Returns a new password, asked for twice.
    pub(crate) fn new_one(&self, ui: &Ui) -> Result<Secret, CliError> {
        self.given(ui).unwrap_or_else(|| ask_new(ui, "`--password-stdin`"))
    }

    fn given(&self, ui: &Ui) -> Option<Result<Secret, CliError>> {
        if let Some(password) = &self.password {
            warn_of_arguments(ui, "password", "`--password-stdin`");
            return Some(Ok(password.clone()));
        }
        self.password_stdin.then(|| ui.read_secret())
    }
}

/// What is said to somebody whose password an admin set, and the way out.
pub(crate) const MUST_CHANGE: &str = "An admin set your password; it must be changed before anything else";
pub(crate) const CHANGE_IT: &str = "Run `da auth password change`";

/// Asks for a new password, twice.
pub(crate) fn ask_new(ui: &Ui, instead: &str) -> Result<Secret, CliError> {
    ask_twice(ui, instead)?.ok_or_else(|| CliError::failed(DIFFERENT))
}

/// What is said when [`ask_twice`] got no password.
pub(crate) const DIFFERENT: &str = "The two passwords differ";

/// Asks for a new password, twice; nothing when the two differ.
pub(crate) fn ask_twice(ui: &Ui, instead: &str) -> Result<Option<Secret>, CliError> {
    let password = ui.ask_secret("New password", instead)?;
    let again = ui.ask_secret("The same again", instead)?;
    Ok(password.matches(again.expose()).then_some(password))
}

/// Warns that a secret was an argument.
pub(crate) fn warn_of_arguments(ui: &Ui, what: &str, instead: &str) {
    ui.warn(&format!("Other users of this machine can see a {what} on the command line; use {instead}"));
}

/// Returns a secret that is an argument (with a warning), or `-` for standard input, or asked for.
pub(crate) fn argument_or_stdin(
    ui: &Ui,
    argument: Option<&Secret>,
    label: &str,
    instead: &str,
) -> Result<Secret, CliError> {
    match argument {
        Some(argument) if argument.matches("-") => ui.read_secret(),
        Some(argument) => {
            warn_of_arguments(ui, &label.to_lowercase(), instead);
            Ok(argument.clone())
        }
        None => ui.ask_secret(label, instead),
    }
}
