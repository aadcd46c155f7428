//! Many processes of one person at the moment when the token ends (K-08).

use std::{fs, thread};

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Person, TestServer};

/// Lets the saved token look as if it ended now.
fn expire(person: &Person) {
    let text = fs::read_to_string(person.token_file()).unwrap();
    let mut saved: Value = serde_json::from_str(&text).unwrap();
    saved["expires_at"] = json!("2026-01-01T00:00:00.000000+00:00");
    fs::write(person.token_file(), saved.to_string()).unwrap();
}

#[test]
fn fifty_processes_at_the_moment_of_expiry_all_succeed_and_the_sign_in_lives() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let (token, refresh) = (person.saved_token(), person.saved_refresh_token());
    server.change_store("UPDATE auth_sessions SET token_expires_at = 1", []);
    expire(&person);
    thread::scope(|scope| {
        let running: Vec<_> = (0..50).map(|_| scope.spawn(|| person.run(["whoami"]))).collect();
        for run in running {
            let run = run.join().unwrap().exits(0);
            assert!(run.stdout.contains(ADMIN_EMAIL), "{}", run.stdout);
        }
    });
    assert_ne!(person.saved_token(), token);
    assert_ne!(person.saved_refresh_token(), refresh);
    let sessions = server.stranger().with(&person.saved_token()).get("/api/sessions").is(200).json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1);
    let rows = server.admin().get("/api/admin/sessions").is(200).json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 2, "{rows}");
    // One of the fifty has renewed it; the others have found that done.
    assert_eq!(server.log().matches("\"path\":\"/auth/refresh\"").count(), 1);
}

#[test]
fn a_sign_in_that_was_stolen_ends_for_both_and_is_told() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let stolen = json!({ "refresh_token": person.saved_refresh_token() });
    let thief = server.stranger().post("/auth/refresh", &stolen).is(200).json();
    let thief = server.stranger().with(thief["access_token"].as_str().unwrap());
    thief.get("/auth/me").is(200);

    expire(&person);
    let run = person.run(["whoami"]).exits(4);
    assert!(run.stderr.contains("refresh_reused") && run.stderr.contains("`da login`"), "{}", run.stderr);
    thief.get("/auth/me").is(401);
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    let run = person.run(["admin", "audit", "--action", "session.revoke"]).exits(0);
    assert!(run.stdout.contains("session.revoke"), "{}", run.stdout);
}

#[test]
fn a_token_is_renewed_in_time_and_not_before() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let first = person.saved_token();
    person.run(["whoami"]).exits(0);
    assert_eq!(person.saved_token(), first);
    expire(&person);
    let run = person.run(["whoami"]).exits(0);
    assert!(run.stdout.contains("renewed by itself, ends"), "{}", run.stdout);
    assert_ne!(person.saved_token(), first);
}

#[test]
fn signing_out_ends_a_sign_in_whose_token_has_ended() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    server.change_store("UPDATE auth_sessions SET token_expires_at = 1", []);
    expire(&person);
    person.run(["logout"]).exits(0);
    let rows = server.admin().get("/api/admin/sessions?active=true").is(200).json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 1, "{rows}");
}

#[test]
fn without_the_server_nothing_is_lost() {
    let mut server = TestServer::start();
    let person = Person::admin(&server);
    expire(&person);
    let before = fs::read_to_string(person.token_file()).unwrap();
    server.terminate();
    let run = person.run(["whoami"]).exits(3);
    assert!(run.stderr.contains("Could not renew the session"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(person.token_file()).unwrap(), before);
    server.restart();
    person.run(["whoami"]).exits(0);
}

#[test]
fn a_token_that_still_works_is_used_beyond_the_limit_of_renewals() {
    // Such a token is due at each command, and a sign-in is renewed sixty times an hour.
    let server = TestServer::with_admin().env("DA_ACCESS_MINUTES", "1").start();
    let person = Person::admin(&server);
    for _ in 0..63 {
        person.run(["whoami"]).exits(0);
    }
    assert!(server.log().contains("429"), "the limit was reached");
}
