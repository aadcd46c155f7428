//! `da session ...` and `da admin session ...`: K-05..K-10, N-18.

use serde_json::Value;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Person, TestServer, help, transcript};

/// Returns what `da session list` tells as JSON.
fn listed(person: &Person) -> Vec<Value> {
    serde_json::from_str(&person.run(["session", "list", "--json"]).exits(0).stdout).unwrap()
}

#[test]
fn ones_sign_ins_are_listed_and_ended() {
    let server = TestServer::start();
    let (person, elsewhere, third) = (Person::admin(&server), Person::admin(&server), Person::admin(&server));
    let sessions = listed(&person);
    assert_eq!(sessions.len(), 3);
    assert!(sessions.iter().all(|session| session["device_label"].as_str().unwrap().ends_with("(linux)")));
    let theirs = sessions[1]["id"].as_str().unwrap();
    let run = person.run(["session", "list"]).exits(0);
    assert!(run.stdout.starts_with("ID ") && run.stdout.contains("this one"), "{}", run.stdout);
    assert!(run.stdout.contains(theirs));

    transcript!(person.run(["session", "revoke", &theirs[..8], "--yes"]), @r"
    exit: 0
    ----- stdout -----
    Ended session [UUID]

    ----- stderr -----
    ");
    elsewhere.run(["whoami"]).exits(4);
    transcript!(person.run(["session", "revoke", theirs, "--yes"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not end the session: Session not found
      caused by: 404 session_not_found (request [REQUEST])
    ");
    transcript!(person.run(["session", "revoke", "nonsense"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Session not found: nonsense
    hint: Name one by its id, as the list shows it
    ");
    transcript!(person.run(["session", "revoke-others", "--yes"]), @r"
    exit: 0
    ----- stdout -----
    Ended 1 other session

    ----- stderr -----
    ");
    third.run(["whoami"]).exits(4);
    assert_eq!(listed(&person).len(), 1);
    transcript!(person.run(["session", "revoke-others", "--json", "--yes"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "ended": 0
    }

    ----- stderr -----
    "#);
}

#[test]
fn every_machine_is_signed_out_at_once() {
    let server = TestServer::start();
    let (person, elsewhere) = (Person::admin(&server), Person::admin(&server));
    transcript!(person.run(["logout", "--all"]), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    ");
    elsewhere.run(["whoami"]).exits(4);
    transcript!(person.run(["logout", "--all"]), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Not logged in to `http://127.0.0.1:[PORT]`
    hint: Run `da login`, or set `DA_TOKEN`
    ");
}

#[test]
fn an_admin_lists_and_ends_everybodys() {
    let server = TestServer::start();
    server.admin().add_user("bob@example.com", "viewer", "a quiet morning");
    let (admin, bob) = (Person::admin(&server), Person::at(server.url()));
    bob.sign_in("bob@example.com", "a quiet morning");
    let run = admin.run(["admin", "session", "list", "--user", "bob@example.com"]).exits(0);
    assert!(run.stdout.contains("bob@example.com") && !run.stdout.contains(ADMIN_EMAIL), "{}", run.stdout);
    assert!(run.stdout.contains("live"), "{}", run.stdout);
    transcript!(admin.run(["admin", "session", "revoke-user", "bob@example.com", "--yes"]), @r"
    exit: 0
    ----- stdout -----
    Ended 1 session of bob@example.com

    ----- stderr -----
    ");
    bob.run(["whoami"]).exits(4);
    let run = admin.run(["admin", "session", "list", "--user", "bob@example.com", "--all"]).exits(0);
    assert!(run.stdout.contains("admin_revoked"), "{}", run.stdout);
    transcript!(admin.run(["admin", "session", "list", "--user", "nobody@example.com"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: User not found: nobody@example.com
    hint: Name a user by e-mail address or id, as `da admin list-users` shows them
    ");
    transcript!(admin.run(["admin", "session", "revoke", "nonsense"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Session not found: nonsense
    hint: Name one by its id, as the list shows it
    ");
    bob.sign_in("bob@example.com", "a quiet morning");
    transcript!(bob.run(["admin", "session", "list"]), @r"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not list the sessions: Requires role admin or higher
      caused by: 403 role_required (request [REQUEST])
    ");
    admin.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
}

#[test]
fn the_helps_name_every_way() {
    insta::assert_snapshot!(help(["session", "revoke"]), @r"
    End one of your sign-ins, effective at once

    Usage: da session revoke [OPTIONS] <SESSION>

    Arguments:
      <SESSION>  Id, or its start as `da session list` shows it

    Options:
      -y, --yes   Do not ask
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da session revoke 1a2b3c4d --yes
    ");
    insta::assert_snapshot!(help(["admin", "session", "list"]), @r"
    List everybody's live sign-ins, newest first

    Usage: da admin session list [OPTIONS]

    Options:
          --user <USER>          Only this user's: id or e-mail address
          --provider <PROVIDER>  Only those of this sign-in provider; `local` is the password
          --all                  Also those that have ended
      -h, --help                 Print help

    On the server's host:
          --local           Without a token, on the server's host: through the admin socket in its data
                            directory
          --data-dir <DIR>  Data directory of the server that is meant

    [GLOBAL OPTIONS]

    Examples:
      da admin session list --user ann@example.org
      da admin session list --all --json
    ");
}
