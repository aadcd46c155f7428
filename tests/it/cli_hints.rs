//! What is advised where something went wrong: the next step, in the words of the command line (D-18, S-65).

use std::fs;

use serde_json::Value;

use crate::support::{Person, Run, TestHome, TestServer, dead_url, transcript};

/// Returns the lines on stderr that carry the advice.
#[track_caller]
fn hint(run: &Run) -> &str {
    run.stderr.lines().find_map(|line| line.strip_prefix("hint: ")).unwrap_or_else(|| panic!("no hint: {run:?}"))
}

#[test]
fn where_only_a_session_will_do_the_token_in_the_way_is_named() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let token = person.new_token("ci");
    fs::write(person.home.path().join("token"), &token).unwrap();
    let create = ["token", "create", "--name", "x"];
    transcript!(person.da(create).env("DA_TOKEN", &token).run(), @"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not create the token: This endpoint requires an interactive session, not a PAT
      caused by: 403 session_required (request [REQUEST])
    hint: Unset `DA_TOKEN`, and run `da login` unless you are signed in; a token from `da token create` cannot do this
    ");
    let run = person.da(create).env("DA_TOKEN_FILE", "token").run().exits(5);
    assert!(hint(&run).starts_with("Unset `DA_TOKEN_FILE`, and run `da login`"), "{run:?}");
    let run = person.da(create).args(["--token-file", "token"]).run().exits(5);
    assert!(hint(&run).starts_with("Leave out `--token-file`, and run `da login`"), "{run:?}");
    let run = person.da(["token", "rotate", "--self"]).env("DA_TOKEN", &token).run().exits(5);
    assert!(hint(&run).starts_with("Unset `DA_TOKEN` and sign in with `da login`"), "{run:?}");
    // The saved sign-in was good all the time.
    person.run(create).exits(0);

    let elsewhere = Person::at(server.url());
    elsewhere.da(["import-token", "--token", "-"]).stdin(&token).run().exits(0);
    let run = elsewhere.run(create).exits(5);
    assert_eq!(hint(&run), "Sign in with `da login`; a token from `da token create` cannot do this");
}

#[test]
fn a_rejected_token_is_told_with_its_source_beside_a_good_login() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let token = person.new_token("ci");
    person.run(["token", "revoke", "ci", "--yes"]).exits(0);
    fs::write(person.home.path().join("token"), &token).unwrap();
    for args in [&["whoami"][..], &["status"], &["token", "list"], &["session", "list"], &["admin", "list-users"]] {
        let run = person.da(args).env("DA_TOKEN", &token).run().exits(4);
        assert_eq!(hint(&run), "Unset `DA_TOKEN`, or set it to a token that works", "{args:?}");
        let run = person.da(args).env("DA_TOKEN_FILE", "token").run().exits(4);
        assert!(hint(&run).starts_with("Unset `DA_TOKEN_FILE`"), "{args:?}");
        person.run(args).exits(0);
    }
}

