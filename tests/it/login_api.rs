//! Signing in and out on the wire, C-10, D-14, S-14, S-15.

use std::fs;

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, TestServer, jwt_part, keys};

const REFUSAL: &str = "Invalid email or password";

#[test]
fn sign_in_answers_with_a_bearer_of_one_day() {
    let server = TestServer::start();
    let answer = server.stranger().try_sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).is(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert_eq!(keys(&body), ["access_token", "email", "expires_in", "role", "token_type", "user_id"]);
    assert_eq!(body["token_type"], "bearer");
    assert_eq!(body["email"], ADMIN_EMAIL);
    assert_eq!(body["role"], "admin");
    assert_eq!(body["expires_in"], 86_400);

    let token = body["access_token"].as_str().unwrap();
    let claims = jwt_part(token, 1);
    assert_eq!(claims["sub"], body["user_id"]);
    assert_eq!(claims["typ"], "session");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86_400);
    assert_eq!(jwt_part(token, 0)["alg"], "EdDSA");
}

#[test]
fn the_second_sign_in_route_leaves_out_the_user_id() {
    let server = TestServer::start();
    let login = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD });
    let body = server.stranger().post("/auth/password/login", &login).is(200).json();
    assert_eq!(keys(&body), ["access_token", "email", "expires_in", "role", "token_type"]);
    server.stranger().with(body["access_token"].as_str().unwrap()).get("/auth/me").is(200);
}

#[test]
fn unknown_wrong_and_passwordless_accounts_are_refused_alike() {
    let server = TestServer::start();
    server.admin().post("/api/users", &json!({ "email": "bare@example.com" })).is(201);
    let stranger = server.stranger();
    let refusals = [
        stranger.try_sign_in("nobody@example.com", "whatever it is"),
        stranger.try_sign_in(ADMIN_EMAIL, "whatever it is"),
        stranger.try_sign_in("bare@example.com", "whatever it is"),
        stranger.try_sign_in("bare@example.com", ""),
        stranger.try_sign_in("not an address", ""),
        stranger.post("/auth/token", &json!({ "email": ADMIN_EMAIL })),
        stranger.post("/auth/password/login", &json!({ "email": ADMIN_EMAIL, "password": "no" })),
    ];
    for refusal in refusals {
        refusal.refused(401, "invalid_login", REFUSAL);
    }
}

#[test]
fn deactivation_is_told_only_to_whoever_knows_the_password() {
    let server = TestServer::start();
    let admin = server.admin();
    let user = admin.add_user("eve@example.com", "analyst", "a quiet morning");
    admin.post_empty(&format!("/api/users/{}/deactivate", user["id"].as_str().unwrap())).is(200);
    let stranger = server.stranger();
    stranger.try_sign_in("eve@example.com", "a wrong morning").refused(401, "invalid_login", REFUSAL);
    stranger.try_sign_in("eve@example.com", "a quiet morning").refused(
        401,
        "account_deactivated",
        "Account deactivated",
    );
}

#[test]
fn the_login_name_is_trimmed_and_caseless() {
    let server = TestServer::start();
    let body = server.stranger().try_sign_in("  Admin@EXAMPLE.com ", ADMIN_PASSWORD).is(200).json();
    assert_eq!(body["email"], ADMIN_EMAIL);
}

#[test]
fn five_failures_lock_one_account_for_one_address_and_nobody_else() {
    let server = TestServer::start();
    server.user(&server.admin(), "eve@example.com", "analyst");
    let stranger = server.stranger();
    for spelling in ["eve@example.com", "EVE@example.com", " eve@example.com", "Eve@Example.Com", "eve@example.com"] {
        stranger.try_sign_in(spelling, "wrong").refused(401, "invalid_login", REFUSAL);
    }
    // Even the right password is not tried any more.
    is_throttled(&stranger.try_sign_in("eve@example.com", "a quiet morning"), 3600);
    server.admin();
}

#[test]
fn unknown_accounts_are_locked_like_known_ones() {
    let server = TestServer::start();
    let stranger = server.stranger();
    for _ in 0..5 {
        stranger.try_sign_in("nobody@example.com", "wrong").refused(401, "invalid_login", REFUSAL);
    }
    is_throttled(&stranger.try_sign_in("nobody@example.com", "wrong"), 3600);
}

#[test]
fn one_address_gets_twenty_tries_a_minute() {
    let server = TestServer::start();
    let stranger = server.stranger();
    let tries: Vec<Answer> = (0..21).map(|n| stranger.try_sign_in(&format!("user{n}@example.com"), "wrong")).collect();
    let (last, before) = tries.split_last().unwrap();
    assert!(before.iter().all(|answer| answer.status == 401));
    is_throttled(last, 60);
}

