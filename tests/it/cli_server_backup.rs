//! A backup is checked without a restore, a restore is tried without a risk, and the server takes backups by itself:
//! O-05, S-56, M-54.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    schema_upgrade::lay_out,
    support::{Metrics, TestHome, TestServer, help, keys, transcript, wait_for},
};

/// Takes a backup of `server` into `home`.
fn backup(server: &TestServer, home: &TestHome) -> PathBuf {
    let copy = home.path().join("copy.db");
    server.on_host(["server".as_ref(), "backup".as_ref(), copy.as_os_str()]).run().exits(0);
    copy
}

/// Every file below `dir` with its bytes.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

#[test]
fn a_sound_backup_is_told_with_what_it_holds_and_nothing_is_written() {
    let (server, home) = (TestServer::start(), TestHome::new());
    let admin = server.admin();
    server.user(&admin, "bob@example.com", "analyst");
    admin.create_token("ci");
    let copy = backup(&server, &home);
    let before = contents(home.path());
    let mut run = server.on_host(["server", "backup", "verify", copy.to_str().unwrap()]).run();
    run.mask(home.path(), "[OTHER]");
    transcript!(run, @"
    exit: 0
    ----- stdout -----
    [OTHER]/copy.db is sound: schema 3, 2 users, 1 token, 2 sessions, 5 audit rows

    ----- stderr -----
    Newest change: [TIME], [N] seconds ago
    ");
    let run = server.on_host(["server", "backup", "verify", copy.to_str().unwrap(), "--json"]).run().exits(0);
    let told: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(keys(&told), ["audit_head", "newest_change_at", "schema", "sessions", "tokens", "users"]);
    let head = told["audit_head"].as_str().unwrap();
    server.on_host(["server", "audit", "verify", "--head", head]).run().exits(0);
    assert_eq!(contents(home.path()), before);
    // A read-only place will do.
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o400)).unwrap();
    server.on_host(["server", "backup", "verify", copy.to_str().unwrap()]).run().exits(0);
}

#[test]
fn an_unsound_backup_is_told_as_such() {
    let (server, home) = (TestServer::start(), TestHome::new());
    let admin = server.admin();
    (0..50).for_each(|n| drop(admin.create_token(&format!("t{n}"))));
    let copy = backup(&server, &home);
    let sound = fs::read(&copy).unwrap();
    let refusal = |name: &str, bytes: &[u8]| {
        let path = home.path().join(name);
        fs::write(&path, bytes).unwrap();
        let run = server.on_host(["server", "backup", "verify", path.to_str().unwrap()]).run().exits(1);
        assert_eq!(fs::read(&path).unwrap(), bytes, "untouched");
        run.stderr
    };
    assert!(refusal("cut.db", &sound[..sound.len() / 2]).contains("use another backup"));
    assert!(refusal("other.db", b"no database").contains("not a backup of `da`"));
    assert!(refusal("empty.db", b"").contains("not a backup of `da`"));
    let damaged: Vec<u8> = sound.iter().enumerate().map(|(at, byte)| if at > 8192 { !byte } else { *byte }).collect();
    assert!(refusal("damaged.db", &damaged).contains("use another backup"));
    let tampered = home.path().join("tampered.db");
    fs::write(&tampered, &sound).unwrap();
    let store = rusqlite::Connection::open(&tampered).unwrap();
    store.execute("UPDATE audit_log SET result = 'ok!' WHERE seq = 3", []).unwrap();
    drop(store);
    let run = server.on_host(["server", "backup", "verify", tampered.to_str().unwrap()]).run().exits(1);
    assert!(run.stderr.contains("Its audit log is broken at row 3"), "{}", run.stderr);
    let other = TestServer::start();
    let run = other.on_host(["server", "backup", "verify", copy.to_str().unwrap()]).run().exits(1);
    assert!(run.stderr.contains("is not the one this store was made with"), "{}", run.stderr);
    let live = server.data_dir().join("da.db");
    let run = server.on_host(["server", "backup", "verify", live.to_str().unwrap()]).run().exits(1);
    assert!(run.stderr.contains("this is a database in use"), "{}", run.stderr);
}

