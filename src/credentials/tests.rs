//! Keyring and file, told apart and kept closed.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod moving;
mod profiles;

use std::{cell::RefCell, collections::HashMap, fs, path::Path};

use super::*;
use crate::{
    client::ServerUrl,
    domain::{Secret, Timestamp},
};

/// Somebody else's keyring: the user's own must not be touched.
#[derive(Default)]
struct MemoryKeyring {
    entries: RefCell<HashMap<String, String>>,
    locked: bool,
    /// Takes what it does not keep.
    forgetful: bool,
    /// Never lets go.
    stuck: bool,
}

impl MemoryKeyring {
    fn locked() -> Self {
        Self { locked: true, ..Self::default() }
    }
}

impl Keyring for MemoryKeyring {
    fn status(&self) -> Result<(), KeyringError> {
        if self.locked { Err(KeyringError::Unavailable("locked".to_owned())) } else { Ok(()) }
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, KeyringError> {
        self.status()?;
        Ok(self.entries.borrow().get(account).cloned().map(Secret::new))
    }

    fn set(&self, account: &str, secret: &Secret) -> Result<(), KeyringError> {
        self.status()?;
        let kept = if self.forgetful { "{}" } else { secret.expose() };
        self.entries.borrow_mut().insert(account.to_owned(), kept.to_owned());
        Ok(())
    }

    fn delete(&self, account: &str) -> Result<bool, KeyringError> {
        self.status()?;
        if self.stuck {
            return Err(KeyringError::Unavailable("it does not let go".to_owned()));
        }
        Ok(self.entries.borrow_mut().remove(account).is_some())
    }
}

fn here() -> ServerUrl {
    "http://127.0.0.1:8000".parse().unwrap()
}

fn elsewhere() -> ServerUrl {
    "https://elsewhere.example.org".parse().unwrap()
}

fn credential(token: &str) -> StoredCredential {
    StoredCredential {
        access_token: Secret::new(token.to_owned()),
        email: "ann@example.org".to_owned(),
        role: "admin".to_owned(),
        server: None,
        expires_at: Some(Timestamp::from_micros(1_802_999_701_991_806)),
        refresh_token: None,
        refresh_expires_at: None,
    }
}

fn store<'a>(dir: &Path, choice: StoreChoice, keyring: &'a MemoryKeyring) -> CredentialStore<'a> {
    store_of("default", dir, choice, keyring)
}

fn store_of<'a>(name: &str, dir: &Path, choice: StoreChoice, keyring: &'a MemoryKeyring) -> CredentialStore<'a> {
    CredentialStore::new(&PrivateDir::new(dir.join("da")), name.parse().unwrap(), choice, Some(here()), keyring)
}

fn token(loaded: Option<Loaded>) -> Option<String> {
    loaded.map(|loaded| loaded.credential.access_token.expose().to_owned())
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_file_has_the_keys_of_older_tools_first() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let saved = store(dir.path(), StoreChoice::File, &keyring).save(&here(), &credential("t1")).unwrap();
    let path = dir.path().join("da/token.json");
    assert_eq!(saved.storage, Storage::File(path.clone()));
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        "{\n  \"access_token\": \"t1\",\n  \"email\": \"ann@example.org\",\n  \"role\": \"admin\",\n  \
         \"server\": \"http://127.0.0.1:8000\",\n  \"expires_at\": \"2027-02-19T01:15:01.991806+00:00\"\n}"
    );
    assert!(keyring.entries.borrow().is_empty());
}

#[cfg(unix)]
#[test]
fn files_and_directories_are_closed_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let home = dir.path().join("da");
    fs::create_dir(&home).unwrap();
    set_mode(&home, 0o755);
    store(dir.path(), StoreChoice::File, &keyring).save(&here(), &credential("t1")).unwrap();
    assert_eq!((mode(&home), mode(&home.join("token.json")), mode(&home.join("state"))), (0o700, 0o600, 0o700));
    let names: Vec<_> = fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "no temporary file stays: {names:?}");
}

#[cfg(unix)]
#[test]
fn a_directory_shared_with_other_things_keeps_its_mode_but_not_for_other_writers() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let home = dir.path().join("da");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("thesis.tex"), "").unwrap();
    set_mode(&home, 0o755);
    let store = store(dir.path(), StoreChoice::File, &keyring);
    store.save(&here(), &credential("t1")).unwrap();
    assert_eq!(mode(&home), 0o755);
    set_mode(&home, 0o777);
    let refused = store.save(&here(), &credential("t2"));
    assert!(matches!(refused, Err(CredentialError::File(FileError::OpenDirectory(_)))));
    assert_eq!(token(store.load(&here()).unwrap()).as_deref(), Some("t1"));
}

#[cfg(unix)]
#[test]
fn a_link_is_neither_read_nor_written_through() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let home = dir.path().join("da");
    let victim = dir.path().join("victim");
    fs::create_dir(&home).unwrap();
    fs::write(&victim, "precious").unwrap();
    std::os::unix::fs::symlink(&victim, home.join("token.json")).unwrap();
    let store = store(dir.path(), StoreChoice::File, &keyring);
    assert!(matches!(store.load(&here()), Err(CredentialError::File(FileError::Link(_)))));
    let refused = store.save(&here(), &credential("t1"));
    assert!(matches!(refused, Err(CredentialError::File(FileError::Link(_)))));
    assert!(store.remove(&here()).unwrap());
    assert_eq!(fs::read_to_string(victim).unwrap(), "precious");
}

