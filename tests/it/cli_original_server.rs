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
    ");
    let external = ["login", "--email", "sso@agnes.test", "--password-stdin"];
    transcript!(person.da(external).stdin("any").run(), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Login failed: this account signs in with an external provider
    hint: Create a token at `http://127.0.0.1:[PORT]/tokens` and set `DA_TOKEN`, or run `da import-token`
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
    assert_eq!(list[0]["created_at"], "2026-11-22T01:15:01.991806+00:00", "one form of time, whoever answered");
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
    hint: Is that the address of a da server that can do this? Check `--server`
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
    Overall: degraded
      [ok     ] api (http://127.0.0.1:[PORT], [N]ms, clear text on this machine)
      [warning] version (da [VERSION], server 2.0.0)
      [ok     ] token (admin@agnes.test, saved token (file [HOME]/.config/da/token.json), ends [TIME], in 1 day)
      [ok     ] files ([HOME]/.config/da, no keyring: there is no session bus (D-Bus))
    Suggested actions:
      - Client and server differ in version; if something is missing, install the same

    ----- stderr -----
    ");
}
