//! Who may not call a line learns nothing from it, and leaves a trace where it matters: S-13, S-21, C-08.

use da::{
    api::{Access, Method},
    server::{router::table, url_map::RouteInfo},
};
use serde_json::Value;

use super::{UNKNOWN_ID, closed_lines, path};
use crate::support::{Answer, Api, TestServer};

/// Returns what can be told from an answer, but for the id of its request.
fn told(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    (answer.status, answer.header_names().into_iter().map(str::to_owned).collect(), body)
}

#[test]
fn a_stranger_is_refused_before_anything_else_is_looked_at() {
    let server = TestServer::start();
    let stranger = server.stranger();
    let ids = [UNKNOWN_ID, "1", "%00", "%2e%2e", "'%20OR%201=1--", "%ff", &"9".repeat(500)];
    let requests = [
        ("Content-Type: application/json\r\n", "{"),
        ("Content-Type: application/json\r\n", r#"{"a":1,"a":2}"#),
        ("Content-Type: application/json\r\n", "[]"),
        ("Content-Type: text/plain\r\n", "{}"),
        ("Content-Type: application/x-www-form-urlencoded\r\n", "form_token=x"),
        ("", ""),
    ];
    for line in closed_lines() {
        for id in ids {
            for (kind, body) in requests {
                let target = format!("{}?limit=x&cursor=%ff&since=yesterday", path(&line, id));
                for (presented, code) in [("", "missing_credential"), ("Authorization: Bearer x\r\n", "invalid_token")]
                {
                    let headers = format!("Accept: application/json\r\n{presented}{kind}");
                    let body = if line.method == Method::Get { "" } else { body };
                    stranger.send(line.method.as_str(), &target, &headers, body).refused_as(401, code);
                }
            }
        }
    }
}

#[test]
fn a_strangers_browser_is_asked_to_sign_in_on_every_closed_page() {
    let server = TestServer::start();
    for line in closed_lines().filter(|line| line.page && line.method == Method::Get) {
        let target = path(&line, UNKNOWN_ID);
        let answer = server.stranger().send("GET", &target, "Accept: text/html\r\n", "").is(302);
        let next = target.replace('/', "%2F");
        assert_eq!(answer.header("location"), Some(format!("/login?next={next}").as_str()));
    }
}

#[test]
fn somebody_elses_objects_answer_like_ids_that_nothing_has() {
    let server = TestServer::start();
    let admin = server.admin();
    let bob = server.user(&admin, "bob@example.com", "analyst");
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let token = bob.create_token("his");
    let id = token["id"].as_str().unwrap();
    let is_personal = |line: &RouteInfo| !matches!(line.access, Access::Admin | Access::Host);
    let lines: Vec<_> = closed_lines().filter(|line| is_personal(line) && line.path.contains('{')).collect();
    assert!(lines.len() >= 2, "{lines:?}");
    let pat = eve.with_new_token("hers");
    for line in lines {
        for caller in [&eve, &pat, &admin] {
            let call = |id: &str| {
                let headers = format!("Authorization: Bearer {}\r\n", caller.bearer());
                caller.send(line.method.as_str(), &path(&line, id), &headers, "")
            };
            let (foreign, unknown, malformed) = (call(id), call(UNKNOWN_ID), call("not-an-id"));
            assert_eq!(told(&foreign), told(&unknown));
            if line.access == Access::SessionOrItself && caller.bearer() == pat.bearer() {
                foreign.refused_as(403, "session_required");
                continue;
            }
            assert_eq!(foreign.status, 404, "{} {}", line.method.as_str(), line.path);
            assert_eq!(told(&foreign), told(&malformed));
        }
    }
    bob.with(token["token"].as_str().unwrap()).get("/auth/me").is(200);
}

/// Calls each admin line from an address of its own: rows about refusals are bounded per address.
fn call_admin_lines(caller: &Api) -> Vec<String> {
    let admin_lines = table().into_iter().filter(|line| line.access == Access::Admin);
    let mut called = Vec::new();
    for (line, host) in admin_lines.zip(1_u8..) {
        let (method, target) = (line.method.as_str(), path(&line, UNKNOWN_ID));
        let headers = format!("Authorization: Bearer {}\r\nX-Forwarded-For: 203.0.113.{host}\r\n", caller.bearer());
        caller.send(method, &target, &headers, "").refused_as(403, "role_required");
        called.push(format!("{method} {target} from 203.0.113.{host}"));
    }
    called.sort();
    called
}

#[test]
fn every_refused_admin_call_is_in_the_audit_log() {
    let server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1/32").start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "km_admin");
    let me = eve.get("/auth/me").json();
    let called = call_admin_lines(&eve.with_new_token("hers"));
    let page = admin.get("/api/admin/audit?action=access_denied&limit=200").is(200).json();
    let mut recorded = Vec::new();
    for row in page["items"].as_array().unwrap() {
        assert_eq!((&row["user_id"], &row["result"]), (&me["id"], &Value::from("denied")), "{row}");
        assert_eq!(row["params"]["role"], "km_admin");
        assert!(row["via"].as_str().unwrap().starts_with("token:"), "{row}");
        recorded.push(format!("{} from {}", row["resource"].as_str().unwrap(), row["ip"].as_str().unwrap()));
    }
    recorded.sort();
    assert_eq!(recorded, called);
}
