//! Tokens that change their place, and those that must not.

use super::*;

/// Moves the token as `da auth storage move` does; tells whether there was anything to do.
fn moved(store: &CredentialStore<'_>, place: Place) -> Result<bool, CredentialError> {
    let _turn = store.turn(&here())?;
    let copied = store.copy_to(&here(), place)?.expect("a token");
    store.leave(&here(), place.other())?;
    Ok(copied.from != copied.to)
}

#[test]
fn a_token_that_was_moved_is_in_one_place_and_whole() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let store = store(dir.path(), StoreChoice::Auto, &keyring).keeping_in(StoreChoice::File);
    let path = dir.path().join("da/token.json");
    store.save(&here(), &credential("t1")).unwrap();
    let before = fs::read_to_string(&path).unwrap();
    for (place, changes) in [
        (Place::File, false),
        (Place::Keyring, true),
        (Place::Keyring, false),
        (Place::File, true),
        (Place::File, false),
    ] {
        assert_eq!(moved(&store, place).unwrap(), changes, "{place:?}");
        assert_eq!(store.load(&here()).unwrap().unwrap().storage.place(), place);
        assert_eq!((path.exists(), keyring.entries.borrow().is_empty()), (place == Place::File, place == Place::File));
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}

#[test]
fn a_move_that_fails_leaves_the_old_place_as_it_was() {
    for keyring in [MemoryKeyring { forgetful: true, ..MemoryKeyring::default() }, MemoryKeyring::locked()] {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path(), StoreChoice::Auto, &keyring).keeping_in(StoreChoice::File);
        store.save(&here(), &credential("t1")).unwrap();
        let error = moved(&store, Place::Keyring).unwrap_err().to_string();
        assert!(!error.contains("t1"), "{error}");
        assert!(keyring.entries.borrow().is_empty());
        let loaded = store.load(&here()).unwrap().unwrap();
        assert_eq!((loaded.storage.place(), token(Some(loaded)).as_deref()), (Place::File, Some("t1")));
    }
    // The file is another server's: its token would be lost.
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let store = store(dir.path(), StoreChoice::Auto, &keyring);
    store.save(&here(), &credential("t1")).unwrap();
    let in_file = self::store(dir.path(), StoreChoice::File, &keyring);
    in_file.save(&elsewhere(), &credential("t2")).unwrap();
    assert!(matches!(moved(&store, Place::File), Err(CredentialError::Occupied { .. })));
    assert_eq!(token(store.load(&here()).unwrap()).as_deref(), Some("t1"));
    assert_eq!(token(store.load(&elsewhere()).unwrap()).as_deref(), Some("t2"));
}

#[test]
fn an_interrupted_move_is_finished_by_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut keyring = MemoryKeyring { stuck: true, ..MemoryKeyring::default() };
    {
        let store = store(dir.path(), StoreChoice::Auto, &keyring);
        store.save(&here(), &credential("t1")).unwrap();
        assert!(moved(&store, Place::File).is_err());
        assert_eq!(store.load(&here()).unwrap().unwrap().storage.place(), Place::File);
    }
    keyring.stuck = false;
    let store = store(dir.path(), StoreChoice::Auto, &keyring);
    assert!(!moved(&store, Place::File).unwrap());
    assert!(keyring.entries.borrow().is_empty());
    // To the keyring: both hold it until the file is gone, and the file, which is read first, is as good.
    store.copy_to(&here(), Place::Keyring).unwrap();
    assert!(moved(&store, Place::Keyring).unwrap());
    assert_eq!(store.load(&here()).unwrap().unwrap().storage, Storage::Keyring);
}

#[test]
fn a_renewed_token_stays_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let auto = store(dir.path(), StoreChoice::Auto, &keyring);
    let file = store(dir.path(), StoreChoice::File, &keyring);
    let saved = file.save(&here(), &credential("t1")).unwrap();
    assert_eq!(auto.save_again(&here(), &credential("t2"), &saved.storage).unwrap().storage, saved.storage);
    let to_file = store(dir.path(), StoreChoice::Auto, &keyring).keeping_in(StoreChoice::File);
    let saved = auto.save(&here(), &credential("t3")).unwrap();
    assert_eq!(to_file.save_again(&here(), &credential("t4"), &saved.storage).unwrap().storage, Storage::Keyring);
    // A keyring that was locked meanwhile does not cost the sign-in, unless it is the only place allowed.
    let locked = MemoryKeyring::locked();
    let by_itself = store(dir.path(), StoreChoice::Auto, &locked);
    assert_eq!(
        by_itself.save_again(&here(), &credential("t5"), &Storage::Keyring).unwrap().storage.place(),
        Place::File
    );
    let strict = store(dir.path(), StoreChoice::Keyring, &locked);
    assert!(strict.save_again(&here(), &credential("t6"), &Storage::Keyring).is_err());
}
