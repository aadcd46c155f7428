//! Who may read the files, who holds them, what lies where (S-51, S-55, S-56, S-58).

use std::{fs, path::Path};

use super::*;
use crate::{
    domain::User,
    store::contract::{add, user},
};

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(path)
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("plain name"))
        .collect();
    names.sort();
    names
}

pub(super) fn knows(store: &dyn Store, user: &User) -> bool {
    store.read(|tx| tx.user(user.id)).expect("read").is_some()
}

#[test]
fn a_store_is_opened_once() {
    let home = Home::new();
    let dir = home.dir();
    let store = SqliteStore::open(&dir, contract::chain_key(), &Still).expect("opens");
    drop(dir);
    let refusal = DataDir::open(&home.0.path().join("data")).expect_err("the store holds it").to_string();
    assert!(refusal.contains("another process"), "{refusal}");
    drop(store);
    home.open();
}

#[test]
fn closing_leaves_one_file() {
    let home = Home::new();
    let store = home.open();
    add(&store, &user("ann"));
    let path = store.path.clone();
    assert!(fs::metadata(data_dir::companion(&path, "-wal")).expect("there").len() > 0);
    drop(store);
    assert_eq!(names(&home.0.path().join("data")), ["da.db", "lock"]);
}

#[test]
fn a_closed_store_reads_but_does_not_write() {
    let home = Home::new();
    let store = home.open();
    let ann = user("ann");
    add(&store, &ann);
    store.close();
    store.close();
    assert!(knows(&store, &ann));
    let store: &dyn Store = &store;
    let refused = store.write(move |tx| tx.insert_user(&user("bob")));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

#[cfg(unix)]
#[test]
fn every_file_is_private_whatever_the_umask() {
    use std::os::unix::fs::MetadataExt as _;

    const CHILD: &str = "DA_TEST_UMASK_DIR";
    #[allow(clippy::disallowed_methods, reason = "how the child is told where to work")]
    if let Some(path) = std::env::var_os(CHILD) {
        let path = std::path::PathBuf::from(path);
        rustix::process::umask(rustix::fs::Mode::empty());
        let dir = DataDir::open(&path.join("data")).expect("free");
        let store = SqliteStore::open(&dir, contract::chain_key(), &Still).expect("opens");
        add(&store, &user("ann"));
        store.backup(&path.join("copy.db")).expect("copied");
        // The companions must be looked at while they exist: leave them behind.
        std::process::abort();
    }
    // The umask belongs to the process, so this very test runs again in a child of its own.
    let home = tempfile::tempdir().expect("temporary directory");
    let name = "store::sqlite::tests::files::every_file_is_private_whatever_the_umask";
    let child = std::process::Command::new(std::env::current_exe().expect("known"))
        .args([name, "--exact"])
        .env(CHILD, home.path())
        .output()
        .expect("runs");
    assert!(!child.status.success());
    let mode = |path: &Path| fs::metadata(path).expect("there").mode() & 0o7777;
    let data = home.path().join("data");
    assert_eq!(mode(&data), 0o700);
    assert_eq!(names(&data), ["da.db", "da.db-shm", "da.db-wal", "lock"]);
    for file in names(&data) {
        assert_eq!(mode(&data.join(&file)), 0o600, "{file}");
    }
    assert_eq!(mode(&home.path().join("copy.db")), 0o600);
}

#[test]
fn a_backup_made_under_load_is_sound_and_misses_nothing() {
    let home = Home::new();
    let store = home.open();
    let copy = home.0.path().join("copy.db");
    let before: Vec<_> = (0..50).map(|number| user(&format!("before{number}"))).collect();
    before.iter().for_each(|user| add(&store, user));
    std::thread::scope(|scope| {
        let busy: Vec<_> = (0..4)
            .map(|thread| {
                let store = &store;
                scope.spawn(move || (0..50).for_each(|number| add(store, &user(&format!("t{thread}n{number}")))))
            })
            .collect();
        store.backup(&copy).expect("copied");
        busy.into_iter().for_each(|thread| thread.join().expect("no panic"));
    });
    assert_eq!(names(home.0.path()), ["copy.db", "data"], "nothing beside the copy");
    let elsewhere = Home::new();
    restore(&elsewhere.dir(), &copy).expect("restored");
    assert_eq!(names(home.0.path()), ["copy.db", "data"], "looking at it left nothing");
    let restored = elsewhere.open();
    assert!(before.iter().all(|user| knows(&restored, user)));
    let instance = |store: &dyn Store| store.read(|tx| tx.meta("instance_id")).expect("read");
    assert_eq!(instance(&restored), instance(&store));
}

#[test]
fn a_backup_overwrites_nothing() {
    let home = Home::new();
    let store = home.open();
    let path = home.0.path().join("precious");
    fs::write(&path, "precious").expect("written");
    let refusal = store.backup(&path).expect_err("refused").to_string();
    assert!(refusal.contains("precious") && refusal.contains("exists"), "{refusal}");
    assert_eq!(fs::read(&path).expect("readable"), b"precious");
    let missing = home.0.path().join("no/such/place");
    store.backup(&missing).expect_err("refused");
}

#[test]
fn a_restore_never_replaces_a_store() {
    let home = Home::new();
    let store = home.open();
    let copy = home.0.path().join("copy.db");
    store.backup(&copy).expect("copied");
    drop(store);
    let dir = home.dir();
    let refusal = restore(&dir, &copy).expect_err("refused").to_string();
    assert!(refusal.contains("da.db") && refusal.contains("move it away"), "{refusal}");
    fs::remove_file(dir.database()).expect("removed");
    restore(&dir, &copy).expect("restored");
    drop(dir);
    home.open();
}

#[test]
fn a_restore_takes_only_a_sound_backup_and_leaves_nothing() {
    let home = Home::new();
    let store = home.open();
    (0..200).for_each(|number| add(&store, &user(&format!("u{number}"))));
    let copy = home.0.path().join("copy.db");
    store.backup(&copy).expect("copied");
    let sound = fs::read(&copy).expect("readable");
    let mut damaged = sound.clone();
    damaged[4096..8192].fill(0xa5);
    let mut newer = sound.clone();
    newer[60..64].copy_from_slice(&99_i32.to_be_bytes());
    let mut foreign = sound.clone();
    foreign[68..72].fill(0);
    let cases = [
        ("damaged", damaged),
        ("newer", newer),
        ("foreign", foreign),
        ("cut", sound[..6000].to_vec()),
        ("empty", vec![]),
    ];
    let elsewhere = Home::new();
    let dir = elsewhere.dir();
    for (name, bytes) in cases {
        let path = home.0.path().join(name);
        fs::write(&path, bytes).expect("written");
        let refusal = restore(&dir, &path).expect_err(name).to_string();
        assert!(refusal.contains(name), "{refusal}");
        assert_eq!(names(dir.path()), ["lock"], "{name}");
        assert_eq!(dir.instance().expect("readable"), None);
    }
    let live = restore(&dir, &store.path).expect_err("in use").to_string();
    assert!(live.contains("da server backup"), "{live}");
    assert_eq!(names(dir.path()), ["lock"]);
}
