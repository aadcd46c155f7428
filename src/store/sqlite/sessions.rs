//! Sessions and credential checks in `SQLite`.

use rusqlite::{Row, params};

use super::{row::PackedIp, tx::Tx, users};
use crate::{
    domain::{Expiry, RevokedReason, Session, SessionId, Timestamp, TokenHash, TokenId, UserId},
    store::{SessionReads, SessionWrites, StoreError, StoredCredential},
};

const SESSION: &str = "SELECT id, user_id, device_label, ip, user_agent, created_at, expires_at, revoked_at, \
                       revoked_reason FROM auth_sessions WHERE id = ?1";

const LIVE_SESSIONS: &str = "SELECT id, user_id, device_label, ip, user_agent, created_at, expires_at, revoked_at, \
                             revoked_reason FROM auth_sessions \
                             WHERE user_id = ?1 AND revoked_at IS NULL AND expires_at > ?2 ORDER BY seq DESC";

const SESSION_CREDENTIAL: &str = concat!(
    "SELECT ",
    users::columns!(),
    ", s.token_hash, s.token_expires_at, s.revoked_at IS NOT NULL, NULL, NULL \
     FROM auth_sessions AS s CROSS JOIN users AS u ON u.id = s.user_id WHERE s.id = ?1"
);

const TOKEN_CREDENTIAL: &str = concat!(
    "SELECT ",
    users::columns!(),
    ", t.token_hash, t.expires_at, t.revoked_at IS NOT NULL, t.last_used_at, t.last_used_ip \
     FROM personal_access_tokens AS t CROSS JOIN users AS u ON u.id = t.user_id WHERE t.id = ?1"
);

fn read(row: &Row<'_>) -> rusqlite::Result<Session> {
    let revoked_at: Option<Timestamp> = row.get(7)?;
    let reason: Option<RevokedReason> = row.get(8)?;
    Ok(Session {
        id: row.get(0)?,
        user_id: row.get(1)?,
        device_label: row.get(2)?,
        ip: row.get::<_, Option<PackedIp>>(3)?.map(|ip| ip.0),
        user_agent: row.get(4)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        revoked: revoked_at.zip(reason),
    })
}

fn read_credential(row: &Row<'_>) -> rusqlite::Result<StoredCredential> {
    let last_used_at: Option<Timestamp> = row.get(14)?;
    let last_used_ip: Option<PackedIp> = row.get(15)?;
    Ok(StoredCredential {
        user: users::read(row, 0)?,
        hash: row.get(11)?,
        expiry: Expiry::from_option(row.get(12)?),
        revoked: row.get(13)?,
        last_used: last_used_at.map(|at| (at, last_used_ip.map(|ip| ip.0))),
    })
}

impl SessionReads for Tx<'_> {
    fn session_credential(&self, id: SessionId) -> Result<Option<StoredCredential>, StoreError> {
        self.first(SESSION_CREDENTIAL, [id], read_credential)
    }

    fn token_credential(&self, id: TokenId) -> Result<Option<StoredCredential>, StoreError> {
        self.first(TOKEN_CREDENTIAL, [id], read_credential)
    }

    fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.first(SESSION, [id], read)
    }

    fn live_sessions(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.all(LIVE_SESSIONS, params![user, now], read)
    }
}

impl SessionWrites for Tx<'_> {
    fn insert_session(&self, session: &Session, hash: &TokenHash) -> Result<(), StoreError> {
        self.execute_one(
            "INSERT INTO auth_sessions (id, user_id, token_hash, token_expires_at, device_label, ip, user_agent, \
             created_at, expires_at, revoked_at, revoked_reason) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?4, ?9, ?10)",
            params![
                session.id,
                session.user_id,
                hash,
                session.expires_at,
                session.device_label,
                session.ip.map(PackedIp),
                session.user_agent,
                session.created_at,
                session.revoked.map(|(at, _)| at),
                session.revoked.map(|(_, reason)| reason),
            ],
        )
    }

    fn end_session(&self, id: SessionId, reason: RevokedReason, at: Timestamp) -> Result<bool, StoreError> {
        let changed = self.execute(
            "UPDATE auth_sessions SET revoked_at = ?2, revoked_reason = ?3 \
             WHERE id = ?1 AND revoked_at IS NULL AND expires_at > ?2",
            params![id, at, reason],
        )?;
        Ok(changed == 1)
    }

    fn end_sessions(
        &self,
        user: UserId,
        except: Option<SessionId>,
        reason: RevokedReason,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let changed = self.execute(
            "UPDATE auth_sessions SET revoked_at = ?2, revoked_reason = ?3 \
             WHERE user_id = ?1 AND revoked_at IS NULL AND expires_at > ?2 AND id IS NOT ?4",
            params![user, at, reason, except],
        )?;
        Ok(changed as u64)
    }

    fn sweep_sessions(&self, before: Timestamp) -> Result<u64, StoreError> {
        let ended = "DELETE FROM auth_sessions WHERE coalesce(revoked_at, expires_at) < ?1";
        self.execute(ended, [before]).map(|removed| removed as u64)
    }
}