#[test]
fn a_limit_is_told_as_the_option_that_broke_it() {
    let server = TestServer::with_admin().env("DA_TOKEN_MAX_DAYS", "30").start();
    let person = Person::admin(&server);
    person.new_token("ci");
    transcript!(person.run(["token", "create", "--name", "x", "--ttl", "90d"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not create the token: `--ttl` must not exceed 30, the maximum that this server sets for tokens
      caused by: 400 invalid_lifetime (request [REQUEST])
    hint: Choose another `--ttl`, or leave it out for the server's default
    ");
    for args in [
        &["token", "create", "--name", "x", "--ttl", "never"][..],
        &["token", "rotate", "ci", "--ttl", "never"],
        &["setup-instructions", "--ttl", "31d"],
        &["pair", "--name", "x", "--ttl", "31d"],
    ] {
        let run = person.run(args).exits(1);
        assert!(hint(&run).starts_with("Choose another `--ttl`"), "{args:?}");
        assert!(!run.stderr.contains("expires_in"), "{run:?}");
    }
    let run = person.run(["token", "create", "--name", "x", "--ttl", "31d", "--json"]).exits(1);
    let error: Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!((&error["error"]["code"], &error["error"]["status"]), (&"invalid_lifetime".into(), &400.into()));
    person.run(["token", "create", "--name", "x", "--ttl", "30d"]).exits(0);

    // What is wrong at every server costs no call.
    let nowhere = Person::at("http://127.0.0.1:1");
    transcript!(nowhere.run(["token", "rotate", "ci", "--overlap", "31d"]), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value '31d' for '--overlap <SPAN>': expected at most 30 days

    For more information, try '--help'.
    ");
    transcript!(nowhere.run(["admin", "token", "list", "--last-used", "yesterday"]), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value 'yesterday' for '--last-used <TIME>': expected a time such as `[DATE]` or `[TIME]`, or a span such as `2h` or `7d`, or `never`

    For more information, try '--help'.
    ");
}

#[test]
fn tokens_are_found_by_how_long_ago_they_were_used() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let token = person.new_token("used");
    person.new_token("unused");
    person.da(["whoami"]).env("DA_TOKEN", &token).run().exits(0);
    let listed = |last_used: &str| {
        let run = person.run(["admin", "token", "list", "--json", "--last-used", last_used]).exits(0);
        let mut names: Vec<String> = serde_json::from_str::<Vec<Value>>(&run.stdout)
            .unwrap()
            .iter()
            .map(|token| token["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort_unstable();
        names
    };
    assert_eq!(listed("never"), ["unused"]);
    assert_eq!(listed("9999-01-01"), ["unused", "used"]);
    assert_eq!(listed("1d"), listed("2026-01-01"));
    assert!(!listed("1d").contains(&"used".to_owned()));
}

#[test]
fn what_cannot_be_read_is_told_with_the_next_step() {
    let home = TestHome::new();
    fs::write(home.path().join("empty"), "").unwrap();
    let hint_of = |args: &[&str], variables: &[(&str, &str)], code: i32| {
        let da = variables.iter().fold(home.da(args), |da, (name, value)| da.env(name, value));
        hint(&da.run().exits(code)).to_owned()
    };
    assert_eq!(hint_of(&["--token-file", "empty", "whoami"], &[], 1), "Put a token that works into that file");
    let from_variable = hint_of(&["whoami"], &[("DA_TOKEN_FILE", "nowhere")], 1);
    assert_eq!(from_variable, "Unset `DA_TOKEN_FILE`, or put a token that works into that file");
    assert_eq!(hint_of(&["whoami"], &[("DA_SERVER", "x")], 2), "Set `DA_SERVER` anew, or unset it");
    let ended = hint_of(&["login", "--email", "a@example.com", "--password-stdin"], &[("DA_SERVER", &dead_url())], 1);
    assert_eq!(ended, "Give standard input one line for each value that is read from there");
    let ca_file = hint_of(&["login", "--server", "https://127.0.0.1:1", "--ca-file", "nowhere"], &[], 1);
    assert_eq!(ca_file, "Name a file of PEM certificates with `--ca-file` or `DA_CA_FILE`");
    assert!(
        hint_of(&["import-token", "--token", "abc"], &[("DA_SERVER", &dead_url())], 1)
            .starts_with("Copy the whole token")
    );
    assert!(hint_of(&["profile", "remove", "default", "--yes"], &[], 1).starts_with("`da logout` forgets its token"));
    for args in [&["server", "backup", "verify", "x.db"][..], &["server", "restore", "x.db", "--rehearse"]] {
        let advice = "Name the data directory with `--data-dir`, or the key alone with DA_MASTER_KEY_FILE";
        assert_eq!(hint_of(args, &[], 1), advice);
    }
    let settings = hint_of(&["server", "config", "show", "--config", "nowhere"], &[], 2);
    assert_eq!(settings, "Name the settings file with `--config` or DA_SERVER_CONFIG, or leave it out");
}

#[test]
fn a_token_that_the_server_rejects_is_not_imported_and_told_why() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let token = person.new_token("ci");
    let run = person.da(["import-token", "--token", "-"]).stdin(&token[..token.len() - 4]).run().exits(4);
    assert_eq!(hint(&run), "Copy the whole token as it was shown, and name its server with `--server`");
}

/// Wrong usage comes first: whoever gets it wants to know nothing else.
#[test]
fn nobody_is_told_of_clear_text_before_a_command_that_cannot_begin() {
    let server = TestServer::start();
    let home = TestHome::new();
    for args in [
        &["login"][..],
        &["login", "--email", "a@example.com"],
        &["import-token"],
        &["setup", "bootstrap", "a@example.com"],
        &["setup", "bootstrap", "a@example.com", "--code-file", "-"],
    ] {
        let da = home.da(args).env("DA_SERVER", server.url()).env("DA_CREDENTIAL_STORE", "auto");
        let run = da.env("DA_TOKEN", "x").run().exits(2);
        assert!(run.stderr.starts_with("error: Cannot ask for"), "{args:?}: {}", run.stderr);
    }
    let login = ["login", "--email", "nobody@example.com", "--password-stdin"];
    let run = home.da(login).env("DA_SERVER", server.url()).env("DA_CREDENTIAL_STORE", "auto").stdin("x").run();
    let run = run.exits(4);
    assert!(run.stderr.starts_with("The token is kept in clear text in the file"), "{}", run.stderr);
}
