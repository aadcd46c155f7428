//! What happens to credentials when an account is switched off, on, or deleted, D-25, S-06, S-07.

use serde_json::{Value, json};

use crate::support::{Api, TestServer};

struct Eve {
    path: String,
    session: Api,
    pat: Api,
}

fn eve(server: &TestServer, admin: &Api) -> Eve {
    let session = server.user(admin, "eve@example.com", "analyst");
    let id = session.get("/auth/me").json()["id"].as_str().unwrap().to_owned();
    let pat = session.with_new_token("ci");
    Eve { path: format!("/api/users/{id}"), session, pat }
}

#[test]
fn deactivation_refuses_every_credential_at_once() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    let row = admin.post_empty(&format!("{}/deactivate", eve.path)).is(200).json();
    assert_eq!(row["active"], false);
    assert!(row["deactivated_at"].is_string());
    for credential in [&eve.session, &eve.pat] {
        credential.get("/auth/me").refused(401, "account_deactivated", "Account deactivated");
    }
    admin.post_empty(&format!("{}/deactivate", eve.path)).is(200);
}

#[test]
fn activation_revives_tokens_but_no_session() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    admin.post_empty(&format!("{}/deactivate", eve.path)).is(200);
    let row = admin.post_empty(&format!("{}/activate", eve.path)).is(200).json();
    assert_eq!((&row["active"], &row["deactivated_at"]), (&json!(true), &Value::Null));
    eve.session.get("/auth/me").refused(401, "token_revoked", "Token revoked");
    eve.pat.get("/auth/me").is(200);
    server.stranger().sign_in("eve@example.com", "a quiet morning").get("/auth/me").is(200);
}

#[test]
fn deactivation_can_end_the_tokens_for_good() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    admin.post(&format!("{}/deactivate", eve.path), &json!({ "revoke_tokens": true })).is(200);
    admin.post_empty(&format!("{}/activate", eve.path)).is(200);
    eve.pat.get("/auth/me").refused(401, "token_revoked", "Token revoked");
}

#[test]
fn the_tokens_of_an_account_that_is_off_already_can_be_ended_too() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    admin.post_empty(&format!("{}/deactivate", eve.path)).is(200);
    for _ in 0..2 {
        admin.post(&format!("{}/deactivate", eve.path), &json!({ "revoke_tokens": true })).is(200);
    }
    let rows = admin.get("/api/admin/audit?action=user.update").is(200).json();
    let rows = rows["items"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "one row per change, none for a repetition: {rows:?}");
    assert_eq!(rows[0]["params"], json!({ "revoked_tokens": 1 }));
    admin.post_empty(&format!("{}/activate", eve.path)).is(200);
    eve.pat.get("/auth/me").refused(401, "token_revoked", "Token revoked");
}

#[test]
fn deletion_ends_everything_and_frees_the_address() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    let answer = admin.delete(&eve.path).is(204);
    assert!(answer.body.is_empty());
    for credential in [&eve.session, &eve.pat] {
        credential.get("/auth/me").refused(401, "account_unknown", "User not found");
    }
    admin.delete(&eve.path).refused(404, "user_not_found", "User not found");
    assert_eq!(admin.get("/auth/admin/tokens").json(), json!([]));
    let again = admin.add_user("eve@example.com", "viewer", "another quiet morning");
    assert_ne!(eve.path, format!("/api/users/{}", again["id"].as_str().unwrap()));
    eve.pat.get("/auth/me").is(401);
}

#[test]
fn a_demotion_counts_from_the_next_request_on() {
    let server = TestServer::start();
    let admin = server.admin();
    let other = server.user(&admin, "eve@example.com", "admin");
    let pat = other.with_new_token("ci");
    pat.get("/api/users").is(200);
    let id = other.get("/auth/me").json()["id"].as_str().unwrap().to_owned();
    admin.patch(&format!("/api/users/{id}"), &json!({ "role": "viewer" })).is(200);
    for credential in [&other, &pat] {
        credential.get("/api/users").refused(403, "role_required", "Requires role admin or higher");
        assert_eq!(credential.get("/auth/me").json()["role"], "viewer");
    }
}

#[test]
fn deactivations_outlive_a_kill() {
    let mut server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    admin.post_empty(&format!("{}/deactivate", eve.path)).is(200);
    server.kill9();
    server.restart();
    eve.pat.get("/auth/me").refused(401, "account_deactivated", "Account deactivated");
}
