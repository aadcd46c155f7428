//! The body, method and path table, over every line of the URL map: S-25, S-41, S-32, C-35.

use std::time::{Duration, Instant};

use da::{
    api::{Access, Method},
    server::{router::table, url_map::RouteInfo},
};
use serde_json::{Map, Value, json};

use crate::support::{Answer, Api, TestServer, exchange};

const UNKNOWN_ID: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
const JSON: &str = "Content-Type: application/json\r\n";
/// Longer than any honest answer on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(3);

fn path(line: &RouteInfo) -> String {
    line.path.replace("{id}", UNKNOWN_ID)
}

/// Returns the lines that read a body over the network; `admin_socket` has those of the host.
fn lines_with_body() -> impl Iterator<Item = RouteInfo> {
    table().into_iter().filter(|line| line.method != Method::Get && line.access != Access::Host)
}

/// Returns the lines that read JSON.
fn json_lines() -> Vec<RouteInfo> {
    let lines: Vec<_> = lines_with_body().filter(|line| !line.page).collect();
    assert!(lines.len() > 10, "{lines:?}");
    lines
}

/// Sends a body to a line as an admin.
fn send(admin: &Api, line: &RouteInfo, kind: &str, body: impl AsRef<[u8]>) -> Answer {
    let headers = format!("Authorization: Bearer {}\r\n{kind}", admin.bearer());
    let began = Instant::now();
    let answer = admin.send(line.method.as_str(), &path(line), &headers, body);
    assert!(began.elapsed() < AT_ONCE, "{line:?}: {:?}", began.elapsed());
    answer
}

fn hostile_bodies() -> Vec<Vec<u8>> {
    let deep = |open: &str, depth: usize, close: &str| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let texts = [
        "null",
        "true",
        "1",
        "\"x\"",
        "[]",
        "[{}]",
        "{",
        "}",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{} {}",
        "{}x",
        "{'a':1}",
        "{a:1}",
        "// x\n{}",
        "{\"a\":1 /* x */}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":1e400}",
        "{\"a\":-1e400}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":0x1}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\\ud800\"}",
        "{\"\\ud800\":1}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\u{0}\"}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"a\":{\"b\":1,\"b\":2}}",
        "\u{feff}{}",
        " ",
        "undefined",
        "<xml/>",
        "a=b",
        "%7B%7D",
    ];
    let mut bodies: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.push(deep("[", 200, "]").into_bytes());
    bodies.push(format!("{{\"a\":{}}}", deep("[", 200, "]")).into_bytes());
    bodies.push(deep("{\"a\":", 200, "}").into_bytes());
    bodies.push(deep("[", 30_000, "]").into_bytes());
    bodies.push("[".repeat(60_000).into_bytes());
    bodies.push("{\"a\":".repeat(10_000).into_bytes());
    bodies.push(b"{\"a\":\"\xff\"}".to_vec());
    bodies.push(b"{\"a\":\"\xc0\xaf\"}".to_vec());
    bodies.push(b"{\"a\":\"\xed\xa0\x80\"}".to_vec());
    bodies.push(b"\xff\xfe{\0}\0".to_vec());
    bodies.push(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0".to_vec());
    bodies.push(vec![0; 1024]);
    bodies
}

#[test]
fn what_is_no_strict_json_object_is_refused_everywhere() {
    let server = TestServer::start();
    let admin = server.admin();
    for line in json_lines() {
        for body in hostile_bodies() {
            let answer = send(&admin, &line, JSON, &body);
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert_eq!(answer.status, 422, "{} {}: {shown}: {}", line.method.as_str(), line.path, answer.text());
            answer.refused_as(422, "invalid_body");
        }
    }
    admin.get("/auth/me").is(200);
    assert_eq!(admin.get("/api/users").json().as_array().unwrap().len(), 1);
}

/// Every name that any body has, and some that none has.
const MEMBERS: [&str; 14] = [
    "email",
    "password",
    "device_label",
    "name",
    "setup_code",
    "expires_in_days",
    "token",
    "current",
    "role",
    "issue_token",
    "active",
    "revoke_tokens",
    "id",
    "constructor",
];

#[test]
fn a_member_of_the_wrong_type_is_refused_and_never_coerced() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let values = [
        json!([]),
        json!([1]),
        json!({}),
        json!({ "$ne": null }),
        json!(1.5),
        json!(-0.0),
        json!(1e300),
        json!("maybe"),
    ];
    for line in json_lines() {
        // Anew for each line: signing out is one of them.
        let admin = server.admin();
        let nothing = send(&admin, &line, JSON, "{}").status;
        let admin = if nothing < 400 { server.admin() } else { admin };
        for value in &values {
            let body: Map<String, Value> = MEMBERS.iter().map(|name| ((*name).to_owned(), value.clone())).collect();
            let answer = send(&admin, &line, JSON, Value::Object(body).to_string());
            let refused = (400..500).contains(&answer.status) || answer.status == nothing;
            assert!(refused, "{} {}: {value}: {} {}", line.method.as_str(), line.path, answer.status, answer.text());
        }
    }
    assert_eq!(server.admin().get("/api/users").json().as_array().unwrap().len(), 1);
}

