//! Signing keys and facts about the installation in `SQLite`.

use rusqlite::params;

use super::tx::Tx;
use crate::{
    domain::Timestamp,
    store::{KeyReads, KeyWrites, SigningKey, StoreError},
};

impl KeyReads for Tx<'_> {
    fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.all(
            "SELECT kid, public_key, secret_enc, status, created_at, retired_at FROM signing_keys \
             ORDER BY created_at DESC, kid",
            [],
            |row| {
                Ok(SigningKey {
                    kid: row.get(0)?,
                    public_key: row.get(1)?,
                    wrapped_private_key: row.get(2)?,
                    status: row.get(3)?,
                    created_at: row.get(4)?,
                    retired_at: row.get(5)?,
                })
            },
        )
    }

    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.first("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
    }
}

impl KeyWrites for Tx<'_> {
    fn insert_signing_key(&self, key: &SigningKey) -> Result<(), StoreError> {
        self.execute_one(
            "INSERT INTO signing_keys (kid, public_key, secret_enc, status, created_at, retired_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![key.kid, key.public_key, key.wrapped_private_key, key.status, key.created_at, key.retired_at],
        )
    }

    fn set_meta(&self, key: &str, value: &str, at: Timestamp) -> Result<(), StoreError> {
        self.execute_one(SET_META, params![key, value, at])
    }
}

/// Notes a fact, in place of an earlier one.
pub(super) const SET_META: &str = "INSERT INTO meta (key, value, updated_at) VALUES (?1, ?2, ?3) \
                                   ON CONFLICT (key) DO UPDATE SET value = ?2, updated_at = ?3";
