//! The audit log on the wire, C-13, D-26, S-13.

use serde_json::{Value, json};

use crate::support::{Api, Metrics, TestServer, jwt_part, keys};

/// Returns the rows of one action, newest first.
fn rows(admin: &Api, action: &str) -> Vec<Value> {
    let page = admin.get(&format!("/api/admin/audit?action={action}")).is(200).json();
    page["items"].as_array().unwrap().clone()
}

#[track_caller]
fn newest(admin: &Api, action: &str) -> Value {
    rows(admin, action).first().unwrap_or_else(|| panic!("no row `{action}`")).clone()
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[test]
fn a_row_names_who_did_what_with_which_credential_from_where() {
    let server = TestServer::start();
    let admin = server.admin();
    let answer = admin.post("/auth/tokens", &json!({ "name": " ci " })).is(201);
    let created = answer.json();
    let row = newest(&admin, "token.create");
    assert_eq!(
        keys(&row),
        ["action", "at", "id", "ip", "params", "request_id", "resource", "result", "user_id", "via"]
    );
    let claims = jwt_part(admin.bearer(), 1);
    assert_eq!(row["user_id"], claims["sub"]);
    assert_eq!(row["via"], format!("session:{}", claims["jti"].as_str().unwrap()));
    assert_eq!(row["resource"], format!("token:{}", id(&created)));
    assert_eq!(row["params"]["name"], "ci");
    assert_eq!((&row["result"], &row["ip"]), (&json!("ok"), &json!("127.0.0.1")));
    assert_eq!(row["request_id"].as_str(), answer.header("x-request-id"));

    let pat = admin.with(created["token"].as_str().unwrap());
    pat.delete(&format!("/auth/tokens/{}", id(&created))).is(204);
    let row = newest(&admin, "token.revoke");
    assert_eq!(
        (&row["via"], &row["resource"]),
        (&json!(format!("token:{}", id(&created))), &json!(format!("token:{}", id(&created))))
    );
}

#[test]
fn revoking_twice_is_one_row() {
    let server = TestServer::start();
    let admin = server.admin();
    let path = format!("/auth/tokens/{}", id(&admin.create_token("ci")));
    admin.delete(&path).is(204);
    admin.delete(&path).is(204);
    assert_eq!(rows(&admin, "token.revoke").len(), 1);
}

#[test]
fn sign_ins_and_their_failures_are_recorded() {
    let server = TestServer::start();
    let admin = server.admin();
    let me = admin.get("/auth/me").json();
    server.stranger().try_sign_in("admin@example.com", "wrong password").is(401);
    server.stranger().try_sign_in("nobody@example.com", "wrong password").is(401);
    let failed = rows(&admin, "login_failed");
    assert_eq!(failed.len(), 2);
    assert!(failed.iter().all(|row| row["via"] == "anonymous" && row["ip"] == "127.0.0.1" && row["result"] != "ok"));

    assert_eq!(newest(&admin, "login")["user_id"], me["id"]);
    let other = server.admin();
    other.post_empty("/auth/logout").is(200);
    let out = newest(&admin, "logout");
    assert_eq!(out["via"], format!("session:{}", jwt_part(other.bearer(), 1)["jti"].as_str().unwrap()));
    assert_eq!(rows(&admin, "bootstrap").len(), 1);
}

#[test]
fn every_change_of_a_user_is_recorded() {
    let server = TestServer::start();
    let admin = server.admin();
    let user = admin.add_user("eve@example.com", "analyst", "a quiet morning");
    let path = format!("/api/users/{}", id(&user));
    let resource = json!(format!("user:{}", id(&user)));

    let row = newest(&admin, "user.create");
    assert_eq!(
        (&row["resource"], &row["params"]["email"], &row["params"]["role"]),
        (&resource, &json!("eve@example.com"), &json!("analyst"))
    );

    admin.patch(&path, &json!({ "role": "viewer" })).is(200);
    let row = newest(&admin, "user.update");
    assert_eq!((&row["resource"], &row["params"]["role"]), (&resource, &json!("viewer")));

    admin.post_empty(&format!("{path}/deactivate")).is(200);
    assert_eq!(newest(&admin, "user.update")["params"]["active"], false);
    admin.post_empty(&format!("{path}/activate")).is(200);
    assert_eq!(newest(&admin, "user.update")["params"]["active"], true);

    admin.post_empty(&format!("{path}/reset-password")).is(200);
    assert_eq!(newest(&admin, "user.reset_password")["resource"], resource);
    admin.post(&format!("{path}/set-password"), &json!({ "password": "another quiet morning" })).is(204);
    assert_eq!(newest(&admin, "user.set_password")["resource"], resource);

    let eve = server.stranger().sign_in("eve@example.com", "another quiet morning");
    let token = eve.create_token("hers");
    admin.delete(&format!("/auth/admin/tokens/{}", id(&token))).is(204);
    let row = newest(&admin, "token.admin_revoke");
    assert_eq!((&row["resource"], &row["params"]["owner_id"]), (&json!(format!("token:{}", id(&token))), &user["id"]));

    admin.delete(&path).is(204);
    let row = newest(&admin, "user.delete");
    assert_eq!((&row["resource"], &row["params"]["email"]), (&resource, &json!("eve@example.com")));
    // Rows outlive the user they are about.
    assert_eq!(newest(&admin, "user.create")["resource"], resource);
}

#[test]
fn a_refused_admin_call_is_recorded() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    eve.get("/api/admin/audit").refused(403, "role_required", "Requires role admin or higher");
    let row = newest(&admin, "access_denied");
    assert_eq!(row["user_id"], eve.get("/auth/me").json()["id"]);
    assert_ne!(row["result"], "ok");
    assert!(row["resource"].as_str().unwrap().contains("/api/admin/audit"), "{row}");
}

