//! `da login`: A-26, D-18, D-19, S-61, S-65.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::support::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Person, StandIn, Terminal, TestHome, TestServer, dead_url, help, transcript,
};

const LOGIN: [&str; 4] = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];

#[test]
fn signing_in_is_one_line() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    transcript!(person.da(LOGIN).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    ");
    assert_eq!(fs::metadata(person.token_file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(person.home.config_dir()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn the_old_name_is_the_same_command() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let run = person.da(["auth", "login", "--email", ADMIN_EMAIL, "--password", ADMIN_PASSWORD]).run();
    transcript!(run, @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    warning: Other users of this machine can see a password on the command line; use `--password-stdin`
    ");
}

#[test]
fn signing_in_as_json() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    transcript!(person.da(LOGIN).arg("--json").stdin(ADMIN_PASSWORD).run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "email": "admin@example.com",
      "role": "admin",
      "server": "http://127.0.0.1:[PORT]",
      "profile": "default",
      "storage": "file",
      "expires_at": "[TIME]",
      "refresh_expires_at": "[TIME]",
      "must_change_password": false
    }

    ----- stderr -----
    "#);
    assert!(!person.da(LOGIN).arg("--json").stdin(ADMIN_PASSWORD).run().stdout.contains("eyJ"));
}

#[test]
fn a_refused_login_is_4() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    transcript!(person.da(LOGIN).stdin("not the password").run(), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Login failed: Invalid email or password
      caused by: 401 invalid_login (request [REQUEST])
    ");
    transcript!(person.da(LOGIN).arg("--json").stdin("not the password").run(), @r#"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"Login failed: Invalid email or password","causes":["401 invalid_login (request [REQUEST])"],"hint":null,"exit_code":4,"status":401,"code":"invalid_login","request_id":"[REQUEST]"}}
    "#);
    transcript!(person.da(LOGIN).arg("--quiet").stdin("not the password").run(), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Login failed: Invalid email or password
      caused by: 401 invalid_login (request [REQUEST])
    ");
    assert!(!person.token_file().exists());
}

#[test]
fn too_many_logins_say_when_to_try_again() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "1").start();
    let person = Person::at(server.url());
    person.da(LOGIN).stdin("not the password").run().exits(4);
    let run = person.da(LOGIN).stdin("not the password").run().exits(1);
    assert!(run.stderr.contains("hint: Try again in "), "{}", run.stderr);
}

#[test]
fn nobody_there_is_3() {
    let person = Person::at(dead_url());
    transcript!(person.da(LOGIN).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    error: Login failed
      caused by: cannot reach `http://127.0.0.1:[PORT]`: Connection refused (os error 111)
    hint: Is the server running? Choose another one with `--server URL` or `DA_SERVER`
    ");
}

#[test]
fn another_kind_of_server_is_told() {
    let page = StandIn::fixed(200, "Content-Type: text/html\r\n", "<html>Welcome to nginx!</html>");
    transcript!(Person::at(page.url()).da(LOGIN).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Login failed
      caused by: the answer is not one of a da server: it is not JSON (status 200, 30 bytes)
    hint: Is that the address of a da server? Check `--server`
    ");
    let missing = StandIn::fixed(404, "Content-Type: text/html\r\n", "<html>Not Found</html>");
    transcript!(Person::at(missing.url()).da(LOGIN).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Login failed: 404 Not Found
    hint: Check the name or id, and whether `--server` names a server that can do this
    ");
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    transcript!(person.run(["login"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Cannot ask for `Email`: there is no terminal
    hint: Use `--email EMAIL`
    ");
    transcript!(person.run(["login", "--email", ADMIN_EMAIL]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Cannot ask for `Password`: there is no terminal
    hint: Use `--password-stdin`
    ");
    transcript!(person.run(LOGIN), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The input ended before there was an answer
    hint: Give standard input one line for each value that is read from there
    ");
    transcript!(person.run(["login", "--email", ADMIN_EMAIL, "--json"]), @r#"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"Cannot ask for `Password`: there is no terminal","causes":[],"hint":"Use `--password-stdin`","exit_code":2,"status":null,"code":null,"request_id":null}}
    "#);
}

#[test]
fn clear_text_to_another_machine_is_refused_before_a_password_is_asked_for() {
    let mut terminal = Person::at("http://id.example.org").terminal(["login"]);
    terminal.expect("error:");
    transcript!(terminal.shown(), @r"
    exit: 2
    ----- screen -----
    error: Nothing was sent
      caused by: `http://id.example.org` is not encrypted and not on this machine
    hint: Use `https://`, or allow clear text with `--insecure-http`
    ");
}

#[test]
fn a_terminal_asks_for_the_hidden_password_of_an_address() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let mut terminal = person.terminal(["login", "--email", ADMIN_EMAIL]);
    terminal.expect("Password: ");
    terminal.send_line(ADMIN_PASSWORD);
    let shown = terminal.shown();
    assert!(!shown.screen.contains(ADMIN_PASSWORD));
    transcript!(shown, @r"
    exit: 0
    ----- screen -----
    Password: 
    Logged in as admin@example.com (role: admin)
    ");
}

#[test]
fn a_terminal_with_colours_shows_them_and_the_spinner_leaves_nothing() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let mut terminal = Terminal::start(&person.da(["login", "--email", ADMIN_EMAIL]).into_command());
    terminal.expect("Password: ");
    terminal.send_line("not the password");
    let shown = terminal.shown();
    assert!(shown.screen.contains("\x1b[31;1merror:\x1b[0m Login failed"), "{:?}", shown.screen);
    let plain = person.da(["login", "--email", ADMIN_EMAIL]).env("NO_COLOR", "1").into_command();
    let mut terminal = Terminal::start(&plain);
    terminal.expect("Password: ");
    terminal.send_line("not the password");
    assert!(!terminal.shown().screen.contains("\x1b[31"));
}

#[test]
fn ctrl_c_at_the_password_leaves_the_terminal_echoing() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let da = env!("CARGO_BIN_EXE_da");
    let script = format!("trap : INT; {da} login --email {ADMIN_EMAIL}; stty -a | grep -o '[-]*\\becho\\b'; echo over");
    let mut command = person.home.command("/bin/sh");
    command.args(["-c", &script]).env("DA_SERVER", server.url());
    let mut terminal = Terminal::start(&command);
    terminal.expect("Password: ");
    terminal.interrupt();
    terminal.expect("over");
    let shown = terminal.shown();
    assert!(shown.screen.contains("\necho\r\n"), "{:?}", shown.screen);
    assert!(!person.token_file().exists());
}

#[test]
fn the_named_server_is_remembered() {
    let server = TestServer::start();
    let home = TestHome::new();
    home.da(LOGIN).arg("--server").arg(server.url()).stdin(ADMIN_PASSWORD).run().exits(0);
    let run = home.da(["whoami"]).run().exits(0);
    assert!(run.stdout.contains(&server.url()), "{}", run.stdout);
}

#[test]
fn without_a_keyring_the_file_is_named() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    transcript!(person.da(LOGIN).env("DA_CREDENTIAL_STORE", "auto").stdin(ADMIN_PASSWORD).run(), @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    The token is kept in clear text in the file [HOME]/.config/da/token.json, as the keyring cannot be used: there is no session bus (D-Bus)
    ");
    let run = person.da(LOGIN).arg("--insecure-storage").env("DA_CREDENTIAL_STORE", "auto").stdin(ADMIN_PASSWORD).run();
    transcript!(run, @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    ");
    transcript!(person.da(LOGIN).env("DA_CREDENTIAL_STORE", "keyring").stdin(ADMIN_PASSWORD).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot use the keyring: there is no session bus (D-Bus)
    hint: Unlock the keyring, or keep the token in a file with `DA_CREDENTIAL_STORE=file`
    ");
}

#[test]
fn the_help_of_login() {
    insta::assert_snapshot!(help(["login"]), @r"
    Sign in and keep the token on this machine

    On a desktop the browser opens, and you approve there; elsewhere a page and a code are shown, for
    the browser of any other device. With an e-mail address or a password on the command line, and
    without a terminal, the password is used.

    The token goes into the keyring of the operating system or, where none answers, into a file that
    only you can read. With `--server`, that server is remembered; with `--profile` and a name that is
    new, a profile is made.

    Usage: da login [OPTIONS]

    Options:
          --email <EMAIL>
              E-mail address of the account

          --password-stdin
              Read the password from standard input

          --password <PASSWORD>
              Password; other users of this machine can see it, so rather use `--password-stdin`

          --device
              Show a page and a code for the browser of another device

          --no-browser
              Show the address to open in a browser of this machine, and open none

          --insecure-storage
              Keep the token in the file, not in the keyring, from now on

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da login --server https://id.example.org
      da login --profile work --server https://id.example.org
      da login --device
      da login --email ann@example.org --password-stdin < password
    ");
}
