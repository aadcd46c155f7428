//! The keyring of the desktop, a real one on a session bus of its own: D-19, O-02, K-08.

use std::{
    fs,
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    thread,
};

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Person, SessionBus, TestServer, transcript};

const LOGIN: [&str; 4] = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];

/// The entry of the version that had one for all configuration directories.
fn old_account(server: &TestServer) -> String {
    format!("{}#default", server.url())
}

fn account_in(config_dir: &Path, server: &TestServer) -> String {
    let id: Value = serde_json::from_str(&fs::read_to_string(config_dir.join("state/keyring-id")).unwrap()).unwrap();
    format!("{}#{}", old_account(server), id["id"].as_str().unwrap())
}

fn account(person: &Person, server: &TestServer) -> String {
    account_in(&person.home.config_dir(), server)
}

/// Returns what the keyring holds for the server.
#[track_caller]
fn kept(bus: &SessionBus, person: &Person, server: &TestServer) -> Value {
    kept_in(bus, &person.home.config_dir(), server)
}

#[track_caller]
fn kept_in(bus: &SessionBus, config_dir: &Path, server: &TestServer) -> Value {
    serde_json::from_str(&bus.entry(&account_in(config_dir, server)).expect("an entry in the keyring")).unwrap()
}

/// Lets the token in the keyring look as if it ended now.
fn expire_in(bus: &SessionBus, config_dir: &Path, server: &TestServer) {
    let mut saved = kept_in(bus, config_dir, server);
    saved["expires_at"] = json!("2026-01-01T00:00:00.000000+00:00");
    bus.set_entry(&account_in(config_dir, server), &saved.to_string());
}

/// Tells whether a file of the person holds the text.
fn is_in_a_file(person: &Person, text: &str) -> bool {
    fn is_below(directory: &std::path::Path, text: &str) -> bool {
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
            if path.is_dir() { is_below(&path, text) } else { fs::read_to_string(&path).unwrap().contains(text) }
        })
    }
    is_below(person.home.path(), text)
}

