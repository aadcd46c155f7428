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
fn no_credential_in_a_request_reaches_a_log_or_an_error() {
    let server = TestServer::with_admin().arg("--verbose").start();
    let (stranger, admin) = (server.stranger(), server.admin());
    let viewer = server.user(&admin, "viewer@example.com", "viewer");
    let jwt = viewer.create_token("ci")["token"].as_str().unwrap().to_owned();
    let opaque = "da_pat_4Xz0123456789abcdefghijABCDEFGHIJ".to_owned();
    let every_byte: String = jwt.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let forms = [
        (jwt.clone(), &jwt),
        (jwt.replace('.', "%2e"), &jwt),
        (jwt.replacen("eyJ", "%65yJ", 1), &jwt),
        (jwt.replacen("eyJ", "%2565yJ", 1), &jwt),
        (every_byte.clone(), &jwt),
        (opaque.clone(), &opaque),
        (opaque.replace('_', "%5F"), &opaque),
    ];
    for (form, plain) in &forms {
        let mut answers = Vec::new();
        for path in [
            format!("/auth/tokens/{form}"),
            format!("/{form}"),
            format!("/api/users/{form}"),
            format!("/auth/tokens?{form}=1"),
            format!("/auth/tokens?status={form}"),
            format!("/auth/admin/tokens/{form}/x?token={form}"),
        ] {
            let path: String = path.chars().take(8000).collect();
            for caller in [&stranger, &viewer, &admin] {
                answers.push(caller.get(&path));
                answers.push(caller.delete(&path));
            }
            let page = stranger.send("GET", &path, "Accept: text/html\r\n", "");
            assert!(page.header("location").is_none_or(|to| !to.contains(&form[..30])), "{page:?}");
            answers.push(page);
        }
        let headers = format!(
            "Authorization: Bearer {}\r\nUser-Agent: curl {form}\r\nReferer: http://x/{form}\r\nX-Request-Id: {form}\r\n",
            viewer.bearer()
        );
        answers.push(stranger.send("GET", "/api/users", &headers, "").is(403));
        let login = format!("Content-Type: application/json\r\nUser-Agent: {form}\r\nX-Request-Id: {form}\r\n");
        let body = json!({ "email": "viewer@example.com", "password": "a quiet morning" }).to_string();
        stranger.send("POST", "/auth/token", &login, body).is(200);
        for answer in answers {
            // The form of a page may carry on where a person was going; an error repeats nothing.
            assert!(answer.status < 400 || !answer.text().contains(&plain[..30]), "{}", answer.text());
            assert!(answer.status < 400 || !answer.text().contains(&form[..30]), "{}", answer.text());
        }
    }
    server.wait_for_log("[redacted]");
    let audit = admin.get("/api/admin/audit?limit=1000").is(200).text();
    let sessions = admin.get("/api/admin/sessions?limit=100").is(200).text();
    for (form, plain) in &forms {
        for secret in [&form[..30], &plain[..30], &plain[plain.len() - 30..]] {
            for (place, text) in [("log", &server.log()), ("audit log", &audit), ("sessions", &sessions)] {
                assert!(!text.contains(secret), "the {place} holds {secret}");
            }
        }
    }
    assert!(audit.contains("[redacted]"), "{audit}");
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
