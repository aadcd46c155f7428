//! What becomes of sessions, tokens, limits and the audit log when the clock of the server's host jumps (S-09).
//!
//! The real program under `libfaketime`, which gives it another wall clock and leaves it its monotonic one, as setting a
//! clock does. The time is read from a file at each look at the clock, so a test sets it while the server runs.

use std::{fs, path::PathBuf};

use serde_json::json;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Api, TestHome, TestServer, mount_namespace, wait_for};

/// A clock that a test sets.
pub(crate) struct SetClock(TestHome);

impl SetClock {
    pub(crate) fn new() -> Self {
        let clock = Self(TestHome::new());
        clock.set("+0");
        clock
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("clock")
    }

    /// Sets the clock this far off the right time, such as `+25h` or `-2d`.
    pub(crate) fn set(&self, offset: &str) {
        let fresh = self.file().with_extension("new");
        fs::write(&fresh, format!("{offset}\n")).unwrap();
        fs::rename(fresh, self.file()).unwrap();
    }

    /// Starts a server that goes by this clock.
    pub(crate) fn server(&self) -> TestServer {
        let variables = [
            format!("LD_PRELOAD={}", libfaketime()),
            format!("FAKETIME_TIMESTAMP_FILE={}", self.file().display()),
            "FAKETIME_NO_CACHE=1".to_owned(),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
        ];
        // The library leaves shared memory behind when its process is killed: that of a mount of its own ends with it.
        let script = r#"mount -t tmpfs da-test /dev/shm && exec "$@""#;
        let mut wrapper = mount_namespace();
        wrapper.extend(["/bin/sh", "-c", script, "sh", "env"].map(str::to_owned));
        wrapper.extend(variables);
        TestServer::with_admin().under(wrapper).start()
    }
}

/// Finds the library of the Debian package `libfaketime` for this machine.
fn libfaketime() -> String {
    let places = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path().join("faketime"));
    let mut found = places.map(|place| place.join("libfaketimeMT.so.1")).filter(|file| file.exists());
    found.next().expect("the package `faketime` is not installed").display().to_string()
}

/// Makes a token without an end.
fn for_ever(session: &Api) -> Api {
    let created = session.post("/auth/tokens", &json!({ "name": "for ever", "expires_in_days": null })).is(201).json();
    session.with(created["token"].as_str().unwrap())
}

/// Asks who one is; returns the status and the code of a refusal.
fn me(api: &Api) -> (u16, String) {
    let answer = api.get("/auth/me");
    let code = if answer.status == 200 { String::new() } else { answer.json()["code"].as_str().unwrap().to_owned() };
    (answer.status, code)
}

fn accepted() -> (u16, String) {
    (200, String::new())
}

fn expired() -> (u16, String) {
    (401, "token_expired".to_owned())
}

#[test]
fn a_jump_forward_ends_what_ends_and_the_way_back_gives_nothing_a_longer_life() {
    let clock = SetClock::new();
    let server = clock.server();
    let session = server.admin();
    let created = session.post("/auth/tokens", &json!({ "name": "a day", "expires_in_days": 1 })).is(201).json();
    let (day, forever) = (session.with(created["token"].as_str().unwrap()), for_ever(&session));
    for (offset, short, long) in [
        ("+0", accepted(), accepted()),
        ("+23h", accepted(), accepted()),
        ("+25h", expired(), accepted()),
        ("+9000d", expired(), accepted()),
        ("-2d", accepted(), accepted()),
        ("+25h", expired(), accepted()),
        ("+0", accepted(), accepted()),
    ] {
        clock.set(offset);
        assert_eq!((me(&session), me(&day)), (short.clone(), short), "{offset}");
        assert_eq!(me(&forever), long, "{offset}");
    }
    // What was ended by somebody stays so, whatever the time is.
    session.delete(&format!("/auth/tokens/{}", created["id"].as_str().unwrap())).is(204);
    clock.set("-400d");
    assert_eq!(me(&day), (401, "token_revoked".to_owned()));
    session.post_empty("/auth/logout").is(200);
    clock.set("+0");
    assert_eq!((me(&session).0, me(&day).0), (401, 401));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[test]
fn a_jump_neither_lifts_nor_extends_a_limit() {
    let clock = SetClock::new();
    let server = clock.server();
    for _ in 0..5 {
        server.stranger().try_sign_in(ADMIN_EMAIL, "wrong").is(401);
    }
    for offset in ["+0", "+2h", "+400d", "-400d", "+0"] {
        clock.set(offset);
        let answer = server.stranger().try_sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).is(429);
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((3_000..=3_600).contains(&seconds), "{offset}: {seconds}");
    }
}

#[test]
fn the_audit_log_keeps_its_order_and_its_chain_whatever_the_time_is() {
    let clock = SetClock::new();
    let mut server = clock.server();
    let admin = for_ever(&server.admin());
    let mut names = Vec::new();
    for (n, offset) in ["+0", "+400d", "-400d", "+1h", "-1h", "+0"].iter().enumerate() {
        clock.set(offset);
        let name = format!("user{n}@example.com");
        admin.add_user(&name, "viewer", "a quiet morning");
        names.push(name);
    }
    let rows = || admin.get("/api/admin/audit?action=user.create&limit=50").is(200).json();
    let listed = |rows: &serde_json::Value| -> Vec<String> {
        let rows = rows["items"].as_array().unwrap().iter();
        rows.map(|row| row["params"]["email"].as_str().unwrap().to_owned()).collect()
    };
    names.reverse();
    assert_eq!(listed(&rows()), names, "not newest first");
    server.on_host(["server", "audit", "verify"]).run().exits(0);

    // A start before the last row was written.
    clock.set("-30d");
    assert_eq!(server.terminate().code(), Some(0));
    server.restart_elsewhere();
    let admin = server.stranger().with(admin.bearer());
    admin.add_user("later@example.com", "viewer", "a quiet morning");
    server.stranger().sign_in("later@example.com", "a quiet morning");
    server.on_host(["server", "audit", "verify"]).run().exits(0);
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[test]
fn a_use_noted_by_a_clock_that_was_ahead_is_noted_anew() {
    let clock = SetClock::new();
    let server = clock.server();
    let admin = server.admin();
    let created = admin.create_token("t");
    let token = admin.with(created["token"].as_str().unwrap());
    let path = format!("/auth/tokens/{}", created["id"].as_str().unwrap());
    let last_use = || admin.get(&path).is(200).json()["last_used_at"].as_str().map(str::to_owned);
    clock.set("+20h");
    token.get("/auth/me").is(200);
    let ahead = wait_for("the use to be noted", last_use);
    clock.set("+0");
    token.get("/auth/me").is(200);
    wait_for("the use to be noted by the right clock", || last_use().filter(|use_| *use_ < ahead));
}
