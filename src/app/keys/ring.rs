//! The keys in use: replaced as a whole when they change, while requests go on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Serialize;

use super::{KEY_PURPOSE, KeyError, PublicKey};
use crate::{
    app::{AppError, master_key::MasterKey},
    domain::{Expiry, KeyNumber, Secret, Timestamp, TokenKind, User},
    store::{KeyStatus, SigningKey, StoreError},
};

/// The installation's signing keys.
///
/// They are behind a lock of the standard library: an uncontended one is two atomic operations and no system call, of a
/// hundredth of a check's cost, and there is a writer only at a change of keys. What saves these two, such as the crate
/// `arc-swap`, would be one more dependency for a difference that cannot be measured.
pub struct SigningKeys {
    issuer: String,
    master: MasterKey,
    ring: RwLock<Ring>,
    changing: Mutex<()>,
}

/// The keys whose tokens may live, newest first.
struct Ring {
    active: Arc<LiveKey>,
    all: Vec<Arc<LiveKey>>,
}

/// A key whose tokens may live.
pub(in crate::app) struct LiveKey {
    kid: String,
    number: KeyNumber,
    public_key: Vec<u8>,
    verifying: DecodingKey,
    /// That of a key which only verifies, too: an answer of a moment ago is made again with it.
    signing: EncodingKey,
}

impl LiveKey {
    /// Returns what the rows of its tokens name it by.
    pub(in crate::app) fn number(&self) -> KeyNumber {
        self.number
    }
}

impl Ring {
    fn of(keys: &[SigningKey], master: &MasterKey) -> Result<Self, KeyError> {
        let (mut active, mut all) = (None, Vec::new());
        for key in keys.iter().filter(|key| key.status != KeyStatus::Retired) {
            let private = master
                .unwrap(KEY_PURPOSE, &key.kid, &key.wrapped_private_key)
                .map_err(|_| KeyError::Damaged(key.kid.clone()))?;
            let live = Arc::new(LiveKey {
                kid: key.kid.clone(),
                number: key.number,
                public_key: key.public_key.clone(),
                verifying: DecodingKey::from_ed_der(&key.public_key),
                signing: EncodingKey::from_ed_der(&private),
            });
            if key.status == KeyStatus::Active {
                active = Some(Arc::clone(&live));
            }
            all.push(live);
        }
        let active = active.ok_or_else(|| StoreError::Corrupt("there is no active signing key".to_owned()))?;
        Ok(Self { active, all })
    }

    fn find(&self, kid: &str) -> Option<&Arc<LiveKey>> {
        self.all.iter().find(|key| key.kid == kid)
    }
}

impl SigningKeys {
    pub(super) fn new(instance: &str, keys: &[SigningKey], master: &MasterKey) -> Result<Self, KeyError> {
        let ring = RwLock::new(Ring::of(keys, master)?);
        let issuer = format!("urn:uuid:{instance}");
        Ok(Self { issuer, master: master.clone(), ring, changing: Mutex::new(()) })
    }

    /// Returns the `iss` of every token: the instance, constant for its life.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the key under which private keys are wrapped.
    pub(super) fn master(&self) -> &MasterKey {
        &self.master
    }

    /// Waits for the turn to change keys: held from before the change of the store until [`Self::replace`], so that an
    /// earlier change does not come into use after a later one.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the keys of the store into use.
    pub(super) fn replace(&self, keys: &[SigningKey]) -> Result<(), KeyError> {
        let fresh = Ring::of(keys, &self.master)?;
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    fn with<T>(&self, look: impl FnOnce(&Ring) -> T) -> T {
        look(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the key that signs new tokens.
    pub(in crate::app) fn active(&self) -> Arc<LiveKey> {
        self.with(|ring| Arc::clone(&ring.active))
    }

    /// Returns a key whose tokens may live by its number.
    pub(in crate::app) fn numbered(&self, number: KeyNumber) -> Option<Arc<LiveKey>> {
        self.with(|ring| ring.all.iter().find(|key| key.number == number).cloned())
    }

    /// Returns the public halves, newest first.
    pub(super) fn public(&self) -> Vec<PublicKey> {
        let public = |key: &Arc<LiveKey>| PublicKey { kid: key.kid.clone(), bytes: key.public_key.clone() };
        self.with(|ring| ring.all.iter().map(public).collect())
    }

    /// Signs a token; it lives once its hash is in the store.
    pub(in crate::app) fn sign(
        &self,
        key: &LiveKey,
        kind: TokenKind,
        id: &str,
        user: &User,
        now: Timestamp,
        expiry: Expiry,
    ) -> Result<Secret, AppError> {
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let claims = Claims {
            iss: &self.issuer,
            sub: user.id.to_string(),
            email: user.email.as_str(),
            role: user.role.as_str(),
            typ: kind.as_str(),
            iat: now.as_seconds(),
            exp: expiry.to_option().map(Timestamp::as_seconds),
            jti: id,
            sid: (kind == TokenKind::Session).then_some(id),
        };
        let token = jsonwebtoken::encode(&header, &claims, &key.signing);
        token.map(Secret::new).map_err(|error| AppError::Internal(format!("signing failed: {error}")))
    }

    /// Tells whether tokens of this key are still accepted.
    pub(in crate::app) fn accepts(&self, kid: &str) -> bool {
        self.with(|ring| ring.find(kid).is_some())
    }

    /// Tells whether the signature over `signed` was made with our key `kid`: by that key's one algorithm, whatever the
    /// token says of itself (RFC 8725 section 3.1).
    pub(in crate::app) fn signed(&self, kid: &str, signed: &str, signature: &str) -> bool {
        self.with(|ring| ring.find(kid).cloned()).is_some_and(|key| {
            jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &key.verifying, Algorithm::EdDSA)
                .unwrap_or(false)
        })
    }
}

/// The claims of our tokens. `email` and `role` are for display: they go stale, the store decides.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: String,
    email: &'a str,
    role: &'a str,
    typ: &'a str,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
}
