//! `da setup init | bootstrap`: A-40, D-14.

use std::fs;

use crate::support::{Person, TestHome, TestServer, dead_url, help, transcript};

const EMAIL: &str = "ann@example.org";
const PASSWORD: &str = "a quiet morning";

fn bootstrap(code_file: &str) -> [&str; 6] {
    ["setup", "bootstrap", EMAIL, "--code-file", code_file, "--password-stdin"]
}

#[test]
fn a_server_is_remembered() {
    let home = TestHome::new();
    let init = ["setup", "init", "--server", "https://id.example.org"];
    transcript!(home.da(init).run(), @r"
    exit: 0
    ----- stdout -----
    Server: https://id.example.org

    ----- stderr -----
    Remembered in [HOME]/.config/da/config.yaml; sign in with `da login`
    ");
    transcript!(home.da(init).arg("--json").run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "server": "https://id.example.org",
      "config": "[HOME]/.config/da/config.yaml"
    }

    ----- stderr -----
    "#);
    transcript!(home.da(init).arg("--quiet").run(), @r"
    exit: 0
    ----- stdout -----
    Server: https://id.example.org

    ----- stderr -----
    ");
    assert_eq!(fs::read_to_string(home.config_dir().join("config.yaml")).unwrap(), "server: https://id.example.org\n");
    transcript!(home.da(["setup", "init"]).run(), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: There is no server to remember
    hint: Name it with `--server URL`
    ");
    transcript!(home.da(["setup", "init", "--server", "id.example.org"]).run(), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value 'id.example.org' for '--server <URL>': not a server URL: expected one such as `https://id.example.org`

    For more information, try '--help'.
    ");
}

#[test]
fn the_first_admin_is_made_with_the_setup_code() {
    let server = TestServer::empty().start();
    let person = Person::at(server.url());
    let code = server.data_dir().join("setup-code");
    let code = code.to_str().unwrap();
    let wrong = person.home.path().join("wrong");
    fs::write(&wrong, "x".repeat(43)).unwrap();
    transcript!(person.da(bootstrap(wrong.to_str().unwrap())).stdin(PASSWORD).run(), @r"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not make the first admin: Bootstrap needs the one-time setup code: run `da setup bootstrap EMAIL --code-file FILE` with the file that `da serve` named at its start
      caused by: 403 bootstrap_closed (request [REQUEST])
    ");
    transcript!(person.da(bootstrap(code)).stdin("short").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not make the first admin: Password must be at least 8 characters
      caused by: 400 weak_password (request [REQUEST])
    ");
    transcript!(person.da(bootstrap("nowhere")).stdin(PASSWORD).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot read the setup code in `nowhere`: No such file or directory (os error 2)
    hint: The server removes the file once there is an admin; if you are it, run `da login`
    ");
    transcript!(person.da(bootstrap(code)).stdin(PASSWORD).run(), @r"
    exit: 0
    ----- stdout -----
    Admin user created: ann@example.org

    ----- stderr -----
    ");
    let who = person.run(["whoami"]).exits(0);
    assert!(who.stdout.contains("Role:  admin"), "{}", who.stdout);
    fs::write(&wrong, "x".repeat(43)).unwrap();
    transcript!(person.da(bootstrap(wrong.to_str().unwrap())).stdin(PASSWORD).run(), @r"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not make the first admin: Bootstrap disabled: an admin exists. Sign in with `da login`
      caused by: 403 bootstrap_closed (request [REQUEST])
    ");
}

#[test]
fn code_and_password_come_from_one_pipe_and_the_answer_is_json() {
    let server = TestServer::empty().start();
    let code = fs::read_to_string(server.data_dir().join("setup-code")).unwrap();
    let input = format!("{}\n{PASSWORD}\n", code.trim());
    transcript!(Person::at(server.url()).da(bootstrap("-")).arg("--json").stdin(&input).run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "email": "ann@example.org",
      "role": "admin",
      "server": "http://127.0.0.1:[PORT]"
    }

    ----- stderr -----
    "#);
}

#[test]
fn a_terminal_asks_for_code_and_password() {
    let server = TestServer::empty().start();
    let code = fs::read_to_string(server.data_dir().join("setup-code")).unwrap();
    let mut terminal = Person::at(server.url()).terminal(["setup", "bootstrap", EMAIL]);
    for (prompt, answer) in
        [("Setup code: ", code.trim()), ("New password: ", PASSWORD), ("The same again: ", PASSWORD)]
    {
        terminal.expect(prompt);
        terminal.send_line(answer);
    }
    let shown = terminal.shown();
    assert!(!shown.screen.contains(code.trim()) && !shown.screen.contains(PASSWORD));
    transcript!(shown, @r"
    exit: 0
    ----- screen -----
    Setup code: 
    New password: 
    The same again: 
    Admin user created: ann@example.org
    ");
}

#[test]
fn without_a_server_or_a_terminal_it_fails_plainly() {
    let person = Person::at(dead_url());
    fs::write(person.home.path().join("code"), "x".repeat(43)).unwrap();
    transcript!(person.da(bootstrap("code")).stdin(PASSWORD).run(), @r"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    error: Could not make the first admin
      caused by: cannot reach `http://127.0.0.1:[PORT]`: Connection refused (os error 111)
    hint: Is the server running? Choose another one with `--server URL` or `DA_SERVER`
    ");
    transcript!(person.run(["setup", "bootstrap", EMAIL]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Cannot ask for `Password`: there is no terminal
    hint: Use `--password-stdin`
    ");
    transcript!(person.run(["setup", "bootstrap"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: the following required arguments were not provided:
      <EMAIL>

    Usage: da setup bootstrap <EMAIL>

    For more information, try '--help'.
    ");
}

#[test]
fn the_help_of_setup() {
    insta::assert_snapshot!(help(["setup"]), @r"
    Set up this machine, or a new server

    Usage: da setup [OPTIONS] <COMMAND>

    Commands:
      init       Remember the server to talk to
      bootstrap  Make the first admin of a new server

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da setup init --server https://id.example.org
      da setup bootstrap ann@example.org --code-file setup-code
    ");
    insta::assert_snapshot!(help(["setup", "init"]), @r"
    Remember the server to talk to

    Usage: da setup init [OPTIONS]

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da setup init --server https://id.example.org
    ");
    insta::assert_snapshot!(help(["setup", "bootstrap"]), @r"
    Make the first admin of a new server

    A new server writes a one-time setup code into its data directory and says where. Whoever can read
    that file may make the first admin. Where a terminal asks for the code, leave it empty if the server
    has none; without a terminal and without `--code-file`, none is sent.

    Usage: da setup bootstrap [OPTIONS] <EMAIL>

    Arguments:
      <EMAIL>
              E-mail address of the new admin

    Options:
          --name <NAME>
              Name to show; by default the part of the address before the `@`

          --code-file <FILE>
              File with the one-time setup code; `-` reads it from standard input

          --password-stdin
              Read the password from standard input

          --password <PASSWORD>
              Password; other users of this machine can see it, so rather use `--password-stdin`

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da setup bootstrap ann@example.org --code-file setup-code --server https://id.example.org
      ssh host cat /var/lib/da/setup-code | da setup bootstrap ann@example.org --code-file -
    ");
}
