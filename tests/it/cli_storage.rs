//! `da auth storage show | move`: D-19, O-02.

use std::{fs, os::unix::fs::PermissionsExt as _, thread};

use serde_json::Value;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Person, SessionBus, TestServer, help, transcript};

/// Returns the name of the keyring's entry of this person's configuration directory.
fn account(person: &Person, server: &TestServer) -> String {
    let id = fs::read_to_string(person.home.config_dir().join("state/keyring-id")).unwrap_or_else(|_| "{}".to_owned());
    let id: Value = serde_json::from_str(&id).unwrap();
    format!("{}#default#{}", server.url(), id["id"].as_str().unwrap_or_default())
}

fn config(person: &Person) -> String {
    fs::read_to_string(person.home.config_dir().join("config.yaml")).unwrap()
}

#[test]
fn a_token_moves_to_the_file_and_back() {
    let (server, bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    let kept = bus.entry(&account(&person, &server)).unwrap();
    transcript!(person.run(["auth", "storage", "show"]), @r"
    exit: 0
    ----- stdout -----
    Token: saved in the keyring
    New ones: in the keyring if it can be used, else in the file (the default)
    Keyring: available

    ----- stderr -----
    ");
    transcript!(person.run(["auth", "storage", "move", "file"]), @r"
    exit: 0
    ----- stdout -----
    Moved the token from the keyring to the file [HOME]/.config/da/token.json

    ----- stderr -----
    ");
    assert!(bus.entry(&account(&person, &server)).is_none());
    assert_eq!(fs::read_to_string(person.token_file()).unwrap().trim(), kept.trim());
    assert_eq!(fs::metadata(person.token_file()).unwrap().permissions().mode() & 0o777, 0o600);
    transcript!(person.run(["auth", "storage", "show"]), @r"
    exit: 0
    ----- stdout -----
    Token: saved in the file [HOME]/.config/da/token.json, in clear text
    New ones: in the file (chosen before)
    Keyring: available

    ----- stderr -----
    ");
    transcript!(person.run(["auth", "storage", "move", "file"]), @r"
    exit: 0
    ----- stdout -----
    The token is in the file [HOME]/.config/da/token.json already

    ----- stderr -----
    ");
    person.run(["whoami"]).exits(0);
    transcript!(person.run(["auth", "storage", "move", "keyring", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "server": "http://127.0.0.1:[PORT]",
      "profile": "default",
      "storage": "keyring",
      "file": "[HOME]/.config/da/token.json",
      "moved": true
    }

    ----- stderr -----
    "#);
    assert_eq!(bus.entry(&account(&person, &server)).unwrap().trim(), kept.trim());
    assert!(!person.token_file().exists());
    transcript!(person.run(["auth", "storage", "show", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "server": "http://127.0.0.1:[PORT]",
      "profile": "default",
      "storage": "keyring",
      "storage_error": null,
      "file": "[HOME]/.config/da/token.json",
      "choice": "keyring",
      "choice_source": "config",
      "keyring_available": true,
      "keyring_reason": null
    }

    ----- stderr -----
    "#);
    person.run(["whoami"]).exits(0);
}

#[test]
fn a_place_that_cannot_be_read_is_shown_and_explained() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let show = |json: &[&str]| person.da(["auth", "storage", "show"]).args(json).env("DA_CREDENTIAL_STORE", "keyring");
    transcript!(show(&[]).run(), @"
    exit: 0
    ----- stdout -----
    Token: unknown: cannot use the keyring: there is no session bus (D-Bus)
    New ones: in the keyring (`DA_CREDENTIAL_STORE`)
    Keyring: cannot be used: there is no session bus (D-Bus)

    ----- stderr -----
    Unlock the keyring, or keep the token in a file with `DA_CREDENTIAL_STORE=file`
    ");
    transcript!(show(&["--json"]).run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "server": "http://127.0.0.1:[PORT]",
      "profile": "default",
      "storage": null,
      "storage_error": "Cannot use the keyring: there is no session bus (D-Bus)",
      "file": "[HOME]/.config/da/token.json",
      "choice": "keyring",
      "choice_source": "environment",
      "keyring_available": false,
      "keyring_reason": "there is no session bus (D-Bus)"
    }

    ----- stderr -----
    "#);
    fs::create_dir_all(person.home.config_dir()).unwrap();
    fs::write(person.token_file(), "{").unwrap();
    let run = person.run(["auth", "storage", "show"]).exits(0);
    assert!(run.stdout.contains("Token: unknown: the saved token in the file"), "{}", run.stdout);
    assert!(run.stderr.contains("Run `da logout` to remove it, then `da login`"), "{}", run.stderr);
}

#[test]
fn renewals_and_later_sign_ins_keep_to_the_chosen_place() {
    let (server, bus) = (TestServer::with_admin().env("DA_ACCESS_MINUTES", "1").start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    fs::create_dir_all(person.home.config_dir()).unwrap();
    fs::write(person.home.config_dir().join("config.yaml"), "theirs: 1\n").unwrap();
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    person.run(["auth", "storage", "move", "file"]).exits(0);
    assert_eq!(config(&person), "theirs: 1\ncredential_store: file\n");
    let before = person.saved_token();
    // A token of a minute is renewed at each use.
    person.run(["whoami"]).exits(0);
    assert_ne!(person.saved_token(), before);
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    person.run(["logout"]).exits(0);
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    assert!(person.token_file().exists() && bus.entry(&account(&person, &server)).is_none());

    person.run(["auth", "storage", "move", "keyring"]).exits(0);
    assert_eq!(config(&person), "theirs: 1\ncredential_store: keyring\n");
    let before = bus.entry(&account(&person, &server)).unwrap();
    person.run(["whoami"]).exits(0);
    assert_ne!(bus.entry(&account(&person, &server)).unwrap(), before);
    assert!(!person.token_file().exists());
    // What is in clear text by choice stays so.
    let login = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];
    person.da(login).arg("--insecure-storage").stdin(ADMIN_PASSWORD).run().exits(0);
    person.run(["whoami"]).exits(0);
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    assert!(person.token_file().exists());
    assert_eq!(config(&person), "theirs: 1\ncredential_store: file\n");
}

#[test]
fn a_chosen_keyring_is_not_given_up_for_the_file() {
    let (server, bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    person.run(["auth", "storage", "move", "keyring"]).exits(0);
    bus.lock();
    let login = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];
    person.da(login).stdin(ADMIN_PASSWORD).run().exits(1);
    assert!(!person.token_file().exists());
}

#[test]
fn a_move_that_fails_leaves_the_token_where_it_works() {
    let (server, bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    transcript!(person.run(["auth", "storage", "move", "keyring"]), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Not logged in to `http://127.0.0.1:[PORT]`
    hint: Run `da login`, or set `DA_TOKEN`
    ");
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    person.run(["auth", "storage", "move", "file"]).exits(0);
    bus.lock();
    transcript!(person.run(["auth", "storage", "move", "keyring"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot use the keyring: it is locked
    hint: Unlock the keyring, or keep the token in a file with `DA_CREDENTIAL_STORE=file`
    ");
    person.run(["whoami"]).exits(0);
    assert_eq!(config(&person), "credential_store: file\n");
    transcript!(person.da(["auth", "storage", "move", "keyring"]).env("DA_CREDENTIAL_STORE", "file").run(), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: `DA_CREDENTIAL_STORE` is `file`, and wins over what is chosen here
    hint: Unset it, and run this again
    ");
    transcript!(person.run(["auth", "storage", "move", "elsewhere"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value 'elsewhere' for '<PLACE>': expected `keyring` or `file`

    For more information, try '--help'.
    ");
    let elsewhere = Person::at(server.url());
    elsewhere.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    let elsewhere = elsewhere.env("DA_CREDENTIAL_STORE", "");
    transcript!(elsewhere.run(["auth", "storage", "move", "keyring", "--json"]), @r#"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"Cannot use the keyring: there is no session bus (D-Bus)","causes":[],"hint":"Unlock the keyring, or keep the token in a file with `DA_CREDENTIAL_STORE=file`","exit_code":1,"status":null,"code":null,"request_id":null}}
    "#);
    elsewhere.run(["whoami"]).exits(0);
}

#[test]
fn no_renewal_is_lost_while_the_token_moves() {
    let (server, bus) = (TestServer::with_admin().env("DA_ACCESS_MINUTES", "1").start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    // A token of a minute is renewed at each use, and each refresh token works once.
    thread::scope(|scope| {
        let using = || (0..8).for_each(|_| drop(person.run(["whoami"]).exits(0)));
        for _ in 0..4 {
            scope.spawn(using);
        }
        scope.spawn(|| {
            for place in ["file", "keyring"].into_iter().cycle().take(12) {
                person.run(["auth", "storage", "move", place]).exits(0);
            }
        });
    });
    person.run(["whoami"]).exits(0);
    assert_eq!(server.log().matches("\"path\":\"/auth/refresh\"").count(), 33);
    let sessions: Value = serde_json::from_str(&person.run(["session", "list", "--json"]).exits(0).stdout).unwrap();
    assert!(sessions.to_string().matches("device_label").count() == 1, "one sign-in lives: {sessions}");
    assert!(!person.token_file().exists() && bus.entry(&account(&person, &server)).is_some());
}

#[test]
fn the_help_of_storage() {
    insta::assert_snapshot!(help(["auth", "storage"]), @r"
    Show or change where the saved token rests

    Usage: da auth storage [OPTIONS] <COMMAND>

    Commands:
      show  Show where the saved token rests, and where the next one will
      move  Move the saved token into the keyring or into the file

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da auth storage show
      da auth storage move keyring
    ");
    insta::assert_snapshot!(help(["auth", "storage", "show"]), @r"
    Show where the saved token rests, and where the next one will

    Usage: da auth storage show [OPTIONS]

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da auth storage show
      da auth storage show --json
    ");
    insta::assert_snapshot!(help(["auth", "storage", "move"]), @r"
    Move the saved token into the keyring or into the file

    The token is written and read in the new place before it leaves the old one; if that fails, the old
    one stays as it is. Renewals and later sign-ins keep to the place that was chosen. Nothing happens
    if the token is there already.

    Usage: da auth storage move [OPTIONS] <PLACE>

    Arguments:
      <PLACE>
              `keyring`, or `file`: in clear text, readable only by you

    Options:
      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da auth storage move keyring
      da auth storage move file
    ");
}
