//! The first admin, in all the ways of D-14 (A-40).

use std::{fs, os::unix::fs::MetadataExt as _};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Operator, Terminal, TestHome, TestServer, transcript, wait_for};

#[test]
fn the_environment_names_the_first_admin_once() {
    let mut server = TestServer::start();
    server.wait_for_log("made the first admin");
    assert!(!server.data_dir().join("setup-code").exists());
    Operator::admin(&server);
    assert!(server.terminate().success());
    server.restart();
    server.wait_for_log("there is an admin: DA_ADMIN_EMAIL and DA_ADMIN_PASSWORD are ignored");
    assert!(!server.log().contains(ADMIN_PASSWORD));
}

#[test]
fn the_password_may_be_in_a_file_that_is_gone_at_the_next_start() {
    let home = TestHome::new();
    let file = home.path().join("password");
    fs::write(&file, format!("{ADMIN_PASSWORD}\r\n")).unwrap();
    let setup = TestServer::empty().env("DA_ADMIN_EMAIL", ADMIN_EMAIL);
    let mut server = setup.env("DA_ADMIN_PASSWORD_FILE", file.to_str().unwrap()).start_in(home);
    Operator::admin(&server);
    fs::remove_file(&file).unwrap();
    assert!(server.terminate().success());
    server.restart();
    Operator::admin(&server);
}

#[test]
fn a_first_admin_that_cannot_be_made_stops_the_start() {
    let home = TestHome::new();
    let serve = || home.da(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    transcript!(serve().env("DA_ADMIN_EMAIL", ADMIN_EMAIL).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: DA_ADMIN_EMAIL names a first admin without a password
    hint: Set DA_ADMIN_PASSWORD or DA_ADMIN_PASSWORD_FILE too
    ");
    transcript!(serve().env("DA_ADMIN_EMAIL", "nonsense").env("DA_ADMIN_PASSWORD", ADMIN_PASSWORD).run(), @r#"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: `admin_email` from DA_ADMIN_EMAIL is "nonsense", which is not an e-mail address
    hint: `da server config show` tells what was understood; `da serve --help` tells more
    "#);
    transcript!(serve().env("DA_ADMIN_EMAIL", ADMIN_EMAIL).env("DA_ADMIN_PASSWORD", "hunter2").run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: The first admin cannot be made: Password must be at least 8 characters
    hint: Choose another password
    ");
    transcript!(serve().env("DA_ADMIN_EMAIL", ADMIN_EMAIL).env("DA_ADMIN_PASSWORD_FILE", "none").run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot read DA_ADMIN_PASSWORD_FILE `none`: No such file or directory (os error 2)
    ");
}

#[test]
fn otherwise_a_setup_code_waits_in_a_private_file() {
    let server = TestServer::empty().start();
    let file = server.data_dir().join("setup-code");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let code = fs::read_to_string(&file).unwrap();
    let said = server.log();
    assert_eq!(
        said,
        format!(
            "warning: There is no admin yet. Make the first one on this machine: da setup bootstrap EMAIL --server {} \
             --code-file '{}'\n",
            server.url(),
            file.display()
        )
    );
    assert!(!said.contains(code.trim()));

    let wrong = server.data_dir().with_file_name("wrong");
    fs::write(&wrong, "a guess").unwrap();
    let stranger = Operator::stranger(&server);
    let bootstrap = |file: &str| {
        stranger.da_fed(&["setup", "bootstrap", ADMIN_EMAIL, "--code-file", file, "--password-stdin"], ADMIN_PASSWORD)
    };
    transcript!(bootstrap(wrong.to_str().unwrap()), @"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not make the first admin: Bootstrap needs the one-time setup code: run `da setup bootstrap EMAIL --code-file FILE` with the file that `da serve` named at its start
      caused by: 403 bootstrap_closed (request [REQUEST])
    ");
    transcript!(bootstrap("no-such-file"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot read the setup code in `no-such-file`: No such file or directory (os error 2)
    hint: The server removes the file once there is an admin; if you are it, run `da login`
    ");
    transcript!(stranger.da(&["setup", "bootstrap", ADMIN_EMAIL]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Cannot ask for `Password`: there is no terminal
    hint: Use `--password-stdin`
    ");
    transcript!(bootstrap(file.to_str().unwrap()), @"
    exit: 0
    ----- stdout -----
    Admin user created: admin@example.com

    ----- stderr -----
    ");
    assert!(!file.exists());
    stranger.da(&["admin", "list-users"]).exits(0);
    transcript!(stranger.da_fed(
        &["setup", "bootstrap", "second@example.org", "--code-file", "-", "--password-stdin"],
        &format!("{code}a quiet morning\n"),
    ), @"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not make the first admin: Bootstrap disabled: an admin exists. Sign in with `da login`
      caused by: 403 bootstrap_closed (request [REQUEST])
    ");
}

#[test]
fn the_setup_code_stays_the_same_over_a_restart() {
    let mut server = TestServer::empty().start();
    let file = server.data_dir().join("setup-code");
    let code = fs::read_to_string(&file).unwrap();
    assert!(server.terminate().success());
    server.restart();
    assert_eq!(fs::read_to_string(&file).unwrap(), code);
    let stranger = Operator::stranger(&server);
    let args = ["setup", "bootstrap", ADMIN_EMAIL, "--code-file", "-", "--password-stdin"];
    stranger.da_fed(&args, &format!("{code}{ADMIN_PASSWORD}\n")).exits(0);
}

#[test]
fn on_a_terminal_the_first_admin_is_asked_for_until_it_is_right() {
    let home = TestHome::new();
    let serve = home.da(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]).into_command();
    let mut terminal = Terminal::start(&serve);
    terminal.expect("Who is its first admin?");
    terminal.expect("E-mail: ");
    terminal.send_line("nonsense");
    terminal.expect("That is not an e-mail address");
    terminal.expect("E-mail: ");
    terminal.send_line(ADMIN_EMAIL);
    terminal.expect("New password: ");
    terminal.send_line("short");
    terminal.expect("The same again: ");
    terminal.send_line("short");
    terminal.expect("Password must be at least 8 characters");
    terminal.expect("E-mail: ");
    terminal.send_line(ADMIN_EMAIL);
    terminal.expect("New password: ");
    terminal.send_line(ADMIN_PASSWORD);
    terminal.expect("The same again: ");
    terminal.send_line("something else");
    terminal.expect("The two passwords differ");
    terminal.expect("E-mail: ");
    terminal.send_line(ADMIN_EMAIL);
    terminal.expect("New password: ");
    terminal.send_line(ADMIN_PASSWORD);
    terminal.expect("The same again: ");
    terminal.send_line(ADMIN_PASSWORD);
    terminal.expect("listening on http://127.0.0.1:");
    terminal.interrupt();
    let (code, screen) = terminal.wait();
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("INFO"), "{screen}");

    let server = TestServer::empty().start_in(home);
    Operator::admin(&server);
}

#[test]
fn an_empty_answer_on_the_terminal_leaves_a_setup_code() {
    let home = TestHome::new();
    let serve = home.da(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]).into_command();
    let mut terminal = Terminal::start(&serve);
    terminal.expect("E-mail: ");
    terminal.send_line("");
    terminal.expect("There is no admin yet");
    terminal.expect("listening on");
    wait_for("the setup code", || home.path().join("data/setup-code").exists().then_some(()));
    terminal.interrupt();
    assert_eq!(terminal.wait().0, Some(0));
}
