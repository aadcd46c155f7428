//! `da token list | show`: A-30, A-19.

use serde_json::Value;

use crate::support::{Person, TestServer, transcript};

/// Has a token ended by its time, an hour ago: the store's time decides, not the token's own (A-19).
fn expire(server: &TestServer, name: &str) {
    let sql = "UPDATE personal_access_tokens \
               SET created_at = created_at - 7200000000, expires_at = created_at - 3600000000 WHERE name = ?1";
    server.change_store(sql, [name]);
}

#[test]
fn a_list_tells_what_is_active_expired_and_revoked() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.run(["token", "list"]), @r"
    exit: 0
    ----- stdout -----
    No tokens yet. Create one with: da token create --name NAME

    ----- stderr -----
    ");
    person.new_token("laptop");
    person.new_token("a name that is longer than its column");
    person.run(["token", "create", "--name", "soon", "--ttl", "3d"]).exits(0);
    person.run(["token", "create", "--name", "keep", "--ttl", "never"]).exits(0);
    person.run(["token", "revoke", "laptop"]).exits(0);
    person.new_token("stale");
    expire(&server, "stale");
    transcript!(person.run(["token", "list"]), @r"
    exit: 0
    ----- stdout -----
    ID                                   NAME                                  PREFIX     EXPIRES              LAST USED            STATUS
    [UUID] stale                                 [PREFIX]   [TIME]  never                expired
    [UUID] keep                                  [PREFIX]   never                never                active
    [UUID] soon                                  [PREFIX]   [TIME]  never                active
    [UUID] a name that is longer than its column [PREFIX]   [TIME]  never                active
    [UUID] laptop                                [PREFIX]   [TIME]  never                revoked

    ----- stderr -----
    soon ends [TIME], in 3 days
    ");
    transcript!(person.run(["token", "list", "--quiet"]), @r"
    exit: 0
    ----- stdout -----
    ID                                   NAME                                  PREFIX     EXPIRES              LAST USED            STATUS
    [UUID] stale                                 [PREFIX]   [TIME]  never                expired
    [UUID] keep                                  [PREFIX]   never                never                active
    [UUID] soon                                  [PREFIX]   [TIME]  never                active
    [UUID] a name that is longer than its column [PREFIX]   [TIME]  never                active
    [UUID] laptop                                [PREFIX]   [TIME]  never                revoked

    ----- stderr -----
    ");
    transcript!(person.terminal(["token", "list"]).shown(), @r"
    exit: 0
    ----- screen -----
    ID                                   NAME                                  PREFIX     EXPIRES              LAST USED            STATUS
    [UUID] stale                                 [PREFIX]   [TIME]  never                expired
    [UUID] keep                                  [PREFIX]   never                never                active
    [UUID] soon                                  [PREFIX]   [TIME]  never                active
    [UUID] a name that is longer than its column [PREFIX]   [TIME]  never                active
    [UUID] laptop                                [PREFIX]   [TIME]  never                revoked
    soon ends [TIME], in 3 days
    ");
    let list: Value = serde_json::from_str(&person.run(["auth", "token", "list", "--json"]).exits(0).stdout).unwrap();
    let row = &list[0];
    assert_eq!(
        crate::support::keys(row),
        [
            "created_at",
            "created_via",
            "expires_at",
            "id",
            "last_used_at",
            "name",
            "overlap_until",
            "prefix",
            "renewable",
            "replaced_by",
            "revoked_at"
        ]
    );
}

#[test]
fn an_expired_token_is_4_and_told() {
    let server = TestServer::start();
    let token = Person::admin(&server).new_token("ci");
    expire(&server, "ci");
    transcript!(Person::at(server.url()).da(["token", "list"]).env("DA_TOKEN", &token).run(), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: The server did not accept the token from `DA_TOKEN` for `http://127.0.0.1:[PORT]`
      caused by: 401 token_expired: Token expired (request [REQUEST])
    hint: Unset `DA_TOKEN`, or set it to a token that works
    ");
}

#[test]
fn one_token_is_shown_without_its_secret() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let token = person.new_token("ci");
    let run = person.run(["token", "show", "ci"]);
    assert!(!run.stdout.contains(&token));
    transcript!(run, @r"
    exit: 0
    ----- stdout -----
    id:        [UUID]
    name:      ci
    prefix:    [PREFIX]
    status:    active
    created:   [TIME]
    expires:   [TIME]
    last used: never

    ----- stderr -----
    ");
    transcript!(person.run(["token", "show", "ci", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "id": "[UUID]",
      "name": "ci",
      "prefix": "[PREFIX]",
      "created_at": "[TIME]",
      "expires_at": "[TIME]",
      "last_used_at": null,
      "revoked_at": null,
      "replaced_by": null,
      "overlap_until": null,
      "renewable": false,
      "created_via": "session"
    }

    ----- stderr -----
    "#);
    person.run(["token", "revoke", "ci"]).exits(0);
    transcript!(person.run(["token", "show", "ci"]), @r"
    exit: 0
    ----- stdout -----
    id:        [UUID]
    name:      ci
    prefix:    [PREFIX]
    status:    revoked
    created:   [TIME]
    expires:   [TIME]
    last used: never
    revoked:   [TIME]

    ----- stderr -----
    ");
    transcript!(person.run(["token", "show", "nothing"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: No token matches `nothing`
    hint: `da token list --all` shows them
    ");
    transcript!(person.run(["token", "show", "00000000-0000-4000-8000-000000000000"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not show the token: Token not found
      caused by: 404 token_not_found (request [REQUEST])
    ");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    person.new_token("ci");
    let script = format!("{} token list | true; echo \"${{PIPESTATUS[0]}}\"", env!("CARGO_BIN_EXE_da"));
    let mut command = person.home.command("/bin/bash");
    let run = crate::support::Run::of(command.args(["-c", &script]).env("DA_SERVER", server.url()), b"");
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("0\n", ""));
}
