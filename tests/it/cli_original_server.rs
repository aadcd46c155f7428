//! `da` against the original server (A-27, A-32): whatever it can do there, it does; the rest is told.

use serde_json::Value;

use crate::support::{Person, StandIn, original, transcript};

fn signed_in(server: &StandIn) -> Person {
    let person = Person::at(server.url());
    person.sign_in(original::EMAIL, original::PASSWORD);
    person
}

#[test]
fn signing_in_and_asking_who_one_is() {
    let server = original::start();
    let person = Person::at(server.url());
    let login = ["login", "--email", original::EMAIL, "--password-stdin"];
    transcript!(person.da(login).stdin(original::PASSWORD).run(), @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@agnes.test (role: admin)

    ----- stderr -----
    ");
    transcript!(person.run(["whoami"]), @r"
    exit: 0
    ----- stdout -----
    Email: admin@agnes.test
    Role:  admin
    Server: http://127.0.0.1:[PORT]
    Token: saved in the file [HOME]/.config/da/token.json, ends [TIME], in 1 day

    ----- stderr -----
    ");
    transcript!(person.run(["status"]), @r"
    exit: 0
    ----- stdout -----
    Status: healthy
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version 2.0.0, [N]ms)
      account: admin@agnes.test (role admin)
      token: saved in the file [HOME]/.config/da/token.json, ends [TIME], in 1 day
      warning: the saved token is in clear text, as `DA_CREDENTIAL_STORE` wants it

    ----- stderr -----
    ");
    transcript!(person.da(login).stdin("wrong").run(), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Login failed: Invalid password
      caused by: 401 Unauthorized
    hint: If the account signs in with an external provider, create a token at `http://127.0.0.1:[PORT]/tokens`, then set `DA_TOKEN` or run `da import-token`
    ");
    let external = ["login", "--email", "sso@agnes.test", "--password-stdin"];
    transcript!(person.da(external).stdin("any").run(), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Login failed: This account uses external authentication. Please log in via your configured provider.
      caused by: 401 Unauthorized
    hint: If the account signs in with an external provider, create a token at `http://127.0.0.1:[PORT]/tokens`, then set `DA_TOKEN` or run `da import-token`
    ");
}

#[test]
fn tokens_are_made_listed_used_and_revoked() {
    let server = original::start();
    let person = signed_in(&server);
    transcript!(person.run(["token", "create", "--name", "laptop"]), @r"
    exit: 0
    ----- stdout -----
    Personal access token created — this is shown ONCE:

        [TOKEN]

    id:      [UUID]
    name:    laptop
    expires: [TIME]

    Export it so `da` can use it:
        export DA_TOKEN=[TOKEN]

    ----- stderr -----
    ");
    let token = person.new_token("ci");
    transcript!(person.run(["token", "list"]), @r"
    exit: 0
    ----- stdout -----
    ID                                   NAME                 PREFIX     EXPIRES              LAST USED            STATUS
    [UUID] ci                   [PREFIX]   [TIME]  never                active
    [UUID] laptop               [PREFIX]   [TIME]  never                active

    ----- stderr -----
    ");
    let list: Value = serde_json::from_str(&person.run(["token", "list", "--json"]).exits(0).stdout).unwrap();
    let made = list[0]["created_at"].as_str().unwrap();
    assert!(made.contains('T') && made.ends_with("+00:00"), "one form of time, whoever answered: {made}");
    let elsewhere = Person::at(server.url());
    let with_token = |args: &[&str]| elsewhere.da(args).env("DA_TOKEN", &token).run();
    with_token(&["whoami"]).exits(0);
    transcript!(with_token(&["token", "create", "--name", "more"]), @r"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not create the token: This endpoint requires an interactive session, not a PAT
      caused by: 403 Forbidden
    hint: Unset `DA_TOKEN`, and run `da login` unless you are signed in; a token from `da token create` cannot do this
    ");
    transcript!(person.run(["token", "revoke", "ci"]), @r"
    exit: 0
    ----- stdout -----
    Revoked token [UUID] (ci)

    ----- stderr -----
    ");
    transcript!(with_token(&["whoami"]), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: The server did not accept the token from `DA_TOKEN` for `http://127.0.0.1:[PORT]`
      caused by: 401 Unauthorized: Token revoked
    hint: Unset `DA_TOKEN`, or set it to a token that works
    ");
    transcript!(person.run(["token", "revoke", "nothing"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: No token matches `nothing`
    hint: `da token list --all` shows them
    ");
}

#[test]
fn a_token_is_imported_by_way_of_the_catalog() {
    let server = original::start();
    let token = signed_in(&server).new_token("laptop");
    let person = Person::at(server.url());
    transcript!(person.da(["import-token", "--token", "-"]).stdin(&token).run(), @r"
    exit: 0
    ----- stdout -----
    Imported token for admin@agnes.test (role: admin).

    ----- stderr -----
    ");
    assert_eq!(person.saved_token(), token);
    let last = server.asked().pop().unwrap();
    assert_eq!((last.method.as_str(), last.path.as_str()), ("GET", "/api/catalog/tables"));
    assert_eq!(last.header("authorization"), Some(format!("Bearer {token}").as_str()));
    let forged = "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImFAYi5jIiwicm9sZSI6ImFkbWluIn0.c2ln";
    transcript!(person.da(["import-token", "--token", "-"]).stdin(forged).run(), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Token rejected by server (http://127.0.0.1:[PORT]): Invalid or expired token
      caused by: 401 Unauthorized
    hint: Copy the whole token as it was shown, and name its server with `--server`
    ");
    assert_eq!(person.saved_token(), token);
}

#[test]
fn users_are_listed_and_shown() {
    let server = original::start();
    let person = signed_in(&server);
    transcript!(person.run(["admin", "list-users"]), @r"
    exit: 0
    ----- stdout -----
      admin@agnes.test               role=admin      active       id=[PREFIX]

    ----- stderr -----
    ");
    transcript!(person.run(["admin", "show-user", original::EMAIL]), @r"
    exit: 0
    ----- stdout -----
    id:          [UUID]
    email:       admin@agnes.test
    name:        Admin
    role:        admin
    status:      active
    created:     [TIME]
    last login:  never

    ----- stderr -----
    ");
}

#[test]
fn signing_out_forgets_the_session_here() {
    let server = original::start();
    let person = signed_in(&server);
    transcript!(person.run(["logout"]), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    ");
    assert!(!person.token_file().exists());
    transcript!(person.run(["whoami"]), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Not logged in to `http://127.0.0.1:[PORT]`
    hint: Run `da login`, or set `DA_TOKEN`
    ");
}

#[test]
fn what_it_cannot_do_is_told() {
    let server = original::start();
    let person = signed_in(&server);
    let run = person.da(["auth", "password", "change", "--password-stdin"]).stdin("old\nnew\n").run();
    transcript!(run, @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not change the password: Not Found
      caused by: 404 Not Found
    hint: Check the name or id, and whether `--server` names a server that can do this
    ");
    let session = original::session();
    transcript!(person.da(["token", "revoke", "--secret", "-"]).stdin(&session).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: This server cannot end a session; deactivate the account instead
    ");
    transcript!(person.run(["diagnose", "--quiet"]), @r"
    exit: 0
    ----- stdout -----
    Overall: healthy
      [ok     ] api (http://127.0.0.1:[PORT], [N]ms, clear text on this machine)
      [ok     ] version (da [VERSION]; the server is not a da server, version 2.0.0)
      [ok     ] token (admin@agnes.test, saved token (file [HOME]/.config/da/token.json), ends [TIME], in 1 day)
      [ok     ] files ([HOME]/.config/da, no keyring: there is no session bus (D-Bus))

    ----- stderr -----
    ");
}

#[test]
fn no_text_of_a_server_decides_anything() {
    // The texts of the original in answers that mean something else, and other texts in answers that mean the same.
    let jwt =
        "eyJhbGciOiJIUzI1NiJ9.eyJ0eXAiOiJwYXQiLCJqdGkiOiI2ZmE0NTllYS1lZThhLTRjYTQtODk0ZS1kYjc3ZTE2MDM1NWUifQ.c2ln";
    let said = |status: u16, detail: &str, args: &[&str]| {
        let body = serde_json::json!({ "detail": detail }).to_string();
        let server = StandIn::fixed(status, "", body);
        let run = Person::at(server.url()).da(args).env("DA_TOKEN", jwt).stdin(jwt).run();
        let hint = run.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap_or_default().to_owned();
        (run.code, hint.replace(&server.url(), "URL"))
    };
    for (status, args) in [
        (401, &["token", "revoke", "--secret", "-"][..]),
        (401, &["login", "--email", "a@b.c", "--password-stdin"]),
        (401, &["whoami"]),
        (403, &["token", "create", "--name", "n"]),
        (403, &["admin", "list-users"]),
        (404, &["admin", "list-users"]),
        (400, &["token", "create", "--name", "n", "--ttl", "9d"]),
    ] {
        let expected = said(status, "Nein", args);
        for detail in [
            "Token revoked",
            "Token expired",
            "Account deactivated",
            "This endpoint requires an interactive session, not a PAT",
            "This account uses external authentication.",
            "Not Found",
            "expires_in_days must not exceed 3650 (10 years)",
        ] {
            assert_eq!(said(status, detail, args), expected, "{status} {args:?} {detail}");
        }
    }
}
