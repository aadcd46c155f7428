//! Sessions and credential checks in `SQLite`.

use std::time::Duration;

use rusqlite::{Row, params, params_from_iter};

use super::{
    error::store_error,
    filter::Filter,
    keys::refuse_retired,
    row::{PackedIp, duration, micros},
    tx::Tx,
    users,
};
use crate::{
    domain::{Device, Expiry, RevokedReason, Session, SessionId, Timestamp, TokenHash, TokenId, UserId},
    store::{GrantWrites as _, SessionFilter, SessionReads, SessionWrites, StoreError, StoredCredential},
};

/// The columns of a [`Session`] in the table `auth_sessions AS s`, as [`read`] expects them.
macro_rules! columns {
    () => {
        "s.id, s.user_id, s.family_id, s.previous_session_id, s.device_label, s.device_fingerprint, s.ip, s.user_agent, \
         s.auth_provider, s.created_at, s.last_active_at, s.idle_limit, s.token_expires_at, s.expires_at, \
         s.revoked_at, s.revoked_reason, s.signing_key"
    };
}
/// How many they are.
const COLUMNS: usize = 17;

const NOT_REPLACED: &str = "NOT EXISTS (SELECT 1 FROM auth_sessions AS n \
                            WHERE n.family_id = s.family_id AND n.previous_session_id = s.id)";
/// Not revoked, not expired and not idle at the time `?`, as `Session::is_live` has it: a last use in the future counts
/// as idle from the same distance on.
const LIVE: &str = "s.revoked_at IS NULL AND ? BETWEEN coalesce(s.last_active_at - s.idle_limit, -1) + 1 \
                    AND min(s.expires_at, coalesce(s.last_active_at + s.idle_limit, s.expires_at)) - 1";
const NOT_LIVE: &str = "(s.revoked_at IS NOT NULL OR ? NOT BETWEEN coalesce(s.last_active_at - s.idle_limit, -1) + 1 \
                        AND min(s.expires_at, coalesce(s.last_active_at + s.idle_limit, s.expires_at)) - 1)";
/// By how much the note of a use may be late. A recorded use that is further ahead comes from a clock that was set back
/// since: the next use replaces it.
const NOTE_DELAY: Duration = Duration::from_secs(60);

const SESSION_CREDENTIAL: &str = concat!(
    "SELECT ",
    users::columns!(),
    ", s.token_hash, s.token_expires_at, s.revoked_at, s.revoked_reason, s.last_active_at, NULL, s.idle_limit, NULL, \
     NULL FROM auth_sessions AS s CROSS JOIN users AS u ON u.id = s.user_id WHERE s.id = ?1"
);

const TOKEN_CREDENTIAL: &str = concat!(
    "SELECT ",
    users::columns!(),
    ", t.token_hash, t.expires_at, t.revoked_at, NULL, t.last_used_at, t.last_used_ip, NULL, t.overlap_until, \
     t.created_via FROM personal_access_tokens AS t CROSS JOIN users AS u ON u.id = t.user_id WHERE t.id = ?1"
);

fn read(row: &Row<'_>) -> rusqlite::Result<Session> {
    let revoked_at: Option<Timestamp> = row.get(14)?;
    let reason: Option<RevokedReason> = row.get(15)?;
    Ok(Session {
        id: row.get(0)?,
        user_id: row.get(1)?,
        family_id: row.get(2)?,
        previous_id: row.get(3)?,
        device: Device { label: row.get(4)?, fingerprint: row.get(5)? },
        ip: row.get::<_, Option<PackedIp>>(6)?.map(|ip| ip.0),
        user_agent: row.get(7)?,
        auth_provider: row.get(8)?,
        created_at: row.get(9)?,
        last_active_at: row.get(10)?,
        idle_limit: duration(row, 11)?,
        token_expires_at: row.get(12)?,
        expires_at: row.get(13)?,
        revoked: revoked_at.zip(reason),
        signed_by: row.get(16)?,
    })
}

