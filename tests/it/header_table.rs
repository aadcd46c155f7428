//! The header table: what counts as a credential, to the letter, and what never does. S-11, A-03, M-07.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::support::{Answer, Api, TestServer};

fn me(api: &Api, headers: &str) -> Answer {
    api.send("GET", "/auth/me", headers, "")
}

#[test]
fn one_bearer_is_read_and_nothing_that_looks_like_one() {
    let server = TestServer::start();
    let admin = server.admin();
    let (token, stranger) = (admin.bearer(), server.stranger());
    for line in [
        format!("Authorization: Bearer {token}"),
        format!("authorization: bEaReR {token}"),
        format!("AUTHORIZATION:Bearer {token}"),
        format!("Authorization:\t Bearer {token}\t "),
        format!("Authorization: Bearer   {token}"),
    ] {
        let status = me(&stranger, &format!("{line}\r\n")).status;
        assert_eq!(status, 200, "{line:.40}");
    }
    let basic = |text: String| format!("Basic {}", STANDARD.encode(text));
    for value in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        token.to_owned(),
        format!("Bearer\t{token}"),
        format!("Bearer{token}"),
        format!("Bearer:{token}"),
        format!("Bearer: {token}"),
        format!("Bearer={token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer '{token}'"),
        format!("Bearer <{token}>"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {token};"),
        format!("Bearer Bearer {token}"),
        format!("Bearer x, Bearer {token}"),
        format!("Bearer token={token}"),
        format!("Bearer {token}%20"),
        format!("Bearer {token}\u{e9}"),
        format!("Basic {token}"),
        basic(format!("{token}:")),
        basic(format!("x:{token}")),
        basic(format!("{}:{}", crate::support::ADMIN_EMAIL, crate::support::ADMIN_PASSWORD)),
        format!("Token {token}"),
        format!("JWT {token}"),
        format!("DPoP {token}"),
        format!("OAuth {token}"),
        format!("Negotiate {token}"),
        format!("Digest username=\"x\", response=\"{token}\""),
    ] {
        let answer = me(&stranger, &format!("Authorization: {value}\r\n"));
        assert_eq!(answer.status, 401, "{value:.30}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"), "{value:.30}");
    }
}

#[test]
fn of_two_headers_none_counts() {
    let server = TestServer::start();
    let admin = server.admin();
    let good = format!("Authorization: Bearer {}\r\n", admin.bearer());
    for other in [good.as_str(), "Authorization: Bearer x\r\n", "authorization: Basic eDp5\r\n", "Authorization:\r\n"] {
        me(&server.stranger(), &format!("{good}{other}")).refused_as(400, "bad_request");
        me(&server.stranger(), &format!("{other}{good}")).refused_as(400, "bad_request");
        me(&server.stranger(), &format!("{good}X-Between: x\r\n{other}")).refused_as(400, "bad_request");
    }
}

#[test]
fn the_header_wins_over_the_cookie_and_is_not_rescued_by_it() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let cookie = format!("Cookie: access_token={}\r\n", admin.bearer());
    for bad in ["Bearer x", "Bearer", "Basic eDp5", ""] {
        me(&server.stranger(), &format!("Authorization: {bad}\r\n{cookie}")).is(401);
    }
    let both = me(&server.stranger(), &format!("{cookie}Authorization: Bearer {}\r\n", eve.bearer())).is(200);
    assert_eq!(both.json()["email"], "eve@example.com");
    let bad_cookie = format!("Cookie: access_token=x\r\nAuthorization: Bearer {}\r\n", eve.bearer());
    me(&server.stranger(), &bad_cookie).is(200);
}

#[test]
fn only_our_own_cookie_is_read() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let (token, first) = (admin.bearer(), eve.bearer());
    for line in [
        format!("Cookie: ACCESS_TOKEN={token}"),
        format!("Cookie: xaccess_token={token}"),
        format!("Cookie: access_token2={token}"),
        format!("Cookie: access_token=\"{token}\""),
        format!("Cookie: access_token={token},x"),
        format!("Cookie: access_token%3D{token}"),
        format!("Cookie: session={token}; token={token}; jwt={token}"),
        format!("Cookie: x=access_token={token}"),
        format!("Cookie2: access_token={token}"),
        format!("Set-Cookie: access_token={token}"),
    ] {
        assert_eq!(me(&server.stranger(), &format!("{line}\r\n")).status, 401, "{line:.40}");
    }
    for two in [
        format!("Cookie: access_token={first}; access_token={token}\r\n"),
        format!("Cookie: access_token={first}\r\nCookie: access_token={token}\r\n"),
    ] {
        assert_eq!(me(&server.stranger(), &two).is(200).json()["email"], "eve@example.com");
    }
}

