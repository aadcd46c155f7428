//! Files that must be refused, untouched (S-53).

use std::{fs, path::PathBuf};

use super::*;
use crate::store::{
    contract::{add, user},
    sqlite::schema::{MIGRATIONS, Migration},
};

/// Makes a store with some users, closes it, and returns where its database lies.
fn used_store(home: &Home) -> PathBuf {
    let store = home.open();
    (0..200).for_each(|number| add(&store, &user(&format!("u{number}"))));
    store.path.clone()
}

fn refusal(home: &Home) -> String {
    home.try_open().expect_err("refused").to_string()
}

#[test]
fn a_file_that_is_no_sound_store_of_ours_is_refused_untouched() {
    let home = Home::new();
    let path = used_store(&home);
    let sound = fs::read(&path).expect("readable");
    let mut newer = sound.clone();
    newer[60..64].copy_from_slice(&99_i32.to_be_bytes());
    let mut foreign = sound.clone();
    foreign[68..72].copy_from_slice(&7_i32.to_be_bytes());
    let mut flipped = sound.clone();
    flipped[4096..4104].iter_mut().for_each(|byte| *byte ^= 0xff);
    let cases = [
        ("empty", vec![], "cut off"),
        ("text", b"hello".repeat(100), "not a database of `da`"),
        ("another program's", foreign, "not a database of `da`"),
        ("newer", newer, "newer"),
        ("cut off in the header", sound[..60].to_vec(), "cut off"),
        ("cut off behind the first page", sound[..4096].to_vec(), "da server restore"),
        ("cut off in the middle", sound[..sound.len() / 2].to_vec(), "da server restore"),
        ("flipped", flipped, "da server restore"),
    ];
    for (name, bytes, advice) in cases {
        fs::write(&path, &bytes).expect("written");
        let refusal = refusal(&home);
        assert!(refusal.contains("da.db") && refusal.contains(advice), "{name}: {refusal}");
        assert_eq!(fs::read(&path).expect("readable"), bytes, "{name}");
    }
    fs::write(&path, sound).expect("written");
    home.open();
}

#[test]
fn a_vanished_database_is_not_made_anew() {
    let home = Home::new();
    let path = used_store(&home);
    fs::remove_file(&path).expect("removed");
    assert!(home.dir().is_initialised().expect("readable"));
    let refusal = refusal(&home);
    assert!(refusal.contains("da.db") && refusal.contains("da server restore"), "{refusal}");
    assert!(!path.exists());
}

#[test]
fn the_remains_of_another_database_stop_a_new_one() {
    let home = Home::new();
    let dir = home.dir();
    fs::write(data_dir::companion(&dir.database(), "-wal"), "x").expect("written");
    drop(dir);
    assert!(refusal(&home).contains("da.db-wal"));
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_the_database_is_refused() {
    let home = Home::new();
    let path = used_store(&home);
    let moved = home.0.path().join("moved.db");
    fs::rename(&path, &moved).expect("moved");
    std::os::unix::fs::symlink(&moved, &path).expect("linked");
    assert!(refusal(&home).contains("plain file"));
}

#[test]
fn an_interrupted_first_start_is_begun_again() {
    let home = Home::new();
    let dir = home.dir();
    for suffix in [".new", ".new-journal"] {
        fs::write(data_dir::companion(&dir.database(), suffix), "half").expect("written");
    }
    drop(dir);
    home.open();
}

#[test]
fn an_upgrade_takes_a_backup_first() {
    let home = Home::new();
    drop(used_store(&home));
    let next = |sql| {
        let known =
            MIGRATIONS.iter().map(|Migration { version, name, sql }| Migration { version: *version, name, sql });
        let version = i32::try_from(MIGRATIONS.len() + 1).expect("few");
        known.chain([Migration { version, name: "9999_next", sql }]).collect::<Vec<_>>()
    };
    let upgrade_after = |sql, verdict: Result<(), StoreError>| {
        SqliteStore::open_with(&home.dir(), contract::chain_key(), &Still, &next(sql), |reader| {
            assert!(reader.meta("migration_0002_next")?.is_none());
            verdict
        })
    };
    let upgrade = |sql| upgrade_after(sql, Ok(()));
    let unfit = StoreError::Unavailable("the key does not fit".to_owned());
    assert!(
        upgrade_after("CREATE TABLE next (x)", Err(unfit)).is_err_and(|error| error.to_string().contains("not fit"))
    );
    assert!(!home.dir().backups().exists(), "a refused store was about to be upgraded");
    upgrade("nonsense").expect_err("fails");
    fs::remove_dir_all(home.dir().backups()).expect("removed");
    drop(home.open());
    let store = upgrade("CREATE TABLE next (x)").expect("upgraded");
    let marker = (&store as &dyn Store).read(|tx| tx.meta("migration_9999_next")).expect("read");
    assert_eq!(marker.as_deref(), Some("done"));
    drop(store);
    assert!(refusal(&home).contains("newer"));
    let backups: Vec<_> =
        fs::read_dir(home.dir().backups()).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    assert_eq!(backups.len(), 1);
    let elsewhere = Home::new();
    restore(&elsewhere.dir(), &backups[0]).expect("restored");
    elsewhere.open();
}

#[test]
fn a_forged_head_of_the_audit_log_is_not_sealed_anew() {
    let home = Home::new();
    let path = used_store(&home);
    let thief = rusqlite::Connection::open(&path).expect("opens");
    thief.execute("UPDATE meta SET value = zeroblob(72) WHERE key = 'audit_head'", []).expect("forged");
    drop(thief);
    let store = home.open();
    let entry = crate::domain::AuditEntry {
        action: crate::domain::Action::Login,
        user_id: None,
        via: crate::domain::Via::System,
        resource: "auth".to_owned(),
        params: serde_json::json!({}),
        result: "ok",
        ip: None,
        request_id: None,
    };
    let refused = (&store as &dyn Store).write(move |tx| tx.append_audit(&entry, contract::at(1)));
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
}