/// Translates the filter.
fn conditions(filter: &SessionFilter) -> rusqlite::Result<Filter> {
    let mut all = Filter::default();
    // A replaced session is not one more: its successor is in the list.
    all.always(NOT_REPLACED);
    all.with("s.user_id = ?", filter.user.as_ref())?;
    all.with("s.auth_provider = ?", filter.provider.as_ref())?;
    match &filter.live {
        None => {}
        Some((true, now)) => all.with(LIVE, Some(now))?,
        Some((false, now)) => all.with(NOT_LIVE, Some(now))?,
    }
    Ok(all)
}

/// The first column of the credential itself.
const OWN: usize = users::COLUMNS;

fn read_credential(row: &Row<'_>) -> rusqlite::Result<StoredCredential> {
    let revoked_at: Option<Timestamp> = row.get(OWN + 2)?;
    let is_replaced = row.get::<_, Option<RevokedReason>>(OWN + 3)? == Some(RevokedReason::Rotated);
    let last_used_at: Option<Timestamp> = row.get(OWN + 4)?;
    let last_used_ip: Option<PackedIp> = row.get(OWN + 5)?;
    Ok(StoredCredential {
        user: users::read(row, 0)?,
        hash: row.get(OWN)?,
        expiry: Expiry::from_option(row.get(OWN + 1)?),
        revoked: revoked_at.is_some() && !is_replaced,
        replaced_until: revoked_at.filter(|_| is_replaced).or(row.get(OWN + 7)?),
        last_used: last_used_at.map(|at| (at, last_used_ip.map(|ip| ip.0))),
        idle_limit: duration(row, OWN + 6)?,
        created_via: row.get(OWN + 8)?,
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
        self.first(concat!("SELECT ", columns!(), " FROM auth_sessions AS s WHERE s.id = ?1"), [id], read)
    }

    fn refresh_hash(&self, id: SessionId) -> Result<Option<TokenHash>, StoreError> {
        let hash = "SELECT refresh_token_hash FROM auth_sessions WHERE id = ?1";
        Ok(self.first(hash, [id], |row| row.get(0))?.flatten())
    }

    fn successor(&self, id: SessionId) -> Result<Option<(Session, TokenHash)>, StoreError> {
        self.first(
            concat!(
                "SELECT ",
                columns!(),
                ", s.token_hash FROM auth_sessions AS p JOIN auth_sessions AS s ON s.family_id = p.family_id \
                 WHERE p.id = ?1 AND s.previous_session_id = ?1"
            ),
            [id],
            |row| Ok((read(row)?, row.get(COLUMNS)?)),
        )
    }

    fn replaced_sessions(
        &self,
        id: SessionId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<(u64, Option<Timestamp>), StoreError> {
        let sql = "SELECT count(*), min(revoked_at) FROM auth_sessions \
                   WHERE family_id = (SELECT family_id FROM auth_sessions WHERE id = ?1) \
                   AND revoked_reason = ?2 AND revoked_at > ?3 AND revoked_at <= ?4";
        let found = self.first(sql, params![id, RevokedReason::Rotated, since, until], |row| {
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?))
        })?;
        Ok(found.unwrap_or_default())
    }

    fn sessions(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        let select = concat!("SELECT ", columns!(), " FROM auth_sessions AS s");
        let mut conditions = conditions(filter).map_err(store_error)?;
        let number = "SELECT seq FROM auth_sessions WHERE id = ?1 AND user_id = coalesce(?2, user_id)";
        let number_of = |after: SessionId| {
            let found: Option<i64> = self.first(number, params![after, filter.user], |row| row.get(0))?;
            found.ok_or(StoreError::Missing)
        };
        let after = filter.after.map(number_of).transpose()?;
        conditions.with("s.seq < ?", after.as_ref()).map_err(store_error)?;
        let (sql, values) = conditions.question(select, "s.seq DESC", filter.limit);
        self.all(&sql, params_from_iter(values), read)
    }
}