#[test]
fn a_refused_change_leaves_no_row_of_the_change() {
    let server = TestServer::start();
    let admin = server.admin();
    admin.post("/api/users", &json!({ "email": "admin@example.com" })).is(409);
    admin.post("/auth/tokens", &json!({ "name": "" })).is(400);
    assert_eq!(rows(&admin, "user.create"), Vec::<Value>::new());
    assert_eq!(rows(&admin, "token.create"), Vec::<Value>::new());
}

#[test]
fn the_log_is_paged_newest_first() {
    let server = TestServer::start();
    let admin = server.admin();
    for name in ["a", "b", "c", "d", "e"] {
        admin.create_token(name);
    }
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = admin.get(&format!("/api/admin/audit?action=token.create&limit=2{cursor}")).is(200).json();
        assert_eq!(keys(&page), ["items", "next_cursor"]);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        names.extend(items.iter().map(|row| row["params"]["name"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(names, ["e", "d", "c", "b", "a"]);
    admin.get("/api/admin/audit?limit=100000").is(200);
    for query in ["limit=x", "limit=-1", "since=yesterday", "cursor=%00"] {
        let status = admin.get(&format!("/api/admin/audit?{query}")).status;
        assert!((400..500).contains(&status), "{query}: {status}");
    }
}

#[test]
fn filters_narrow_the_log() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let token = eve.create_token("hers");
    let me = eve.get("/auth/me").json();
    let count = |query: &str| {
        let page = admin.get(&format!("/api/admin/audit?limit=200&{query}")).is(200).json();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(count(&format!("user_id={}&action=token.create", id(&me))), 1);
    assert_eq!(count(&format!("resource=token:{}", id(&token))), 1);
    let at = token["created_at"].as_str().unwrap().replace('+', "%2B");
    assert_eq!(count(&format!("until={at}&action=token.create")), 0);
    assert_eq!(count(&format!("since={at}&action=user.create")), 0);
}

#[test]
fn no_secret_is_in_the_log() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let me = eve.get("/auth/me").json();
    let token = eve.create_token("hers")["token"].as_str().unwrap().to_owned();
    let reset = admin.post_empty(&format!("/api/users/{}/reset-password", id(&me))).json()["reset_token"].clone();
    server.stranger().try_sign_in("eve@example.com", "a mistyped morning").is(401);
    let text = admin.get("/api/admin/audit?limit=200").is(200).text() + &server.log();
    for secret in
        [&token, admin.bearer(), eve.bearer(), reset.as_str().unwrap(), "a quiet morning", "a mistyped morning"]
    {
        assert!(!text.contains(secret), "a secret is in the log");
    }
}

#[test]
fn only_admins_read_the_log() {
    let server = TestServer::start();
    let admin = server.admin();
    server.stranger().get("/api/admin/audit").refused_as(401, "missing_credential");
    server.user(&admin, "eve@example.com", "km_admin").get("/api/admin/audit").refused(
        403,
        "role_required",
        "Requires role admin or higher",
    );
    admin.with_new_token("ci").get("/api/admin/audit").is(200);
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let bearer = format!("Authorization: Bearer {}\r\n", admin.bearer());
        server.stranger().send(method, "/api/admin/audit", &bearer, "").refused_as(405, "method_not_allowed");
    }
}

#[test]
fn rows_of_refused_admin_calls_are_short_and_at_most_sixty_a_minute_and_user() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let bob = server.user(&admin, "bob@example.com", "viewer");
    let path = format!("/api/users/{}", "x".repeat(4_000));
    for _ in 0..70 {
        eve.get(&path).refused_as(403, "role_required");
    }
    let denied = || {
        let page = admin.get("/api/admin/audit?action=access_denied&limit=200").is(200).json();
        page["items"].as_array().unwrap().clone()
    };
    assert_eq!(denied().len(), 60);
    for row in denied() {
        let resource = row["resource"].as_str().unwrap();
        assert_eq!(resource, &format!("GET {path}")[..256]);
    }
    let metrics = Metrics::of(&server.stranger().get("/metrics"));
    assert_eq!(metrics.get("da_refusals_not_recorded_total", &[]), Some(10.0));
    // Another user has rows of their own.
    bob.get(&path).refused_as(403, "role_required");
    assert_eq!(denied().len(), 61);
}
