//! One's own profile on the wire: I-25.

use serde_json::{Value, json};

use crate::support::{TestServer, keys};

#[test]
fn everybody_reads_and_changes_their_own_profile() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "viewer");
    let profile = eve.get("/api/profile").is(200).json();
    assert_eq!(keys(&profile), ["created_at", "email", "id", "metadata", "name", "role", "updated_at"]);
    assert_eq!((&profile["email"], &profile["metadata"]), (&json!("eve@example.com"), &json!({})));

    let notes = json!({ "team": "ops", "theme": { "dark": true }, "floor": 3, "nothing": null });
    let changed = eve.patch("/api/profile", &json!({ "name": " Eve ", "metadata": notes })).is(200).json();
    assert_eq!((&changed["name"], &changed["metadata"]), (&json!("Eve"), &notes));
    assert_eq!(eve.get("/api/profile").is(200).json(), changed);
    assert_eq!(eve.get("/auth/me").is(200).json()["name"], "Eve");
    let row = &admin.get("/api/admin/audit?action=user.update").is(200).json()["items"][0];
    assert_eq!((&row["params"]["by"], &row["params"]["name"]), (&json!("self"), &json!("Eve")));
    assert!(row["params"]["metadata_bytes"].is_u64() && !row.to_string().contains("theme"), "{row}");

    // The object is replaced whole; what is left out stays, and what stays is not told.
    for same in [json!({}), json!({ "name": null, "metadata": null }), json!({ "name": "Eve", "metadata": notes })] {
        assert_eq!(eve.patch("/api/profile", &same).is(200).json(), changed);
    }
    let rows = admin.get("/api/admin/audit?action=user.update").is(200).json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 1);
    let less = eve.patch("/api/profile", &json!({ "metadata": {} })).is(200).json();
    assert_eq!((&less["metadata"], &less["name"]), (&json!({}), &json!("Eve")));
    assert_eq!(admin.get("/api/profile").is(200).json()["metadata"], json!({}));
    // A change by an admin leaves the notes.
    eve.patch("/api/profile", &json!({ "metadata": notes })).is(200);
    let id = profile["id"].as_str().unwrap();
    admin.patch(&format!("/api/users/{id}"), &json!({ "role": "analyst" })).is(200);
    let after = eve.get("/api/profile").is(200).json();
    assert_eq!((&after["metadata"], &after["role"]), (&notes, &json!("analyst")));
}

#[test]
fn a_profile_grants_nothing_and_a_token_changes_none() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "viewer");
    let grab = json!({ "role": "admin", "is_owner": true, "email": "x@example.com", "metadata": { "role": "admin" } });
    let profile = eve.patch("/api/profile", &grab).is(200).json();
    assert_eq!((&profile["role"], &profile["email"]), (&json!("viewer"), &json!("eve@example.com")));
    eve.get("/api/users").is(403);
    let token = eve.with_new_token("ci");
    token.get("/api/profile").is(200);
    token.patch("/api/profile", &json!({ "name": "x" })).refused_as(403, "session_required");
}

#[test]
fn metadata_is_an_object_of_at_most_8_kib() {
    let server = TestServer::start();
    let admin = server.admin();
    let notes = |length: usize| json!({ "metadata": { "k": "x".repeat(length) } });
    let overhead = r#"{"k":""}"#.len();
    admin.patch("/api/profile", &notes(8 * 1024 - overhead)).is(200);
    let refused = admin.patch("/api/profile", &notes(8 * 1024 - overhead + 1));
    refused.refused(400, "bad_request", "metadata must not exceed 8 KiB");
    for wrong in [json!([]), json!("{}"), json!(1), json!(true)] {
        let answer = admin.patch("/api/profile", &json!({ "metadata": wrong })).is(422).json();
        assert_eq!(answer["detail"][0]["loc"], json!(["body", "metadata"]), "{answer}");
    }
    let twice = admin.send(
        "PATCH",
        "/api/profile",
        &format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", admin.bearer()),
        r#"{"metadata":{"a":1,"a":2}}"#,
    );
    assert_eq!(twice.status, 422);
    admin.patch("/api/profile", &json!({ "name": "x".repeat(10_000) })).refused_as(400, "invalid_name");
    assert_ne!(admin.get("/api/profile").json()["metadata"], Value::Null);
}