#[test]
fn a_sign_in_rests_in_the_keyring_and_in_no_file() {
    let (server, bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    transcript!(person.da(LOGIN).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    ");
    let saved = kept(&bus, &person, &server);
    let token = saved["access_token"].as_str().unwrap();
    server.stranger().with(token).get("/auth/me").is(200);
    assert!(!person.token_file().exists());
    for key in ["access_token", "refresh_token"] {
        assert!(!is_in_a_file(&person, saved[key].as_str().unwrap()), "the {key} is in a file");
    }
    transcript!(person.run(["whoami"]), @r"
    exit: 0
    ----- stdout -----
    Email: admin@example.com
    Role:  admin
    Server: http://127.0.0.1:[PORT]
    Token: saved in the keyring, renewed by itself, ends [TIME], in 30 days

    ----- stderr -----
    ");
    let run = person.run(["diagnose"]).exits(0);
    assert!(run.stdout.contains("keyring available"), "{}", run.stdout);
    assert_eq!(person.run(["token", "print"]).exits(0).stdout.trim_end(), token);
    transcript!(person.run(["logout"]), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    ");
    assert!(bus.entry(&account(&person, &server)).is_none());
    server.stranger().with(token).get("/auth/me").is(401);
    person.run(["whoami"]).exits(4);
}

#[test]
fn the_bus_is_found_in_its_usual_place_too() {
    let (server, bus) = (TestServer::start(), SessionBus::with_keyring());
    // As in a shell over SSH: a session of systemd, and no word of its bus.
    let person = Person::at(server.url()).env("DA_CREDENTIAL_STORE", "").env("XDG_RUNTIME_DIR", bus.runtime_dir());
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    assert!(bus.entry(&account(&person, &server)).is_some() && !person.token_file().exists());
    person.run(["whoami"]).exits(0);
}

#[test]
fn the_keyring_keeps_no_token_in_clear_text() {
    let (server, bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    let saved = kept(&bus, &person, &server);
    let mut files = 0;
    for entry in fs::read_dir(bus.files()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for key in ["access_token", "refresh_token"] {
            let secret = saved[key].as_str().unwrap().as_bytes();
            assert!(!bytes.windows(secret.len()).any(|part| part == secret));
        }
        files += 1;
    }
    assert!(files > 0, "it has files");
}

#[test]
fn a_sign_in_survives_the_end_of_the_keyring() {
    let (server, mut bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    bus.open_keyring();
    person.run(["whoami"]).exits(0);
}

#[test]
fn twenty_processes_renew_what_rests_in_the_keyring_once() {
    let (server, bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    let before = kept(&bus, &person, &server);
    server.change_store("UPDATE auth_sessions SET token_expires_at = 1", []);
    expire_in(&bus, &person.home.config_dir(), &server);
    thread::scope(|scope| {
        let running: Vec<_> = (0..20).map(|_| scope.spawn(|| person.run(["whoami"]))).collect();
        for run in running {
            let run = run.join().unwrap().exits(0);
            assert!(run.stdout.contains("saved in the keyring, renewed by itself"), "{}", run.stdout);
        }
    });
    let after = kept(&bus, &person, &server);
    for key in ["access_token", "refresh_token"] {
        assert_ne!(after[key], before[key], "{key}");
    }
    assert!(!person.token_file().exists());
    assert_eq!(server.log().matches("\"path\":\"/auth/refresh\"").count(), 1);
}

#[test]
fn a_locked_keyring_is_told_and_a_new_sign_in_goes_to_the_file() {
    let (server, mut bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    bus.lock();
    transcript!(person.run(["whoami"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot use the keyring: it is locked
    hint: Unlock the keyring, or keep the token in a file with `DA_CREDENTIAL_STORE=file`
    ");
    transcript!(person.da(LOGIN).env("DA_CREDENTIAL_STORE", "keyring").stdin(ADMIN_PASSWORD).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot use the keyring: it is locked
    hint: Unlock the keyring, or keep the token in a file with `DA_CREDENTIAL_STORE=file`
    ");
    let sessions = server.admin().get("/api/sessions").is(200).json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 2, "what could not be kept is ended: {sessions}");
    transcript!(person.da(LOGIN).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    The token is kept in clear text in the file [HOME]/.config/da/token.json, as the keyring cannot be used: it is locked
    ");
    let run = person.run(["whoami"]).exits(0);
    assert!(run.stdout.contains("saved in the file") && run.stderr.is_empty(), "{run:?}");
    bus.open_keyring();
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    assert!(!person.token_file().exists(), "once it is open, the keyring is used again");
}

#[test]
fn a_bus_without_a_keyring_leads_to_the_file() {
    let (server, bus) = (TestServer::start(), SessionBus::start());
    let person = bus.person(server.url());
    transcript!(person.da(LOGIN).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    The token is kept in clear text in the file [HOME]/.config/da/token.json, as the keyring cannot be used: no secret service answers on the session bus
    ");
    person.run(["whoami"]).exits(0);
    transcript!(person.da(LOGIN).env("DA_CREDENTIAL_STORE", "keyring").stdin(ADMIN_PASSWORD).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot use the keyring: no secret service answers on the session bus
    hint: Unlock the keyring, or keep the token in a file with `DA_CREDENTIAL_STORE=file`
    ");
}

#[test]
fn a_bus_that_never_answers_is_given_up_after_two_seconds() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let socket = person.home.path().join("silent");
    let silent = UnixListener::bind(&socket).unwrap();
    let person = person.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
    let person = person.env("DA_CREDENTIAL_STORE", "");
    transcript!(person.da(LOGIN).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    The token is kept in clear text in the file [HOME]/.config/da/token.json, as the keyring cannot be used: the keyring did not answer within 2 s
    ");
    let run = person.run(["whoami"]).exits(0);
    assert!(run.stderr.is_empty(), "the keyring is not asked for what rests in the file: {}", run.stderr);
    transcript!(person.da(LOGIN).env("DA_CREDENTIAL_STORE", "keyring").stdin("not even read").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot use the keyring: the keyring did not answer within 2 s
    hint: Unlock the keyring, or keep the token in a file with `DA_CREDENTIAL_STORE=file`
    ");
    drop(silent);
}

#[test]
fn where_the_token_will_rest_is_said_before_the_password_is_asked_for() {
    let (server, bus) = (TestServer::start(), SessionBus::start());
    let mut terminal = bus.person(server.url()).terminal(["login", "--email", ADMIN_EMAIL]);
    terminal.expect("The token is kept in clear text in the file ");
    terminal.expect("Password: ");
    terminal.interrupt();
}

/// Runs `da` with another configuration directory of the same person.
fn run_in(person: &Person, dir: &Path, args: &[&str]) -> crate::support::Run {
    person.da(args).arg("--config-dir").arg(dir).stdin(ADMIN_PASSWORD).run()
}

fn two_directories(person: &Person) -> [PathBuf; 2] {
    ["one", "two"].map(|name| person.home.path().join(name))
}

#[test]
fn configuration_directories_do_not_share_what_the_keyring_holds() {
    let (server, bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    let [one, two] = two_directories(&person);
    run_in(&person, &one, &LOGIN).exits(0);
    run_in(&person, &two, &["whoami"]).exits(4);
    let first = kept_in(&bus, &one, &server);
    run_in(&person, &two, &LOGIN).exits(0);
    assert_eq!(kept_in(&bus, &one, &server), first, "the second sign-in replaces nothing");
    for dir in [&one, &two] {
        let run = run_in(&person, dir, &["whoami"]).exits(0);
        assert!(run.stdout.contains("saved in the keyring"), "{}", run.stdout);
    }
    // Both renew at the same time, each its own session.
    server.change_store("UPDATE auth_sessions SET token_expires_at = 1", []);
    expire_in(&bus, &one, &server);
    expire_in(&bus, &two, &server);
    thread::scope(|scope| {
        for dir in [&one, &two, &one, &two, &one, &two] {
            let person = &person;
            scope.spawn(move || run_in(person, dir, &["whoami"]).exits(0));
        }
    });
    assert_eq!(server.log().matches("\"path\":\"/auth/refresh\"").count(), 2);
    run_in(&person, &two, &["logout"]).exits(0);
    run_in(&person, &two, &["whoami"]).exits(4);
    run_in(&person, &one, &["whoami"]).exits(0);
}

#[test]
fn an_entry_of_an_older_version_goes_to_the_directory_whose_index_names_it() {
    let (server, bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    let [one, two] = two_directories(&person);
    run_in(&person, &one, &LOGIN).exits(0);
    // As the older version left it: one entry, named by the index of the directory.
    let entry = bus.entry(&account_in(&one, &server)).unwrap();
    bus.set_entry(&old_account(&server), &entry);
    fs::remove_file(one.join("state/keyring-id")).unwrap();
    fs::write(one.join("state/keyring.json"), json!({ "servers": [server.url()] }).to_string()).unwrap();
    run_in(&person, &two, &["whoami"]).exits(4);
    assert!(bus.entry(&old_account(&server)).is_some(), "the other directory's index does not name it");
    thread::scope(|scope| {
        for _ in 0..6 {
            let (person, one) = (&person, &one);
            scope.spawn(move || run_in(person, one, &["whoami"]).exits(0));
        }
    });
    assert!(bus.entry(&old_account(&server)).is_none());
    assert_eq!(bus.entry(&account_in(&one, &server)).unwrap(), entry);
    // It is taken over once: another entry of that name is somebody else's.
    bus.set_entry(&old_account(&server), &entry);
    run_in(&person, &one, &["logout"]).exits(0);
    run_in(&person, &one, &["whoami"]).exits(4);
    assert!(bus.entry(&old_account(&server)).is_some());
}

#[test]
fn a_moved_directory_keeps_its_entries_and_a_copy_has_none() {
    let (server, bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    let [one, two] = two_directories(&person);
    run_in(&person, &one, &LOGIN).exits(0);
    crate::support::Run::of(person.home.command("cp").arg("-a").args([&one, &two]), b"").exits(0);
    run_in(&person, &two, &["whoami"]).exits(4);
    run_in(&person, &two, &LOGIN).exits(0);
    run_in(&person, &two, &["logout"]).exits(0);
    run_in(&person, &one, &["whoami"]).exits(0);
    fs::remove_dir_all(&two).unwrap();
    fs::rename(&one, &two).unwrap();
    run_in(&person, &two, &["whoami"]).exits(0);
    run_in(&person, &two, &["logout"]).exits(0);
    run_in(&person, &two, &["whoami"]).exits(4);
}
