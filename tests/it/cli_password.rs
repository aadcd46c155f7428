//! `da auth password change | reset`: A-14, A-44, S-07, S-16.

use serde_json::json;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Person, TestServer, dead_url, help, transcript};

const CHANGE: [&str; 4] = ["auth", "password", "change", "--password-stdin"];
const RESET: [&str; 6] = ["auth", "password", "reset", "--token", "-", "--password-stdin"];
const NEW: &str = "another quiet morning";

/// Has the admin reset a user's password; returns the one-time value.
fn reset_value(server: &TestServer) -> String {
    let admin = server.admin();
    let user = admin.add_user("eve@example.com", "analyst", "a quiet morning");
    let answer = admin.post_empty(&format!("/api/users/{}/reset-password", user["id"].as_str().unwrap())).is(200);
    answer.json()["reset_token"].as_str().unwrap().to_owned()
}

#[test]
fn changing_a_password_ends_the_other_sessions() {
    let server = TestServer::start();
    let (person, other) = (Person::admin(&server), Person::admin(&server));
    transcript!(person.da(CHANGE).stdin(&format!("{ADMIN_PASSWORD}\n{NEW}\n")).run(), @r"
    exit: 0
    ----- stdout -----
    Password changed.

    ----- stderr -----
    ");
    person.run(["whoami"]).exits(0);
    other.run(["whoami"]).exits(4);
    other.sign_in(ADMIN_EMAIL, NEW);
    transcript!(person.da(CHANGE).arg("--json").stdin(&format!("{NEW}\n{ADMIN_PASSWORD}\n")).run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "ok": true
    }

    ----- stderr -----
    "#);
}

#[test]
fn a_wrong_or_weak_password_is_told() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.da(CHANGE).stdin(&format!("wrong\n{NEW}\n")).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not change the password: Current password is wrong
      caused by: 400 wrong_password (request [REQUEST])
    ");
    transcript!(person.da(CHANGE).stdin(&format!("{ADMIN_PASSWORD}\nshort\n")).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not change the password: Password must be at least 8 characters
      caused by: 400 weak_password (request [REQUEST])
    ");
    transcript!(person.da(CHANGE).stdin(&format!("{ADMIN_PASSWORD}\npassword1\n")).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not change the password: Password is too common; choose one that is not on the list of common passwords
      caused by: 400 weak_password (request [REQUEST])
    ");
    transcript!(person.da(CHANGE).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The input ended before there was an answer
    hint: Give standard input one line for each value that is read from there
    ");
    transcript!(person.run(["auth", "password", "change"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Cannot ask for `Present password`: there is no terminal
    hint: Use `--password-stdin`
    ");
    person.run(["whoami"]).exits(0);
}

#[test]
fn a_token_cannot_change_the_password() {
    let server = TestServer::start();
    let token = Person::admin(&server).new_token("ci");
    let elsewhere = Person::at(server.url());
    let run = elsewhere.da(CHANGE).env("DA_TOKEN", &token).stdin(&format!("{ADMIN_PASSWORD}\n{NEW}\n")).run();
    transcript!(run, @r"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not change the password: This endpoint requires an interactive session, not a PAT
      caused by: 403 session_required (request [REQUEST])
    hint: Unset `DA_TOKEN`, and run `da login` unless you are signed in; a token from `da token create` cannot do this
    ");
    transcript!(elsewhere.run(CHANGE), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Not logged in to `http://127.0.0.1:[PORT]`
    hint: Run `da login`, or set `DA_TOKEN`
    ");
}

#[test]
fn a_terminal_asks_for_the_new_password_twice() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let type_in = |answers: [&str; 3]| {
        let mut terminal = person.terminal(["auth", "password", "change"]);
        for (prompt, answer) in ["Present password: ", "New password: ", "The same again: "].iter().zip(answers) {
            terminal.expect(prompt);
            terminal.send_line(answer);
        }
        let shown = terminal.shown();
        assert!(answers.iter().all(|answer| !shown.screen.contains(answer)));
        shown
    };
    transcript!(type_in([ADMIN_PASSWORD, NEW, "a noisy evening"]), @r"
    exit: 1
    ----- screen -----
    Present password: 
    New password: 
    The same again: 
    error: The two passwords differ
    ");
    transcript!(type_in([ADMIN_PASSWORD, NEW, NEW]), @r"
    exit: 0
    ----- screen -----
    Present password: 
    New password: 
    The same again: 
    Password changed.
    ");
}

#[test]
fn a_reset_value_sets_a_password_once() {
    let server = TestServer::start();
    let value = reset_value(&server);
    let person = Person::at(server.url());
    transcript!(person.da(RESET).stdin(&format!("{value}\nshort\n")).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not reset the password: Password must be at least 8 characters
      caused by: 400 weak_password (request [REQUEST])
    ");
    transcript!(person.da(RESET).stdin(&format!("{value}\n{NEW}\n")).run(), @r"
    exit: 0
    ----- stdout -----
    Password changed.

    ----- stderr -----
    ");
    transcript!(person.da(RESET).stdin(&format!("{value}\n{NEW}\n")).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not reset the password: Invalid or expired reset token
      caused by: 400 invalid_reset_token (request [REQUEST])
    ");
    person.sign_in("eve@example.com", NEW);
    transcript!(Person::at(dead_url()).da(RESET).stdin(&format!("{value}\n{NEW}\n")).run(), @r"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    error: Could not reset the password
      caused by: cannot reach `http://127.0.0.1:[PORT]`: Connection refused (os error 111)
    hint: Is the server running? Choose another one with `--server URL` or `DA_SERVER`
    ");
}

#[test]
fn a_terminal_hides_the_reset_value_too() {
    let server = TestServer::start();
    let value = reset_value(&server);
    let person = Person::at(server.url());
    let mut terminal = person.terminal(["auth", "password", "reset"]);
    for (prompt, answer) in [("Reset token: ", value.as_str()), ("New password: ", NEW), ("The same again: ", NEW)] {
        terminal.expect(prompt);
        terminal.send_line(answer);
    }
    let shown = terminal.shown();
    assert!(!shown.screen.contains(&value) && !shown.screen.contains(NEW));
    transcript!(shown, @r"
    exit: 0
    ----- screen -----
    Reset token: 
    New password: 
    The same again: 
    Password changed.
    ");
    server.stranger().post("/auth/token", &json!({ "email": "eve@example.com", "password": NEW })).is(200);
}

#[test]
fn the_help_of_auth() {
    insta::assert_snapshot!(help(["auth"]), @r"
    Sign in and out, hold tokens, change passwords

    Usage: da auth [OPTIONS] <COMMAND>

    Commands:
      login         Sign in and keep the token on this machine
      logout        End the session and forget the saved token
      whoami        Show who you are and which token says so
      import-token  Save a token that was made elsewhere
      token         Create, list, show, rotate and revoke your tokens
      password      Change or reset your password
      storage       Show or change where the saved token rests

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da auth login
      da auth password change
    ");
    insta::assert_snapshot!(help(["auth", "password"]), @r"
    Change or reset your password

    Usage: da auth password [OPTIONS] <COMMAND>

    Commands:
      change  Change your password, knowing the present one
      reset   Set a new password with the one-time value an admin gave you

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da auth password change
      da auth password reset --token -
    ");
    insta::assert_snapshot!(help(["auth", "password", "change"]), @r#"
    Change your password, knowing the present one

    Ends your other sessions. Needs a login; a personal access token cannot do it.

    Usage: da auth password change [OPTIONS]

    Options:
          --password-stdin
              Read the present and the new password from two lines of standard input

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da auth password change
      printf '%s\n' "$OLD" "$NEW" | da auth password change --password-stdin
    "#);
    insta::assert_snapshot!(help(["auth", "password", "reset"]), @r#"
    Set a new password with the one-time value an admin gave you

    Usage: da auth password reset [OPTIONS]

    Options:
          --token <TOKEN>   The one-time value; `-` reads it from standard input
          --password-stdin  Read the new password from standard input, behind the value if that is read
                            there, too
      -h, --help            Print help

    [GLOBAL OPTIONS]

    Examples:
      da auth password reset
      printf '%s\n' "$VALUE" "$NEW" | da auth password reset --token - --password-stdin
    "#);
}
