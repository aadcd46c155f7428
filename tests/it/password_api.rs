//! Setting, resetting and changing passwords on the wire, S-07, S-16.

use serde_json::{Value, json};

use crate::support::{Answer, Api, TestServer, keys};

const TOO_SHORT: &str = "Password must be at least 8 characters";

struct Eve {
    path: String,
    session: Api,
}

fn eve(server: &TestServer, admin: &Api) -> Eve {
    let session = server.user(admin, "eve@example.com", "analyst");
    let id = session.get("/auth/me").json()["id"].as_str().unwrap().to_owned();
    Eve { path: format!("/api/users/{id}"), session }
}

fn set(admin: &Api, path: &str, password: &str) -> Answer {
    admin.post(&format!("{path}/set-password"), &json!({ "password": password }))
}

#[test]
fn setting_a_password_ends_sessions_and_keeps_tokens() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    let pat = eve.session.with_new_token("ci");
    assert!(set(&admin, &eve.path, "another quiet morning").is(204).body.is_empty());
    eve.session.get("/auth/me").refused(401, "token_revoked", "Token revoked");
    pat.get("/auth/me").is(200);
    server.stranger().try_sign_in("eve@example.com", "a quiet morning").is(401);
    server.stranger().sign_in("eve@example.com", "another quiet morning");
}

#[test]
fn a_new_password_has_eight_characters_and_is_not_common() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    set(&admin, &eve.path, "1234567").refused(400, "weak_password", TOO_SHORT);
    set(&admin, &eve.path, "éèêëàâä").refused(400, "weak_password", TOO_SHORT);
    set(&admin, &eve.path, "PassWord1").refused_as(400, "weak_password");
    set(&admin, &eve.path, &"x".repeat(1025)).refused_as(400, "weak_password");
    // The length is judged before the user is looked up.
    set(&admin, "/api/users/00000000-0000-4000-8000-000000000000", "1234567").refused(400, "weak_password", TOO_SHORT);
    for password in ["éèêëàâäß", " blank at both ends ", &"x".repeat(1024), "pass\u{1f511}word with a key"] {
        set(&admin, &eve.path, password).is(204);
        server.stranger().sign_in("eve@example.com", password);
    }
    server.stranger().try_sign_in("eve@example.com", "blank at both ends").is(401);
}

#[test]
fn a_reset_value_sets_one_password_once() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    let answer = admin.post_empty(&format!("{}/reset-password", eve.path)).is(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert_eq!(keys(&body), ["email_sent", "reset_token"]);
    assert_eq!(body["email_sent"], false);
    let value = body["reset_token"].as_str().unwrap();
    assert_eq!(value.len(), 43);
    // Making one changes nothing yet.
    eve.session.get("/auth/me").is(200);

    let reset = |token: &str, password: &str| {
        server.stranger().post("/auth/password/reset", &json!({ "token": token, "password": password }))
    };
    reset("wrong", "another quiet morning").refused_as(400, "invalid_reset_token");
    reset(value, "short").refused(400, "weak_password", TOO_SHORT);
    assert!(reset(value, "another quiet morning").is(204).body.is_empty());
    reset(value, "a third morning").refused_as(400, "invalid_reset_token");
    eve.session.get("/auth/me").refused(401, "token_revoked", "Token revoked");
    server.stranger().sign_in("eve@example.com", "another quiet morning");
}

#[test]
fn only_the_newest_reset_value_counts() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    let ask = || admin.post_empty(&format!("{}/reset-password", eve.path)).is(200).json()["reset_token"].clone();
    let (older, newer) = (ask(), ask());
    let reset = |token: &Value| {
        let request = json!({ "token": token, "password": "another quiet morning" });
        server.stranger().post("/auth/password/reset", &request)
    };
    reset(&older).refused_as(400, "invalid_reset_token");
    reset(&newer).is(204);
}

#[test]
fn a_reset_value_is_no_credential() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    let value = admin.post_empty(&format!("{}/reset-password", eve.path)).is(200).json()["reset_token"].clone();
    server.stranger().with(value.as_str().unwrap()).get("/auth/me").is(401);
    server.stranger().try_sign_in("eve@example.com", value.as_str().unwrap()).is(401);
}

#[test]
fn changing_ones_password_ends_the_other_sessions() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = eve(&server, &admin);
    let elsewhere = server.stranger().sign_in("eve@example.com", "a quiet morning");
    let pat = eve.session.with_new_token("ci");
    let change = |api: &Api, current: &str, password: &str| {
        api.post("/auth/password/change", &json!({ "current": current, "password": password }))
    };
    change(&pat, "a quiet morning", "another quiet morning").refused(
        403,
        "session_required",
        "This endpoint requires an interactive session, not a PAT",
    );
    change(&server.stranger(), "a quiet morning", "another quiet morning").refused_as(401, "missing_credential");
    change(&eve.session, "wrong", "another quiet morning").refused_as(400, "wrong_password");
    change(&eve.session, "a quiet morning", "short").refused(400, "weak_password", TOO_SHORT);
    assert!(change(&eve.session, "a quiet morning", "another quiet morning").is(204).body.is_empty());

    eve.session.get("/auth/me").is(200);
    pat.get("/auth/me").is(200);
    elsewhere.get("/auth/me").refused(401, "token_revoked", "Token revoked");
    server.stranger().try_sign_in("eve@example.com", "a quiet morning").is(401);
    server.stranger().sign_in("eve@example.com", "another quiet morning");
}
