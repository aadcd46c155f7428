//! Options that an older or foreign server ignores: the command achieves them in another way, or takes back what it did
//! and fails (issue 11 item 26).

use serde_json::{Value, json};

use crate::support::{
    Person, Run, StandIn, TestServer,
    original::{self, Kind},
};

const ANN: &str = "ann@agnes.test";
const ANNS_ID: &str = "11111111-2222-4333-8444-555555555555";

fn signed_in(server: &StandIn) -> Person {
    let person = Person::at(server.url());
    person.sign_in(original::EMAIL, original::PASSWORD);
    person
}

fn started(kind: Kind) -> (StandIn, Person) {
    let server = original::start_as(kind, vec![original::other_user(ANNS_ID, ANN)]);
    let person = signed_in(&server);
    (server, person)
}

/// Returns the method and path of each call that changed something.
fn writes(server: &StandIn) -> Vec<String> {
    let writes = server.asked().into_iter().filter(|asked| asked.method != "GET" && asked.path != "/auth/token");
    writes.map(|asked| format!("{} {}", asked.method, asked.path)).collect()
}

fn live_tokens(person: &Person) -> Vec<String> {
    let list: Vec<Value> = serde_json::from_str(&person.run(["token", "list", "--json"]).exits(0).stdout).unwrap();
    let live = list.iter().filter(|row| row["revoked_at"].is_null());
    live.map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_token_that_is_not_the_one_asked_for_is_revoked() {
    let usual = Kind::default();
    let one_lifetime = Kind { knows_one_lifetime: true, ..usual };
    for (kind, args, option) in [
        (usual, &["token", "create", "--name", "n", "--renewable"][..], "--renewable"),
        (usual, &["token", "create", "--name", "n", "--renewable", "--raw"], "--renewable"),
        (usual, &["token", "create", "--name", "n", "--renewable", "--json"], "--renewable"),
        (one_lifetime, &["token", "create", "--name", "n", "--ttl", "30d"], "--ttl"),
        (one_lifetime, &["token", "create", "--name", "n", "--ttl", "never"], "--ttl"),
        (one_lifetime, &["token", "create", "--name", "n", "--ttl", "1d", "--raw"], "--ttl"),
        (one_lifetime, &["exec", "--ttl", "10m", "--", "touch", "ran"], "--ttl"),
    ] {
        let (_server, person) = started(kind);
        let run = person.run(args).exits(1);
        assert_eq!(run.stdout, "", "{args:?}");
        assert!(run.stderr.contains(&format!("did not carry out `{option}`")), "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains("The token was revoked again"), "{args:?}: {}", run.stderr);
        assert_eq!(live_tokens(&person), [""; 0], "{args:?}");
        assert!(!person.home.path().join("ran").exists());
    }
}

#[test]
fn a_token_that_cannot_be_revoked_again_is_named() {
    let (_server, person) = started(Kind { removes_nothing: true, ..Kind::default() });
    let run = person.run(["token", "create", "--name", "n", "--renewable"]).exits(1);
    let list: Value = serde_json::from_str(&person.run(["token", "list", "--json"]).exits(0).stdout).unwrap();
    let id = list[0]["id"].as_str().unwrap();
    assert!(run.stdout.is_empty() && run.stderr.contains(&format!("Revoke the token {id} yourself")), "{}", run.stderr);
}

#[test]
fn lifetimes_that_the_server_keeps_are_no_fault() {
    let (_server, person) = started(Kind::default());
    for ttl in ["1d", "30d", "90d", "never"] {
        person.run(["token", "create", "--name", ttl, "--ttl", ttl, "--raw"]).exits(0);
    }
    person.run(["token", "create", "--name", "default", "--raw"]).exits(0);
    let server = TestServer::start();
    let person = Person::admin(&server);
    for ttl in ["1d", "3650d", "never"] {
        person.run(["token", "create", "--name", ttl, "--ttl", ttl, "--raw"]).exits(0);
    }
    person.run(["token", "create", "--name", "own", "--renewable", "--raw"]).exits(0);
}

#[test]
fn exec_revokes_a_token_that_the_server_lets_live_for_longer() {
    let (server, person) = started(Kind::default());
    person.run(["exec", "--ttl", "1m", "--", "true"]).exits(0);
    assert_eq!(live_tokens(&person), [""; 0]);
    assert!(writes(&server).last().unwrap().starts_with("DELETE /auth/tokens/"));
}

#[test]
fn the_tokens_of_a_deactivated_user_are_revoked_one_by_one() {
    let (server, person) = started(Kind::default());
    for name in [ANN, "ann@agnes.test second", "mine"] {
        person.new_token(name);
    }
    person.run(["admin", "deactivate", ANN]).exits(0);
    assert_eq!(live_tokens(&person).len(), 3, "without the option no token is touched");
    person.run(["admin", "deactivate", ANN, "--revoke-tokens"]).exits(0);
    assert_eq!(live_tokens(&person), ["mine"]);
    assert_eq!(writes(&server).iter().filter(|call| call.starts_with("DELETE /auth/admin/tokens/")).count(), 2);

    let (_server, person) = started(Kind { removes_nothing: true, ..Kind::default() });
    person.new_token(ANN);
    let run = person.run(["admin", "deactivate", ANN, "--revoke-tokens"]).exits(1);
    assert!(run.stdout.is_empty() && run.stderr.contains("not all tokens are revoked"), "{}", run.stderr);
}

#[test]
fn nothing_is_claimed_about_a_password_that_must_be_changed() {
    let (_server, person) = started(Kind::default());
    let set = |args: &[&str]| {
        let all = [&["admin", "set-password", ANN, "--password-stdin"], args].concat();
        person.da(all).stdin("a quiet morning").run().exits(0)
    };
    for args in [&[][..], &["--permanent"]] {
        let run = set(args);
        assert_eq!(run.stdout, "Password set for ann@agnes.test\n");
        assert!(!run.stderr.contains("must be changed"), "{}", run.stderr);
    }
    let json: Value = serde_json::from_str(&set(&["--json"]).stdout).unwrap();
    assert_eq!((&json["password_set"], &json["must_change"]), (&json!(true), &Value::Null));

    let server = TestServer::start();
    server.admin().add_user("bob@example.com", "viewer", "a quiet morning");
    let admin = Person::admin(&server);
    let set = admin.da(["admin", "set-password", "bob@example.com", "--password-stdin", "--json"]);
    let json: Value = serde_json::from_str(&set.stdin("another quiet morning").run().exits(0).stdout).unwrap();
    assert_eq!(json["must_change"], true);
}

#[test]
fn changes_of_accounts_that_the_server_ignored_fail() {
    let no_roles = Kind { has_no_roles: true, ..Kind::default() };
    let stays_active = Kind { keeps_accounts_active: true, ..Kind::default() };
    for (kind, args, said) in [
        (no_roles, &["admin", "set-role", ANN, "admin"][..], "the role of ann@agnes.test is analyst"),
        (no_roles, &["admin", "set-role", ANN, "admin", "--json"], "the role of ann@agnes.test is analyst"),
        (stays_active, &["admin", "deactivate", ANN], "ann@agnes.test is still active"),
    ] {
        let (_server, person) = started(kind);
        let run = person.run(args).exits(1);
        assert!(run.stdout.is_empty() && run.stderr.contains(said), "{args:?}: {run:?}");
    }
}

/// Adds a user and returns what was said, and the addresses of the users after it.
fn added(kind: Kind, args: &[&str], password: &str) -> (Run, Vec<String>, StandIn) {
    let (server, person) = started(kind);
    let run = person.da([&["admin", "add-user", "bob@agnes.test"], args].concat()).stdin(password).run();
    let users: Vec<Value> =
        serde_json::from_str(&person.run(["admin", "list-users", "--json"]).exits(0).stdout).unwrap();
    (run, users.iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect(), server)
}

#[test]
fn a_user_who_is_not_the_one_asked_for_is_removed_again() {
    let no_roles = Kind { has_no_roles: true, ..Kind::default() };
    for (kind, args, password, option) in [
        (no_roles, &["--role", "admin"][..], "", "--role"),
        (no_roles, &["--role", "viewer", "--json"], "", "--role"),
        (Kind::default(), &["--issue-token"], "", "--issue-token"),
        (Kind::default(), &["--issue-token", "--json"], "", "--issue-token"),
        (Kind::default(), &["--password-stdin"], "short", "--password-stdin"),
    ] {
        let (run, users, _server) = added(kind, args, password);
        let run = run.exits(1);
        assert!(run.stdout.is_empty() && run.stderr.contains(&format!("`{option}`")), "{args:?}: {run:?}");
        assert!(run.stderr.contains("The user was removed again"), "{args:?}: {}", run.stderr);
        assert_eq!(users, [original::EMAIL, ANN], "{args:?}");
    }
    let (run, users, _server) = added(Kind { removes_nothing: true, ..no_roles }, &["--role", "admin"], "");
    assert!(run.exits(1).stderr.contains("Remove the user bob@agnes.test yourself"));
    assert_eq!(users.len(), 3);
}

#[test]
fn a_user_who_is_the_one_asked_for_stays() {
    for (kind, args) in [
        (Kind::default(), &["--role", "viewer", "--name", "Bob"][..]),
        (Kind::default(), &[]),
        (Kind { has_no_roles: true, ..Kind::default() }, &[]),
    ] {
        let (run, users, _server) = added(kind, args, "");
        run.exits(0);
        assert_eq!(users.len(), 3, "{args:?}");
    }
    // The original server takes no password with the user: it is set in a second step.
    let (run, _, server) = added(Kind::default(), &["--password-stdin"], "a quiet morning");
    run.exits(0);
    assert!(writes(&server).last().unwrap().ends_with("/set-password"));
}

#[test]
fn filters_that_the_server_ignores_are_applied_here() {
    let (_server, person) = started(Kind::default());
    person.new_token(ANN);
    person.new_token("mine");
    let listed = |args: &[&str]| -> usize {
        let run = person.run([&["admin", "token", "list", "--json"], args].concat()).exits(0);
        serde_json::from_str::<Vec<Value>>(&run.stdout).unwrap().len()
    };
    assert_eq!(listed(&[]), 2);
    assert_eq!(listed(&["--user", ANN]), 1);
    assert_eq!(listed(&["--status", "revoked"]), 0);
    assert_eq!(listed(&["--last-used", "never"]), 2);
}
