//! What the log says of a request can be found by the request's id, which every answer carries: M-50, C-17.

use serde_json::{Value, json};

use crate::support::{Answer, SmallDisk, TestServer, exchange, wait_for};

/// What the store and the checks say of themselves, whatever request shows it: a batch has changes of many.
const OF_NO_REQUEST: [&str; 4] = ["changes were not written", "a check fails", "a check passes again", "audit log"];

fn rows(server: &TestServer) -> Vec<Value> {
    server.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_error_carries_the_id_that_its_log_line_has() {
    let server = TestServer::with_admin().arg("--verbose").env("DA_LOGIN_LIMIT_PER_ADDRESS", "8").start();
    let (stranger, admin) = (server.stranger(), server.admin());
    let eve = server.user(&admin, "eve@example.com", "viewer");
    let json_body = "Content-Type: application/json\r\n";
    let host = server.address();
    let raw = |request: String| exchange(host, request.as_bytes()).unwrap();
    let login = json!({ "email": "eve@example.com", "password": "wrong" });
    let answers: Vec<(u16, Answer)> = vec![
        (400, raw("GET /\x01 HTTP/1.1\r\n\r\n".to_owned())),
        (400, raw(format!("GET /live HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n"))),
        (
            400,
            raw(format!(
                "GET /live HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\nConnection: close\r\n\r\n"
            )),
        ),
        (401, stranger.get("/auth/me")),
        (401, stranger.with("nonsense").get("/auth/me")),
        (401, stranger.post("/auth/token", &login)),
        (403, eve.get("/api/users")),
        (403, stranger.send("GET", "/metrics", "Via: 1.1 proxy\r\n", "")),
        (404, stranger.get("/nothing")),
        (404, admin.get("/auth/tokens/none")),
        (405, stranger.send("POST", "/live", "", "")),
        (409, admin.post("/api/users", &json!({ "email": "eve@example.com" }))),
        (413, stranger.send("POST", "/auth/token", json_body, "x".repeat(70_000))),
        (414, raw(format!("GET /{} HTTP/1.1\r\nHost: {host}\r\n\r\n", "x".repeat(9000)))),
        (415, stranger.send("POST", "/auth/token", "Content-Type: text/plain\r\n", "x")),
        (422, stranger.send("POST", "/auth/token", json_body, "{}")),
        (431, raw(format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n", "x".repeat(40_000)))),
        (505, raw(format!("GET / HTTP/2.0\r\nHost: {host}\r\n\r\n"))),
        (
            429,
            wait_for("too many tries", || {
                Some(stranger.post("/auth/token", &login)).filter(|answer| answer.status == 429)
            }),
        ),
    ];
    let mut ids = Vec::new();
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{}", answer.text());
        let id = answer.json()["request_id"].as_str().unwrap().to_owned();
        assert_eq!(answer.header("x-request-id"), Some(id.as_str()), "{status}");
        ids.push((status, id));
    }
    for (status, id) in ids {
        server.wait_for_log(&id);
        let rows = rows(&server);
        let row = rows.iter().find(|row| row["request_id"] == id.as_str()).unwrap();
        assert_eq!(row["status"], status, "{row}");
    }
}

#[test]
fn every_line_about_a_request_has_its_id() {
    let disk = SmallDisk::mount("8m");
    let server = TestServer::with_admin().arg("--verbose").under(disk.enter()).data_in(disk.path()).start();
    let admin = server.admin();
    let viewer = server.user(&admin, "viewer@example.com", "viewer");
    let token = admin.with_new_token("ci");
    disk.fill();
    let mut ids = Vec::new();
    let mut asked = |answer: Answer| ids.push(answer.header("x-request-id").unwrap().to_owned());
    for _ in 0..3 {
        asked(admin.post("/auth/tokens", &json!({ "name": "n" })));
        asked(viewer.get("/api/users"));
        asked(token.get("/auth/me"));
        asked(server.stranger().try_sign_in("viewer@example.com", "wrong"));
    }
    disk.free();
    (0..310).for_each(|_| asked(viewer.get("/api/users")));
    server.wait_for_log("too many from its source");
    server.wait_for_log("the last use of a token was not recorded");
    ids.iter().for_each(|id| server.wait_for_log(id));
    let rows = rows(&server);
    let warnings: Vec<_> = rows.iter().filter(|row| row["level"] == "WARN" || row["level"] == "ERROR").collect();
    assert!(warnings.len() > 10, "{warnings:?}");
    for row in warnings {
        let message = row["message"].as_str().unwrap();
        if !OF_NO_REQUEST.contains(&message) {
            let id = row["request_id"].as_str().unwrap_or_else(|| panic!("{row}"));
            assert!(ids.iter().any(|known| known == id), "{row}");
        }
    }
    for id in &ids {
        assert!(rows.iter().any(|row| row["target"] == "da::access" && row["request_id"] == id.as_str()), "{id}");
    }
}

#[test]
fn probes_and_scrapes_leave_no_line_but_a_refused_scrape_does() {
    let server = TestServer::start();
    let stranger = server.stranger();
    for path in ["/live", "/live/", "/ready", "/ready/", "/healthz", "/healthz/", "/metrics", "/metrics/"] {
        stranger.get(path).is(200);
    }
    stranger.send("GET", "/metrics", "Via: 1.1 proxy\r\n", "").is(403);
    stranger.get("/api/version").is(200);
    server.wait_for_log("/api/version");
    let paths: Vec<_> = rows(&server)
        .into_iter()
        .filter(|row| row["target"] == "da::access")
        .map(|row| (row["path"].as_str().unwrap().to_owned(), row["status"].as_u64().unwrap()))
        .collect();
    assert_eq!(paths, [("/metrics".to_owned(), 403), ("/api/version".to_owned(), 200)]);
}

#[test]
fn nobody_waits_for_whoever_reads_the_log() {
    // The reader holds its end as long as the server runs, and reads nothing; the pipe takes 64 KiB.
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("log").display().to_string();
    let script = format!(
        "mkfifo '{log}'; (exec 2>&-; while kill -0 $$; do sleep 0.2; done) <'{log}' & exec \"$0\" \"$@\" 2>'{log}'"
    );
    let server = TestServer::with_admin().under(["/bin/sh", "-c", &script]).start();
    let stranger = server.stranger();
    for _ in 0..300 {
        stranger.get("/api/version").is(200);
        stranger.with("nonsense").get("/auth/me").is(401);
        stranger.post("/auth/token", &json!({})).is(422);
    }
}
