//! `da server backup`, `restore` and `migrate` (O-05, M-53, S-56).

use std::{fs, os::unix::fs::MetadataExt as _};

use crate::support::{Operator, TestHome, TestServer, transcript};

#[test]
fn a_running_server_is_backed_up_and_its_copy_serves_elsewhere() {
    let mut server = TestServer::start();
    let admin = Operator::admin(&server);
    let token = admin.creates_token("ci");
    transcript!(server.host(&["server", "backup", "nightly.db"]).run(), @"
    exit: 0
    ----- stdout -----
    Backed up to nightly.db

    ----- stderr -----
    Keep the master key too, in another place: the copy is of no use without it
    ");
    admin.creates_token("later");
    assert!(server.terminate().success());
    let copy = server.data_dir().with_file_name("nightly.db");
    assert_eq!(fs::metadata(&copy).unwrap().mode() & 0o777, 0o600);

    let home = TestHome::new();
    let restore = home.da(["server", "restore", copy.to_str().unwrap()]);
    let mut run = restore.env("DA_DATA_DIR", home.path().join("data")).run();
    run.mask(copy.parent().unwrap(), "[OTHER]");
    transcript!(run, @"
    exit: 0
    ----- stdout -----
    Restored [OTHER]/nightly.db into [HOME]/data

    ----- stderr -----
    warning: Before the server starts, put the master key of this backup at [HOME]/data/master.key
    What was revoked or switched off after this backup works again: look through tokens and users
    ");
    // Without its key the copy is of no use, and says so.
    let start = home.da(["serve", "--listen", "127.0.0.1:0"]).env("DA_DATA_DIR", home.path().join("data"));
    transcript!(start.run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/data/master.key` is missing, but the store beside it was made with it; put the file back, or set DA_MASTER_KEY or DA_MASTER_KEY_FILE
    ");

    fs::copy(server.data_dir().join("master.key"), home.path().join("data/master.key")).unwrap();
    let restored = TestServer::empty().start_in(home);
    let elsewhere = Operator::stranger(&restored);
    let list = elsewhere.da_with(&token, &["token", "list"]).exits(0).stdout;
    assert!(list.contains("ci") && !list.contains("later"), "{list}");
    restored.host(&["server", "audit", "verify"]).run().exits(0);
}

#[test]
fn a_backup_overwrites_nothing() {
    let server = TestServer::start();
    let place = server.data_dir().with_file_name("taken.db");
    fs::write(&place, "precious").unwrap();
    transcript!(server.host(&["server", "backup", "taken.db"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `taken.db`: this file exists already; a backup never overwrites, choose another name
    ");
    assert_eq!(fs::read_to_string(&place).unwrap(), "precious");
    transcript!(server.host(&["server", "backup", "no/such/place.db"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `no/such/place.db`: cannot create the file: No such file or directory (os error 2)
    ");
    transcript!(server.host(&["server", "backup", "x.db", "--data-dir", "none"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `none/da.db`: there is no store here; name its directory with `--data-dir` or DA_DATA_DIR
    ");
}

#[test]
fn a_restore_overwrites_no_store_live_or_not() {
    let mut server = TestServer::start();
    server.host(&["server", "backup", "nightly.db"]).run().exits(0);
    transcript!(server.host(&["server", "restore", "nightly.db"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/data`: another process of `da` is using this data directory; stop it first, or choose another directory
    ");
    assert!(server.terminate().success());
    transcript!(server.host(&["server", "restore", "nightly.db"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/data/da.db`: a store is present and is never overwritten; move it away (with its -wal and -shm), then restore
    ");
    server.restart();
    server.admin();
}

#[test]
fn a_lost_store_is_not_made_anew_but_restored_in_place() {
    let mut server = TestServer::start();
    server.host(&["server", "backup", "nightly.db"]).run().exits(0);
    assert!(server.terminate().success());
    fs::remove_file(server.data_dir().join("da.db")).unwrap();
    transcript!(server.host(&["serve", "--listen", "127.0.0.1:0"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/data/da.db`: the database of this installation is gone; restore a backup with `da server restore FILE`, or move [HOME]/data away to begin anew
    ");
    transcript!(server.host(&["server", "restore", "nightly.db"]).run(), @"
    exit: 0
    ----- stdout -----
    Restored nightly.db into [HOME]/data

    ----- stderr -----
    What was revoked or switched off after this backup works again: look through tokens and users
    ");
    server.restart();
    server.admin();
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let home = TestHome::new();
    let restore = |file: &str| home.da(["server", "restore", file]).env("DA_DATA_DIR", home.path().join("data")).run();
    transcript!(restore("missing.db"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `missing.db`: there is no such file; name a backup made by `da server backup`
    ");
    fs::write(home.path().join("notes.txt"), "not a database").unwrap();
    transcript!(restore("notes.txt"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `notes.txt`: this is not a backup of `da`; name a file made by `da server backup`
    ");
    let foreign = rusqlite::Connection::open(home.path().join("foreign.db")).unwrap();
    foreign.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    transcript!(restore("foreign.db"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `foreign.db`: this is not a backup of `da`; name a file made by `da server backup`
    ");
    transcript!(restore("."), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `.`: this is not a plain file
    ");
    assert!(!home.path().join("data/da.db").exists());
}

#[test]
fn a_cut_off_backup_is_not_restored() {
    let mut server = TestServer::start();
    server.host(&["server", "backup", "nightly.db"]).run().exits(0);
    assert!(server.terminate().success());
    let copy = server.data_dir().with_file_name("nightly.db");
    let bytes = fs::read(&copy).unwrap();
    fs::write(&copy, &bytes[..bytes.len() / 2]).unwrap();
    let run = server.host(&["server", "restore", "nightly.db", "--data-dir", "elsewhere"]).run().exits(1);
    assert!(run.stderr.contains("nightly.db") && run.stderr.contains("use another backup"), "{}", run.stderr);
    assert!(!server.data_dir().with_file_name("elsewhere").join("da.db").exists());
}

#[test]
fn migrate_tells_and_does() {
    let mut server = TestServer::start();
    transcript!(server.host(&["server", "migrate", "--check"]).run(), @r"
    exit: 0
    ----- stdout -----
    schema 3 of 3

    ----- stderr -----
    The store is up to date
    ");
    transcript!(server.host(&["server", "migrate"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/data`: another process of `da` is using this data directory; stop it first, or choose another directory
    ");
    assert!(server.terminate().success());
    transcript!(server.host(&["server", "migrate"]).run(), @"
    exit: 0
    ----- stdout -----
    The store in [HOME]/data is up to date

    ----- stderr -----
    ");
    transcript!(server.host(&["server", "migrate", "--data-dir", "none"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `none/da.db`: there is no store here; name its directory with `--data-dir` or DA_DATA_DIR
    ");
    transcript!(server.host(&["server", "migrate", "--check", "--data-dir", "none"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `none/da.db`: there is no store here; name its directory with `--data-dir` or DA_DATA_DIR
    ");
}

#[test]
fn a_store_of_a_newer_program_is_refused() {
    let mut server = TestServer::start();
    assert!(server.terminate().success());
    let store = rusqlite::Connection::open(server.data_dir().join("da.db")).unwrap();
    store.pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    transcript!(server.host(&["server", "migrate", "--check"]).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/data/da.db`: its schema 99 was written by a newer `da`, this one knows 3; nothing was changed. Use the newer version, or restore the backup that it took before it upgraded
    ");
    transcript!(server.host(&["serve", "--listen", "127.0.0.1:0"]).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/data/da.db`: its schema 99 was written by a newer `da`, this one knows 3; nothing was changed. Use the newer version, or restore the backup that it took before it upgraded
    ");
}
