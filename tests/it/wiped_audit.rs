//! An audit log that somebody wiped, cut off or rolled back is found, by every command and by the probes.

use std::{fs, path::PathBuf};

use rusqlite::Connection;

use crate::support::{Api, TestHome, TestServer, wait_for};

const WIPED: &str = "the log is empty, but the store has users";
const NO_HEAD: &str = "the recorded head of the log is missing";
const OTHER_HEAD: &str = "the recorded head of the log was changed";

/// What somebody did to the store, what is said of it, and whether rows can still be added.
const CASES: [(&str, &str, bool); 9] = [
    ("DELETE FROM audit_log; DELETE FROM meta WHERE key = 'audit_head'", NO_HEAD, false),
    ("DELETE FROM meta WHERE key = 'audit_head'", NO_HEAD, false),
    ("DELETE FROM audit_log", WIPED, false),
    ("DELETE FROM audit_log; UPDATE meta SET value = x'HEAD' WHERE key = 'audit_head'", WIPED, false),
    ("UPDATE meta SET value = zeroblob(72) WHERE key = 'audit_head'", OTHER_HEAD, false),
    ("UPDATE meta SET value = x'HEAD' WHERE key = 'audit_head'", "rows were added without the server", true),
    ("DELETE FROM audit_log WHERE seq > 2", "the tail of the log was cut off", true),
    ("DELETE FROM audit_log WHERE seq = 2", "the row is missing", true),
    ("UPDATE audit_log SET result = 'no' WHERE seq = 2", "the row was changed", true),
];

/// A server that was used and has ended, a copy of its store, and the head that the log had before its first row.
fn used() -> (TestServer, PathBuf, String) {
    let mut server = TestServer::empty().start();
    assert!(server.terminate().success());
    let live = server.data_dir().join("da.db");
    let read = "SELECT hex(value) FROM meta WHERE key = 'audit_head'";
    let first_head = Connection::open(&live).unwrap().query_row(read, [], |row| row.get(0)).unwrap();
    let admin = server.host(&["server", "recover-admin", "ann@example.com", "--password-stdin"]);
    admin.stdin("correct horse battery\n").run().exits(0);
    server.host(&["server", "keys", "rotate"]).run().exits(0);
    server.host(&["server", "keys", "rotate"]).run().exits(0);
    let sound = server.data_dir().with_file_name("sound.db");
    fs::copy(&live, &sound).unwrap();
    (server, sound, first_head)
}

fn change(server: &TestServer, sql: &str) {
    let store = Connection::open(server.data_dir().join("da.db")).unwrap();
    store.execute_batch(sql).unwrap();
}

#[test]
fn a_wiped_or_changed_log_is_broken_everywhere() {
    let (server, sound, first_head) = used();
    let live = server.data_dir().join("da.db");
    let bad = server.data_dir().with_file_name("bad.db");
    for (sql, reason, is_writable) in CASES {
        let sql = sql.replace("HEAD", &first_head);
        fs::copy(&sound, &live).unwrap();
        change(&server, &sql);
        fs::copy(&live, &bad).unwrap();
        for command in [
            &["server", "audit", "verify"][..],
            &["server", "backup", "verify", "bad.db"],
            &["server", "doctor"],
            &["server", "restore", "bad.db", "--rehearse"],
        ] {
            let run = server.host(command).run().exits(1);
            let text = format!("{}{}", run.stdout, run.stderr);
            assert!(text.contains(reason), "{command:?} after {sql}: {text}");
        }
        if !is_writable {
            for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["server", "keys", "rotate"]] {
                let run = server.host(command).run().exits(1);
                assert!(run.stderr.contains(reason) && run.stderr.contains("da server restore"), "{}", run.stderr);
            }
        }
        fs::remove_file(&live).unwrap();
        let run = server.host(&["server", "restore", "bad.db"]).run().exits(1);
        assert!(run.stderr.contains(reason), "{sql}: {}", run.stderr);
        assert!(!live.exists(), "{sql}");
    }
}

#[test]
fn the_probes_of_a_running_server_see_a_wiped_log() {
    let (mut server, sound, first_head) = used();
    for (sql, _, is_writable) in &CASES {
        if sql.contains("seq = 2") {
            // Only a check of the whole log finds what is in its middle.
            continue;
        }
        fs::copy(&sound, server.data_dir().join("da.db")).unwrap();
        server.restart_elsewhere();
        change(&server, &sql.replace("HEAD", &first_head));
        let (check, status) = if *is_writable { ("audit_tail", 200) } else { ("audit_log", 503) };
        let probe = Api::stranger(server.address());
        let ready = wait_for("the probe to see it", || {
            let ready = probe.get("/ready");
            (ready.json()["checks"][check]["status"] != "ok").then_some(ready)
        });
        assert_eq!(ready.status, status, "{sql}");
        assert_ne!(ready.json()["status"], "ok", "{sql}");
        server.terminate();
    }
}

#[test]
fn missing_facts_of_the_installation_stop_the_start() {
    let (server, sound, _) = used();
    let live = server.data_dir().join("da.db");
    for (sql, named) in [
        ("DELETE FROM meta WHERE key = 'instance_id'", "id"),
        ("DELETE FROM meta WHERE key = 'key_canary'", "meta.key_canary is missing"),
        ("DELETE FROM meta WHERE key = 'key_canary'; DELETE FROM signing_keys", "meta.key_canary is missing"),
        ("DELETE FROM meta", "meta.key_canary is missing"),
    ] {
        fs::copy(&sound, &live).unwrap();
        change(&server, sql);
        for key in [None, Some("0".repeat(64))] {
            let mut start = server.host(&["serve", "--listen", "127.0.0.1:0"]);
            if let Some(key) = &key {
                start = start.env("DA_MASTER_KEY", key);
            }
            let run = start.run().exits(1);
            assert!(key.is_some() || run.stderr.contains(named), "{sql}: {}", run.stderr);
        }
    }
}

