//! Grants in `SQLite`.

use std::net::IpAddr;

use rusqlite::{Row, params};

use super::{
    row::{PackedIp, duration, micros},
    tx::Tx,
};
use crate::{
    domain::{
        CodeChallenge, Device, Grant, GrantId, GrantStatus, Lifetime, LoopbackRedirect, Timestamp, TokenHash,
        TokenName, UserId, Wanted, grant::Binding,
    },
    store::{GrantReads, GrantWrites, OpenGrants, StoreError},
};

/// The columns of a [`Grant`], as [`read`] expects them.
macro_rules! columns {
    () => {
        "id, client_name, device_label, fingerprint, ip, token_name, token_lifetime, status, user_id, created_at, \
         expires_at, poll_interval, last_poll_at, code_challenge, redirect_uri, session_id, decided_by"
    };
}
/// How many they are.
const COLUMNS: usize = 17;

fn read(row: &Row<'_>) -> rusqlite::Result<Grant> {
    let challenge: Option<TokenHash> = row.get(13)?;
    let redirect: Option<LoopbackRedirect> = row.get(14)?;
    let binding = challenge.map(CodeChallenge::from_hash).zip(redirect);
    let wanted = match row.get::<_, Option<TokenName>>(5)? {
        None => Wanted::Session,
        Some(name) => Wanted::Token { name, lifetime: Lifetime::lasting(duration(row, 6)?) },
    };
    Ok(Grant {
        id: row.get(0)?,
        client_name: row.get(1)?,
        device: Device { label: row.get(2)?, fingerprint: row.get(3)? },
        ip: row.get::<_, Option<PackedIp>>(4)?.map(|ip| ip.0),
        wanted,
        status: row.get(7)?,
        user_id: row.get(8)?,
        created_at: row.get(9)?,
        expires_at: row.get(10)?,
        interval: duration(row, 11)?.unwrap_or_default(),
        last_poll_at: row.get(12)?,
        binding: binding.map(|(challenge, redirect)| Binding { challenge, redirect }),
        session_id: row.get(15)?,
        decided_by: row.get(16)?,
    })
}

impl GrantReads for Tx<'_> {
    fn grant(&self, id: GrantId) -> Result<Option<(Grant, TokenHash)>, StoreError> {
        let sql = concat!("SELECT ", columns!(), ", device_code_hash FROM device_authorizations WHERE id = ?1");
        self.first(sql, [id], |row| Ok((read(row)?, row.get(COLUMNS)?)))
    }

    fn pending_grant(&self, user_code: &TokenHash) -> Result<Option<Grant>, StoreError> {
        // The status is a literal for the sake of the partial index.
        let sql =
            concat!("SELECT ", columns!(), " FROM device_authorizations WHERE user_code_hash = ?1 AND status = 0");
        self.first(sql, [user_code], read)
    }

    fn open_grants(&self, ip: Option<IpAddr>, now: Timestamp) -> Result<OpenGrants, StoreError> {
        // Addresses of one family are equally long, and share the bytes of a network that they are both in.
        let sql = "SELECT count(*), \
                   count(*) FILTER (WHERE length(ip) = length(?1) AND substr(ip, 1, ?3) = substr(?1, 1, ?3)), \
                   count(*) FILTER (WHERE length(ip) = length(?1) AND substr(ip, 1, ?4) = substr(?1, 1, ?4)), \
                   count(*) FILTER (WHERE length(ip) = length(?1) AND substr(ip, 1, ?5) = substr(?1, 1, ?5)) \
                   FROM device_authorizations WHERE expires_at > ?2 AND user_code_hash IS NOT NULL";
        let [host, site, provider] = if ip.is_some_and(|ip| ip.is_ipv6()) { [8, 6, 4] } else { [4, 3, 2] };
        let count = |row: &Row<'_>, column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        let counted = self.first(sql, params![ip.map(PackedIp), now, host, site, provider], |row| {
            let [all, host, site, provider] = [count(row, 0)?, count(row, 1)?, count(row, 2)?, count(row, 3)?];
            Ok(OpenGrants { all, host, site, provider })
        });
        Ok(counted?.unwrap_or_default())
    }
}

impl GrantWrites for Tx<'_> {
    fn insert_grant(&self, grant: &Grant, code: &TokenHash, user_code: Option<&TokenHash>) -> Result<(), StoreError> {
        let (token_name, token_lifetime) = match &grant.wanted {
            Wanted::Session => (None, None),
            Wanted::Token { name, lifetime } => (Some(name), lifetime.duration().map(micros)),
        };
        self.execute_one(
            "INSERT INTO device_authorizations (id, device_code_hash, user_code_hash, code_challenge, redirect_uri, \
             client_name, device_label, fingerprint, ip, token_name, token_lifetime, status, user_id, session_id, \
             created_at, expires_at, poll_interval, last_poll_at, decided_by) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
            params![
                grant.id,
                code,
                user_code,
                grant.binding.as_ref().map(|binding| binding.challenge.as_hash()),
                grant.binding.as_ref().map(|binding| &binding.redirect),
                grant.client_name,
                grant.device.label,
                grant.device.fingerprint,
                grant.ip.map(PackedIp),
                token_name,
                token_lifetime,
                grant.status,
                grant.user_id,
                grant.session_id,
                grant.created_at,
                grant.expires_at,
                micros(grant.interval),
                grant.last_poll_at,
                grant.decided_by,
            ],
        )
    }

    fn update_grant(&self, grant: &Grant) -> Result<(), StoreError> {
        self.execute_one(
            "UPDATE device_authorizations SET status = ?2, user_id = ?3, session_id = ?4, poll_interval = ?5, \
             last_poll_at = ?6, decided_by = ?7 WHERE id = ?1",
            params![
                grant.id,
                grant.status,
                grant.user_id,
                grant.session_id,
                micros(grant.interval),
                grant.last_poll_at,
                grant.decided_by,
            ],
        )
    }

    fn deny_approved_grants(&self, user: UserId) -> Result<u64, StoreError> {
        let sql = "UPDATE device_authorizations SET status = ?2 WHERE user_id = ?1 AND status = ?3";
        let changed = self.execute(sql, params![user, GrantStatus::Denied, GrantStatus::Approved])?;
        Ok(changed as u64)
    }

    fn sweep_grants(&self, before: Timestamp) -> Result<u64, StoreError> {
        let ended = "DELETE FROM device_authorizations WHERE expires_at < ?1";
        self.execute(ended, [before]).map(|removed| removed as u64)
    }
}
