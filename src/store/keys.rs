//! Signing keys and the few facts about the installation itself.

use super::StoreError;
use crate::domain::{KeyNumber, RevokedReason, Timestamp};

/// A signing key; its private half is wrapped (D-08).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name in token headers.
    pub kid: String,
    /// Its name in the rows of tokens; greater than that of every key before.
    pub number: KeyNumber,
    /// The Ed25519 public key, 32 bytes.
    pub public_key: Vec<u8>,
    /// The wrapped PKCS#8 private key.
    pub wrapped_private_key: Vec<u8>,
    /// What it is good for.
    pub status: KeyStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was retired.
    pub retired_at: Option<Timestamp>,
}

/// What a signing key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStatus {
    /// Signs and verifies; exactly one.
    Active,
    /// Verifies.
    Verify,
    /// Nothing any more.
    Retired,
}

impl KeyStatus {
    /// Every status, in the order of the numbers the store keeps.
    pub const ALL: [Self; 3] = [Self::Active, Self::Verify, Self::Retired];

    /// Returns the word in lists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Verify => "verify",
            Self::Retired => "retired",
        }
    }
}

/// Questions about keys and the installation.
pub trait KeyReads {
    /// Returns all signing keys, newest first.
    fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError>;
    /// Counts the live personal access tokens of each key; reads every token.
    fn live_tokens_by_key(&self, now: Timestamp) -> Result<Vec<(KeyNumber, u64)>, StoreError>;
    /// Counts the live sessions of each key; reads every session.
    fn live_sessions_by_key(&self, now: Timestamp) -> Result<Vec<(KeyNumber, u64)>, StoreError>;
    /// Returns a fact about the installation, such as `instance_id`.
    fn meta(&self, key: &str) -> Result<Option<String>, StoreError>;
}

/// Changes to keys and the installation.
pub trait KeyWrites {
    /// Adds a signing key.
    fn insert_signing_key(&self, key: &SigningKey) -> Result<(), StoreError>;
    /// Replaces the wrapped private half of a key.
    fn set_wrapped_key(&self, kid: &str, wrapped: &[u8]) -> Result<(), StoreError>;
    /// Changes what a key is good for.
    fn set_key_status(&self, kid: &str, status: KeyStatus, retired_at: Option<Timestamp>) -> Result<(), StoreError>;
    /// Ends the live personal access tokens that a key signed; counts them.
    fn revoke_tokens_by_key(&self, key: KeyNumber, at: Timestamp) -> Result<u64, StoreError>;
    /// Ends the live sessions whose token a key signed; counts them, a chain once.
    fn end_sessions_by_key(&self, key: KeyNumber, reason: RevokedReason, at: Timestamp) -> Result<u64, StoreError>;
    /// Notes a fact about the installation.
    fn set_meta(&self, key: &str, value: &str, at: Timestamp) -> Result<(), StoreError>;
}
