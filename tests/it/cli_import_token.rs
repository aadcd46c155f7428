//! `da import-token`: A-27, S-67.

use std::fs;

use crate::support::{Person, StandIn, TestHome, TestServer, dead_url, help, transcript};

const IMPORT: [&str; 3] = ["import-token", "--token", "-"];

#[test]
fn a_token_that_works_is_saved() {
    let server = TestServer::start();
    let token = Person::admin(&server).new_token("laptop");
    let person = Person::at(server.url());
    transcript!(person.da(IMPORT).stdin(&token).run(), @r"
    exit: 0
    ----- stdout -----
    Imported token for admin@example.com (role: admin).

    ----- stderr -----
    ");
    assert_eq!(person.saved_token(), token);
    transcript!(person.da(["auth", "import-token", "--json", "--token", "-"]).stdin(&token).run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "email": "admin@example.com",
      "role": "admin",
      "server": "http://127.0.0.1:[PORT]",
      "profile": "default",
      "storage": "file",
      "expires_at": "[TIME]",
      "verified": true
    }

    ----- stderr -----
    "#);
    transcript!(person.da(["import-token", "--token", &token]).run(), @r"
    exit: 0
    ----- stdout -----
    Imported token for admin@example.com (role: admin).

    ----- stderr -----
    warning: Other users of this machine can see a token on the command line; use `--token -`
    ");
}

#[test]
fn a_terminal_asks_for_the_token_and_hides_it() {
    let server = TestServer::start();
    let token = Person::admin(&server).new_token("laptop");
    let person = Person::at(server.url());
    let mut terminal = person.terminal(["import-token"]);
    terminal.expect("Token: ");
    terminal.send_line(&token);
    let shown = terminal.shown();
    assert!(!shown.screen.contains(&token));
    transcript!(shown, @r"
    exit: 0
    ----- screen -----
    Token: 
    Imported token for admin@example.com (role: admin).
    ");
}

#[test]
fn a_refused_token_changes_nothing() {
    let server = TestServer::start();
    let admin = Person::admin(&server);
    let token = admin.new_token("old");
    admin.run(["token", "revoke", "old", "--yes"]).exits(0);
    let home = TestHome::new();
    home.da(["setup", "init", "--server", "http://127.0.0.1:9"]).run().exits(0);
    let config = home.config_dir().join("config.yaml");
    let before = fs::read(&config).unwrap();
    let run = home.da(IMPORT).arg("--server").arg(server.url()).stdin(&token).run();
    assert_eq!(fs::read(&config).unwrap(), before);
    assert!(!home.config_dir().join("token.json").exists());
    transcript!(run, @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Token rejected by server (http://127.0.0.1:[PORT]): Token revoked
      caused by: 401 token_revoked (request [REQUEST])
    ");
}

#[test]
fn a_refused_token_leaves_the_saved_one_as_it_is() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let before = fs::read(person.token_file()).unwrap();
    let forged = "e30.eyJlbWFpbCI6ImFAYi5jIiwicm9sZSI6ImFkbWluIn0.c2ln";
    transcript!(person.da(IMPORT).arg("--json").stdin(forged).run(), @r#"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"Token rejected by server (http://127.0.0.1:[PORT]): Invalid or expired token","causes":["401 invalid_token (request [REQUEST])"],"hint":"Copy the whole token as it was shown, and name its server with `--server`","exit_code":4,"status":401,"code":"invalid_token","request_id":"[REQUEST]"}}
    "#);
    assert_eq!(fs::read(person.token_file()).unwrap(), before);
}

#[test]
fn what_is_no_token_is_refused_without_repeating_it() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    for text in ["hunter2", "hunter2 hunter2", "e30.hunter2.e30"] {
        let run = person.da(IMPORT).stdin(text).run().exits(1);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    }
    transcript!(person.da(IMPORT).stdin("hunter2").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not decode token as JWT: not three parts of base64 with a JSON object in the middle
    hint: Copy the whole token as it was shown, and name its server with `--server`
    ");
    transcript!(person.da(IMPORT).stdin("e30.e30.e30").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The token does not say the e-mail address of its owner
    hint: Give it with `--email`
    ");
    transcript!(person.da(IMPORT).stdin("").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The input ended before there was an answer
    hint: Give standard input one line for each value that is read from there
    ");
    transcript!(person.run(["import-token"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Cannot ask for `Token`: there is no terminal
    hint: Use `--token -`
    ");
}

#[test]
fn a_server_that_cannot_be_asked_is_told_and_may_be_skipped() {
    let server = TestServer::start();
    let token = Person::admin(&server).new_token("laptop");
    let person = Person::at(dead_url());
    transcript!(person.da(IMPORT).stdin(&token).run(), @r"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    Nothing was changed; `--skip-verify` saves a token without asking the server
    error: Could not verify the token
      caused by: cannot reach `http://127.0.0.1:[PORT]`: Connection refused (os error 111)
    hint: Is the server running? Choose another one with `--server URL` or `DA_SERVER`
    ");
    assert!(!person.token_file().exists());
    transcript!(person.da(IMPORT).arg("--skip-verify").stdin(&token).run(), @r"
    exit: 0
    ----- stdout -----
    Imported token for admin@example.com (role: admin).

    ----- stderr -----
    ");
    assert_eq!(person.saved_token(), token);
    let broken = StandIn::fixed(500, "", "{\"detail\":\"Internal Server Error\"}");
    Person::at(broken.url()).da(IMPORT).stdin(&token).run().exits(3);
}

#[test]
fn the_help_of_import_token() {
    insta::assert_snapshot!(help(["import-token"]), @r"
    Save a token that was made elsewhere

    The server is asked first; neither the saved token nor the settings are touched before it has
    accepted the new one.

    Usage: da import-token [OPTIONS]

    Options:
          --token <TOKEN>
              The token; `-` reads it from standard input

          --email <EMAIL>
              E-mail address to note down, instead of the token's own

          --role <ROLE>
              Role to note down, instead of the token's own

          --skip-verify
              Save it even if the server cannot be asked

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da import-token --token - < token
      da import-token --server https://id.example.org
    ");
}