#[test]
fn only_json_is_read_where_json_is_asked_for() {
    let server = TestServer::start();
    let admin = server.admin();
    let kinds = [
        "",
        "Content-Type:\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: text/json\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n",
        "Content-Type: application/jsonp\r\n",
        "Content-Type: application/xml, application/json\r\n",
        "Content-Type: text/plain; application/json\r\n",
    ];
    for line in json_lines() {
        for kind in kinds {
            for body in [r#"{"name":"x"}"#, "name=x", "{"] {
                send(&admin, &line, kind, body).refused_as(415, "not_json");
            }
        }
    }
    admin.get("/auth/me").is(200);
}

#[test]
fn a_large_body_is_refused_announced_or_not() {
    let server = TestServer::start();
    let admin = server.admin();
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(64 * 1024));
    for line in lines_with_body() {
        send(&admin, &line, JSON, &large).refused_as(413, "body_too_large");
        let head = |framing: &str| {
            format!(
                "{} {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{JSON}{framing}\r\n\r\n",
                line.method.as_str(),
                path(&line),
                server.address(),
                admin.bearer(),
            )
        };
        let announced = head("Content-Length: 65537");
        exchange(server.address(), announced.as_bytes()).unwrap().refused_as(413, "body_too_large");
        let chunked = format!("{}{:x}\r\n{large}\r\n0\r\n\r\n", head("Transfer-Encoding: chunked"), large.len());
        exchange(server.address(), chunked.as_bytes()).unwrap().refused_as(413, "body_too_large");
    }
    admin.get("/auth/me").is(200);
}

#[test]
fn a_large_body_in_tiny_chunks_is_cut_off() {
    let server = TestServer::start();
    let head = format!("POST /auth/token HTTP/1.1\r\nHost: {}\r\n{JSON}", server.address());
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", "1\r\n \r\n".repeat(65_537));
    exchange(server.address(), chunked.as_bytes()).unwrap().refused_as(413, "body_too_large");
}

#[test]
fn every_path_takes_its_own_methods_only() {
    let server = TestServer::start();
    let admin = server.admin();
    let bearer = format!("Authorization: Bearer {}\r\n", admin.bearer());
    for line in table() {
        let own: Vec<&str> =
            table().iter().filter(|other| other.path == line.path).map(|other| other.method.as_str()).collect();
        for method in ["PUT", "OPTIONS", "POST", "PATCH", "DELETE", "GET", "PROPFIND", "get", "post", "FOO", "QUERY"] {
            if own.contains(&method) {
                continue;
            }
            for headers in ["", bearer.as_str()] {
                let answer = server.stranger().send(method, &path(&line), headers, "");
                assert_eq!(answer.status, 405, "{method} {}: {}", line.path, answer.text());
                assert!(!answer.header_names().iter().any(|name| name.starts_with("access-control-")), "{answer:?}");
            }
        }
        for method in ["TRACE", "CONNECT"] {
            let headers = format!("{bearer}X-Secret: hidden\r\n");
            let answer = server.stranger().send(method, &path(&line), &headers, "").is(405);
            assert!(!answer.text().contains("hidden"), "{}", answer.text());
        }
    }
    admin.get("/auth/me").is(200);
}

#[test]
fn no_other_origin_is_ever_allowed() {
    let server = TestServer::start();
    let admin = server.admin();
    for line in table() {
        let headers = format!(
            "Origin: https://evil.example\r\nAccess-Control-Request-Method: {}\r\n\
             Access-Control-Request-Headers: authorization, content-type\r\n",
            line.method.as_str()
        );
        for headers in [headers.clone(), format!("{headers}Authorization: Bearer {}\r\n", admin.bearer())] {
            for method in ["OPTIONS", "HEAD"] {
                let answer = server.stranger().send(method, &format!("{}?os=none", path(&line)), &headers, "");
                assert!(answer.status < 500, "{answer:?}");
                assert!(!answer.header_names().iter().any(|name| name.starts_with("access-control-")), "{answer:?}");
            }
        }
    }
}

#[test]
fn a_get_with_a_body_reads_nothing_of_it() {
    let server = TestServer::start();
    let admin = server.admin();
    for body in ["{", r#"{"access_token":"x"}"#, "GET /live HTTP/1.1\r\n\r\n"] {
        let headers = format!("Authorization: Bearer {}\r\n{JSON}Content-Length: {}\r\n", admin.bearer(), body.len());
        let answer = server.stranger().send("GET", "/auth/me", &headers, body).is(200);
        assert_eq!(answer.json()["email"], crate::support::ADMIN_EMAIL);
    }
}
