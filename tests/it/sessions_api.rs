//! Sessions on the wire: K-05, K-07, K-09, K-10, K-30, M-43, N-18.

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Api, TestServer, Visitor, keys, wait_for};

fn items(api: &Api, path: &str) -> Vec<Value> {
    api.get(path).is(200).json()["items"].as_array().unwrap().clone()
}

fn enter(server: &TestServer, email: &str, password: &str, label: &str) -> Api {
    let login = json!({ "email": email, "password": password, "device_label": label });
    let answer = server.stranger().post("/auth/token", &login).is(200).json();
    server.stranger().with(answer["access_token"].as_str().unwrap())
}

#[test]
fn a_session_tells_where_it_is_used() {
    let server = TestServer::start();
    let long = "x".repeat(300);
    let api = enter(&server, ADMIN_EMAIL, ADMIN_PASSWORD, &format!("{long}\u{1b}[31m"));
    let [session] = items(&api, "/api/sessions").try_into().unwrap();
    assert_eq!(
        keys(&session),
        [
            "auth_provider",
            "created_at",
            "current",
            "device_fingerprint",
            "device_label",
            "expires_at",
            "id",
            "ip",
            "last_active_at",
            "previous_session_id",
            "revoked",
            "revoked_reason",
            "user_agent",
            "user_id"
        ]
    );
    assert_eq!(session["device_label"].as_str().unwrap().len(), 256, "cut, not refused");
    assert_eq!((&session["device_fingerprint"], &session["auth_provider"]), (&json!("unknown"), &json!("local")));
    assert_eq!(
        (&session["ip"], &session["current"], &session["revoked"]),
        (&json!("127.0.0.1"), &json!(true), &json!(false))
    );
}

#[test]
fn one_ends_ones_own_sessions_and_nobody_elses() {
    let server = TestServer::start();
    let admin = server.admin();
    admin.add_user("bob@example.com", "viewer", "a quiet morning");
    let [one, two, three] =
        ["one", "two", "three"].map(|label| enter(&server, "bob@example.com", "a quiet morning", label));
    let all = items(&one, "/api/sessions");
    assert_eq!(
        all.iter().map(|item| item["device_label"].as_str().unwrap()).collect::<Vec<_>>(),
        ["three", "two", "one"]
    );
    let path = |item: &Value| format!("/api/sessions/{}", item["id"].as_str().unwrap());
    let admins = items(&admin, "/api/sessions").remove(0);
    for other in
        [path(&admins), "/api/sessions/00000000-0000-4000-8000-000000000000".to_owned(), "/api/sessions/x".to_owned()]
    {
        one.delete(&other).refused(404, "session_not_found", "Session not found");
    }
    one.delete(&path(&all[1])).is(204);
    two.get("/auth/me").is(401);
    one.delete(&path(&all[1])).refused(404, "session_not_found", "Session not found");
    one.delete("/api/sessions?except=mine").refused(400, "bad_request", "except must be `current` or absent");
    one.delete("/api/sessions?except=current").is(204);
    three.get("/auth/me").is(401);
    one.get("/auth/me").is(200);
    let token = one.with_new_token("ci");
    token.delete("/api/sessions").is(204);
    one.get("/auth/me").is(401);
    token.get("/auth/me").is(200);
    admin.get("/auth/me").is(200);
    let rows = items(&admin, "/api/admin/audit?action=session.revoke");
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert_eq!(rows[1]["params"]["ended_sessions"], 1);
}

