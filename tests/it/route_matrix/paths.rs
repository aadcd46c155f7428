//! No spelling of a path leads around the guard of its line: S-21.

use da::api::Access;

use super::{UNKNOWN_ID, closed_lines, path};
use crate::support::{Api, TestServer};

/// Returns spellings that another parser might take for `path`.
fn spellings(path: &str, host: &str) -> Vec<String> {
    let inner = path.strip_prefix('/').unwrap();
    let first = path.as_bytes().get(1).map_or(String::new(), |byte| format!("/%{byte:02x}{}", &path[2..]));
    let mut found = vec![
        format!("/{path}"),
        format!("//{path}"),
        format!("/.{path}"),
        format!("/./{inner}"),
        format!("/%2e{path}"),
        format!("/..{path}"),
        format!("/%2e%2e{path}"),
        format!("/login/..{path}"),
        format!("/login/%2e%2e{path}"),
        format!("/live/..;{path}"),
        format!("/login%2f..{path}"),
        format!("/login\\..{path}"),
        format!("/login%5c..{path}"),
        format!("/%2f{inner}"),
        format!("/%5c{inner}"),
        format!("/\\{inner}"),
        format!("http://{host}{path}"),
        format!("http://{host}/{path}"),
        first,
    ];
    for tail in [
        "/", "//", "/.", "/..", ".", "..", "%20", "%00", "%09", "%0a", "%2f", "%2e", ";", ";x", ";/live", "?",
        "??/live", "&", "\\",
    ] {
        found.push(format!("{path}{tail}"));
    }
    if inner.contains('/') {
        found.push(format!("/{}", inner.replace('/', "//")));
        found.push(format!("/{}", inner.replace('/', "/./")));
        found.push(format!("/{}", inner.replace('/', "%2f")));
        found.push(format!("/{}", inner.replace('/', "%2F")));
        found.push(format!("/{}", inner.replace('/', "%252f")));
        found.push(format!("/{}", inner.replace('/', "\\")));
        found.push(format!("/{}", inner.replace('/', ";x/")));
    }
    found.push(path.to_uppercase());
    found.push(path.to_uppercase() + "/");
    found.retain(|spelling| !spelling.is_empty());
    found
}

/// Sends a request and expects a refusal of the client's side: nothing is done, shown or broken.
#[track_caller]
fn is_closed(caller: &Api, method: &str, target: &str, headers: &str) {
    let answer = caller.send(method, target, &format!("Accept: application/json\r\n{headers}"), "");
    let closed = matches!(answer.status, 400 | 401 | 403 | 404 | 405);
    assert!(closed, "{method} {target}: {} {}", answer.status, answer.text());
}

#[test]
fn no_spelling_lets_a_stranger_in() {
    let server = TestServer::start();
    let (stranger, host) = (server.stranger(), server.address().to_string());
    for line in closed_lines() {
        for target in spellings(&path(&line, UNKNOWN_ID), &host) {
            is_closed(&stranger, line.method.as_str(), &target, "");
        }
    }
}

#[test]
fn no_spelling_makes_an_analyst_an_admin() {
    let server = TestServer::start();
    let eve = server.user(&server.admin(), "eve@example.com", "analyst");
    let (bearer, host) = (format!("Authorization: Bearer {}\r\n", eve.bearer()), server.address().to_string());
    for line in closed_lines().filter(|line| line.access == Access::Admin) {
        for target in spellings(&path(&line, UNKNOWN_ID), &host) {
            is_closed(&eve, line.method.as_str(), &target, &bearer);
        }
    }
}

#[test]
fn no_header_changes_the_path_or_the_method() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let token = eve.create_token("kept");
    let path = format!("/auth/tokens/{}", token["id"].as_str().unwrap());
    let bearer = format!("Authorization: Bearer {}\r\n", eve.bearer());
    for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        eve.send("GET", &format!("{path}?_method=DELETE"), &format!("{bearer}{name}: DELETE\r\n"), "").is(200);
    }
    for name in ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Forwarded-Prefix"] {
        is_closed(&eve, "GET", "/api/users", &format!("{bearer}{name}: /api/version\r\n"));
        let shown = eve.send("GET", "/api/version", &format!("{bearer}{name}: /api/users\r\n"), "").is(200);
        assert!(!shown.text().contains("example.com"), "{}", shown.text());
    }
    eve.with(token["token"].as_str().unwrap()).get("/auth/me").is(200);
}
