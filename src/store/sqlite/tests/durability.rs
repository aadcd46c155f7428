//! What is acknowledged stays, and what fails is not acknowledged (S-50, S-51, S-54).

use std::{fs, sync::Barrier, thread, time::Duration};

use super::{files::knows, *};
use crate::store::contract::{add, at, user};

#[test]
#[expect(clippy::disallowed_methods, reason = "the others come to wait meanwhile")]
fn waiting_changes_share_a_commit() {
    let home = Home::new();
    let store = home.open();
    let users: Vec<_> = (0..64).map(|number| user(&format!("u{number}"))).collect();
    let before = store.stats();
    let all_ready = Arc::new(Barrier::new(users.len() + 1));
    thread::scope(|scope| {
        for user in &users {
            let (store, all_ready) = (&store, &all_ready);
            scope.spawn(move || {
                all_ready.wait();
                add(store, user);
            });
        }
        // While this change holds the writer, the others come to wait.
        let all_ready = Arc::clone(&all_ready);
        let hold = (&store as &dyn Store).write::<_, StoreError>(move |_| {
            all_ready.wait();
            thread::sleep(Duration::from_millis(300));
            Ok(())
        });
        hold.expect("written");
    });
    let after = store.stats();
    assert_eq!(after.jobs - before.jobs, 65);
    assert!(after.commits - before.commits <= 16, "{before:?} {after:?}");
    assert!(users.iter().all(|user| knows(&store, user)));
}

#[test]
fn the_log_begins_anew_beside_the_standing_reader() {
    // All changes together are some 60 MiB of log.
    const AT_MOST: u64 = 16 << 20;
    let home = Home::new();
    let store = home.open();
    for round in 0..60 {
        let users: Vec<_> = (0..200).map(|number| user(&format!("u{round}-{number}"))).collect();
        let last = users[199].clone();
        let all = move |writer: &dyn crate::store::Writer| users.iter().try_for_each(|user| writer.insert_user(user));
        (&store as &dyn Store).write::<_, StoreError>(all).expect("written");
        assert!(knows(&store, &last));
        let log = fs::metadata(data_dir::companion(&store.path, "-wal")).expect("there").len();
        assert!(log <= AT_MOST, "the log has {log} bytes after {round} rounds");
    }
}

#[test]
fn what_was_acknowledged_survives_without_a_clean_end() {
    let home = Home::new();
    let store = home.open();
    let users: Vec<_> = (0..20).map(|number| user(&format!("u{number}"))).collect();
    users.iter().for_each(|user| add(&store, user));
    // What a crash leaves: the files as they are, the log not written back.
    let crashed = Home::new();
    let dir = crashed.dir();
    for suffix in ["", "-wal"] {
        let name = data_dir::companion(&store.path, suffix);
        fs::copy(&name, data_dir::companion(&dir.database(), suffix)).expect("copied");
    }
    drop(dir);
    let reopened = crashed.open();
    assert!(users.iter().all(|user| knows(&reopened, user)));
}

/// Returns a store whose writer finds the disk full until it opens its next connection: `SQLite` reports its own limit
/// of pages exactly as it reports a full disk.
fn on_a_full_disk(home: &Home, ann: &crate::domain::User) -> SqliteStore {
    add(&home.open(), ann);
    let dir = home.dir();
    let path = dir.database();
    let connection = open::open(&dir, &contract::chain_key(), schema::MIGRATIONS, at(0), |_| Ok::<_, StoreError>(()))
        .expect("opens");
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).expect("readable");
    connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).expect("limited");
    SqliteStore {
        readers: Readers::open(&path).expect("opens"),
        writer: Writer::start(connection, path.clone(), contract::chain_key()).expect("starts"),
        path,
        chain_key: contract::chain_key(),
        _lock: dir.hold(),
    }
}

#[test]
fn a_full_disk_stops_writes_but_not_reads_and_needs_no_restart() {
    let home = Home::new();
    let (ann, bob) = (user("ann"), user("bob"));
    let store = on_a_full_disk(&home, &ann);
    let refused = (&store as &dyn Store).write(|tx| tx.set_meta("big", &"x".repeat(100_000), at(0)));
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    assert!(knows(&store, &ann));
    add(&store, &bob);
    assert!(knows(&store, &bob));
}

#[test]
fn an_overlooked_fault_is_not_acknowledged() {
    let home = Home::new();
    let (ann, bob) = (user("ann"), user("bob"));
    let store = on_a_full_disk(&home, &ann);
    let id = bob.id;
    let refused = (&store as &dyn Store).write::<_, StoreError>(move |tx| {
        let _ = tx.set_meta("big", &"x".repeat(100_000), at(0));
        let _ = tx.insert_user(&bob);
        Ok(())
    });
    assert!(matches!(refused, Err(StoreError::Full(_))), "{refused:?}");
    assert_eq!((&store as &dyn Store).read(|tx| tx.user(id)).expect("read"), None);
}

#[test]
fn a_database_removed_under_the_server_takes_no_more_writes() {
    let home = Home::new();
    let store = home.open();
    let (ann, bob) = (user("ann"), user("bob"));
    add(&store, &ann);
    let moved = home.0.path().join("moved.db");
    fs::rename(&store.path, &moved).expect("moved");
    let refused = (&store as &dyn Store).write(move |tx| tx.insert_user(&bob));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(knows(&store, &ann), "checks go on");
    fs::rename(&moved, &store.path).expect("moved back");
    add(&store, &user("carl"));
}
