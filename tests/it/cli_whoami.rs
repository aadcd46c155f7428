//! `da whoami`: A-32, D-18.

use crate::support::{Person, TestServer, dead_url, help, transcript};

#[test]
fn a_session_says_who_one_is() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.run(["whoami"]), @r"
    exit: 0
    ----- stdout -----
    Email: admin@example.com
    Role:  admin
    Server: http://127.0.0.1:[PORT]
    Token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days

    ----- stderr -----
    ");
    transcript!(person.run(["auth", "whoami", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "email": "admin@example.com",
      "role": "admin",
      "server": "http://127.0.0.1:[PORT]",
      "profile": "default",
      "profile_source": "default",
      "type": "session",
      "expires_at": "[TIME]",
      "refresh_expires_at": "[TIME]",
      "source": "saved",
      "storage": "file",
      "verified": true,
      "must_change_password": false
    }

    ----- stderr -----
    "#);
    transcript!(person.run(["whoami", "--quiet", "--offline"]), @r"
    exit: 0
    ----- stdout -----
    Email: admin@example.com
    Role:  admin
    Server: http://127.0.0.1:[PORT]
    Token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days

    ----- stderr -----
    ");
    transcript!(person.run(["whoami", "--offline"]), @r"
    exit: 0
    ----- stdout -----
    Email: admin@example.com
    Role:  admin
    Server: http://127.0.0.1:[PORT]
    Token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days

    ----- stderr -----
    Not verified: the server was not asked
    ");
}

#[test]
fn a_token_from_the_environment_says_where_it_is_from() {
    let server = TestServer::start();
    let token = Person::admin(&server).new_token("ci");
    let elsewhere = Person::at(server.url());
    transcript!(elsewhere.da(["whoami"]).env("DA_TOKEN", &token).run(), @r"
    exit: 0
    ----- stdout -----
    Email: admin@example.com
    Role:  admin
    Server: http://127.0.0.1:[PORT]
    Token: from `DA_TOKEN`, ends [TIME], in 90 days

    ----- stderr -----
    ");
    std::fs::write(elsewhere.home.path().join("token"), &token).unwrap();
    transcript!(elsewhere.run(["whoami", "--json", "--token-file", "token"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "email": "admin@example.com",
      "role": "admin",
      "server": "http://127.0.0.1:[PORT]",
      "profile": "default",
      "profile_source": "default",
      "type": "pat",
      "expires_at": "[TIME]",
      "refresh_expires_at": null,
      "source": "token_file",
      "storage": null,
      "verified": true,
      "must_change_password": false
    }

    ----- stderr -----
    "#);
}

#[test]
fn nobody_is_4() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    transcript!(person.run(["whoami"]), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Not logged in to `http://127.0.0.1:[PORT]`
    hint: Run `da login`, or set `DA_TOKEN`
    ");
    transcript!(person.run(["whoami", "--json"]), @r#"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"Not logged in to `http://127.0.0.1:[PORT]`","causes":[],"hint":"Run `da login`, or set `DA_TOKEN`","exit_code":4,"status":null,"code":null,"request_id":null}}
    "#);
    transcript!(person.run(["whoami", "--offline"]), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Not logged in to `http://127.0.0.1:[PORT]`
    hint: Run `da login`, or set `DA_TOKEN`
    ");
}

#[test]
fn an_ended_session_is_4_and_told() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    server.stranger().with(&person.saved_token()).post_empty("/auth/logout").is(200);
    transcript!(person.run(["whoami"]), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: The server did not accept the saved token (file [HOME]/.config/da/token.json) for `http://127.0.0.1:[PORT]`
      caused by: 401 token_revoked: Token revoked (request [REQUEST])
    hint: Run `da login` to get a new one
    ");
    transcript!(person.run(["whoami", "--json"]), @r#"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"The server did not accept the saved token (file [HOME]/.config/da/token.json) for `http://127.0.0.1:[PORT]`","causes":["401 token_revoked: Token revoked (request [REQUEST])"],"hint":"Run `da login` to get a new one","exit_code":4,"status":401,"code":"token_revoked","request_id":"[REQUEST]"}}
    "#);
}

#[test]
fn a_forged_token_is_4_and_never_repeated() {
    let server = TestServer::start();
    let run = Person::at(server.url()).da(["whoami"]).env("DA_TOKEN", "hunter2").run();
    assert!(!run.stderr.contains("hunter2"));
    transcript!(run, @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: The server did not accept the token from `DA_TOKEN` for `http://127.0.0.1:[PORT]`
      caused by: 401 invalid_token: Invalid or expired token (request [REQUEST])
    hint: Unset `DA_TOKEN`, or set it to a token that works
    ");
}

#[test]
fn a_deactivated_owner_is_told() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let id = eve.get("/auth/me").json()["id"].as_str().unwrap().to_owned();
    admin.post_empty(&format!("/api/users/{id}/deactivate")).is(200);
    transcript!(Person::at(server.url()).da(["whoami"]).env("DA_TOKEN", eve.bearer()).run(), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: The server did not accept the token from `DA_TOKEN` for `http://127.0.0.1:[PORT]`
      caused by: 401 account_deactivated: Account deactivated (request [REQUEST])
    hint: An admin can activate the account again
    ");
}

#[test]
fn a_dead_server_is_3_and_offline_still_works() {
    let mut server = TestServer::start();
    let person = Person::admin(&server);
    server.kill9();
    transcript!(person.run(["whoami"]), @r"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    error: Could not ask who you are
      caused by: cannot reach `http://127.0.0.1:[PORT]`: Connection refused (os error 111)
    hint: Is the server running? Choose another one with `--server URL` or `DA_SERVER`
    ");
    person.run(["whoami", "--offline"]).exits(0);
    transcript!(Person::at(dead_url()).da(["whoami", "--json"]).env("DA_TOKEN", "x").run(), @r#"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"Could not ask who you are","causes":["cannot reach `http://127.0.0.1:[PORT]`: Connection refused (os error 111)"],"hint":"Is the server running? Choose another one with `--server URL` or `DA_SERVER`","exit_code":3,"status":null,"code":null,"request_id":null}}
    "#);
}

#[test]
fn a_saved_token_that_is_unknown_here_is_not_sent_there() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.run(["whoami", "--server", "http://127.0.0.1:9"]), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Not logged in to `http://127.0.0.1:[PORT]`
    hint: The saved token belongs to `http://127.0.0.1:[PORT]` and is not sent elsewhere; run `da login`
    ");
}

#[test]
fn a_terminal_shows_the_same() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.terminal(["whoami"]).shown(), @r"
    exit: 0
    ----- screen -----
    Email: admin@example.com
    Role:  admin
    Server: http://127.0.0.1:[PORT]
    Token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days
    ");
}

#[test]
fn the_help_of_whoami() {
    insta::assert_snapshot!(help(["whoami"]), @r"
    Show who you are and which token says so

    Asks the server, so that an ended or forged token is told (exit code 4), and a password that must be
    changed before anything else (exit code 5). With `--offline` it only decodes the token.

    Usage: da whoami [OPTIONS]

    Options:
          --offline
              Only decode the token; ask nobody

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da whoami
      da whoami --json
      DA_TOKEN_FILE=/run/secrets/da da whoami --offline
    ");
}
