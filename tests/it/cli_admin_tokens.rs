//! `da admin token list|revoke`.

use serde_json::Value;

use crate::support::{ADMIN_EMAIL, Operator, TestServer, transcript};

#[test]
fn everybodys_tokens_are_listed_and_filtered() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    transcript!(admin.da(&["admin", "token", "list"]), @"
    exit: 0
    ----- stdout -----
    ID                                   OWNER                    NAME                 EXPIRES              LAST USED            FROM            STATUS

    ----- stderr -----
    ");
    let ann = admin.adds("ann@example.org", "analyst");
    ann.creates_token("ci");
    ann.creates_token("old");
    ann.da(&["token", "revoke", "old", "--yes"]).exits(0);
    admin.creates_token("mine");
    let used = ann.creates_token("used");
    ann.da_with(&used, &["whoami"]).exits(0);
    transcript!(admin.da(&["admin", "token", "list", "--user", "ann@example.org", "--status", "active"]), @"
    exit: 0
    ----- stdout -----
    ID                                   OWNER                    NAME                 EXPIRES              LAST USED            FROM            STATUS
    [UUID] ann@example.org          used                 [TIME]  [TIME]  127.0.0.1       active
    [UUID] ann@example.org          ci                   [TIME]  never                -               active

    ----- stderr -----
    ");
    let names = |args: &[&str]| {
        let run = admin.da(&[&["admin", "token", "list", "--json"], args].concat()).exits(0);
        let items: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
        let mut names: Vec<_> = items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(&[]), ["ci", "mine", "old", "used"]);
    assert_eq!(names(&["--status", "revoked"]), ["old"]);
    assert_eq!(names(&["--user", ADMIN_EMAIL]), ["mine"]);
    assert_eq!(names(&["--last-used", "never", "--status", "active"]), ["ci", "mine"]);
    transcript!(admin.da(&["admin", "token", "list", "--last-used", "sometimes"]), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value 'sometimes' for '--last-used <TIME>': expected a time such as `[DATE]` or `[TIME]`, or a span such as `2h` or `7d`, or `never`

    For more information, try '--help'.
    ");
    transcript!(admin.da(&["admin", "token", "list", "--status", "ended"]), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value 'ended' for '--status <STATUS>'
      [possible values: active, replaced, expired, revoked]

    For more information, try '--help'.
    ");
}

#[test]
fn an_admin_ends_anybodys_token_at_once() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    let ann = admin.adds("ann@example.org", "analyst");
    let token = ann.creates_token("ci");
    ann.da_with(&token, &["whoami"]).exits(0);
    transcript!(admin.da(&["admin", "token", "revoke", "nonesuch"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: No token matches `nonesuch`
    hint: `da admin token list` shows them; name one by its id
    ");
    transcript!(admin.da(&["admin", "token", "revoke", "ci", "--yes"]), @"
    exit: 0
    ----- stdout -----
    Revoked token [UUID] (ci)

    ----- stderr -----
    ");
    transcript!(ann.da_with(&token, &["whoami"]), @"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: The server did not accept the token from `DA_TOKEN` for `http://127.0.0.1:[PORT]`
      caused by: 401 token_revoked: Token revoked (request [REQUEST])
    hint: Unset `DA_TOKEN`, or set it to a token that works
    ");
    transcript!(admin.da(&["admin", "token", "revoke", "6fa459ea-ee8a-4ca4-894e-db77e160355e", "--yes"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not revoke the token: Token not found
      caused by: 404 token_not_found (request [REQUEST])
    ");
}

#[test]
fn a_name_that_two_people_use_is_ambiguous() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    let ann = admin.adds("ann@example.org", "analyst");
    admin.creates_token("ci");
    let token = ann.creates_token("ci");
    let run = admin.da(&["admin", "token", "revoke", "ci", "--yes"]).exits(1);
    assert!(run.stderr.contains("2 tokens match"), "{}", run.stderr);
    assert_eq!(
        run.stderr.matches("(ci, active").count().max(run.stderr.matches("  ci, active").count()),
        2,
        "{}",
        run.stderr
    );
    ann.da_with(&token, &["whoami"]).exits(0);
}
