//! What hostile servers and files make the command line say, as text: for the fuzz targets and their replay in the
//! tests, which stand outside of the crate. Every function here is the one that the commands call.

use serde::Serialize;

use super::{
    commands::{server::settings, token::list},
    config_file,
    error::CliError,
    ui::{self, Ui},
};
use crate::{
    api::tokens::TokenItem,
    client::{ClientError, InvalidServerUrl, ServerUrl},
    domain::Timestamp,
};

/// Returns what is said on stderr of a call that failed.
#[must_use]
pub fn failure(action: &str, source: ClientError, json: bool) -> Vec<String> {
    Ui::piped(json).error_lines(&CliError::Call { action: action.to_owned(), source })
}

/// Returns the table of `da token list`.
#[must_use]
pub fn tokens(tokens: &[TokenItem], now: Timestamp) -> Vec<String> {
    list::table(&tokens.iter().collect::<Vec<_>>(), now).lines()
}

/// Returns a value as `--json` writes it.
#[must_use]
pub fn json(value: &impl Serialize) -> Option<String> {
    ui::json_text(value).ok().map(|text| text.to_string())
}

/// Returns the server that the text of a `config.yaml` names; nothing if the text is no file of settings.
#[must_use]
pub fn config_server(text: &str) -> Option<Result<Option<ServerUrl>, InvalidServerUrl>> {
    config_file::parse(text).ok().map(|content| config_file::server(&content))
}

/// Returns the text of a `config.yaml` after another server was named; nothing if the text is no file of settings.
#[must_use]
pub fn config_with_server(text: &str, server: &ServerUrl) -> Option<String> {
    let mut content = config_file::parse(text).ok()?;
    config_file::name_server(&mut content, server);
    config_file::encoded(&content).ok()
}

/// Returns the settings that the text of a `da-server.yaml` names.
///
/// # Errors
/// What is said of a text that cannot be used.
pub fn server_settings(text: &str) -> Result<Vec<(&'static str, String)>, String> {
    settings::file::parse(text)
}
