//! A full or read-only disk stops changes with a clear answer, and nothing else (S-54).

use serde_json::json;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Api, Run, SmallDisk, TestServer};

const REFUSAL: &str = "The server's disk is full or read-only; nothing was changed";

/// Starts a server whose data lie on `disk`.
fn server_on(disk: &SmallDisk) -> TestServer {
    TestServer::with_admin().under(disk.enter()).data_in(disk.path()).start()
}

/// Runs `da` where it sees `disk`.
fn da(disk: &SmallDisk, args: &[&str]) -> Run {
    let mut command = disk.command(&[env!("CARGO_BIN_EXE_da")]);
    Run::of(command.env_clear().env("DA_DATA_DIR", disk.path()).args(args), b"")
}

#[track_caller]
fn is_refused_for_lack_of_space(answer: &Answer) {
    assert_eq!(answer.header("retry-after"), Some("30"), "{}", answer.text());
    answer.refused(507, "store_full", REFUSAL);
}

/// Creates tokens until one is refused; returns those that were acknowledged.
fn create_until_refused(admin: &Api) -> Vec<Api> {
    let mut acknowledged = Vec::new();
    loop {
        let answer = admin.post("/auth/tokens", &json!({ "name": "n" }));
        if answer.status != 201 {
            is_refused_for_lack_of_space(&answer);
            return acknowledged;
        }
        acknowledged.push(admin.with(answer.json()["token"].as_str().unwrap()));
        assert!(acknowledged.len() < 5000, "the disk does not fill");
    }
}

/// Asserts that whoever has a credential is served as ever.
fn checks_and_lists_go_on(server: &TestServer, admin: &Api, token: &Api, viewer: &Api) {
    token.get("/auth/me").is(200);
    admin.get("/auth/tokens").is(200);
    admin.get("/api/users").is(200);
    admin.get("/api/admin/audit").is(200);
    server.stranger().get("/ready").is(200);
    server.stranger().with("nonsense").get("/auth/me").is(401);
    // Refusals leave an audit row where they can, and stay what they are where they cannot.
    viewer.get("/api/users").is(403);
    server.stranger().try_sign_in(ADMIN_EMAIL, "wrong").is(401);
    is_refused_for_lack_of_space(&server.stranger().try_sign_in(ADMIN_EMAIL, ADMIN_PASSWORD));
}

#[test]
fn a_full_disk_stops_changes_and_nothing_else_until_there_is_space() {
    let disk = SmallDisk::mount("8m");
    let mut server = server_on(&disk);
    let admin = server.admin();
    let viewer = server.user(&admin, "viewer@example.com", "viewer");
    let victims: Vec<_> = (0..8).map(|n| admin.create_token(&format!("victim {n}"))).collect();
    let parts = |row: &serde_json::Value| {
        (format!("/auth/tokens/{}", row["id"].as_str().unwrap()), admin.with(row["token"].as_str().unwrap()))
    };
    disk.fill();
    let mut live = create_until_refused(&admin);
    let token = admin.with(victims[0]["token"].as_str().unwrap());
    checks_and_lists_go_on(&server, &admin, &token, &viewer);
    let mut dead = Vec::new();
    for (path, victim) in victims[1..].iter().map(parts) {
        let answer = admin.delete(&path);
        if answer.status == 204 {
            dead.push(victim);
        } else {
            is_refused_for_lack_of_space(&answer);
            live.push(victim);
        }
    }
    live.iter().for_each(|token| drop(token.get("/auth/me").is(200)));
    dead.iter().for_each(|token| drop(token.get("/auth/me").is(401)));

    disk.free();
    live.push(admin.with_new_token("after"));
    server.stranger().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    let (path, last) = parts(&victims[0]);
    admin.delete(&path).is(204);
    dead.push(last);

    server.kill9();
    server.restart_elsewhere();
    let works = |token: &Api| server.stranger().with(token.bearer()).get("/auth/me").status;
    assert!(live.iter().all(|token| works(token) == 200));
    assert!(dead.iter().all(|token| works(token) == 401));
    da(&disk, &["server", "audit", "verify"]).exits(0);
}

#[test]
fn a_disk_that_became_read_only_stops_changes_and_nothing_else_until_it_is_writable() {
    let disk = SmallDisk::mount("8m");
    let server = server_on(&disk);
    let admin = server.admin();
    let viewer = server.user(&admin, "viewer@example.com", "viewer");
    let token = admin.with_new_token("t");
    // The fault that makes the server open its database anew, which it then finds read-only.
    disk.fill();
    create_until_refused(&admin);
    disk.make_read_only();
    is_refused_for_lack_of_space(&admin.post("/auth/tokens", &json!({ "name": "n" })));
    checks_and_lists_go_on(&server, &admin, &token, &viewer);
    disk.make_writable();
    disk.free();
    admin.create_token("after");
    server.stranger().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
}

#[test]
fn a_server_does_not_start_on_a_read_only_disk_and_changes_nothing() {
    let disk = SmallDisk::mount("8m");
    let mut server = server_on(&disk);
    server.admin().create_token("t");
    assert_eq!(server.terminate().code(), Some(0));
    disk.make_read_only();
    let before = disk.digests();
    let run = da(&disk, &["serve", "--listen", "127.0.0.1:0"]).exits(1);
    assert!(run.stderr.contains(disk.path().to_str().unwrap()), "{}", run.stderr);
    assert!(run.stderr.contains("Read-only file system"), "{}", run.stderr);
    assert_eq!(disk.digests(), before);
    disk.make_writable();
    server.restart_elsewhere();
    server.admin();
}

#[test]
fn a_first_start_on_a_full_disk_says_so_and_the_next_one_works() {
    let disk = SmallDisk::mount("8m");
    disk.fill();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let run = da(&disk, &serve).exits(1);
    assert!(run.stderr.contains(disk.path().to_str().unwrap()), "{}", run.stderr);
    assert!(run.stderr.contains("No space left on device") || run.stderr.contains("full"), "{}", run.stderr);
    disk.free();
    server_on(&disk).admin().create_token("t");
}

#[test]
fn a_backup_onto_a_full_disk_fails_and_leaves_nothing() {
    let disk = SmallDisk::mount("64k");
    let server = TestServer::start();
    let admin = server.admin();
    (0..20).for_each(|n| drop(admin.create_token(&format!("t{n}"))));
    let copy = disk.path().join("copy.db");
    let (copy, data) = (copy.to_str().unwrap(), server.data_dir());
    let run = da(&disk, &["server", "backup", copy, "--data-dir", data.to_str().unwrap()]).exits(1);
    assert!(run.stderr.contains(copy), "{}", run.stderr);
    assert!(run.stderr.contains("full"), "{}", run.stderr);
    assert_eq!(disk.names(), [""; 0]);
    admin.create_token("after");
}