#[test]
fn a_backup_may_have_any_name() {
    let (server, home) = (TestServer::start(), TestHome::new());
    for name in ["./verify", "a b%3f?x=y#z.db"] {
        let path = home.path().join(name);
        server.on_host(["server".as_ref(), "backup".as_ref(), path.as_os_str()]).run().exits(0);
        assert!(path.exists());
        server.on_host(["server".as_ref(), "backup".as_ref(), "verify".as_ref(), path.as_os_str()]).run().exits(0);
    }
    transcript!(server.host(&["server", "backup"]).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: the following required arguments were not provided:
      <FILE>

    Usage: da server backup <FILE>

    For more information, try '--help'.
    ");
}

#[test]
fn a_rehearsal_opens_a_copy_as_the_server_would_and_leaves_nothing() {
    let (mut server, home) = (TestServer::start(), TestHome::new());
    let admin = server.admin();
    admin.create_token("ci");
    let copy = backup(&server, &home);
    let words = ["server", "restore", copy.to_str().unwrap(), "--rehearse"];
    let mut run = server.on_host(words).run();
    run.mask(home.path(), "[OTHER]");
    transcript!(run, @"
    exit: 0
    ----- stdout -----
    [OTHER]/copy.db can be restored: schema 3, 1 user, 1 token, 1 session, 3 audit rows

    ----- stderr -----
    Newest change: [TIME], [N] seconds ago
    ");
    admin.get("/auth/me").is(200);
    assert!(server.terminate().success());
    let (beside, live) = (contents(home.path()), contents(&server.data_dir()));
    let run = server.on_host(words).arg("--json").run().exits(0);
    let told: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((keys(&told), &told["restored"]["tokens"]), (vec!["backup", "restored"], &Value::from(1)));
    assert_eq!((contents(home.path()), contents(&server.data_dir())), (beside, live));
}

#[test]
fn a_rehearsal_upgrades_an_old_backup_and_finds_a_bad_one() {
    let home = TestHome::new();
    let data = home.path().join("data");
    lay_out("schema-v1", &data);
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    let before = contents(home.path());
    // The fixture itself is as good as a backup: its log is empty.
    let rehearse = |file: &str| home.da(["server", "restore", file, "--rehearse", "--data-dir", "data"]).run();
    fs::copy(data.join("da.db"), home.path().join("old.db")).unwrap();
    let run = rehearse("old.db").exits(0);
    assert!(run.stdout.contains("old.db can be restored: schema 3, 2 users"), "{}", run.stdout);
    assert!(run.stderr.contains("Upgraded from schema 1"), "{}", run.stderr);
    fs::remove_file(home.path().join("old.db")).unwrap();
    assert_eq!(contents(home.path()), before, "the store that is there is neither upgraded nor touched");

    fs::write(home.path().join("bad.db"), "nothing").unwrap();
    let run = rehearse("bad.db").exits(1);
    assert!(run.stderr.contains("not a backup of `da`"), "{}", run.stderr);
    fs::create_dir(home.path().join("bad.db.rehearsal")).unwrap();
    fs::copy(data.join("da.db"), home.path().join("bad.db")).unwrap();
    let run = rehearse("bad.db").exits(1);
    assert!(run.stderr.contains("bad.db.rehearsal") && run.stderr.contains("exists"), "{}", run.stderr);
}

#[test]
fn a_server_takes_backups_by_itself_and_keeps_the_newest_seven() {
    let mut server = TestServer::with_admin().env("DA_BACKUP_HOURS", "24").start();
    let scheduled = |server: &TestServer| -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(server.data_dir().join("backups"))
            .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        names.sort();
        names
    };
    server.wait_for_log("backed up, and checked");
    let first = scheduled(&server);
    assert_eq!(first.len(), 1);
    let path = server.data_dir().join("backups").join(&first[0]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    server.on_host(["server".as_ref(), "backup".as_ref(), "verify".as_ref(), path.as_os_str()]).run().exits(0);
    let metrics = Metrics::of(&server.stranger().get("/metrics"));
    assert_eq!(metrics.get("da_backups_total", &[("outcome", "success")]), Some(1.0));
    assert!(metrics.get("da_backup_timestamp_seconds", &[]) > Some(1.7e9));
    let doctor = |server: &TestServer| server.host(&["server", "doctor"]).env("DA_BACKUP_HOURS", "24").run();
    assert!(doctor(&server).exits(0).stdout.contains("scheduled_backups (the newest is"));

    // It is not due yet after a restart; a day later it is, and the oldest of eight goes. Others' files stay.
    server.terminate();
    server.restart_elsewhere();
    server.admin();
    assert_eq!(scheduled(&server), first);
    server.terminate();
    let dir = server.data_dir().join("backups");
    fs::write(dir.join("mine.db"), "x").unwrap();
    fs::set_permissions(dir.join("mine.db"), fs::Permissions::from_mode(0o600)).unwrap();
    for n in 1..8 {
        fs::copy(&path, dir.join(format!("da-scheduled-{n:020}.db"))).unwrap();
    }
    fs::remove_file(&path).unwrap();
    assert!(doctor(&server).exits(1).stdout.contains("[failed ] scheduled_backups"));
    server.restart_elsewhere();
    wait_for("another backup", || (!scheduled(&server).contains(&format!("da-scheduled-{:020}.db", 1))).then_some(()));
    let names = scheduled(&server);
    assert_eq!(names.len(), 8, "{names:?}");
    assert!(
        names.contains(&"mine.db".to_owned()) && names.contains(&format!("da-scheduled-{:020}.db", 2)),
        "{names:?}"
    );
}

#[test]
fn a_scheduled_backup_that_fails_shows_in_log_metrics_and_doctor() {
    let home = TestHome::new();
    let data = home.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(data.join("backups"), "in the way").unwrap();
    fs::set_permissions(data.join("backups"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(data.join("lock"), "").unwrap();
    let server = TestServer::with_admin().env("DA_BACKUP_HOURS", "1").start_in(home);
    server.wait_for_log("the scheduled backup failed");
    let metrics = Metrics::of(&server.stranger().get("/metrics"));
    assert_eq!(metrics.get("da_backups_total", &[("outcome", "failure")]), Some(1.0));
    let run = server.host(&["server", "doctor"]).env("DA_BACKUP_HOURS", "1").run().exits(1);
    assert!(run.stdout.contains("[failed ] scheduled_backups"), "{}", run.stdout);
    server.admin().create_token("works");
}

#[test]
fn the_help_of_backup_and_restore() {
    insta::assert_snapshot!(help(["server", "backup"]), @"
    Copy the store to a new file while the server runs, and check the copy

    The copy holds no usable credential, and it does not hold the master key: keep `master.key` apart
    from it, as neither is of use without the other.

    Usage: da server backup [OPTIONS] <FILE>
           da server backup <COMMAND>

    Commands:
      verify  Check every page and row of a backup, and its audit log with the master key

    Arguments:
      <FILE>
              File to make; it must not exist

    Options:
          --data-dir <DIR>
              Directory of the store and the keys

          --config <FILE>
              Settings file [default: da-server.yaml in the data directory]

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da server backup /backups/da-$(date +%F).db
      da server backup nightly.db --data-dir /var/lib/da
      da server backup verify /backups/da-2026-11-22.db
    ");
    insta::assert_snapshot!(help(["server", "backup", "verify"]), @"
    Check every page and row of a backup, and its audit log with the master key

    Writes nothing, and works while the server runs. `da server restore FILE --rehearse` goes further.

    Usage: da server backup verify [OPTIONS] <FILE>

    Arguments:
      <FILE>
              Backup to check

    Options:
          --data-dir <DIR>
              Directory of the store and the keys

          --config <FILE>
              Settings file [default: da-server.yaml in the data directory]

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da server backup verify /backups/da-2026-11-22.db
      da server backup verify nightly.db --data-dir /var/lib/da --json
    ");
    insta::assert_snapshot!(help(["server", "restore"]), @"
    Put a backup in place, with the server stopped

    Checks the backup first, and never overwrites a store: move the old one away before. A master key
    that is set or in place must be the one of the backup; without one, put it in place before the
    server starts. The restore is recorded in the audit log.

    Usage: da server restore [OPTIONS] <FILE>

    Arguments:
      <FILE>
              Backup to put in place

    Options:
          --rehearse
              Only try it, beside the backup: restore, open as the server would, check, remove; the
              server may run

          --data-dir <DIR>
              Directory of the store and the keys

          --config <FILE>
              Settings file [default: da-server.yaml in the data directory]

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da server restore /backups/da-2026-11-22.db
      da server restore nightly.db --data-dir /var/lib/da
      da server restore nightly.db --rehearse
    ");
}
