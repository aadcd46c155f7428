//! The settings files: the command line's `config.yaml` and the server's `da-server.yaml`.

use std::collections::BTreeSet;

use da::{cli::rendered, client::ServerUrl, credentials::ProfileName};
use serde_yaml::{Mapping, Value};

/// Both readers take the same text.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    client(text);
    profiles(text);
    server(text);
}

/// A named server is a server, and naming another one changes nothing else.
fn client(text: &str) {
    let Some(named) = rendered::config_server(text) else { return };
    if let Ok(Some(url)) = &named {
        assert_eq!(url.as_str().parse(), Ok(url.clone()));
    }
    let other: ServerUrl = "https://other.example.org".parse().expect("a URL");
    let Some(changed) = rendered::config_with_server(text, &other) else { return };
    // A profile or rule that cannot be used is as much in the way as before.
    if named.is_ok() {
        assert_eq!(rendered::config_server(&changed), Some(Ok(Some(other))));
    }
    assert_eq!(foreign(text), foreign(&changed));
}

/// A profile that is made is there with its rule, one that is removed is gone, and all others stay as they were.
fn profiles(text: &str) {
    let Some((before, rules)) = rendered::config_profiles(text) else { return };
    let (name, server): (ProfileName, ServerUrl) =
        ("fuzz".parse().expect("a name"), "https://f.example".parse().expect("a URL"));
    let others = |all: &[(ProfileName, Option<ServerUrl>)]| -> rendered::ProfileServers {
        all.iter().filter(|(other, _)| *other != name).cloned().collect()
    };
    // Some of what can be read cannot be written by the library, and is told as an error.
    let Some(made) = rendered::config_with_profile(text, &name, &server) else { return };
    let (after, with_rule) = rendered::config_profiles(&made).expect("what is written can be read");
    assert_eq!(others(&after), others(&before));
    assert!(after.contains(&(name.clone(), Some(server))) && (1..=rules + 1).contains(&with_rule));

    let removed = rendered::config_without_profile(&made, &name).expect("it could be read");
    let (left, _) = rendered::config_profiles(&removed).expect("what is written can be read");
    assert_eq!(left, others(&before));
    let (kept, changed) = (foreign(text), foreign(&removed));
    let own = |key: &Value| matches!(key.as_str(), Some("profile" | "profiles" | "rules"));
    let theirs = |all: Vec<(Value, Value)>| -> Vec<_> { all.into_iter().filter(|(key, _)| !own(key)).collect() };
    assert_eq!(theirs(kept), theirs(changed));
}

/// Returns the keys of other tools, in their order.
fn foreign(text: &str) -> Vec<(Value, Value)> {
    let content = serde_yaml::from_str::<Option<Mapping>>(text).expect("a mapping or nothing").unwrap_or_default();
    content.into_iter().filter(|(key, _)| key.as_str() != Some("server")).collect()
}

/// Every setting is named once and can be written again; a refusal does not repeat a secret that stands elsewhere.
fn server(text: &str) {
    if let Ok(settings) = rendered::server_settings(text) {
        let keys: BTreeSet<_> = settings.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), settings.len());
        for (key, value) in settings.iter().filter(|(key, _)| !matches!(*key, "behind_proxy" | "external_hint")) {
            let escaped: String = value.chars().map(|c| format!("\\U{:08x}", u32::from(c))).collect();
            let quoted = format!("{key}: \"{escaped}\"");
            assert_eq!(rendered::server_settings(&quoted), Ok(vec![(*key, value.clone())]));
        }
    }
    if !text.contains("hunter2") {
        for with_secret in [format!("master_key: hunter2\n{text}"), format!("{text}\nmaster_key: hunter2\n")] {
            if let Err(message) = rendered::server_settings(&with_secret) {
                assert!(!message.contains("hunter2"), "{message}");
            }
        }
    }
}