#[test]
fn queries_and_bodies_carry_no_credential() {
    let server = TestServer::start();
    let admin = server.admin();
    let (token, stranger) = (admin.bearer(), server.stranger());
    for name in ["access_token", "token", "bearer", "authorization", "Authorization", "api_key", "jwt", "auth"] {
        for value in [token.to_owned(), format!("Bearer%20{token}")] {
            let refused = stranger.get(&format!("/auth/me?{name}={value}"));
            refused.refused_as(401, "missing_credential");
        }
        let body = json!({ name: token, "name": "x" });
        stranger.post("/auth/tokens", &body).refused_as(401, "missing_credential");
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let sent = stranger.send("POST", "/auth/tokens", form, format!("{name}={token}&name=x"));
        sent.refused_as(401, "missing_credential");
    }
    for header in ["X-Access-Token", "X-Auth-Token", "X-Api-Key", "Proxy-Authorization", "X-Authorization", "Token"] {
        me(&stranger, &format!("{header}: Bearer {token}\r\n")).refused_as(401, "missing_credential");
        me(&stranger, &format!("{header}: {token}\r\n")).refused_as(401, "missing_credential");
    }
    assert!(!server.log().contains(token), "a token from a query is in the log");
}

#[test]
fn headers_of_proxies_name_nobody() {
    let server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1/32").start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let id = admin.get("/auth/me").json()["id"].as_str().unwrap().to_owned();
    for name in [
        "X-User",
        "X-User-Id",
        "X-Forwarded-User",
        "X-Forwarded-Email",
        "X-Forwarded-Preferred-Username",
        "X-Forwarded-Groups",
        "X-Remote-User",
        "Remote-User",
        "Remote-Email",
        "X-Auth-Request-User",
        "X-Auth-Request-Email",
        "X-WEBAUTH-USER",
        "X-Authenticated-User",
        "X-Role",
        "X-Forwarded-Client-Cert",
        "SSL_CLIENT_S_DN",
        "From",
    ] {
        for value in ["admin", "admin@example.com", id.as_str()] {
            let line = format!("{name}: {value}\r\n");
            me(&server.stranger(), &line).refused_as(401, "missing_credential");
            let line = format!("{line}Authorization: Bearer {}\r\n", eve.bearer());
            assert_eq!(me(&server.stranger(), &line).is(200).json()["email"], "eve@example.com", "{name}");
            server.stranger().send("GET", "/api/users", &line, "").refused_as(403, "role_required");
        }
    }
}

#[test]
fn a_head_beyond_its_bounds_is_refused_as_such() {
    let server = TestServer::start();
    let admin = server.admin();
    let stranger = server.stranger();
    me(&stranger, &format!("Authorization: Bearer {}\r\n", "x".repeat(9 * 1024))).refused_as(401, "invalid_token");
    me(&stranger, &format!("Authorization: Bearer {}\r\n", "x".repeat(33 * 1024))).is(431);
    me(&stranger, &format!("Cookie: access_token={}\r\n", "x".repeat(33 * 1024))).is(431);
    me(&stranger, &"X-Filler: x\r\n".repeat(120)).is(431);
    stranger.get(&format!("/auth/me?{}", "x".repeat(9 * 1024))).is(414);
    let many = format!("Cookie: {}access_token={}\r\n", "x=y; ".repeat(2_000), admin.bearer());
    me(&stranger, &many).is(200);
    for line in ["Authorization: Bearer a\0b", "Authorization: Bearer a\u{7f}b", "Authorization : Bearer a", " x: y"] {
        me(&stranger, &format!("{line}\r\n")).is(400);
    }
    admin.get("/auth/me").is(200);
}
