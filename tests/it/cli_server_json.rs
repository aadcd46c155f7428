//! `--json` on the server's host: whatever a command has to tell is one object with the same keys every time.

use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    schema_upgrade::lay_out,
    support::{Run, TestHome, TestServer, keys, transcript},
};

/// What a run told on stdout, with nothing but JSON on stderr.
#[track_caller]
fn told(run: &Run) -> Value {
    for line in run.stderr.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

#[test]
fn a_backup_and_its_restore_are_told_in_json() {
    let mut server = TestServer::start();
    transcript!(server.host(&["server", "backup", "nightly.db", "--json"]).run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "file": "nightly.db",
      "data_dir": "[HOME]/data"
    }

    ----- stderr -----
    "#);
    assert!(server.terminate().success());
    transcript!(server.host(&["server", "restore", "nightly.db", "--data-dir", "other", "--json"]).run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "file": "nightly.db",
      "data_dir": "[HOME]/other",
      "has_master_key": false
    }

    ----- stderr -----
    "#);
    let run = server.host(&["server", "restore", "nightly.db", "--data-dir", "other", "--json"]).run().exits(1);
    assert_eq!(run.stdout, "");
    let error: Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(error["error"]["exit_code"], 1);
}

#[test]
fn the_schema_is_told_in_json_before_and_after_an_upgrade() {
    let home = TestHome::new();
    lay_out("schema-v1", &home.path().join("data"));
    fs::set_permissions(home.path().join("data"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let migrate = |flags: &[&str]| home.da(["server", "migrate", "--data-dir", "data", "--json"]).args(flags).run();
    let run = migrate(&["--check"]).exits(1);
    assert_eq!(told(&run), json!({ "schema": 1, "known_schema": 3, "up_to_date": false, "changed": false }));
    let upgraded = json!({ "schema": 3, "known_schema": 3, "up_to_date": true, "changed": true });
    assert_eq!(told(&migrate(&[]).exits(0)), upgraded);
    let unchanged = json!({ "schema": 3, "known_schema": 3, "up_to_date": true, "changed": false });
    assert_eq!(told(&migrate(&[]).exits(0)), unchanged);
    assert_eq!(told(&migrate(&["--check"]).exits(0)), unchanged);
}

#[test]
fn the_verdict_on_the_audit_log_has_the_same_keys_whole_or_broken() {
    let mut server = TestServer::start();
    server.admin().create_token("ci");
    assert!(server.terminate().success());
    let verify = ["server", "audit", "verify", "--json"];
    let whole = told(&server.host(&verify).run().exits(0));
    let head = server.host(&["server", "audit", "verify"]).run().stderr;
    assert_eq!(whole["head"], head.trim().strip_prefix("Head: ").unwrap());
    assert_eq!((&whole["intact"], &whole["rows"], &whole["reason"]), (&json!(true), &json!(3), &Value::Null));

    let store = Connection::open(server.data_dir().join("da.db")).unwrap();
    assert_eq!(store.execute("DELETE FROM audit_log WHERE seq = 2", []).unwrap(), 1);
    drop(store);
    let broken = told(&server.host(&verify).run().exits(1));
    assert_eq!(keys(&broken), keys(&whole));
    assert_eq!((&broken["intact"], &broken["broken_row"]), (&json!(false), &json!(2)));
    assert_eq!((&broken["reason"], &broken["head"]), (&json!("the row is missing"), &Value::Null));
}
