//! How a request carries a credential, and what a bad one is answered: A-03, C-08, C-09, M-07, S-01, S-04, S-11.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::support::{Api, TestServer, jwt_part};

fn encoded(value: &serde_json::Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn me(api: &Api, headers: &str) -> crate::support::Answer {
    api.send("GET", "/auth/me", headers, "")
}

#[test]
fn no_credential_and_a_bad_one_get_different_challenges() {
    let server = TestServer::start();
    let stranger = server.stranger();
    let none = stranger.get("/auth/me");
    none.refused(401, "missing_credential", "Missing or invalid Authorization header");
    assert_eq!(none.header("www-authenticate"), Some("Bearer"));
    let bad = stranger.with("garbage").get("/auth/me");
    bad.refused(401, "invalid_token", "Invalid or expired token");
    assert!(bad.header("www-authenticate").unwrap().contains(r#"error="invalid_token""#), "{bad:?}");
}

#[test]
fn the_scheme_is_bearer_in_any_case() {
    let server = TestServer::start();
    let admin = server.admin();
    let (token, stranger) = (admin.bearer(), server.stranger());
    for scheme in ["Bearer", "bearer", "BEARER"] {
        me(&stranger, &format!("Authorization: {scheme} {token}\r\n")).is(200);
    }
    for header in [format!("Basic {token}"), token.to_owned(), "Bearer".to_owned(), format!("Bearer{token}")] {
        assert_eq!(me(&stranger, &format!("Authorization: {header}\r\n")).status, 401, "{header:.20}");
    }
}

#[test]
fn tokens_elsewhere_in_the_request_do_not_count() {
    let server = TestServer::start();
    let admin = server.admin();
    let (token, stranger) = (admin.bearer(), server.stranger());
    stranger.get(&format!("/auth/me?access_token={token}")).is(401);
    for header in ["X-Access-Token", "X-Auth-Token", "X-Api-Key", "Proxy-Authorization"] {
        me(&stranger, &format!("{header}: Bearer {token}\r\n")).is(401);
    }
    me(&stranger, "X-Forwarded-User: admin@example.com\r\nRemote-User: admin@example.com\r\n").is(401);
}

#[test]
fn two_authorization_headers_are_refused() {
    let server = TestServer::start();
    let admin = server.admin();
    let one = format!("Authorization: Bearer {}\r\n", admin.bearer());
    let answer = me(&server.stranger(), &format!("{one}{one}"));
    assert!(matches!(answer.status, 400 | 401), "{answer:?}");
}

#[test]
fn the_cookie_counts_when_there_is_no_header() {
    let server = TestServer::start();
    let admin = server.admin();
    let cookie = format!("Cookie: theme=dark; access_token={}\r\n", admin.bearer());
    me(&server.stranger(), &cookie).is(200);
    let both = me(&server.stranger(), &format!("Authorization: Bearer garbage\r\n{cookie}"));
    both.refused(401, "invalid_token", "Invalid or expired token");
}

#[test]
fn a_cookie_writes_only_for_pages_of_our_own_origin() {
    let server = TestServer::start();
    let admin = server.admin();
    let stranger = server.stranger();
    let with = |origin: &str| {
        let headers = format!("Cookie: access_token={}\r\nContent-Type: application/json\r\n{origin}", admin.bearer());
        stranger.send("POST", "/auth/tokens", &headers, r#"{"name":"x"}"#)
    };
    with("Origin: https://evil.example\r\n").refused_as(403, "cross_origin");
    with("Origin: null\r\n").refused_as(403, "cross_origin");
    with("Sec-Fetch-Site: cross-site\r\n").refused_as(403, "cross_origin");
    with("").refused_as(403, "cross_origin");
    with(&format!("Origin: {}\r\n", server.url())).is(201);
    assert_eq!(admin.get("/auth/tokens").json().as_array().unwrap().len(), 1);
}

#[test]
fn forged_tokens_are_refused_without_a_hint() {
    let server = TestServer::start();
    let admin = server.admin();
    let parts: Vec<&str> = admin.bearer().split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let mut later = jwt_part(admin.bearer(), 1);
    later["exp"] = json!(4_102_444_800_i64);
    let none = encoded(&json!({ "alg": "none", "typ": "JWT" }));
    let hs256 = encoded(&json!({ "alg": "HS256", "typ": "JWT" }));
    let embedded = encoded(&json!({ "alg": "EdDSA", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": "AAAA" } }));
    let mut changed = signature.to_owned();
    changed.replace_range(10..11, if &signature[10..11] == "A" { "B" } else { "A" });
    let forgeries = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{signature}."),
        format!("{header}.{claims}.{signature}="),
        format!("{header}.{claims}.{changed}"),
        format!("{header}.{}.{signature}", encoded(&later)),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{hs256}.{claims}.{signature}"),
        format!("{embedded}.{claims}.{signature}"),
        "x".repeat(7_000),
    ];
    for forgery in forgeries {
        let answer = server.stranger().with(&forgery).get("/auth/me");
        assert_eq!(answer.status, 401, "{forgery:.60}: {}", answer.text());
        assert!(answer.json()["detail"] != "Token mismatch", "{forgery:.60}");
    }
    admin.get("/auth/me").is(200);
}

#[test]
fn a_token_of_another_server_is_unknown_here() {
    let (here, there) = (TestServer::start(), TestServer::start());
    let foreign = there.admin();
    here.stranger().with(foreign.bearer()).get("/auth/me").refused(401, "invalid_token", "Invalid or expired token");
}

#[test]
fn credential_and_role_are_judged_before_the_body() {
    let server = TestServer::start();
    let admin = server.admin();
    let analyst = server.user(&admin, "eve@example.com", "analyst");
    let pat = admin.with_new_token("ci");
    for body in ["", "{", r#"{"name": 1}"#, "[]"] {
        server.stranger().post_text("/auth/tokens", body).refused_as(401, "missing_credential");
        server.stranger().post_text("/api/users", body).refused_as(401, "missing_credential");
        analyst.post_text("/api/users", body).refused(403, "role_required", "Requires role admin or higher");
        pat.post_text("/auth/tokens", body).refused(
            403,
            "session_required",
            "This endpoint requires an interactive session, not a PAT",
        );
    }
}

#[test]
fn every_answer_to_a_signed_in_caller_stays_out_of_caches() {
    let server = TestServer::start();
    let admin = server.admin();
    for path in ["/auth/me", "/auth/tokens", "/api/users", "/api/admin/audit", "/auth/admin/tokens"] {
        assert_eq!(admin.get(path).is(200).header("cache-control"), Some("no-store"), "{path}");
    }
}

#[test]
fn answers_name_the_end_of_the_calling_credential() {
    let server = TestServer::start();
    let admin = server.admin();
    let answer = admin.get("/auth/me").is(200);
    let body = answer.json();
    let end: da::domain::Timestamp = answer.header("da-token-expires").unwrap().parse().unwrap();
    assert_eq!(end.to_string(), body["expires_at"].as_str().unwrap());

    let endless = admin.post("/auth/tokens", &json!({ "name": "ci", "expires_in_days": null })).is(201).json();
    let endless = admin.with(endless["token"].as_str().unwrap());
    assert_eq!(endless.get("/auth/me").is(200).header("da-token-expires"), None);
    assert_eq!(server.stranger().get("/api/version").is(200).header("da-token-expires"), None);
}
