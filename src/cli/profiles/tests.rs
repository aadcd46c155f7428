//! What the settings say of profiles, and which one is chosen.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::{fs, path::Path};

use proptest::prelude::*;

use super::*;

fn content(text: &str) -> Mapping {
    serde_yaml::from_str::<Option<Mapping>>(text).unwrap().unwrap_or_default()
}

fn profiles(text: &str) -> Profiles {
    Profiles::read(&content(text)).unwrap()
}

fn name(text: &str) -> ProfileName {
    text.parse().unwrap()
}

fn url(text: &str) -> ServerUrl {
    text.parse().unwrap()
}

const TWO: &str = "\
server: http://127.0.0.1:1
profile: home
profiles:
  home: {server: 'https://home.example.org', credential_store: file}
  work: {server: 'https://work.example.org/', theirs: 7}
rules:
- {server: 'https://work.example.org', profile: work}
";

#[test]
fn old_settings_are_those_of_the_default_profile() {
    let old = profiles("sync: {every: 5}\nserver: http://localhost:8000\n");
    assert_eq!(old.get(&ProfileName::default()).unwrap().server, Some(url("http://localhost:8000")));
    assert!(old.choose(None, None, None, || None).goes_without_saying());
    assert_eq!(old.iter().count(), 1);
}

#[test]
fn the_profile_is_flag_then_variable_then_rule_then_the_one_in_use_then_default() {
    let two = profiles(TWO);
    let chosen = |flag: Option<&str>, variable: Option<&str>, server: Option<&str>| {
        let flag = flag.map(name);
        let chosen = two.choose(flag.as_ref(), variable.map(name), server.map(url).as_ref(), || None);
        (chosen.name.to_string(), chosen.source.as_str())
    };
    let work = Some("https://work.example.org");
    assert_eq!(chosen(Some("a"), Some("b"), work), ("a".to_owned(), "flag"));
    assert_eq!(chosen(None, Some("b"), work), ("b".to_owned(), "environment"));
    assert_eq!(chosen(None, None, work), ("work".to_owned(), "rule"));
    assert_eq!(chosen(None, None, Some("https://other.example.org")), ("home".to_owned(), "config"));
    assert_eq!(two.get(&name("home")).unwrap().credential_store, Some(Place::File));
}

#[cfg(unix)]
#[test]
fn the_longest_directory_without_links_counts() {
    let home = tempfile::tempdir().unwrap();
    let real = home.path().canonicalize().unwrap();
    fs::create_dir_all(real.join("src/deep/er")).unwrap();
    fs::create_dir_all(real.join("srcs")).unwrap();
    std::os::unix::fs::symlink(real.join("src/deep"), real.join("short")).unwrap();
    let path = |below: &str| real.join(below).display().to_string();
    let rules = profiles(&format!(
        "rules:\n- {{dir: '{}', profile: outer}}\n- {{dir: '{}', profile: inner}}\n- {{dir: '{}', profile: gone}}\n\
         - {{server: 'https://a.example.org', profile: server}}\n",
        path("src"),
        path("short"),
        path("gone/../src/deep/er")
    ));
    let chosen = |here: &str| rules.choose(None, None, None, || real.join(here).canonicalize().ok()).name.to_string();
    assert_eq!(chosen("src"), "outer");
    assert_eq!(chosen("src/deep"), "inner");
    assert_eq!(chosen("short/er"), "inner");
    assert_eq!(chosen("srcs"), "default");
    assert_eq!(chosen(""), "default");
    assert_eq!(chosen("nowhere"), "default");
    let named = rules.choose(None, None, Some(&url("https://a.example.org")), || Some(real.join("src")));
    assert_eq!(named.name, name("server"));
}