#[test]
fn zero_switches_the_address_limit_off_and_is_warned_about() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let stranger = server.stranger();
    for n in 0..25 {
        stranger.try_sign_in(&format!("user{n}@example.com"), "wrong").is(401);
    }
    assert!(server.log().contains("login_limit_per_address"), "{}", server.log());
}

#[track_caller]
fn is_throttled(answer: &Answer, at_most: u64) {
    answer.refused_as(429, "too_many_attempts");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=at_most).contains(&wait), "Retry-After: {wait}");
}

#[test]
fn logout_ends_the_session_at_once_and_clears_the_cookie() {
    let server = TestServer::start();
    let (session, other) = (server.admin(), server.admin());
    let answer = session.post_empty("/auth/logout").is(200);
    assert_eq!(answer.json(), json!({ "ok": true }));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("access_token=;") && cookie.contains("Max-Age=0"), "{cookie}");
    session.get("/auth/me").refused(401, "token_revoked", "Token revoked");
    other.get("/auth/me").is(200);
    session.post_empty("/auth/logout").is(200);
    server.stranger().post_empty("/auth/logout").is(200);
}

#[test]
fn a_page_of_another_site_cannot_make_a_browser_forget_its_cookie() {
    let server = TestServer::start();
    let own = format!("Origin: {}\r\n", server.url());
    for (headers, clears) in
        [("Sec-Fetch-Site: cross-site\r\n", false), ("Origin: https://evil.example\r\n", false), (&*own, true)]
    {
        let answer = server.stranger().send("POST", "/auth/logout", headers, "").is(200);
        assert_eq!(answer.header("set-cookie").is_some(), clears, "{headers:?}");
    }
}

#[test]
fn logout_does_not_touch_a_token() {
    let server = TestServer::start();
    let token = server.admin().with_new_token("ci");
    token.post_empty("/auth/logout").is(200);
    token.get("/auth/me").is(200);
}

#[test]
fn me_tells_the_account_and_the_credential() {
    let server = TestServer::start();
    let admin = server.admin();
    let me = admin.get("/auth/me").is(200).json();
    assert_eq!(
        keys(&me),
        [
            "display_name",
            "email",
            "expires_at",
            "groups",
            "id",
            "is_owner",
            "must_change_password",
            "name",
            "permissions",
            "role",
            "scopes",
            "typ",
        ]
    );
    assert_eq!((&me["email"], &me["role"], &me["typ"]), (&json!(ADMIN_EMAIL), &json!("admin"), &json!("session")));
    assert_eq!((&me["is_owner"], &me["scopes"]), (&json!(true), &Value::Null));

    let created = admin.post("/auth/tokens", &json!({ "name": "ci", "expires_in_days": null })).is(201).json();
    let me = admin.with(created["token"].as_str().unwrap()).get("/auth/me").is(200).json();
    assert_eq!((&me["typ"], &me["expires_at"]), (&json!("pat"), &Value::Null));
}

#[test]
fn bootstrap_is_closed_once_an_admin_exists() {
    let server = TestServer::start();
    let request = json!({ "email": "mallory@example.com", "password": "a quiet morning", "setup_code": "x" });
    server.stranger().post("/auth/bootstrap", &request).refused_as(403, "bootstrap_closed");
    assert!(!server.data_dir().join("setup-code").exists());
}

#[test]
fn bootstrap_needs_the_setup_code_and_works_once() {
    let server = TestServer::empty().start();
    let stranger = server.stranger();
    let file = server.data_dir().join("setup-code");
    let code = fs::read_to_string(&file).unwrap().trim().to_owned();
    assert!(!server.log().contains(&code), "the code is in the log");

    let mut request = json!({ "email": "First@Example.com", "password": "a quiet morning" });
    stranger.post("/auth/bootstrap", &request).refused_as(403, "bootstrap_closed");
    request["setup_code"] = json!("wrong");
    stranger.post("/auth/bootstrap", &request).refused_as(403, "bootstrap_closed");
    request["setup_code"] = json!(code);
    request["password"] = json!("short");
    stranger.post("/auth/bootstrap", &request).refused(400, "weak_password", "Password must be at least 8 characters");
    request["password"] = json!("a quiet morning");
    let answer = stranger.post("/auth/bootstrap", &request).is(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert_eq!(keys(&body), ["access_token", "email", "expires_in", "role", "token_type", "user_id"]);
    assert_eq!((&body["email"], &body["role"]), (&json!("first@example.com"), &json!("admin")));
    assert!(!file.exists(), "the setup code outlived its use");

    stranger.post("/auth/bootstrap", &request).refused_as(403, "bootstrap_closed");
    let me = stranger.with(body["access_token"].as_str().unwrap()).get("/auth/me").is(200).json();
    assert_eq!((&me["name"], &me["is_owner"]), (&json!("first"), &json!(true)));
}