#[cfg(unix)]
#[test]
fn a_file_of_older_tools_is_read_closed_and_belongs_to_the_configured_server() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let home = dir.path().join("da");
    fs::create_dir(&home).unwrap();
    let path = home.join("token.json");
    fs::write(&path, r#"{"access_token": "old", "email": "a@b.c", "role": "analyst"}"#).unwrap();
    set_mode(&path, 0o644);
    let store = store(dir.path(), StoreChoice::Auto, &keyring);
    let loaded = store.load(&here()).unwrap().unwrap();
    assert!(loaded.was_open);
    assert_eq!(mode(&path), 0o600);
    assert!(!store.load(&here()).unwrap().unwrap().was_open);
    assert!(store.load(&elsewhere()).unwrap().is_none(), "never sent to another server");
}

#[test]
fn a_token_is_only_handed_out_for_its_own_server() {
    let dir = tempfile::tempdir().unwrap();
    for choice in [StoreChoice::File, StoreChoice::Keyring, StoreChoice::Auto] {
        let keyring = MemoryKeyring::default();
        let store = store(dir.path(), choice, &keyring);
        store.save(&elsewhere(), &credential("t1")).unwrap();
        assert!(store.load(&here()).unwrap().is_none(), "{choice:?}");
        assert!(!store.remove(&"http://127.0.0.1:9".parse().unwrap()).unwrap());
        assert_eq!(token(store.load(&elsewhere()).unwrap()).as_deref(), Some("t1"), "{choice:?}");
    }
}

#[test]
fn the_keyring_is_used_when_it_answers_and_holds_one_token_per_server() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let store = store(dir.path(), StoreChoice::Auto, &keyring);
    assert!(store.load(&here()).unwrap().is_none());
    for (server, text) in [(here(), "t1"), (elsewhere(), "t2")] {
        assert_eq!(store.save(&server, &credential(text)).unwrap().storage, Storage::Keyring);
    }
    assert!(!dir.path().join("da/token.json").exists());
    let id = dir_id::known(&PrivateDir::new(dir.path().join("da"))).unwrap().unwrap();
    assert!(keyring.entries.borrow().contains_key(&format!("http://127.0.0.1:8000#default#{id}")));
    assert_eq!(token(store.load(&here()).unwrap()).as_deref(), Some("t1"));
    assert_eq!(token(store.load(&elsewhere()).unwrap()).as_deref(), Some("t2"));
    assert!(store.remove(&here()).unwrap());
    assert!(!store.remove(&here()).unwrap());
    assert_eq!(keyring.entries.borrow().len(), 1);
}

#[test]
fn without_a_keyring_the_file_is_used_and_the_reason_told() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::locked();
    let saved = store(dir.path(), StoreChoice::Auto, &keyring).save(&here(), &credential("t1")).unwrap();
    assert!(matches!(saved.storage, Storage::File(_)));
    assert_eq!(saved.fallback, Some(KeyringError::Unavailable("locked".to_owned())));
    // Only what the keyring is known to hold is asked for, so a locked one is not noticed.
    assert_eq!(token(store(dir.path(), StoreChoice::Auto, &keyring).load(&here()).unwrap()).as_deref(), Some("t1"));
    let refused = store(dir.path(), StoreChoice::Keyring, &keyring).save(&here(), &credential("t2"));
    assert!(matches!(refused, Err(CredentialError::Keyring(_))));
}

#[test]
fn moving_between_keyring_and_file_leaves_no_second_copy() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let auto = store(dir.path(), StoreChoice::Auto, &keyring);
    let file = store(dir.path(), StoreChoice::File, &keyring);
    auto.save(&here(), &credential("t1")).unwrap();
    file.save(&here(), &credential("t2")).unwrap();
    assert!(keyring.entries.borrow().is_empty());
    assert_eq!(token(auto.load(&here()).unwrap()).as_deref(), Some("t2"));
    auto.save(&here(), &credential("t3")).unwrap();
    assert!(!dir.path().join("da/token.json").exists());
    assert_eq!(token(auto.load(&here()).unwrap()).as_deref(), Some("t3"));
}

#[test]
fn a_damaged_file_is_named_without_its_content_and_can_be_removed() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let home = dir.path().join("da");
    fs::create_dir(&home).unwrap();
    for content in ["", "{", "hunter2", r#"{"access_token": 7, "x": "hunter2"}"#, r#"{"access_token": ""}"#, "[]"] {
        fs::write(home.join("token.json"), content).unwrap();
        let store = store(dir.path(), StoreChoice::Auto, &keyring);
        let error = store.load(&here()).unwrap_err();
        assert!(matches!(error, CredentialError::Damaged { .. }), "{content}");
        let text = format!("{error} {error:?}");
        assert!(text.contains("token.json") && !text.contains("hunter2"), "{text}");
        assert!(store.remove(&here()).unwrap());
    }
}

#[test]
fn no_type_prints_the_token() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let store = store(dir.path(), StoreChoice::Auto, &keyring);
    let saved = store.save(&here(), &credential("hunter2")).unwrap();
    let loaded = store.load(&here()).unwrap();
    assert!(!format!("{saved:?} {loaded:?}").contains("hunter2"));
}

#[test]
fn concurrent_writers_leave_one_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let path = dir.path();
            scope.spawn(move || {
                let keyring = MemoryKeyring::default();
                let text = format!("{number}").repeat(5000);
                store(path, StoreChoice::File, &keyring).save(&here(), &credential(&text)).unwrap();
            });
        }
    });
    let keyring = MemoryKeyring::default();
    let text = token(store(dir.path(), StoreChoice::File, &keyring).load(&here()).unwrap()).unwrap();
    assert!(text.len() == 5000 && text.bytes().all(|byte| byte == text.as_bytes()[0]));
}
