//! `da admin ...` for users: every command, its likely failure, and JSON (A-31, contract 4).

use serde_json::Value;

use crate::support::{ADMIN_EMAIL, Operator, Run, Terminal, TestServer, keys, transcript};

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stdout))
}

#[test]
fn a_user_is_added_once() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    transcript!(admin.da(&["admin", "add-user", "Ann@Example.org", "--name", "Ann", "--role", "viewer"]), @"
    exit: 0
    ----- stdout -----
    Created user: ann@example.org (id: [UUID], role: viewer)

    ----- stderr -----
    ");
    transcript!(admin.da(&["admin", "add-user", "ann@example.org"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not add the user: User with this email already exists
      caused by: 409 email_taken (request [REQUEST])
    ");
    transcript!(admin.da(&["admin", "add-user", "nonsense"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not add the user: email is not a valid address: an e-mail address has the form `name@domain`
      caused by: 400 invalid_email (request [REQUEST])
    ");
    transcript!(admin.da(&["admin", "add-user", "bob@example.org", "--role", "king"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not add the user: Unknown role: king
      caused by: 400 unknown_role (request [REQUEST])
    hint: Roles are viewer, analyst, km_admin, admin
    ");
}

#[test]
fn a_user_can_be_added_with_a_password_or_a_first_token() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    let user = admin.adds("ann@example.org", "analyst");
    assert!(user.da(&["whoami"]).exits(0).stdout.contains("ann@example.org"));
    transcript!(admin.da(&["admin", "add-user", "bot@example.org", "--issue-token"]), @"
    exit: 0
    ----- stdout -----
    Created user: bot@example.org (id: [UUID], role: analyst)
    Token, shown ONCE: [TOKEN]

    ----- stderr -----
    ");

    let run = admin.da(&["admin", "add-user", "bot2@example.org", "--issue-token", "--json"]).exits(0);
    let token = json(&run)["token"].as_str().unwrap().to_owned();
    assert!(admin.da_with(&token, &["whoami"]).exits(0).stdout.contains("bot2@example.org"));
    transcript!(admin.da_fed(&["admin", "add-user", "x@example.org", "--password-stdin"], "short"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not add the user: Password must be at least 8 characters
      caused by: 400 weak_password (request [REQUEST])
    ");
}

#[test]
fn users_are_listed_and_shown() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    admin.da(&["admin", "add-user", "ann@example.org", "--name", "Ann"]).exits(0);
    admin.da(&["admin", "deactivate", "ann@example.org"]).exits(0);
    transcript!(admin.da(&["admin", "list-users"]), @"
    exit: 0
    ----- stdout -----
      admin@example.com              role=admin      active       id=[PREFIX]
      ann@example.org                role=analyst    DEACTIVATED  id=[PREFIX]

    ----- stderr -----
    ");
    transcript!(admin.da(&["admin", "show-user", "ann@example.org"]), @"
    exit: 0
    ----- stdout -----
    id:          [UUID]
    email:       ann@example.org
    name:        Ann
    role:        analyst
    status:      DEACTIVATED
    created:     [TIME]
    updated:     [TIME]
    created by:  [UUID]
    last login:  never
    deactivated: [TIME]

    ----- stderr -----
    ");

    let list = json(&admin.da(&["admin", "list-users", "--json"]).exits(0));
    let ann = list.as_array().unwrap().iter().find(|user| user["email"] == "ann@example.org").unwrap();
    assert_eq!(keys(ann), crate::users_api::ROW);
    let id = ann["id"].as_str().unwrap();
    for reference in [id, &id[..8], "ANN@example.org"] {
        let mut one = json(&admin.da(&["admin", "show-user", reference, "--json"]).exits(0));
        assert_eq!(one.as_object_mut().unwrap().remove("metadata"), Some(serde_json::json!({})), "{reference}");
        assert_eq!(one, *ann, "{reference}");
    }
}

#[test]
fn a_user_that_is_not_there_is_said_in_every_command() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    transcript!(admin.da(&["admin", "show-user", "nobody@example.org"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: User not found: nobody@example.org
    hint: Name a user by e-mail address or id, as `da admin list-users` shows them
    ");
    transcript!(admin.da(&["admin", "show-user", "6fa459ea-ee8a-4ca4-894e-db77e160355e"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not show the user: User not found
      caused by: 404 user_not_found (request [REQUEST])
    ");
    for command in [
        &["set-role", "nobody@example.org", "admin"][..],
        &["activate", "nobody@example.org"],
        &["deactivate", "nobody@example.org"],
        &["remove-user", "nobody@example.org", "--yes"],
        &["reset-password", "nobody@example.org"],
        &["set-password", "nobody@example.org", "--password-stdin"],
        &["audit", "--user", "nobody@example.org"],
        &["token", "list", "--user", "0000ffff"],
    ] {
        let run = admin.da_fed(&[&["admin"], command].concat(), "a quiet morning").exits(1);
        assert!(run.stdout.is_empty() && run.stderr.contains("User not found"), "{command:?}: {}", run.stderr);
    }
}

#[test]
fn roles_change_but_the_last_admin_keeps_theirs() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    admin.da(&["admin", "add-user", "ann@example.org"]).exits(0);
    transcript!(admin.da(&["admin", "set-role", "ann@example.org", "km_admin"]), @"
    exit: 0
    ----- stdout -----
    Updated role for ann@example.org → km_admin

    ----- stderr -----
    ");
    transcript!(admin.da(&["admin", "set-role", "ann@example.org", "king"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not change the role: Unknown role: king
      caused by: 400 unknown_role (request [REQUEST])
    hint: Roles are viewer, analyst, km_admin, admin
    ");
    transcript!(admin.da(&["admin", "set-role", ADMIN_EMAIL, "viewer"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not change the role: Cannot demote the last active admin
      caused by: 409 last_admin (request [REQUEST])
    ");
    transcript!(admin.da(&["admin", "deactivate", ADMIN_EMAIL]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not deactivate the user: Cannot deactivate yourself
      caused by: 409 yourself (request [REQUEST])
    ");
    transcript!(admin.da(&["admin", "remove-user", ADMIN_EMAIL, "--yes"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not remove the user: Cannot delete yourself
      caused by: 409 yourself (request [REQUEST])
    ");
    let row = json(&admin.da(&["admin", "set-role", "ann@example.org", "admin", "--json"]).exits(0));
    assert_eq!(row["role"], "admin");
}

#[test]
fn an_account_is_switched_off_on_and_removed() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    admin.da(&["admin", "add-user", "ann@example.org"]).exits(0);
    transcript!(admin.da(&["admin", "deactivate", "ann@example.org"]), @"
    exit: 0
    ----- stdout -----
    Deactivated ann@example.org

    ----- stderr -----
    ");
    transcript!(admin.da(&["admin", "activate", "ann@example.org"]), @"
    exit: 0
    ----- stdout -----
    Activated ann@example.org

    ----- stderr -----
    ");
    let row = json(&admin.da(&["admin", "deactivate", "ann@example.org", "--revoke-tokens", "--json"]).exits(0));
    assert_eq!(row["active"], false);
    transcript!(admin.da(&["admin", "remove-user", "ann@example.org", "--yes"]), @"
    exit: 0
    ----- stdout -----
    User removed.

    ----- stderr -----
    ");
    transcript!(admin.da(&["admin", "remove-user", "ann@example.org", "--yes"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: User not found: ann@example.org
    hint: Name a user by e-mail address or id, as `da admin list-users` shows them
    ");
}

#[test]
fn on_a_terminal_a_removal_is_asked_for() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    admin.da(&["admin", "add-user", "ann@example.org"]).exits(0);
    let remove = admin.command(&["admin", "remove-user", "ann@example.org"]);
    let mut terminal = Terminal::start(&remove);
    terminal.expect("Delete the user ann@example.org with all tokens and sessions?");
    terminal.send_line("n");
    let (code, screen) = terminal.wait();
    assert_eq!(code, Some(1), "{screen}");
    assert!(screen.contains("Nothing was done"), "{screen}");
    admin.da(&["admin", "show-user", "ann@example.org"]).exits(0);

    let mut terminal = Terminal::start(&remove);
    terminal.expect("sessions?");
    terminal.send_line("y");
    terminal.expect("User removed.");
    assert_eq!(terminal.wait().0, Some(0));
}

#[test]
fn a_password_is_reset_with_a_value_that_works_once() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    admin.da(&["admin", "add-user", "ann@example.org"]).exits(0);
    transcript!(admin.da(&["admin", "reset-password", "ann@example.org"]), @r"
    exit: 0
    ----- stdout -----
    Reset token: [SECRET]

    ----- stderr -----
    No e-mail was sent. Give it to ann@example.org; it works once, with `da auth password reset`
    ");
    let reset = json(&admin.da(&["admin", "reset-password", "ann@example.org", "--json"]).exits(0));
    assert_eq!(keys(&reset), ["email_sent", "reset_token"]);
    let value = reset["reset_token"].as_str().unwrap();
    let use_up = ["auth", "password", "reset", "--token", "-", "--password-stdin"];
    let ann = Operator::stranger(&server);
    transcript!(ann.da_fed(&use_up, &format!("{value}\na new quiet morning\n")), @"
    exit: 0
    ----- stdout -----
    Password changed.

    ----- stderr -----
    ");
    transcript!(ann.da_fed(&use_up, &format!("{value}\na new quiet morning\n")), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not reset the password: Invalid or expired reset token
      caused by: 400 invalid_reset_token (request [REQUEST])
    ");
    ann.sign_in("ann@example.org", "a new quiet morning");
}

#[test]
fn a_password_is_set_from_stdin_or_a_terminal() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    admin.da(&["admin", "add-user", "ann@example.org"]).exits(0);
    let ann = Operator::stranger(&server);
    let set = ["admin", "set-password", "ann@example.org"];
    transcript!(admin.da(&set), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Cannot ask for `New password`: there is no terminal
    hint: Use `--password-stdin`
    ");
    transcript!(admin.da_fed(&[&set[..], &["--password-stdin"]].concat(), "hunter2"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not set the password: Password must be at least 8 characters
      caused by: 400 weak_password (request [REQUEST])
    ");
    transcript!(admin.da_fed(&[&set[..], &["--password-stdin"]].concat(), "the first password\n"), @"
    exit: 0
    ----- stdout -----
    Password set for ann@example.org

    ----- stderr -----
    It must be changed after the next sign-in; `--permanent` sets one to keep
    ");
    ann.sign_in("ann@example.org", "the first password");
    transcript!(admin.da(&[&set[..], &["--password", "the second password"]].concat()), @r"
    exit: 0
    ----- stdout -----
    Password set for ann@example.org

    ----- stderr -----
    warning: Other users of this machine can see a password on the command line; use `--password-stdin`
    It must be changed after the next sign-in; `--permanent` sets one to keep
    ");

    let mut terminal = Terminal::start(&admin.command(&set));
    terminal.expect("New password: ");
    terminal.send_line("the third password");
    terminal.expect("The same again: ");
    terminal.send_line("the third password");
    terminal.expect("Password set for ann@example.org");
    assert_eq!(terminal.wait().0, Some(0));
    ann.sign_in("ann@example.org", "the third password");
    let mut terminal = Terminal::start(&admin.command(&set));
    terminal.expect("New password: ");
    terminal.send_line("the fourth password");
    terminal.expect("The same again: ");
    terminal.send_line("another password");
    let (code, screen) = terminal.wait();
    assert_eq!(code, Some(1));
    assert!(screen.contains("The two passwords differ"), "{screen}");
}

#[test]
fn who_is_no_admin_is_told_so_in_every_command() {
    let server = TestServer::start();
    let eve = Operator::admin(&server).adds("eve@example.org", "km_admin");
    transcript!(eve.da(&["admin", "list-users"]), @"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not list the users: Requires role admin or higher
      caused by: 403 role_required (request [REQUEST])
    ");
    for command in [
        &["add-user", "x@example.org"][..],
        &["show-user", "eve@example.org"],
        &["set-role", "eve@example.org", "admin"],
        &["activate", "eve@example.org"],
        &["deactivate", "eve@example.org"],
        &["remove-user", "eve@example.org", "--yes"],
        &["reset-password", "eve@example.org"],
        &["set-password", "eve@example.org", "--password-stdin"],
        &["token", "list"],
        &["token", "revoke", "ci", "--yes"],
        &["audit"],
    ] {
        let run = eve.da_fed(&[&["admin"], command].concat(), "a quiet morning").exits(5);
        assert!(run.stderr.contains("Requires role admin or higher"), "{command:?}: {}", run.stderr);
    }
    let run = eve.da(&["admin", "audit", "--json"]).exits(5);
    let error: Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!((&error["error"]["exit_code"], &error["error"]["code"]), (&5.into(), &"role_required".into()));
}
