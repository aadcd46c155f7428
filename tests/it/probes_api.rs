//! Probes, headers and redirects that need no account, M-47, S-30, S-36.

use serde_json::json;

use crate::support::{TestServer, exchange, keys};

#[test]
fn probes_answer_anyone_with_and_without_a_slash() {
    let server = TestServer::start();
    let stranger = server.stranger();
    for path in ["/live", "/healthz"] {
        for path in [path.to_owned(), format!("{path}/")] {
            assert_eq!(stranger.get(&path).is(200).json(), json!({ "status": "ok" }), "{path}");
        }
    }
    for path in ["/ready", "/ready/"] {
        assert_eq!(stranger.get(path).is(200).json()["status"], "ok");
    }
    let health = stranger.get("/api/health").is(200).json();
    assert_eq!(health, json!({ "status": "healthy", "version": env!("CARGO_PKG_VERSION") }));
    assert_eq!(stranger.get("/api/version").is(200).json(), json!({ "version": env!("CARGO_PKG_VERSION") }));
}

#[test]
fn the_catalogue_is_empty_and_needs_a_credential() {
    let server = TestServer::start();
    server.stranger().get("/api/catalog/tables").refused_as(401, "missing_credential");
    let answer = server.admin().with_new_token("ci").get("/api/catalog/tables").is(200);
    assert_eq!(answer.json(), json!({ "tables": [], "count": 0 }));
}

#[test]
fn the_manifest_of_the_original_is_empty_for_any_credential() {
    let server = TestServer::start();
    let (stranger, admin) = (server.stranger(), server.admin());
    let viewer = server.user(&admin, "viewer@example.com", "viewer");
    for path in ["/api/sync/manifest", "/api/health/detailed"] {
        stranger.get(path).refused_as(401, "missing_credential");
        stranger.with("nonsense").get(path).refused_as(401, "invalid_token");
    }
    for caller in [&admin, &viewer, &viewer.with_new_token("ci")] {
        assert_eq!(caller.get("/api/sync/manifest").is(200).json(), json!({ "tables": {} }));
        let health = caller.get("/api/health/detailed").is(200).json();
        assert_eq!(health, json!({ "status": "healthy", "version": env!("CARGO_PKG_VERSION") }));
    }
}

#[test]
fn anybody_may_read_what_the_api_is() {
    let server = TestServer::with_admin().arg("--public-url=https://id.example.org/da").start();
    for accept in ["", "Accept: text/html\r\n", "Accept: application/json\r\n"] {
        let page = server.stranger().send("GET", "/docs", accept, "").is(200);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        for text in ["https://id.example.org/da/auth/me", "href=\"/da/install\"", "POST /auth/token", "request_id"] {
            assert!(page.text().contains(text), "{text}: {}", page.text());
        }
    }
    let admin = server.admin();
    let cookie = format!("Cookie: __Host-access_token={0}; access_token={0}\r\n", admin.bearer());
    server.stranger().send("GET", "/docs/", &cookie, "").is(200);
}

#[test]
fn every_answer_carries_a_request_id_and_no_banner() {
    let server = TestServer::start();
    let stranger = server.stranger();
    let first = stranger.get("/api/version");
    let second = stranger.get("/nothing/here");
    assert!(first.header("x-request-id").is_some());
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
    for answer in [&first, &second] {
        assert_eq!(answer.header("server"), None);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[test]
fn a_public_https_url_asks_browsers_to_stay_with_https() {
    let hsts = |server: TestServer| server.stranger().get("/login").header("strict-transport-security").is_some();
    assert!(hsts(TestServer::empty().arg("--public-url=https://id.example.org").start()));
    assert!(!hsts(TestServer::empty().start()));
}

#[test]
fn a_trailing_slash_changes_nothing() {
    let server = TestServer::start();
    let admin = server.admin();
    assert_eq!(admin.get("/auth/tokens/").is(200).json(), json!([]));
    let created = admin.post("/auth/tokens/", &json!({ "name": "x" })).is(201).json();
    admin.delete(&format!("/auth/tokens/{}/", created["id"].as_str().unwrap())).is(204);
}

#[test]
fn a_browser_is_sent_to_sign_in_and_an_api_client_is_not() {
    let server = TestServer::start();
    let stranger = server.stranger();
    let browser = "Accept: text/html,application/xhtml+xml\r\n";
    let answer = stranger.send("GET", "/tokens?x=1", browser, "").is(302);
    assert_eq!(answer.header("location"), Some("/login?next=%2Ftokens"));
    for path in ["/api/users", "/auth/tokens", "/auth/me", "/api/catalog/tables"] {
        stranger.send("GET", path, browser, "").refused_as(401, "missing_credential");
    }
    let json_only = stranger.send("GET", "/tokens", "Accept: application/json\r\n", "");
    assert!(json_only.status != 302, "{json_only:?}");
}

#[test]
fn the_sign_in_page_keeps_only_paths_of_its_own() {
    let server = TestServer::start();
    let stranger = server.stranger();
    for (next, kept) in
        [("/tokens", true), ("//evil.example", false), ("https://evil.example", false), ("/%5Cevil.example", false)]
    {
        let page = stranger.get(&format!("/login?next={next}")).is(200);
        assert!(page.header("content-type").unwrap().starts_with("text/html"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!page.text().contains("evil.example"), "{next}");
        assert_eq!(page.text().contains("/tokens"), kept, "{next}");
    }
}

#[test]
fn a_request_has_one_proper_host() {
    let server = TestServer::start();
    let ask = |hosts: &str| {
        let request = format!("GET /api/version HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        exchange(server.address(), request.as_bytes()).map(|answer| answer.status)
    };
    assert_eq!(ask("Host: localhost:8000\r\n"), Some(200));
    assert_eq!(ask("Host: [::1]:8000\r\n"), Some(200));
    for hosts in [
        "",
        "Host: a\r\nHost: b\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: a'b\r\n",
        "Host: `id`\r\n",
        "Host: $(id)\r\n",
        "Host: a@b\r\n",
        "Host: a:99999\r\n",
        "Host: a:x\r\n",
    ] {
        assert_eq!(ask(hosts), Some(400), "{hosts:?}");
    }
    assert_eq!(ask(&format!("Host: {}\r\n", "a".repeat(300))), Some(400));
}

#[test]
fn ambiguous_framing_is_refused_and_the_connection_closed() {
    let server = TestServer::start();
    let host = server.address();
    for framing in [
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: +2\r\n",
        "Content-Length : 2\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
    ] {
        let request = format!(
            "POST /auth/logout HTTP/1.1\r\nHost: {host}\r\n{framing}\r\n0\r\n\r\nGET /api/version HTTP/1.1\r\nHost: {host}\r\n\r\n"
        );
        let answer = exchange(host, request.as_bytes());
        let status = answer.as_ref().map(|answer| answer.status);
        assert!(matches!(status, Some(400) | None), "{framing:?}: {answer:?}");
    }
}

#[test]
fn the_error_body_is_the_same_on_every_refusal() {
    let server = TestServer::start();
    let stranger = server.stranger();
    for answer in [stranger.get("/auth/me"), stranger.get("/api/nothing"), stranger.delete("/api/version")] {
        assert_eq!(keys(&answer.json()), ["code", "detail", "request_id"]);
    }
}
