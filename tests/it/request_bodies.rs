//! What a request body may be: S-20, S-25, S-41, C-35; the list form of a 422 (C-17).

use serde_json::{Value, json};

use crate::support::{Answer, TestServer};

/// Asserts a refusal of the client's side with an error body.
#[track_caller]
fn is_refused(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
    assert!(!answer.json()["detail"].is_null(), "{what}");
}

#[test]
fn a_missing_or_mistyped_member_is_named_in_a_list() {
    let server = TestServer::start();
    let admin = server.admin();
    admin.post("/auth/tokens", &json!({})).has_fault("missing", &["body", "name"]);
    admin.post("/auth/tokens", &json!({ "name": 1 })).has_fault("string_type", &["body", "name"]);
    admin.post("/auth/tokens", &json!({ "name": null })).has_fault("string_type", &["body", "name"]);
    for days in [json!("30"), json!(1.5), json!(true), json!([])] {
        admin
            .post("/auth/tokens", &json!({ "name": "x", "expires_in_days": days }))
            .has_fault("int_type", &["body", "expires_in_days"]);
    }
    server.stranger().post("/auth/token", &json!({ "password": "x" })).has_fault("missing", &["body", "email"]);
    admin.post("/api/users", &json!({ "role": "admin" })).has_fault("missing", &["body", "email"]);
}

#[test]
fn a_missing_member_is_answered_as_clients_know_it() {
    let server = TestServer::start();
    let body = server.admin().post("/auth/tokens", &json!({})).is(422).json();
    assert_eq!(body["detail"][0]["msg"], "Field required");
}

#[test]
fn unknown_members_have_no_effect() {
    let server = TestServer::start();
    let admin = server.admin();
    let request =
        json!({ "name": "x", "id": "00000000-0000-4000-8000-000000000000", "user_id": "me", "role": "admin" });
    let created = admin.post("/auth/tokens", &request).is(201).json();
    assert_ne!(created["id"], request["id"]);
}

#[test]
fn text_that_is_no_strict_json_is_refused() {
    let server = TestServer::start();
    let admin = server.admin();
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let nested = format!(r#"{{"name": {deep}}}"#);
    for body in [
        "",
        "{",
        "null",
        "[]",
        "\"name\"",
        r#"{"name":"a"} {"name":"b"}"#,
        r#"{"name":"a","name":"b"}"#,
        r#"{"name":"\ud800"}"#,
        r#"{"name":NaN}"#,
        r#"{"name":"x","expires_in_days":1e400}"#,
        r#"{"name":"x","expires_in_days":Infinity}"#,
        r#"{"name":"x","expires_in_days":99999999999999999999}"#,
        r#"{'name':'x'}"#,
        nested.as_str(),
    ] {
        is_refused(&admin.post_text("/auth/tokens", body), &body[..body.len().min(60)]);
    }
    assert_eq!(admin.get("/auth/tokens").json(), json!([]));
}

#[test]
fn only_json_is_taken() {
    let server = TestServer::start();
    let admin = server.admin();
    let bearer = format!("Authorization: Bearer {}\r\n", admin.bearer());
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let headers = format!("{bearer}Content-Type: {kind}\r\n");
        server.stranger().send("POST", "/auth/tokens", &headers, r#"{"name":"x"}"#).refused_as(415, "not_json");
    }
    let headers = format!("{bearer}Content-Type: application/json; charset=utf-8\r\n");
    server.stranger().send("POST", "/auth/tokens", &headers, r#"{"name":"x"}"#).is(201);
}

#[test]
fn a_large_body_is_refused_by_its_announced_length() {
    let server = TestServer::start();
    let request = json!({ "email": "x".repeat(65 * 1024), "password": "x" });
    server.stranger().post("/auth/token", &request).refused_as(413, "body_too_large");
    let head = format!(
        "POST /auth/token HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n",
        server.address()
    );
    let answer = crate::support::exchange(server.address(), head.as_bytes()).unwrap();
    answer.refused_as(413, "body_too_large");
}

#[test]
fn hostile_names_are_refused_or_kept_to_the_letter() {
    let server = TestServer::start();
    let admin = server.admin();
    for name in ["a\0b", "a\u{1b}[31m", "a\nb", "\u{9b}", &"x".repeat(201)] {
        admin.post("/auth/tokens", &json!({ "name": name })).refused_as(400, "invalid_name");
    }
    for name in ["'; DROP TABLE users; --", "<script>alert(1)</script>", "%00", "../../etc", "名前", &"x".repeat(200)]
    {
        let created = admin.post("/auth/tokens", &json!({ "name": name })).is(201).json();
        let id = created["id"].as_str().unwrap();
        assert_eq!(admin.get(&format!("/auth/tokens/{id}")).json()["name"], name);
    }
}

#[test]
fn a_password_is_never_sent_back() {
    let server = TestServer::start();
    let stranger = server.stranger();
    for body in [json!({ "password": "hunter2-hunter2" }), json!({ "email": 7, "password": "hunter2-hunter2" })] {
        let answer = stranger.post("/auth/token", &body);
        assert!(!answer.text().contains("hunter2"), "{}", answer.text());
    }
    let long = json!({ "email": "a@example.com", "password": "hunter2".repeat(200) });
    let answer = stranger.post("/auth/token", &long);
    is_refused(&answer, "a password of more than 1 KiB");
    assert!(!answer.text().contains("hunter2"));
    assert!(!server.log().contains("hunter2"), "{}", server.log());
}

#[test]
fn another_method_is_405_and_another_path_404() {
    let server = TestServer::start();
    let admin = server.admin();
    admin.send("PUT", "/auth/tokens", "", "").refused_as(405, "method_not_allowed");
    admin.send("TRACE", "/auth/me", "", "").is(405);
    server.stranger().get("/auth/nothing-here").refused_as(404, "not_found");
    let body: Value = server.stranger().get("/api/%2e%2e/users").json();
    assert_ne!(body["code"], Value::Null);
}
