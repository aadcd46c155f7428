//! `da token revoke`: A-30, S-26, and the recipe of A-39.

use crate::support::{Person, TestHome, TestServer, help, transcript};

#[test]
fn an_id_a_prefix_or_a_name_is_enough() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    person.new_token("one");
    transcript!(person.run(["token", "revoke", "one"]), @r"
    exit: 0
    ----- stdout -----
    Revoked token [UUID] (one)

    ----- stderr -----
    ");
    transcript!(person.run(["auth", "token", "revoke", "one"]), @r"
    exit: 0
    ----- stdout -----
    Revoked token [UUID] (one)

    ----- stderr -----
    ");
    let token = person.new_token("two");
    let id = crate::support::jwt_part(&token, 1)["jti"].as_str().unwrap().to_owned();
    transcript!(person.run(["token", "revoke", &id[..8], "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "revoked": [
        {
          "id": "[UUID]",
          "name": "two"
        }
      ]
    }

    ----- stderr -----
    "#);
    person.new_token("three");
    transcript!(person.run(["token", "revoke", "three", "--quiet"]), @r"
    exit: 0
    ----- stdout -----
    Revoked token [UUID] (three)

    ----- stderr -----
    ");
}

#[test]
fn an_ambiguous_name_is_refused_with_its_candidates() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let tokens = [person.new_token("ci"), person.new_token("ci")];
    transcript!(person.run(["token", "revoke", "ci"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: 2 tokens match `ci`
      [UUID]  ci, active, made just now
      [UUID]  ci, active, made just now
    hint: Name one by its id
    ");
    transcript!(person.run(["token", "revoke", "ci", "--json"]), @r#"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"2 tokens match `ci`","causes":[],"hint":"Name one by its id","exit_code":1,"status":null,"code":null,"request_id":null,"candidates":["[UUID]  ci, active, made just now","[UUID]  ci, active, made just now"]}}
    "#);
    for token in &tokens {
        server.stranger().with(token).get("/auth/me").is(200);
    }
    transcript!(person.run(["token", "revoke", "nothing"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: No token matches `nothing`
    hint: `da token list --all` shows them
    ");
}

#[test]
fn a_terminal_asks_first() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let token = person.new_token("ci");
    let mut terminal = person.terminal(["token", "revoke", "ci"]);
    terminal.expect("[y/N]: ");
    terminal.send_line("");
    transcript!(terminal.shown(), @r"
    exit: 1
    ----- screen -----
    Revoke the token [UUID] (ci)? [y/N]: 
    error: Nothing was done
    ");
    server.stranger().with(&token).get("/auth/me").is(200);
    let mut terminal = person.terminal(["token", "revoke", "ci"]);
    terminal.expect("[y/N]: ");
    terminal.send_line("yes");
    transcript!(terminal.shown(), @r"
    exit: 0
    ----- screen -----
    Revoke the token [UUID] (ci)? [y/N]: yes
    Revoked token [UUID] (ci)
    ");
    server.stranger().with(&token).get("/auth/me").is(401);
}

#[test]
fn all_of_ones_own_end_together() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let tokens = [person.new_token("one"), person.new_token("two")];
    transcript!(person.run(["token", "revoke", "--all"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Cannot ask for confirmation: there is no terminal
    hint: Use `--yes` to do it without being asked
    ");
    let mut terminal = person.terminal(["token", "revoke", "--all"]);
    terminal.expect("[y/N]: ");
    terminal.send_line("n");
    transcript!(terminal.shown(), @r"
    exit: 1
    ----- screen -----
    Revoke all your 2 active tokens? [y/N]: n
    error: Nothing was done
    ");
    // With one of them: it goes last, or the other would be out of its reach.
    let run = person.da(["token", "revoke", "--all", "--yes"]).env("DA_TOKEN", &tokens[0]).run();
    transcript!(run, @r"
    exit: 0
    ----- stdout -----
    Revoked token [UUID] (two)
    Revoked token [UUID] (one)

    ----- stderr -----
    ");
    for token in &tokens {
        server.stranger().with(token).get("/auth/me").refused(401, "token_revoked", "Token revoked");
    }
    transcript!(person.run(["token", "revoke", "--all", "--yes"]), @r"
    exit: 0
    ----- stdout -----
    No active tokens.

    ----- stderr -----
    ");
    transcript!(person.run(["token", "revoke", "--all", "--yes", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "revoked": []
    }

    ----- stderr -----
    "#);
}

#[test]
fn a_leaked_token_is_ended_by_whoever_holds_it() {
    let server = TestServer::start();
    let admin = Person::admin(&server);
    let (token, session) = (admin.new_token("leaked"), admin.saved_token());
    let finder = Person::at(server.url());
    let secret = ["token", "revoke", "--secret", "-"];
    transcript!(finder.da(secret).stdin(&token).run(), @r"
    exit: 0
    ----- stdout -----
    Revoked token [UUID]

    ----- stderr -----
    ");
    transcript!(finder.da(secret).stdin(&token).run(), @r"
    exit: 0
    ----- stdout -----
    The token [UUID] had already ended

    ----- stderr -----
    ");
    transcript!(finder.da(secret).arg("--json").stdin(&session).run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "revoked": [
        {
          "id": "[UUID]",
          "type": "session"
        }
      ],
      "had_ended": false
    }

    ----- stderr -----
    "#);
    transcript!(finder.da(secret).stdin(&session).run(), @r"
    exit: 0
    ----- stdout -----
    The session [UUID] had already ended

    ----- stderr -----
    ");
    transcript!(finder.da(["token", "revoke", "--secret", &token]).run(), @r"
    exit: 0
    ----- stdout -----
    The token [UUID] had already ended

    ----- stderr -----
    warning: Other users of this machine can see a token on the command line; use `--secret -`
    ");
    transcript!(finder.da(secret).stdin("hunter2").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not decode token as JWT: not three parts of base64 with a JSON object in the middle
    ");
    admin.run(["whoami"]).exits(4);
}

#[test]
fn wrong_usage_of_revoke_is_2() {
    let person = Person::at("http://127.0.0.1:9");
    transcript!(person.run(["token", "revoke"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: the following required arguments were not provided:
      <TOKEN|--all|--secret <TOKEN>>

    Usage: da token revoke <TOKEN|--all|--secret <TOKEN>>

    For more information, try '--help'.
    ");
    transcript!(person.run(["token", "revoke", "ci", "--all"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: the argument '[TOKEN]' cannot be used with '--all'

    Usage: da token revoke <TOKEN|--all|--secret <TOKEN>>

    For more information, try '--help'.
    ");
    transcript!(person.run(["token", "revoke", "--json"]), @r#"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"The following required arguments were not provided: <TOKEN|--all|--secret <TOKEN>>","causes":[],"hint":"`da help COMMAND` shows how it is used","exit_code":2,"status":null,"code":null,"request_id":null}}
    "#);
}

#[test]
fn a_token_made_for_ci_works_until_it_is_revoked() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    // Two shells with homes of their own; `export DA_TOKEN=$(...)` as the recipe says.
    let made = person.run(["token", "create", "--name", "ci", "--ttl", "30d", "--raw"]).exits(0);
    assert_eq!((made.stdout.lines().count(), made.stderr.as_str()), (1, ""));
    let home = TestHome::new();
    let script = format!("export DA_TOKEN=\"$(cat)\"; {da} whoami && {da} token list", da = env!("CARGO_BIN_EXE_da"));
    let shell = || {
        let mut command = home.command("/bin/sh");
        command.args(["-c", &script]).env("DA_SERVER", server.url());
        crate::support::Run::of(&mut command, made.stdout.as_bytes())
    };
    transcript!(shell(), @r"
    exit: 0
    ----- stdout -----
    Email: admin@example.com
    Role:  admin
    Server: http://127.0.0.1:[PORT]
    Token: from `DA_TOKEN`, ends [TIME], in 30 days
    ID                                   NAME                 PREFIX     EXPIRES              LAST USED            STATUS
    [UUID] ci                   [PREFIX]   [TIME]  [TIME]  active

    ----- stderr -----
    ");
    assert!(!home.config_dir().join("token.json").exists(), "a token of the environment is never stored");
    person.run(["token", "revoke", "ci"]).exits(0);
    transcript!(shell(), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: The server did not accept the token from `DA_TOKEN` for `http://127.0.0.1:[PORT]`
      caused by: 401 token_revoked: Token revoked (request [REQUEST])
    hint: Unset `DA_TOKEN`, or set it to a token that works
    ");
}

#[test]
fn the_help_of_token_revoke() {
    insta::assert_snapshot!(help(["token", "revoke"]), @r"
    Revoke a token, effective at once

    A prefix or name that fits several active tokens is refused, and the candidates are listed.

    Usage: da token revoke [OPTIONS] <TOKEN|--all|--secret <TOKEN>>

    Arguments:
      [TOKEN]
              Id, prefix or name

    Options:
          --all
              Revoke all your tokens

          --secret <TOKEN>
              Revoke this very token, whoever owns it; `-` reads it from standard input

      -y, --yes
              Do not ask

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da token revoke ci
      da token revoke --all --yes
      da token revoke --secret - < leaked-token
    ");
}