#[test]
fn the_list_is_paged() {
    let server = TestServer::start();
    let api = server.admin();
    for _ in 0..4 {
        server.admin();
    }
    let whole: Vec<Value> = items(&api, "/api/sessions");
    for list in ["/api/sessions?limit=2", "/api/admin/sessions?limit=2"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = api.get(&format!("{list}{cursor}")).is(200).json();
            let part = page["items"].as_array().unwrap().clone();
            assert!(part.len() <= 2);
            seen.extend(part.into_iter().map(|item| item["id"].clone()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, whole.iter().map(|item| item["id"].clone()).collect::<Vec<_>>());
        api.get(&format!("{list}&cursor=x")).is(400);
    }
}

#[test]
fn an_admin_sees_and_ends_anybodys() {
    let server = TestServer::start();
    let admin = server.admin();
    let bob = admin.add_user("bob@example.com", "viewer", "a quiet morning");
    let bob = bob["id"].as_str().unwrap();
    let [one, two, three] =
        ["one", "two", "three"].map(|label| enter(&server, "bob@example.com", "a quiet morning", label));
    assert_eq!(items(&admin, "/api/admin/sessions").len(), 4);
    let his = items(&admin, &format!("/api/admin/sessions?user_id={bob}"));
    assert_eq!(his.len(), 3);
    assert_eq!((&his[0]["user_email"], &his[0]["user_name"]), (&json!("bob@example.com"), &json!("bob")));
    assert_eq!(items(&admin, "/api/admin/sessions?provider=local").len(), 4);
    assert_eq!(items(&admin, "/api/admin/sessions?provider=corp").len(), 0);
    admin.get("/api/admin/sessions?user_id=bob").is(400);
    admin.get("/api/admin/sessions?active=maybe").is(422);

    let path = format!("/api/admin/sessions/{}", his[0]["id"].as_str().unwrap());
    admin.delete(&path).is(204);
    three.get("/auth/me").is(401);
    admin.delete(&path).refused(404, "session_not_found", "Session not found");
    let revoke = format!("/api/admin/users/{bob}/revoke-sessions");
    assert_eq!(admin.post_empty(&revoke).is(200).json(), json!({ "revoked": 2 }));
    for session in [&one, &two] {
        session.get("/auth/me").is(401);
    }
    admin.post_empty(&revoke.replace(bob, "00000000-0000-4000-8000-000000000000")).refused(
        404,
        "user_not_found",
        "User not found",
    );
    let ended = items(&admin, &format!("/api/admin/sessions?user_id={bob}&active=false"));
    assert_eq!(ended.len(), 3);
    assert!(ended.iter().all(|item| item["revoked_reason"] == "admin_revoked"), "{ended:?}");
}

#[test]
fn one_too_many_ends_the_longest_unused() {
    let server = TestServer::with_admin().env("DA_SESSIONS_PER_USER", "3").start();
    let [first, second, third] = [server.admin(), server.admin(), server.admin()];
    let used = items(&third, "/api/sessions");
    let oldest = used[2]["id"].as_str().unwrap();
    server.change_store(
        "UPDATE auth_sessions SET last_active_at = last_active_at + 5000000 WHERE id = ?1",
        [crate::support::stored_id(oldest)],
    );
    let fourth = server.admin();
    second.get("/auth/me").refused(401, "token_revoked", "Token revoked");
    for live in [&first, &third, &fourth] {
        live.get("/auth/me").is(200);
    }
    let rows = items(&fourth, "/api/admin/audit?action=session.revoke");
    assert_eq!(rows[0]["params"]["reason"], "session_cap_eviction");
    assert_eq!(rows[0]["resource"], format!("session:{}", used[1]["id"].as_str().unwrap()));
}

#[test]
fn a_browsers_session_ends_when_it_rests_and_lives_while_it_is_used() {
    let server = TestServer::start();
    let let_pass = |minutes: i64| {
        server.change_store("UPDATE auth_sessions SET last_active_at = last_active_at - ?1", [minutes * 60_000_000]);
    };
    let mut browser = Visitor::admin(&server);
    let program = server.admin();
    // The older of the two is the browser's; the program's own use is noted as well.
    let last_active = || items(&program, "/api/sessions")[1]["last_active_at"].clone();
    for _ in 0..2 {
        let_pass(7 * 60);
        let before = last_active();
        browser.get("/tokens").is(200);
        wait_for("the use to be recorded", || (last_active() != before).then_some(()));
    }
    let_pass(8 * 60 + 1);
    browser.get("/tokens").is(302);
    program.get("/auth/me").is(200);
}
