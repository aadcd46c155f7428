//! Signing keys: what signs tokens, and what recognises a token as ours (D-07).
//!
//! One key is active and signs; keys before it verify what they signed, until they are retired.

mod rekey;
mod ring;
mod rotation;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

pub use rekey::{RekeyError, Rekeyed, rekey};
pub(super) use ring::LiveKey;
pub use ring::SigningKeys;
pub use rotation::{KeyInfo, Retirement, Rotation};

use super::{
    App, AppError,
    audit::refuse_wiped,
    master_key::{MasterKey, MasterKeyError},
};
use crate::{
    domain::{KeyId, KeyNumber, Timestamp},
    store::{KeyStatus, Reader, SigningKey, Store, StoreError, users::UserFilter},
};

/// The `meta` key of the canary.
const CANARY_META: &str = "key_canary";
const KEY_PURPOSE: &str = "signing-key";
const CANARY_PURPOSE: &str = "canary";
const CANARY: &[u8] = b"da";

/// Why the installation's keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A signing key in the store cannot be used.
    #[error("the signing key `{0}` in the store is damaged; restore a backup")]
    Damaged(String),
}

impl From<KeyError> for AppError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Store(error) => Self::Store(error),
            KeyError::MasterKey(_) | KeyError::Damaged(_) => Self::Internal(error.to_string()),
        }
    }
}

/// The public half of a key whose tokens may live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Its name in token headers.
    pub kid: String,
    /// The Ed25519 public key.
    pub bytes: Vec<u8>,
}

impl SigningKeys {
    /// Loads the keys of an installation; makes its id, canary and first key when it has none (I-06).
    ///
    /// # Errors
    /// [`MasterKeyError::Wrong`] when the canary does not open: then nothing is touched.
    pub fn load(store: &dyn Store, master: &MasterKey, now: Timestamp) -> Result<Self, KeyError> {
        let canary = store.read(|reader| Ok::<_, KeyError>(reader.meta(CANARY_META)?))?;
        match canary {
            Some(wrapped) => check_canary(master, &wrapped)?,
            None => initialise(store, master, now)?,
        }
        let (instance, keys) =
            store.read(|reader| Ok::<_, KeyError>((reader.meta("instance_id")?, reader.signing_keys()?)))?;
        let instance = instance.ok_or_else(|| StoreError::Corrupt("meta.instance_id is missing".to_owned()))?;
        Self::new(&instance, &keys, master)
    }
}

impl App {
    /// Returns the public keys, newest first: with one of them every token that may live verifies, offline too. Whether it
    /// still lives only the store knows.
    #[must_use]
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.keys.public()
    }
}

/// Checks that `master` is the master key of the store.
///
/// # Errors
/// [`MasterKeyError::Wrong`], and those of the store.
pub fn check_master_key(reader: &dyn Reader, master: &MasterKey) -> Result<(), KeyError> {
    match reader.meta(CANARY_META)? {
        Some(wrapped) => check_canary(master, &wrapped),
        None => Err(canary_missing()),
    }
}

/// Refuses a master key that is not the one of the store, and a store whose audit log was wiped.
///
/// A store without a canary is one that a first start left behind which was cut off: it has no signing key, no user and
/// no audit row yet, and [`SigningKeys::load`] completes it. In any other store somebody removed the canary, so that
/// another master key would be accepted.
///
/// # Errors
/// [`MasterKeyError::Wrong`], and those of the store.
pub fn refuse_unfit_store(reader: &dyn Reader, master: &MasterKey) -> Result<(), KeyError> {
    match reader.meta(CANARY_META)? {
        Some(wrapped) => check_canary(master, &wrapped)?,
        None if is_untouched(reader)? => return Ok(()),
        None => return Err(canary_missing()),
    }
    Ok(refuse_wiped(reader, &master.chain_key())?)
}

fn is_untouched(reader: &dyn Reader) -> Result<bool, StoreError> {
    let is_first_head = reader.audit_head()?.is_some_and(|(head, _)| head.seq == 0);
    Ok(is_first_head
        && reader.signing_keys()?.is_empty()
        && reader.users(&UserFilter { limit: 1, ..UserFilter::default() })?.is_empty())
}

fn canary_missing() -> KeyError {
    let text = "meta.key_canary is missing, which shows whether the master key fits. Someone changed the store outside \
                `da`: restore a backup with `da server restore FILE`";
    StoreError::Corrupt(text.to_owned()).into()
}

fn check_canary(master: &MasterKey, wrapped: &str) -> Result<(), KeyError> {
    let wrapped = URL_SAFE_NO_PAD.decode(wrapped).unwrap_or_default();
    match master.unwrap(CANARY_PURPOSE, CANARY_PURPOSE, &wrapped) {
        Ok(plain) if plain.as_slice() == CANARY => Ok(()),
        _ => Err(MasterKeyError::Wrong(master.place().to_owned()).into()),
    }
}

/// Returns what the canary of this master key looks like in the store.
fn canary(master: &MasterKey) -> String {
    URL_SAFE_NO_PAD.encode(master.wrap(CANARY_PURPOSE, CANARY_PURPOSE, CANARY))
}

/// Makes canary and first key in one transaction, so that a crash leaves all or nothing.
fn initialise(store: &dyn Store, master: &MasterKey, now: Timestamp) -> Result<(), KeyError> {
    let canary = canary(master);
    let key = new_key(master, now)?;
    store.write(move |writer| {
        writer.set_meta(CANARY_META, &canary, now)?;
        writer.insert_signing_key(&key)?;
        Ok(())
    })
}

fn new_key(master: &MasterKey, now: Timestamp) -> Result<SigningKey, KeyError> {
    let failed = |_| StoreError::Corrupt("an Ed25519 key could not be made".to_owned());
    let pair = Ed25519KeyPair::generate().map_err(failed)?;
    let private = pair.to_pkcs8().map_err(failed)?;
    let public_key = pair.public_key().as_ref().to_vec();
    let kid = KeyId::of(&public_key).to_string();
    let wrapped_private_key = master.wrap(KEY_PURPOSE, &kid, private.as_ref());
    Ok(SigningKey {
        kid,
        number: KeyNumber::default(),
        public_key,
        wrapped_private_key,
        status: KeyStatus::Active,
        created_at: now,
        retired_at: None,
    })
}
