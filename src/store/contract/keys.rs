//! Claims on keys and facts.

use super::*;
use crate::{
    domain::{KeyNumber, RevokedReason},
    store::{KeyStatus, SigningKey},
};

fn key(kid: &str, status: KeyStatus, number: u32) -> SigningKey {
    let seconds = i64::from(number);
    SigningKey {
        kid: kid.to_owned(),
        number: number.into(),
        public_key: vec![1; 32],
        wrapped_private_key: vec![2; 99],
        status,
        created_at: at(seconds),
        retired_at: (status == KeyStatus::Retired).then(|| at(seconds + 1)),
    }
}

pub(crate) fn keys_come_back_newest_first(store: &dyn Store) {
    let keys = [key("b", KeyStatus::Active, 3), key("c", KeyStatus::Verify, 2), key("a", KeyStatus::Retired, 1)];
    for key in &keys {
        let key = key.clone();
        write(store, move |tx| tx.insert_signing_key(&key));
    }
    assert_eq!(store.read(|tx| tx.signing_keys()).expect("read"), keys);
}

pub(crate) fn only_one_key_is_active(store: &dyn Store) {
    write(store, |tx| tx.insert_signing_key(&key("a", KeyStatus::Active, 1)));
    let refused = store.write(|tx| tx.insert_signing_key(&key("b", KeyStatus::Active, 2)));
    assert!(matches!(refused, Err(StoreError::Taken)), "{refused:?}");
}

pub(crate) fn a_key_changes_its_status(store: &dyn Store) {
    write(store, |tx| tx.insert_signing_key(&key("a", KeyStatus::Active, 1)));
    write(store, |tx| {
        tx.set_key_status("a", KeyStatus::Verify, None)?;
        tx.insert_signing_key(&key("b", KeyStatus::Active, 2))?;
        tx.set_key_status("a", KeyStatus::Retired, Some(at(9)))
    });
    let keys = store.read(|tx| tx.signing_keys()).expect("read");
    let found: Vec<_> = keys.iter().map(|key| (key.kid.as_str(), key.status, key.retired_at)).collect();
    assert_eq!(found, [("b", KeyStatus::Active, None), ("a", KeyStatus::Retired, Some(at(9)))]);
    let missing = store.write(|tx| tx.set_key_status("c", KeyStatus::Verify, None));
    assert!(matches!(missing, Err(StoreError::Corrupt(_))), "{missing:?}");
}

/// Adds a token and a session of `user` that the key signed; returns their ids.
fn add_signed(store: &dyn Store, user: &User, key: KeyNumber) -> (TokenId, SessionId) {
    let (token, session) = (Token { signed_by: key, ..token(user, "ci") }, Session { signed_by: key, ..session(user) });
    let ids = (token.id, session.id);
    write(store, move |tx| {
        tx.insert_token(&token, &hash("token"))?;
        tx.insert_session(&session, &hash("session"), None)
    });
    ids
}

pub(crate) fn what_a_key_signed_ends_with_it_and_nothing_else(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let (old, new) = (KeyNumber::from(1), KeyNumber::from(2));
    let (old_token, old_session) = add_signed(store, &ann, old);
    let (new_token, new_session) = add_signed(store, &ann, new);
    let expired = Token { expiry: Expiry::At(at(5)), signed_by: old, ..token(&ann, "expired") };
    let expired_id = expired.id;
    write(store, move |tx| tx.insert_token(&expired, &hash("expired")));
    let counts = |seconds| {
        let read = store.read(|tx| Ok((tx.live_tokens_by_key(at(seconds))?, tx.live_sessions_by_key(at(seconds))?)));
        read.map_err(|error: StoreError| error).expect("read")
    };
    assert_eq!(counts(2), (vec![(old, 2), (new, 1)], vec![(old, 1), (new, 1)]));
    assert_eq!(counts(10).0, [(old, 1), (new, 1)], "an expired token does not live");

    let ended = write(store, move |tx| {
        let sessions = tx.end_sessions_by_key(old, RevokedReason::AdminRevoked, at(10))?;
        Ok((tx.revoke_tokens_by_key(old, at(10))?, sessions))
    });
    assert_eq!(ended, (1, 1));
    let token = |id| store.read(|tx| tx.token(id)).expect("read").expect("there");
    let session = |id| store.read(|tx| tx.session(id)).expect("read").expect("there");
    assert_eq!([old_token, new_token, expired_id].map(|id| token(id).revoked_at), [Some(at(10)), None, None]);
    assert_eq!(session(old_session).revoked, Some((at(10), RevokedReason::AdminRevoked)));
    assert_eq!((session(new_session).revoked, session(new_session).signed_by), (None, new));
    assert_eq!(counts(10), (vec![(new, 1)], vec![(new, 1)]));
    assert_eq!(write(store, move |tx| tx.revoke_tokens_by_key(old, at(11))), 0, "once");
}

pub(crate) fn nothing_is_added_that_a_retired_key_has_signed(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    write(store, |tx| tx.insert_signing_key(&key("a", KeyStatus::Retired, 1)));
    let late = Token { signed_by: 1.into(), ..token(&ann, "late") };
    let refused = store.write(move |tx| tx.insert_token(&late, &hash("late")));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let late = Session { signed_by: 1.into(), ..session(&ann) };
    let refused = store.write(move |tx| tx.insert_session(&late, &hash("late"), None));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    add_signed(store, &ann, KeyNumber::from(2));
}

pub(crate) fn facts_are_replaced(store: &dyn Store) {
    let fact = || store.read(|tx| tx.meta("key_canary")).expect("read");
    assert_eq!(fact(), None);
    for value in ["one", "two"] {
        write(store, move |tx| tx.set_meta("key_canary", value, at(1)));
        assert_eq!(fact().as_deref(), Some(value));
    }
    let instance = store.read(|tx| tx.meta("instance_id")).expect("read").expect("every installation has an id");
    assert_eq!(instance.len(), 36);
}
