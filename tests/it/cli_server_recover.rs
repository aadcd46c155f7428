//! Locked out, and back in: `da server recover-admin` with the server stopped (D-14, O-01); `admin_socket` has it
//! running.

use serde_json::Value;

use crate::support::{ADMIN_EMAIL, Operator, Terminal, TestHome, TestServer, transcript};

#[test]
fn the_only_admin_forgot_the_password() {
    let mut server = TestServer::start();
    let admin = Operator::admin(&server);
    let token = admin.creates_token("automation");
    assert!(server.terminate().success());
    let recover = server.host(&["server", "recover-admin", ADMIN_EMAIL, "--password-stdin"]);
    transcript!(recover.stdin("a password to remember\n").run(), @"
    exit: 0
    ----- stdout -----
    admin@example.com is an active admin with a new password; old sessions are ended

    ----- stderr -----
    ");
    server.restart();

    // The old session is ended; the token is not: who restored the account looks through them.
    let run = admin.da(&["whoami"]).exits(4);
    assert!(run.stderr.contains("Token revoked"), "{}", run.stderr);
    admin.da_with(&token, &["whoami"]).exits(0);
    admin.da_fed(&["login", "--email", ADMIN_EMAIL, "--password-stdin"], "correct horse battery").exits(4);
    admin.sign_in(ADMIN_EMAIL, "a password to remember");

    let run = admin.da(&["admin", "audit", "--action", "recover_admin", "--json"]).exits(0);
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&rows[0]["via"], &rows[0]["params"]["email"]), (&"system".into(), &ADMIN_EMAIL.into()));
    server.host(&["server", "audit", "verify"]).run().exits(0);
}

#[test]
fn without_a_password_there_is_a_one_time_value() {
    let mut server = TestServer::start();
    assert!(server.terminate().success());
    transcript!(server.host(&["server", "recover-admin", ADMIN_EMAIL, "--reset-value"]).run(), @"
    exit: 0
    ----- stdout -----
    [SECRET]

    ----- stderr -----
    admin@example.com is an active admin; old sessions are ended
    Set a password with `da auth password reset` and this value, within 24 h:
    ");
    let run = server.host(&["server", "recover-admin", ADMIN_EMAIL, "--reset-value", "--json"]).run().exits(0);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&answer["email"], &answer["password_set"]), (&ADMIN_EMAIL.into(), &false.into()), "{answer}");
    assert_eq!((answer["reset_token"].as_str().unwrap().len(), &answer["reset_hours"]), (43, &24.into()));
    // The last value is as good, and the pipe holds it alone.
    let value = server.host(&["server", "recover-admin", ADMIN_EMAIL]).run().exits(0).stdout;
    assert_eq!(value.trim_end().len(), 43, "{value}");
    server.restart();
    let admin = Operator::stranger(&server);
    let reset = ["auth", "password", "reset", "--token", "-", "--password-stdin"];
    transcript!(admin.da_fed(&reset, &format!("{value}a password to remember\n")), @"
    exit: 0
    ----- stdout -----
    Password changed.

    ----- stderr -----
    ");
    admin.sign_in(ADMIN_EMAIL, "a password to remember");
}

#[test]
fn on_a_terminal_the_password_is_asked_for() {
    let mut server = TestServer::start();
    assert!(server.terminate().success());
    let mut terminal = Terminal::start(&server.host(&["server", "recover-admin", "new@example.org"]).into_command());
    terminal.expect("There is no account new@example.org: this creates a new admin");
    terminal.expect("New password: ");
    terminal.send_line("a password to remember");
    terminal.expect("The same again: ");
    terminal.send_line("a password to remember");
    terminal.expect("new@example.org is an active admin with a new password");
    assert_eq!(terminal.wait().0, Some(0));
    server.restart();
    let admin = Operator::stranger(&server);
    admin.sign_in("new@example.org", "a password to remember");
    admin.da(&["admin", "list-users"]).exits(0);
}

#[test]
fn a_weak_password_or_a_wrong_address_changes_nothing() {
    let mut server = TestServer::start();
    assert!(server.terminate().success());
    let recover = server.host(&["server", "recover-admin", "new@example.org", "--password-stdin"]);
    transcript!(recover.stdin("hunter2\n").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    warning: There is no account new@example.org: this creates a new admin
    error: Password must be at least 8 characters
    ");
    transcript!(server.host(&["server", "recover-admin", "nonsense"]).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value 'nonsense' for '<EMAIL>': an e-mail address has the form `name@domain`

    For more information, try '--help'.
    ");
    server.restart();
    let list = Operator::admin(&server).da(&["admin", "list-users"]).exits(0).stdout;
    assert_eq!(list.lines().count(), 1, "{list}");
}

#[test]
fn a_deactivated_admin_is_back() {
    let mut server = TestServer::start();
    let admin = Operator::admin(&server);
    let second = admin.adds("second@example.org", "admin");
    second.da(&["admin", "deactivate", ADMIN_EMAIL]).exits(0);
    assert!(server.terminate().success());
    server
        .host(&["server", "recover-admin", ADMIN_EMAIL, "--password-stdin"])
        .stdin("a password to remember")
        .run()
        .exits(0);
    server.restart();
    admin.sign_in(ADMIN_EMAIL, "a password to remember");
    admin.da(&["admin", "list-users"]).exits(0);
}

#[test]
fn a_mistyped_data_directory_stays_empty() {
    let home = TestHome::new();
    transcript!(home.da(["server", "recover-admin", ADMIN_EMAIL, "--data-dir", "dtaa"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `dtaa/da.db`: there is no store here; name its directory with `--data-dir` or DA_DATA_DIR
    ");
    assert!(!home.path().join("dtaa").exists());
}

#[test]
fn an_unknown_address_becomes_a_new_admin_and_that_is_said_before() {
    let mut server = TestServer::start();
    let recover = |server: &TestServer, email: &str| {
        server.host(&["server", "recover-admin", email, "--password-stdin"]).stdin("a password to remember\n").run()
    };
    let warning = |email: &str| format!("warning: There is no account {email}: this creates a new admin\n");
    for (email, is_running) in [("eve@example.org", true), ("zoe@example.org", false)] {
        if !is_running {
            assert!(server.terminate().success());
        }
        let run = recover(&server, email).exits(0);
        assert_eq!(run.stderr, warning(email));
        assert_eq!(run.stdout, format!("{email} is an active admin with a new password\n"));
        let run = recover(&server, email).exits(0);
        assert!(run.stderr.is_empty() && run.stdout.contains("is an active admin"), "{run:?}");
    }
    let json = server.host(&["server", "recover-admin", "new@example.org", "--reset-value", "--json"]).run().exits(0);
    let answer: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(answer["created"], true);
}

#[test]
fn on_a_terminal_a_new_admin_is_asked_for() {
    let mut server = TestServer::start();
    assert!(server.terminate().success());
    let recover = |args: &[&str]| {
        let all = [&["server", "recover-admin", "typo@example.org", "--reset-value"], args].concat();
        Terminal::start(&server.host(&all).env("TERM", "dumb").into_command())
    };
    let mut terminal = recover(&[]);
    terminal.expect("There is no account typo@example.org: this creates a new admin. Create it? [y/N]: ");
    terminal.send_line("");
    let (code, screen) = terminal.wait();
    assert!(code == Some(1) && screen.contains("Nothing was done"), "{screen}");
    let mut terminal = recover(&["--yes"]);
    terminal.expect("There is no account typo@example.org: this creates a new admin");
    assert_eq!(terminal.wait().0, Some(0));
}
