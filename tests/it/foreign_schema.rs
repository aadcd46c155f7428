//! A database whose schema is not the one that `da` makes is refused by name: a trigger can ignore a revocation.

use std::{fs, path::Path};

use crate::{
    schema_upgrade::lay_out,
    support::{TestHome, TestServer},
};

/// What somebody did to the database, and how every refusal names the object.
const CASES: [(&str, &str); 9] = [
    (
        "CREATE TRIGGER evil BEFORE UPDATE OF revoked_at ON personal_access_tokens BEGIN SELECT RAISE(IGNORE); END",
        "it holds the trigger `evil`, which `da` did not make",
    ),
    ("CREATE VIEW evil AS SELECT * FROM users", "it holds the view `evil`, which `da` did not make"),
    ("CREATE TABLE evil (x)", "it holds the table `evil`, which `da` did not make"),
    ("CREATE INDEX evil ON users (name)", "it holds the index `evil`, which `da` did not make"),
    ("DROP INDEX users_by_role", "its index `users_by_role` is missing"),
    ("ALTER TABLE users ADD COLUMN evil TEXT", "its table `users` is not as `da` made it"),
    (
        "PRAGMA writable_schema = ON; \
         UPDATE sqlite_schema SET sql = replace(sql, 'ON DELETE CASCADE', '') WHERE name = 'auth_sessions'",
        "its table `auth_sessions` is not as `da` made it",
    ),
    ("PRAGMA user_version = 0", "its schema 0 is none that `da` ever wrote"),
    ("PRAGMA user_version = -1", "its schema -1 is none that `da` ever wrote"),
];

fn tampered(sound: &Path, to: &Path, sql: &str) {
    fs::copy(sound, to).unwrap();
    let store = rusqlite::Connection::open(to).unwrap();
    store.execute_batch(sql).unwrap();
    // One file, as a backup is.
    store.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).unwrap();
}

#[test]
fn every_command_refuses_a_foreign_schema_by_name() {
    let mut server = TestServer::start();
    server.admin().create_token("ci");
    assert!(server.terminate().success());
    let (home, live) = (TestHome::new(), server.data_dir().join("da.db"));
    let (sound, bad) = (home.path().join("sound.db"), home.path().join("bad.db"));
    fs::copy(&live, &sound).unwrap();
    let key = server.data_dir().join("master.key");
    for (sql, named) in CASES {
        tampered(&sound, &bad, sql);
        fs::copy(&bad, &live).unwrap();
        for command in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["server", "migrate"],
            &["server", "migrate", "--check"],
            &["server", "doctor"],
            &["server", "audit", "verify"],
            &["server", "keys", "list"],
            &["server", "backup", "copy.db"],
            &["server", "backup", "verify", bad.to_str().unwrap()],
            &["server", "restore", bad.to_str().unwrap(), "--rehearse"],
        ] {
            let run = server.host(command).run().exits(1);
            let text = format!("{}{}", run.stdout, run.stderr);
            assert!(text.contains(named), "{command:?} after {sql}: {text}");
        }
        for with_key in [true, false] {
            let data = home.path().join("elsewhere");
            fs::create_dir(&data).unwrap();
            fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
            if with_key {
                fs::copy(&key, data.join("master.key")).unwrap();
            }
            let run = home.da(["server", "restore", "bad.db", "--data-dir", "elsewhere"]).run().exits(1);
            assert!(run.stderr.contains(named), "{sql}: {}", run.stderr);
            assert!(!data.join("da.db").exists(), "{sql}");
            fs::remove_dir_all(&data).unwrap();
        }
        assert!(!server.data_dir().with_file_name("copy.db").exists(), "{sql}");
    }
    fs::copy(&sound, &live).unwrap();
    server.restart();
    server.admin();
}

#[test]
fn a_foreign_schema_is_refused_before_an_upgrade() {
    for (fixture, version) in [("schema-v1", 1), ("schema-v2", 2)] {
        let home = TestHome::new();
        let data = home.path().join("data");
        lay_out(fixture, &data);
        fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let (live, sound) = (data.join("da.db"), home.path().join("sound.db"));
        fs::copy(&live, &sound).unwrap();
        for sql in [
            "CREATE TRIGGER evil AFTER INSERT ON users BEGIN DELETE FROM audit_log; END",
            "CREATE VIEW evil AS SELECT 1",
        ] {
            tampered(&sound, &live, sql);
            let run = home.da(["server", "migrate", "--data-dir", "data"]).run().exits(1);
            assert!(run.stderr.contains("`evil`"), "{fixture}: {}", run.stderr);
            assert!(!data.join("backups").exists(), "{fixture}");
        }
        // The schema of another version is foreign too.
        tampered(&sound, &live, &format!("PRAGMA user_version = {}", 3 - version));
        home.da(["server", "migrate", "--data-dir", "data"]).run().exits(1);
        fs::copy(&sound, &live).unwrap();
        home.da(["server", "migrate", "--data-dir", "data"]).run().exits(0);
    }
}
