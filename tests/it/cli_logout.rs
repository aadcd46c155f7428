//! `da logout`: A-32, S-08.

use crate::support::{Person, TestServer, help, transcript};

#[test]
fn signing_out_is_one_line() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let session = server.stranger().with(&person.saved_token());
    session.get("/auth/me").is(200);
    transcript!(person.run(["logout"]), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    ");
    session.get("/auth/me").is(401);
    transcript!(person.run(["logout"]), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    Not logged in to `http://127.0.0.1:[PORT]`
    ");
    transcript!(person.run(["auth", "logout", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "logged_out": true,
      "token_removed": false,
      "session_ended": false,
      "profile": "default"
    }

    ----- stderr -----
    "#);
    transcript!(person.run(["logout", "--quiet"]), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    ");
}

#[test]
fn signing_out_without_the_server_forgets_the_token_and_says_so() {
    let mut server = TestServer::start();
    let person = Person::admin(&server);
    server.kill9();
    transcript!(person.run(["logout"]), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    warning: The session was not ended on the server: cannot reach `http://127.0.0.1:[PORT]`: Connection refused (os error 111)
    ");
    assert!(!person.token_file().exists());
}

#[test]
fn signing_out_with_an_imported_token_says_that_it_still_works() {
    let server = TestServer::start();
    let admin = Person::admin(&server);
    let token = admin.new_token("laptop");
    let person = Person::at(server.url());
    person.da(["import-token", "--token", "-"]).stdin(&token).run().exits(0);
    transcript!(person.run(["logout"]), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    The token [UUID] itself still works (ends [TIME], in 90 days); `da token revoke [UUID]` ends it
    ");
    server.stranger().with(&token).get("/auth/me").is(200);
}

#[test]
fn signing_out_elsewhere_keeps_the_token() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.run(["logout", "--server", "http://127.0.0.1:9"]), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    Not logged in to `http://127.0.0.1:[PORT]`; the saved token belongs to `http://127.0.0.1:[PORT]`
    ");
    person.run(["whoami"]).exits(0);
}

#[test]
fn the_help_of_logout() {
    insta::assert_snapshot!(help(["logout"]), @r"
    End the session and forget the saved token

    The session ends on the server, too, if it can be reached. A personal access token that was imported
    is forgotten here, but goes on working elsewhere.

    Usage: da logout [OPTIONS]

    Options:
          --all
              End every sign-in of yours, on every machine

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da logout
      da logout --all
      da logout --server https://id.example.org
    ");
}
