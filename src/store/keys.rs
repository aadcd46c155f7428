//! Signing keys and the few facts about the installation itself.

use super::StoreError;
use crate::domain::Timestamp;

/// A signing key; its private half is wrapped (D-08).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name in token headers.
    pub kid: String,
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
}

/// Questions about keys and the installation.
pub trait KeyReads {
    /// Returns all signing keys, newest first.
    fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError>;
    /// Returns a fact about the installation, such as `instance_id`.
    fn meta(&self, key: &str) -> Result<Option<String>, StoreError>;
}

/// Changes to keys and the installation.
pub trait KeyWrites {
    /// Adds a signing key.
    fn insert_signing_key(&self, key: &SigningKey) -> Result<(), StoreError>;
    /// Notes a fact about the installation.
    fn set_meta(&self, key: &str, value: &str, at: Timestamp) -> Result<(), StoreError>;
}
