//! Signing keys and facts about the installation in `SQLite`.

use rusqlite::{Row, params};

use super::tx::Tx;
use crate::{
    domain::{KeyNumber, RevokedReason, Timestamp},
    store::{KeyReads, KeyStatus, KeyWrites, SigningKey, StoreError},
};

/// Refuses what a retired key has signed: the key was retired after the signing and before the row.
pub(super) fn refuse_retired(tx: &Tx<'_>, key: KeyNumber) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM signing_keys WHERE number = ?1 AND status = ?2";
    match tx.first(sql, params![key, KeyStatus::Retired], |_| Ok(()))? {
        None => Ok(()),
        Some(()) => Err(StoreError::Unavailable("the signing key was retired a moment ago; try again".to_owned())),
    }
}

fn count(row: &Row<'_>) -> rusqlite::Result<(KeyNumber, u64)> {
    Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
}

impl KeyReads for Tx<'_> {
    fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.all(
            "SELECT kid, number, public_key, secret_enc, status, created_at, retired_at FROM signing_keys \
             ORDER BY number DESC",
            [],
            |row| {
                Ok(SigningKey {
                    kid: row.get(0)?,
                    number: row.get(1)?,
                    public_key: row.get(2)?,
                    wrapped_private_key: row.get(3)?,
                    status: row.get(4)?,
                    created_at: row.get(5)?,
                    retired_at: row.get(6)?,
                })
            },
        )
    }

    fn live_tokens_by_key(&self, now: Timestamp) -> Result<Vec<(KeyNumber, u64)>, StoreError> {
        self.all(
            "SELECT signing_key, count(*) FROM personal_access_tokens \
             WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?1) GROUP BY signing_key",
            [now],
            count,
        )
    }

    fn live_sessions_by_key(&self, now: Timestamp) -> Result<Vec<(KeyNumber, u64)>, StoreError> {
        self.all(
            "SELECT signing_key, count(*) FROM auth_sessions WHERE revoked_at IS NULL \
             AND min(expires_at, coalesce(last_active_at + idle_limit, expires_at)) > ?1 GROUP BY signing_key",
            [now],
            count,
        )
    }

    fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.first("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
    }
}

impl KeyWrites for Tx<'_> {
    fn insert_signing_key(&self, key: &SigningKey) -> Result<(), StoreError> {
        self.execute_one(
            "INSERT INTO signing_keys (kid, number, public_key, secret_enc, status, created_at, retired_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                key.kid,
                key.number,
                key.public_key,
                key.wrapped_private_key,
                key.status,
                key.created_at,
                key.retired_at
            ],
        )
    }

    fn set_wrapped_key(&self, kid: &str, wrapped: &[u8]) -> Result<(), StoreError> {
        self.execute_one("UPDATE signing_keys SET secret_enc = ?2 WHERE kid = ?1", params![kid, wrapped])
    }

    fn set_key_status(&self, kid: &str, status: KeyStatus, retired_at: Option<Timestamp>) -> Result<(), StoreError> {
        let sql = "UPDATE signing_keys SET status = ?2, retired_at = ?3 WHERE kid = ?1";
        self.execute_one(sql, params![kid, status, retired_at])
    }

    fn revoke_tokens_by_key(&self, key: KeyNumber, at: Timestamp) -> Result<u64, StoreError> {
        let changed = self.execute(
            "UPDATE personal_access_tokens SET revoked_at = ?2 \
             WHERE signing_key = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)",
            params![key, at],
        )?;
        Ok(changed as u64)
    }

    fn end_sessions_by_key(&self, key: KeyNumber, reason: RevokedReason, at: Timestamp) -> Result<u64, StoreError> {
        let last = self.execute(
            "UPDATE auth_sessions SET revoked_at = ?2, revoked_reason = ?3 \
             WHERE signing_key = ?1 AND revoked_at IS NULL AND expires_at > ?2",
            params![key, at, reason],
        )?;
        // Those that were replaced a moment ago: their chain may live on, and must still notice when their refresh token
        // is used again.
        self.execute(
            "UPDATE auth_sessions SET revoked_at = ?2 WHERE signing_key = ?1 AND revoked_reason = ?3 AND revoked_at > ?2",
            params![key, at, RevokedReason::Rotated],
        )?;
        Ok(last as u64)
    }

    fn set_meta(&self, key: &str, value: &str, at: Timestamp) -> Result<(), StoreError> {
        self.execute_one(SET_META, params![key, value, at])
    }
}

/// Notes a fact, in place of an earlier one.
pub(super) const SET_META: &str = "INSERT INTO meta (key, value, updated_at) VALUES (?1, ?2, ?3) \
                                   ON CONFLICT (key) DO UPDATE SET value = ?2, updated_at = ?3";