/// Rolls the store back to `old`: rows and head are those of that time.
fn roll_back(server: &TestServer, old: &str) {
    fs::copy(server.data_dir().with_file_name(old), server.data_dir().join("da.db")).unwrap();
}

fn rotate(server: &TestServer) {
    server.host(&["server", "keys", "rotate"]).run().exits(0);
}

fn local_backup(server: &TestServer, name: &str) {
    let dir = server.data_dir().join("backups");
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&dir, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    server.host(&["server", "backup", dir.join(name).to_str().unwrap()]).run().exits(0);
}

#[test]
fn a_log_that_was_rolled_back_with_its_head_is_found_by_a_local_backup() {
    let (server, _, _) = used();
    local_backup(&server, "old.db");
    server.host(&["server", "backup", "old.db"]).run().exits(0);
    rotate(&server);
    local_backup(&server, "new.db");
    rotate(&server);
    let verify = || server.host(&["server", "audit", "verify"]).run();
    let doctor = || server.host(&["server", "doctor"]).run().exits(0).stdout;
    verify().exits(0);
    assert!(doctor().contains("[ok     ] audit_log_and_backups"), "{}", doctor());

    roll_back(&server, "old.db");
    let is_found = || {
        let run = verify().exits(1);
        assert!(run.stderr.contains("a local backup holds rows that the log does not have"), "{}", run.stderr);
        assert!(run.stderr.contains("new.db"), "{}", run.stderr);
        let run = doctor();
        assert!(run.contains("[warning] audit_log_and_backups"), "{run}");
    };
    is_found();
    // A changed id of the installation does not make the backup somebody else's.
    change(&server, "UPDATE meta SET value = 'x' || value WHERE key = 'instance_id'");
    is_found();
    change(&server, "UPDATE meta SET value = substr(value, 2) WHERE key = 'instance_id'");
    // New rows take the place of the missing ones, and hide nothing.
    (0..4).for_each(|_| rotate(&server));
    is_found();

    // A restore says in the log why rows are missing. What is cut off later is found again.
    fs::remove_file(server.data_dir().join("da.db")).unwrap();
    server.host(&["server", "restore", "old.db"]).run().exits(0);
    verify().exits(0);
    assert!(doctor().contains("[ok     ] audit_log_and_backups"), "{}", doctor());
    rotate(&server);
    fs::copy(server.data_dir().join("da.db"), server.data_dir().with_file_name("after.db")).unwrap();
    rotate(&server);
    local_backup(&server, "newer.db");
    verify().exits(0);
    roll_back(&server, "after.db");
    let run = verify().exits(1);
    assert!(run.stderr.contains("newer.db"), "{}", run.stderr);
}

#[test]
fn a_restore_is_a_row_of_the_audit_log() {
    let (mut server, _, _) = used();
    server.host(&["server", "backup", "copy.db"]).run().exits(0);
    fs::remove_file(server.data_dir().join("da.db")).unwrap();
    server.host(&["server", "restore", "copy.db"]).run().exits(0);
    server.restart();
    let ann = server.stranger().sign_in("ann@example.com", "correct horse battery");
    let row = ann.get("/api/admin/audit?action=store.restore").is(200).json()["items"][0].clone();
    assert_eq!(
        (&row["via"], &row["resource"], &row["params"]["file"]),
        (&"system".into(), &"store".into(), &"copy.db".into())
    );
}

#[test]
fn a_backup_is_not_restored_beside_another_master_key() {
    let (server, _, _) = used();
    server.host(&["server", "backup", "copy.db"]).run().exits(0);
    let copy = server.data_dir().with_file_name("copy.db");
    let home = TestHome::new();
    let data = home.path().join("data");
    let mut other = TestServer::empty().data_in(&data).start();
    other.terminate();
    for name in ["da.db", "da.db-wal", "da.db-shm"] {
        drop(fs::remove_file(data.join(name)));
    }
    let files = || {
        let mut names: Vec<_> = fs::read_dir(&data).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        (names, fs::read(data.join("lock")).unwrap(), fs::read(data.join("master.key")).unwrap())
    };
    let before = files();
    for rehearse in [&[][..], &["--rehearse"]] {
        let run = home.da(["server", "restore", copy.to_str().unwrap(), "--data-dir", "data"]).args(rehearse).run();
        let run = run.exits(1);
        assert!(run.stderr.contains("is not the one this store was made with"), "{}", run.stderr);
        assert_eq!(run.stdout, "");
        assert_eq!(files(), before);
    }
    let set = home.da(["server", "restore", copy.to_str().unwrap(), "--data-dir", "data"]);
    let run = set.env("DA_MASTER_KEY", "0".repeat(64)).run().exits(1);
    assert!(run.stderr.contains("DA_MASTER_KEY is not the one this store was made with"), "{}", run.stderr);
    assert_eq!(files(), before);
    // Without a key the backup is put in place, and a note asks for the key.
    fs::remove_file(data.join("master.key")).unwrap();
    let run = home.da(["server", "restore", copy.to_str().unwrap(), "--data-dir", "data"]).run().exits(0);
    assert!(run.stderr.contains("put the master key of this backup at"), "{}", run.stderr);
}
