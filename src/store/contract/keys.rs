//! Claims on keys and facts.

use super::*;
use crate::store::{KeyStatus, SigningKey};

fn key(kid: &str, status: KeyStatus, seconds: i64) -> SigningKey {
    SigningKey {
        kid: kid.to_owned(),
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
