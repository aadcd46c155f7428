//! What hostile servers and files make the command line say, as text: for the fuzz targets and their replay in the
//! tests, which stand outside of the crate. Every function here is the one that the commands call.

use serde::Serialize;

use super::{
    commands::{credential, server::settings, token::list},
    config_file,
    error::CliError,
    profiles::{Profiles, Rule, When, change},
    sign_in::{
        device::{Pace, prompt},
        listener::{Outcome, judge},
    },
    ui::{self, Ui},
};
use crate::{
    api::{grants::StartResponse, tokens::TokenItem},
    client::{ClientError, HttpFailure, ServerUrl},
    credentials::ProfileName,
    domain::{Secret, Timestamp},
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

/// The profiles of a `config.yaml` with their servers.
pub type ProfileServers = Vec<(ProfileName, Option<ServerUrl>)>;

/// Returns the profiles of a `config.yaml` with their servers, and how many rules it has; nothing if it has none that can
/// be used.
#[must_use]
pub fn config_profiles(text: &str) -> Option<(ProfileServers, usize)> {
    let profiles = Profiles::read(&config_file::parse(text).ok()?).ok()?;
    let all: ProfileServers = profiles.iter().map(|(name, profile)| (name.clone(), profile.server.clone())).collect();
    Some((all, profiles.rules.len()))
}

/// Returns the text of a `config.yaml` after a profile was made, has been chosen, and got a rule for its server.
#[must_use]
pub fn config_with_profile(text: &str, name: &ProfileName, server: &ServerUrl) -> Option<String> {
    let mut content = config_file::parse(text).ok()?;
    change::server(&mut content, name, server);
    change::in_use(&mut content, name);
    change::add_rule(&mut content, &Rule { when: When::Server(server.clone()), profile: name.clone() });
    config_file::encoded(&content).ok()
}

/// Returns the text of a `config.yaml` after a profile was removed.
#[must_use]
pub fn config_without_profile(text: &str, name: &ProfileName) -> Option<String> {
    let mut content = config_file::parse(text).ok()?;
    change::remove(&mut content, name);
    config_file::encoded(&content).ok()
}

/// Returns what is taken of a request to the receiver of a browser's sign-in: the code with its issuer, or that there is
/// none.
#[must_use]
pub fn callback(url: &str, state: &Secret) -> Option<Option<(Secret, Option<String>)>> {
    judge(url, state).map(|outcome| match outcome {
        Outcome::Code { code, issuer } => Some((code, issuer)),
        Outcome::Refused => None,
    })
}

/// Returns the name that git would get with a token for this host alone; nothing if it gets none.
#[must_use]
pub fn for_git(host: &str, question: &str) -> Option<String> {
    credential::for_git(host, question)
}

/// Tells whether docker would get a token that is for this host alone.
#[must_use]
pub fn for_docker(host: &str, address: &str) -> bool {
    credential::for_docker(host, address)
}

/// Returns what a person is shown of a device's code, and the same as JSON.
#[must_use]
pub fn device_prompt(server: &ServerUrl, started: &StartResponse) -> (Vec<String>, Option<String>) {
    let (text, value) = prompt(server, started);
    (ui::seen(&text), json(&value))
}

/// Returns the pauses, in seconds, that follow an `interval` and refusals of the device's question, up to one that ends
/// the sign-in.
#[must_use]
pub fn pauses(interval: u64, refusals: Vec<HttpFailure>) -> Vec<u64> {
    let (ui, mut pace) = (Ui::piped(true), Pace::new(interval));
    let mut pauses = vec![pace.pause.as_secs()];
    for failure in refusals {
        if pace.adapt(&ui, ClientError::Http(Box::new(failure))).is_err() {
            break;
        }
        pauses.push(pace.pause.as_secs());
    }
    pauses
}

/// Returns the settings that the text of a `da-server.yaml` names.
///
/// # Errors
/// What is said of a text that cannot be used.
pub fn server_settings(text: &str) -> Result<Vec<(&'static str, String)>, String> {
    settings::file::parse(text)
}