impl SessionWrites for Tx<'_> {
    fn insert_session(
        &self,
        session: &Session,
        hash: &TokenHash,
        refresh_hash: Option<&TokenHash>,
    ) -> Result<(), StoreError> {
        refuse_retired(self, session.signed_by)?;
        self.execute_one(
            "INSERT INTO auth_sessions (id, user_id, token_hash, token_expires_at, family_id, previous_session_id, \
             refresh_token_hash, device_fingerprint, device_label, ip, user_agent, auth_provider, created_at, \
             last_active_at, idle_limit, expires_at, revoked_at, revoked_reason, signing_key) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
            params![
                session.id,
                session.user_id,
                hash,
                session.token_expires_at,
                session.family_id,
                session.previous_id,
                refresh_hash,
                session.device.fingerprint,
                session.device.label,
                session.ip.map(PackedIp),
                session.user_agent,
                session.auth_provider,
                session.created_at,
                session.last_active_at,
                session.idle_limit.map(micros),
                session.expires_at,
                session.revoked.map(|(at, _)| at),
                session.revoked.map(|(_, reason)| reason),
                session.signed_by,
            ],
        )
    }

    fn replace_session(&self, id: SessionId, until: Timestamp) -> Result<bool, StoreError> {
        let changed = self.execute(
            "UPDATE auth_sessions SET revoked_at = ?2, revoked_reason = ?3 WHERE id = ?1 AND revoked_at IS NULL",
            params![id, until, RevokedReason::Rotated],
        )?;
        Ok(changed == 1)
    }

    fn record_session_use(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE auth_sessions SET last_active_at = ?2 \
                   WHERE id = ?1 AND revoked_at IS NULL AND last_active_at NOT BETWEEN ?2 AND ?2 + ?3";
        self.execute(sql, params![id, at, micros(NOTE_DELAY)]).map(drop)
    }

    fn end_session(&self, id: SessionId, reason: RevokedReason, at: Timestamp) -> Result<bool, StoreError> {
        let changed = self.execute(
            "UPDATE auth_sessions SET revoked_at = ?2, revoked_reason = ?3 \
             WHERE family_id = (SELECT family_id FROM auth_sessions WHERE id = ?1) \
             AND (revoked_at IS NULL OR revoked_reason = ?4 AND revoked_at > ?2) AND expires_at > ?2",
            params![id, at, reason, RevokedReason::Rotated],
        )?;
        Ok(changed > 0)
    }

    fn end_sessions(
        &self,
        user: UserId,
        except: Option<SessionId>,
        reason: RevokedReason,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let last = self.execute(
            "UPDATE auth_sessions SET revoked_at = ?2, revoked_reason = ?3 \
             WHERE user_id = ?1 AND revoked_at IS NULL AND expires_at > ?2 \
             AND family_id IS NOT (SELECT family_id FROM auth_sessions WHERE id = ?4)",
            params![user, at, reason, except],
        )?;
        // Those that were replaced a moment ago go with their chain, and count as one with it.
        self.execute(
            "UPDATE auth_sessions SET revoked_at = ?2, revoked_reason = ?3 \
             WHERE user_id = ?1 AND revoked_reason = ?5 AND revoked_at > ?2 \
             AND family_id IS NOT (SELECT family_id FROM auth_sessions WHERE id = ?4)",
            params![user, at, reason, except, RevokedReason::Rotated],
        )?;
        self.deny_approved_grants(user)?;
        Ok(last as u64)
    }

    fn sweep_sessions(&self, before: Timestamp, replaced_before: Timestamp) -> Result<u64, StoreError> {
        let ended = "DELETE FROM auth_sessions WHERE coalesce(revoked_at, expires_at) < ?1";
        let ended = self.execute(ended, [before])?;
        let replaced = "DELETE FROM auth_sessions WHERE coalesce(revoked_at, expires_at) < ?1 AND revoked_reason = ?2";
        let replaced = self.execute(replaced, params![replaced_before, RevokedReason::Rotated])?;
        Ok((ended + replaced) as u64)
    }
}
