//! Probes tell what works and what does not, whatever hangs, and that it works again: M-48, S-54, S-55.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Api, SmallDisk, TestServer, keys, wait_for};

/// An answer must come before a statement of the store gives a lock up (5 s).
const WITHIN: Duration = Duration::from_secs(4);

/// Asks `/ready`; returns its status and its body.
fn ready(api: &Api) -> (u16, Value) {
    let began = Instant::now();
    let answer = api.get("/ready");
    assert!(began.elapsed() < WITHIN, "{:?}", began.elapsed());
    (answer.status, answer.json())
}

/// Waits until these checks, and no others, have something other than `ok`.
#[track_caller]
fn wait_for_state(api: &Api, status: u16, overall: &str, failing: &[&str]) -> Value {
    let mut last = Value::Null;
    wait_for(&format!("{overall} {failing:?}"), || {
        let (found, body) = ready(api);
        last = body.clone();
        let checks = body["checks"].as_object().unwrap();
        let broken: Vec<_> = checks.iter().filter(|(_, check)| check["status"] != "ok").map(|(name, _)| name).collect();
        (found == status && body["status"] == overall && broken == failing).then_some(())
    });
    last
}

#[test]
fn a_server_at_work_is_ready_and_says_what_it_checked() {
    let server = TestServer::start();
    let (status, body) = ready(&server.stranger());
    assert_eq!((status, &body["status"]), (200, &json!("ok")));
    assert_eq!(keys(&body), ["checks", "status"]);
    let names = ["audit_log", "audit_tail", "disk_space", "signing_key", "store_read", "store_write"];
    assert_eq!(keys(&body["checks"]), names);
    for (name, check) in body["checks"].as_object().unwrap() {
        assert_eq!((keys(check), &check["status"]), (vec!["duration_ms", "status"], &json!("ok")), "{name}");
        assert!(check["duration_ms"].as_f64().unwrap() >= 0.0, "{check}");
    }
}

#[test]
fn probes_of_an_idle_server_write_nothing() {
    let server = TestServer::start();
    let stranger = server.stranger();
    let size = || std::fs::metadata(server.data_dir().join("da.db-wal")).unwrap().len();
    let commits = || crate::support::Metrics::of(&stranger.get("/metrics")).get("da_store_batch_size_count", &[]);
    ready(&stranger);
    let before = (size(), commits());
    // Longer than a finding is good for, so that the checks run again.
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(2500) {
        assert_eq!(ready(&stranger).0, 200);
    }
    assert_eq!((size(), commits()), before);
}

#[test]
fn a_database_that_another_process_locks_degrades_the_server_until_it_lets_go() {
    let server = TestServer::start();
    let (stranger, admin) = (server.stranger(), server.admin());
    let token = admin.with_new_token("ci");
    wait_for_state(&stranger, 200, "ok", &[]);
    let other = rusqlite::Connection::open(server.data_dir().join("da.db")).unwrap();
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let body = wait_for_state(&stranger, 200, "degraded", &["store_write"]);
    assert_eq!(body["checks"]["store_write"]["status"], "degraded");
    assert_eq!(stranger.get("/live").is(200).json(), json!({ "status": "ok" }));
    assert_eq!(stranger.get("/healthz/").is(200).json(), json!({ "status": "ok" }));
    assert_eq!(stranger.get("/api/health").is(200).json()["status"], "degraded");
    token.get("/auth/me").is(200);
    stranger.try_sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).refused_as(503, "store_unavailable");
    // A crowd of probes is answered as one is, and takes nobody's place.
    std::thread::scope(|scope| (0..50).for_each(|_| drop(scope.spawn(|| assert_eq!(ready(&stranger).0, 200)))));
    token.get("/auth/me").is(200);
    server.wait_for_log(r#""check":"store_write""#);

    other.execute_batch("ROLLBACK").unwrap();
    wait_for_state(&stranger, 200, "ok", &[]);
    server.wait_for_log("a check passes again");
    assert_eq!(stranger.get("/api/health").is(200).json()["status"], "healthy");
    server.admin().create_token("after");
}

#[test]
fn a_full_disk_degrades_the_server_until_there_is_room_again() {
    let disk = SmallDisk::mount("64m");
    let server = TestServer::with_admin().under(disk.enter()).data_in(disk.path()).start();
    let (stranger, admin) = (server.stranger(), server.admin());
    wait_for_state(&stranger, 200, "ok", &[]);
    disk.fill();
    wait_for_state(&stranger, 200, "degraded", &["disk_space"]);
    wait_for("a change to be refused", || {
        (admin.post("/auth/tokens", &json!({ "name": "n" })).status == 507).then_some(())
    });
    wait_for_state(&stranger, 200, "degraded", &["disk_space", "store_write"]);
    admin.get("/auth/me").is(200);
    // Nobody changes anything: the probe itself finds that there is room.
    disk.free();
    wait_for_state(&stranger, 200, "ok", &[]);
    admin.create_token("after");
}

#[test]
fn a_disk_that_became_read_only_degrades_the_server_until_it_is_writable() {
    let disk = SmallDisk::mount("64m");
    let server = TestServer::with_admin().under(disk.enter()).data_in(disk.path()).start();
    let (stranger, admin) = (server.stranger(), server.admin());
    // The fault that makes the server open its database anew, which it then finds read-only.
    disk.fill();
    wait_for("a change to be refused", || {
        (admin.post("/auth/tokens", &json!({ "name": "n" })).status == 507).then_some(())
    });
    disk.make_read_only();
    wait_for_state(&stranger, 200, "degraded", &["disk_space", "store_write"]);
    disk.make_writable();
    disk.free();
    wait_for_state(&stranger, 200, "ok", &[]);
    admin.create_token("after");
}

#[test]
fn a_store_without_the_key_that_signs_is_not_ready_and_says_so() {
    let server = TestServer::start();
    let stranger = server.stranger();
    wait_for_state(&stranger, 200, "ok", &[]);
    server.change_store("UPDATE signing_keys SET status = 1", []);
    let body = wait_for_state(&stranger, 503, "error", &["signing_key"]);
    assert_eq!((&body["detail"], &body["code"]), (&json!("Not ready: signing_key"), &json!("store_unavailable")));
    assert_eq!(keys(&body), ["checks", "code", "detail", "request_id", "status"]);
    let answer = stranger.get("/ready/").is(503);
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"));
    stranger.get("/live").is(200);
    for probe in ["/healthz", "/api/health"] {
        stranger.get(probe).refused(503, "store_unavailable", "The server's store does not answer; try again");
    }
    server.change_store("UPDATE signing_keys SET status = 0", []);
    wait_for_state(&stranger, 200, "ok", &[]);
}
