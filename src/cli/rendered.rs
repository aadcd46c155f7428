//! What hostile servers and files make the command line say, as text: for the fuzz targets and their replay in the
//! tests, which stand outside of the crate. Every function here is the one that the commands call.

use serde::Serialize;

use super::{
    commands::{server::settings, token::list},
    config_file,
    error::CliError,
    profiles::{Profiles, change},
    ui::{self, Ui},
};
use crate::{
    api::tokens::TokenItem,
    client::{ClientError, ServerUrl},
    credentials::ProfileName,
    domain::Timestamp,
};

/// Returns what is said on stderr of a call that failed.
#[must_use]
pub fn failure(action: &str, source: ClientError, json: bool) -> Vec<String> {
    Ui::piped(json).error_lines(&CliError::Call { action: action.to_owned(), source, remedy: None })
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

/// Returns the server that the text of a `config.yaml` names, or why its settings cannot be used; nothing if the text is
/// no file of settings.
#[must_use]
pub fn config_server(text: &str) -> Option<Result<Option<ServerUrl>, String>> {
    let profiles = Profiles::read(&config_file::parse(text).ok()?);
    let server = |profiles: Profiles| profiles.get(&ProfileName::default())?.server.clone();
    Some(profiles.map(server).map_err(|fault| format!("{}: {}", fault.key, fault.reason)))
}

/// Returns the text of a `config.yaml` after another server was named; nothing if the text is no file of settings.
#[must_use]
pub fn config_with_server(text: &str, server: &ServerUrl) -> Option<String> {
    let mut content = config_file::parse(text).ok()?;
    change::server(&mut content, &ProfileName::default(), server);
    config_file::encoded(&content).ok()
}

/// Returns the settings that the text of a `da-server.yaml` names.
///
/// # Errors
/// What is said of a text that cannot be used.
pub fn server_settings(text: &str) -> Result<Vec<(&'static str, String)>, String> {
    settings::file::parse(text)
}
