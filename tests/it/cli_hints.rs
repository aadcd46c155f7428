//! What is advised where something went wrong: the next step, in the words of the command line (D-18, S-65).

use std::fs;

use crate::support::{Person, Run, TestServer, transcript};

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
