//! The life of an account as an admin and its user see it, and what the audit log tells of it (issue 2, D-25).

use serde_json::Value;

use crate::support::{ADMIN_EMAIL, Operator, TestServer, jwt_part};

fn refused(user: &Operator, token: &str, reason: &str) {
    let run = user.da_with(token, &["whoami"]).exits(4);
    assert!(run.stderr.contains(reason) && !run.stderr.contains(token), "{}", run.stderr);
}

#[test]
fn an_account_lives_through_off_on_and_off_for_good() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    let ann = admin.adds("ann@example.org", "analyst");
    let (token, session) = (ann.creates_token("ci"), ann.da(&["token", "print"]).exits(0).stdout);
    ann.da_with(&token, &["token", "list"]).exits(0);

    admin.da(&["admin", "deactivate", "ann@example.org"]).exits(0);
    refused(&ann, &token, "Account deactivated");
    refused(&ann, session.trim_end(), "Account deactivated");
    ann.da(&["whoami"]).exits(4);
    ann.da_fed(&["login", "--email", "ann@example.org", "--password-stdin"], "a quiet morning").exits(4);

    admin.da(&["admin", "activate", "ann@example.org"]).exits(0);
    ann.da_with(&token, &["whoami"]).exits(0);
    refused(&ann, session.trim_end(), "Token revoked");

    admin.da(&["admin", "deactivate", "ann@example.org", "--revoke-tokens"]).exits(0);
    admin.da(&["admin", "activate", "ann@example.org"]).exits(0);
    refused(&ann, &token, "Token revoked");

    admin.da(&["admin", "remove-user", "ann@example.org", "--yes"]).exits(0);
    refused(&ann, &token, "");
    let last = admin.da(&["admin", "set-role", ADMIN_EMAIL, "viewer"]).exits(1);
    assert!(last.stderr.contains("Cannot demote the last active admin"), "{}", last.stderr);

    let rows: Vec<Value> = serde_json::from_str(&admin.da(&["admin", "audit", "--json"]).exits(0).stdout).unwrap();
    let session_of = |operator: &Operator| {
        let token = operator.da(&["token", "print"]).exits(0).stdout;
        format!("session:{}", jwt_part(token.trim_end(), 1)["jti"].as_str().unwrap())
    };
    let (by_admin, by_ann) =
        (session_of(&admin), format!("session:{}", jwt_part(session.trim_end(), 1)["jti"].as_str().unwrap()));
    let told: Vec<_> = rows.iter().map(|row| (row["action"].as_str().unwrap(), row["via"].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [
            ("bootstrap", "system"),
            ("login", by_admin.as_str()),
            ("user.create", &by_admin),
            ("login", &by_ann),
            ("token.create", &by_ann),
            ("user.update", &by_admin),
            ("login_failed", "anonymous"),
            ("user.update", &by_admin),
            ("user.update", &by_admin),
            ("user.update", &by_admin),
            ("user.delete", &by_admin),
        ]
    );
}
