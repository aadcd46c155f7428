//! Changes of profiles in the settings; whatever else stands there is kept.

use std::path::Path;

use serde_yaml::{Mapping, Value};

use super::{CA_FILE, CREDENTIAL_STORE, DIR, IN_USE, PROFILES, RULES, Rule, SERVER, When, rule};
use crate::{
    client::ServerUrl,
    credentials::{Place, ProfileName},
};

/// Names a profile's server; creates a profile that does not exist. Certificates that were trusted for another server are
/// not trusted for this one.
pub(crate) fn server(content: &mut Mapping, name: &ProfileName, server: &ServerUrl) {
    let profile = of(content, name);
    let before = profile.get(SERVER).and_then(Value::as_str).and_then(|text| text.parse::<ServerUrl>().ok());
    if before.is_some_and(|before| before != *server) {
        profile.shift_remove(CA_FILE);
    }
    set(profile, SERVER, server.as_str());
}

/// Remembers the certificates to trust for a profile's server.
pub(crate) fn ca_file(content: &mut Mapping, name: &ProfileName, file: &Path) {
    set(of(content, name), CA_FILE, &file.to_string_lossy());
}

/// Notes down where a profile's token is kept.
pub(crate) fn credential_store(content: &mut Mapping, name: &ProfileName, place: Place) {
    set(of(content, name), CREDENTIAL_STORE, place.as_str());
}

/// Chooses the profile that is in force where nothing else says so.
pub(crate) fn in_use(content: &mut Mapping, name: &ProfileName) {
    if name.is_default() {
        content.shift_remove(IN_USE);
    } else {
        set(content, IN_USE, name.as_str());
    }
}

/// Removes a profile with what leads to it; returns how many rules did.
pub(crate) fn remove(content: &mut Mapping, name: &ProfileName) -> usize {
    if let Some(Value::Mapping(named)) = content.get_mut(PROFILES) {
        named.shift_remove(name.as_str());
    }
    if content.get(IN_USE).and_then(Value::as_str) == Some(name.as_str()) {
        content.shift_remove(IN_USE);
    }
    retain(content, |rule| rule.profile != *name)
}

/// Adds a rule in place of one for the same directory or server.
pub(crate) fn add_rule(content: &mut Mapping, new: &Rule) {
    retain(content, |rule| rule.when != new.when);
    let mut value = Mapping::new();
    match &new.when {
        When::Dir(dir) => set(&mut value, DIR, &dir.to_string_lossy()),
        When::Server(server) => set(&mut value, SERVER, server.as_str()),
    }
    set(&mut value, IN_USE, new.profile.as_str());
    if !content.get(RULES).is_some_and(Value::is_sequence) {
        content.insert(RULES.into(), Value::Sequence(Vec::new()));
    }
    if let Some(Value::Sequence(rules)) = content.get_mut(RULES) {
        rules.push(value.into());
    }
}

/// Removes the rule for a directory or server; tells whether there was one.
pub(crate) fn remove_rule(content: &mut Mapping, when: &When) -> bool {
    retain(content, |rule| rule.when != *when) > 0
}

fn set(content: &mut Mapping, key: &str, text: &str) {
    content.insert(key.into(), text.into());
}

/// Returns the keys of a profile, which are made if they are not there.
fn of<'a>(content: &'a mut Mapping, name: &ProfileName) -> &'a mut Mapping {
    if name.is_default() { content } else { below(below(content, PROFILES), name.as_str()) }
}

fn below<'a>(content: &'a mut Mapping, key: &str) -> &'a mut Mapping {
    let value = content.entry(key.into()).or_insert_with(|| Value::Mapping(Mapping::new()));
    if !value.is_mapping() {
        *value = Value::Mapping(Mapping::new());
    }
    value.as_mapping_mut().expect("made one above")
}

fn retain(content: &mut Mapping, keep: impl Fn(&Rule) -> bool) -> usize {
    let Some(Value::Sequence(rules)) = content.get_mut(RULES) else { return 0 };
    let before = rules.len();
    rules.retain(|value| rule(value).map_or(true, |rule| keep(&rule)));
    let removed = before - rules.len();
    if rules.is_empty() && removed > 0 {
        content.shift_remove(RULES);
    }
    removed
}
