//! Several accounts beside each other.

use super::*;

#[test]
fn profiles_keep_their_tokens_apart() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    for choice in [StoreChoice::File, StoreChoice::Keyring] {
        let [ann, bob] = ["default", "bob"].map(|name| store_of(name, dir.path(), choice, &keyring));
        ann.save(&here(), &credential("anns")).unwrap();
        assert!(bob.load(&here()).unwrap().is_none() && !bob.holds_any().unwrap());
        bob.save(&here(), &credential("bobs")).unwrap();
        assert!(bob.holds_any().unwrap());
        // Nobody waits for the other's turn.
        let _turns = (ann.turn(&here()).unwrap(), bob.turn(&here()).unwrap());
        assert_eq!(token(ann.load(&here()).unwrap()).as_deref(), Some("anns"), "{choice:?}");
        assert_eq!(token(bob.load(&here()).unwrap()).as_deref(), Some("bobs"), "{choice:?}");
        assert!(bob.remove(&here()).unwrap() && !bob.holds_any().unwrap());
        assert_eq!(token(ann.load(&here()).unwrap()).as_deref(), Some("anns"), "{choice:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_profile_is_as_closed_as_the_directory_it_is_in() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = MemoryKeyring::default();
    let home = dir.path().join("da");
    let bob = store_of("bob", dir.path(), StoreChoice::File, &keyring);
    bob.save(&here(), &credential("t1")).unwrap();
    let file = home.join("profiles/bob/token.json");
    assert_eq!((mode(&file), mode(&home.join("profiles/bob")), mode(&home.join("profiles"))), (0o600, 0o700, 0o700));
    fs::write(home.join("thesis.tex"), "").unwrap();
    set_mode(&home, 0o777);
    let refused = bob.save(&here(), &credential("t2"));
    assert!(matches!(refused, Err(CredentialError::File(FileError::OpenDirectory(path))) if path == home));
    assert_eq!(token(bob.load(&here()).unwrap()).as_deref(), Some("t1"));
}