#[test]
fn what_cannot_be_used_is_named_without_its_value() {
    for (text, key) in [
        ("server: hunter2", "server"),
        ("credential_store: hunter2", "credential_store"),
        ("profile: Hunter2", "profile"),
        ("profile: [hunter2]", "profile"),
        ("profiles: [hunter2]", "profiles"),
        ("profiles: {../hunter2: {server: 'http://127.0.0.1:1'}}", "profiles"),
        ("profiles: {7: {server: 'http://127.0.0.1:1'}}", "profiles"),
        ("profiles: {default: {server: 'http://127.0.0.1:1'}}", "profiles"),
        ("profiles: {work: hunter2}", "profiles.work"),
        ("profiles: {work: {credential_store: file}}", "profiles.work"),
        ("profiles: {work: {server: hunter2}}", "profiles.work.server"),
        (
            "profiles: {work: {server: 'http://127.0.0.1:1', credential_store: hunter2}}",
            "profiles.work.credential_store",
        ),
        ("rules: hunter2", "rules"),
        ("rules: [hunter2]", "rules"),
        ("rules: [{dir: hunter2, profile: work}]", "rules.dir"),
        ("rules: [{dir: /hunter2}]", "rules"),
        ("rules: [{profile: work}]", "rules"),
        ("rules: [{dir: /hunter2, server: 'http://127.0.0.1:1', profile: work}]", "rules"),
        ("rules: [{dir: /hunter2, profile: ../x}]", "rules.profile"),
    ] {
        let error = Profiles::read(&content(text)).unwrap_err();
        assert_eq!(error.key, key, "{text}");
        assert!(!format!("{error:?}").contains("unter2"), "{text}: {error:?}");
    }
}

#[test]
fn changes_keep_what_is_not_theirs() {
    let mut settings = content(TWO);
    change::server(&mut settings, &name("new"), &url("https://new.example.org"));
    change::server(&mut settings, &name("work"), &url("https://work2.example.org"));
    change::credential_store(&mut settings, &ProfileName::default(), Place::Keyring);
    change::in_use(&mut settings, &name("new"));
    let dir = Rule { when: When::Dir(Path::new("/src").to_owned()), profile: name("new") };
    change::add_rule(&mut settings, &dir);
    change::add_rule(&mut settings, &dir);
    assert_eq!(
        serde_yaml::to_string(&settings).unwrap(),
        "server: http://127.0.0.1:1\nprofile: new\nprofiles:\n  home:\n    server: https://home.example.org\n    \
         credential_store: file\n  work:\n    server: https://work2.example.org\n    theirs: 7\n  new:\n    server: \
         https://new.example.org\nrules:\n- server: https://work.example.org\n  profile: work\n- dir: /src\n  profile: \
         new\ncredential_store: keyring\n"
    );
    assert_eq!(change::remove(&mut settings, &name("new")), 1);
    assert!(change::remove_rule(&mut settings, &When::Server(url("https://work.example.org"))));
    assert!(!change::remove_rule(&mut settings, &When::Server(url("https://work.example.org"))));
    change::in_use(&mut settings, &name("work"));
    change::in_use(&mut settings, &ProfileName::default());
    assert_eq!(
        serde_yaml::to_string(&settings).unwrap(),
        "server: http://127.0.0.1:1\nprofiles:\n  home:\n    server: https://home.example.org\n    credential_store: \
         file\n  work:\n    server: https://work2.example.org\n    theirs: 7\ncredential_store: keyring\n"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn hostile_settings_never_panic(text in "(profile|profiles|rules|server|dir|[a-z]|[:{}\\[\\],\\- \n/.]){0,20}") {
        if let Ok(Some(mut settings)) = serde_yaml::from_str::<Option<Mapping>>(&text) {
            let _ = Profiles::read(&settings);
            change::server(&mut settings, &name("work"), &url("http://127.0.0.1:1"));
            change::add_rule(&mut settings, &Rule { when: When::Dir("/x".into()), profile: name("work") });
            change::remove(&mut settings, &name("work"));
        }
    }
}
