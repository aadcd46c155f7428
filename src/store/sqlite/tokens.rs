//! Personal access tokens in `SQLite`.

use std::{
    net::IpAddr,
    ops::{Range, RangeInclusive},
};

use rusqlite::{Row, params, params_from_iter};

use super::{error::store_error, filter::Filter, keys::refuse_retired, row::PackedIp, tx::Tx};
use crate::{
    domain::{
        Email, Expiry, Timestamp, Token, TokenHash, TokenId, UserId,
        rotation::Replacement,
        token::{CreatedVia, TokenStatus},
    },
    store::{
        StoreError, TokenFilter, TokenReads, TokenWrites,
        tokens::{EndedTokens, LiveTokens, Unused},
    },
};

/// The columns of a [`Token`] in the table `personal_access_tokens AS t`, as [`read`] expects them.
macro_rules! columns {
    () => {
        "t.id, t.user_id, t.name, t.created_at, t.expires_at, t.last_used_at, t.last_used_ip, t.revoked_at, \
         t.signing_key, t.renewable IS NOT NULL, t.replaced_by, t.overlap_until, t.overlap_limit, t.created_via, \
         t.chain"
    };
}
/// A token that ended before this time: revoked, expired, or replaced and its overlap over.
macro_rules! ended_before {
    ($time:literal) => {
        concat!(
            "(coalesce(revoked_at < ",
            $time,
            ", FALSE) OR coalesce(expires_at < ",
            $time,
            ", FALSE) OR coalesce(overlap_until < ",
            $time,
            ", FALSE))"
        )
    };
}
/// How many they are.
const COLUMNS: usize = 15;

/// Revoked by nobody, and the other tokens: the index on the user is divided by this very expression.
const NOT_REVOKED: &str = "(t.revoked_at IS NULL) = TRUE";
const REVOKED: &str = "(t.revoked_at IS NULL) = FALSE";
/// Not ended by anybody, nor with its overlap, at the time `?`.
const NOT_ENDED: &str = "(t.revoked_at IS NULL) = TRUE AND coalesce(t.overlap_until > ?, TRUE)";

fn read(row: &Row<'_>) -> rusqlite::Result<Token> {
    Ok(Token {
        id: row.get(0)?,
        user_id: row.get(1)?,
        name: row.get(2)?,
        created_at: row.get(3)?,
        expiry: Expiry::from_option(row.get(4)?),
        last_used_at: row.get(5)?,
        last_used_ip: row.get::<_, Option<PackedIp>>(6)?.map(|ip| ip.0),
        revoked_at: row.get(7)?,
        signed_by: row.get(8)?,
        renewable: row.get(9)?,
        replaced: replacement(row.get(10)?, row.get(11)?, row.get(12)?),
        created_via: row.get(13)?,
        chain: row.get(14)?,
    })
}

fn replacement(by: Option<TokenId>, until: Option<Timestamp>, limit: Option<Timestamp>) -> Option<Replacement> {
    Some(Replacement { by: by?, until: until?, limit: limit? })
}

/// Translates the filter. `seq` tells which of two tokens is the newer.
fn conditions(filter: &TokenFilter) -> rusqlite::Result<Filter> {
    let mut all = Filter::default();
    all.with("t.user_id = ?", filter.user.as_ref())?;
    match &filter.status {
        None => {}
        Some((TokenStatus::Revoked, now)) => {
            all.with("(t.revoked_at IS NOT NULL OR t.overlap_until <= ?)", Some(now))?;
        }
        Some((TokenStatus::Expired, now)) => {
            all.with(NOT_ENDED, Some(now))?;
            all.with("t.expires_at <= ?", Some(now))?;
        }
        Some((TokenStatus::Active, now)) => {
            all.with(NOT_ENDED, Some(now))?;
            all.with("(t.expires_at IS NULL OR t.expires_at > ?)", Some(now))?;
        }
    }
    match &filter.unused {
        None => {}
        Some(Unused::Ever) => all.always("t.last_used_at IS NULL"),
        Some(Unused::Since(then)) => all.with("(t.last_used_at IS NULL OR t.last_used_at < ?)", Some(then))?,
    }
    if filter.replaced {
        all.always("t.replaced_by IS NOT NULL");
    }
    all.with("t.expires_at <= ?", filter.ends_by.as_ref())?;
    Ok(all)
}

/// Returns the number of the token that a page follows. Another user's is not there for who lists the own ones.
fn number_of(tx: &Tx<'_>, after: TokenId, user: Option<UserId>) -> Result<i64, StoreError> {
    let number = "SELECT seq FROM personal_access_tokens WHERE id = ?1 AND user_id = coalesce(?2, user_id)";
    tx.first(number, params![after, user], |row| row.get(0))?.ok_or(StoreError::Missing)
}

impl TokenReads for Tx<'_> {
    fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError> {
        self.first(concat!("SELECT ", columns!(), " FROM personal_access_tokens AS t WHERE t.id = ?1"), [id], read)
    }

    fn tokens(&self, filter: &TokenFilter) -> Result<Vec<(Token, Email)>, StoreError> {
        // CROSS JOIN keeps the tokens outside: the list is then walked in its order and ends at the limit.
        let select = concat!(
            "SELECT ",
            columns!(),
            ", u.email, t.seq AS number FROM personal_access_tokens AS t CROSS JOIN users AS u ON u.id = t.user_id"
        );
        let mut conditions = conditions(filter).map_err(store_error)?;
        let after = filter.after.map(|after| number_of(self, after, filter.user)).transpose()?;
        conditions.with("t.seq < ?", after.as_ref()).map_err(store_error)?;
        let (offset, limit) = (filter.offset, filter.limit);
        let (sql, values) = match filter.user {
            Some(_) => conditions.merged_page(select, [NOT_REVOKED, REVOKED], "number DESC", offset, limit),
            None => conditions.page(select, "number DESC", offset, limit),
        };
        self.all(&sql, params_from_iter(values), |row| Ok((read(row)?, row.get(COLUMNS)?)))
    }

    fn predecessor(&self, id: TokenId) -> Result<Option<Token>, StoreError> {
        self.first(
            concat!("SELECT ", columns!(), " FROM personal_access_tokens AS t WHERE t.replaced_by = ?1"),
            [id],
            read,
        )
    }

    fn successors_in_chain(&self, chain: TokenId, after: TokenId) -> Result<Vec<Token>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM personal_access_tokens AS t WHERE t.chain = ?1 AND t.revoked_at IS NULL \
             AND t.seq > (SELECT seq FROM personal_access_tokens WHERE id = ?2) ORDER BY t.seq"
        );
        self.all(sql, params![chain, after], read)
    }

    fn count_tokens(&self, filter: &TokenFilter, most: Option<u32>) -> Result<u64, StoreError> {
        let conditions = conditions(filter).map_err(store_error)?;
        let (sql, values) = conditions.count("personal_access_tokens AS t", most);
        let count: Option<i64> = self.first(&sql, params_from_iter(values), |row| row.get(0))?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    fn count_unrevoked_tokens(&self, user: UserId, most: u32) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM personal_access_tokens \
                   WHERE user_id = ?1 AND (revoked_at IS NULL) = TRUE LIMIT ?2)";
        let count: Option<i64> = self.first(sql, params![user, most], |row| row.get(0))?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    fn count_live_tokens(&self, live: &LiveTokens, most: u32) -> Result<u64, StoreError> {
        let [exec, helper] = CreatedVia::BRIEF;
        let count: Option<i64> = self.first(
            "SELECT count(*) FROM (SELECT 1 FROM personal_access_tokens \
             WHERE user_id = ?1 AND (revoked_at IS NULL) = TRUE AND coalesce(overlap_until > ?2, TRUE) \
             AND coalesce(expires_at > ?2, TRUE) AND (created_via IN (?3, ?4)) = ?5 \
             AND (replaced_by IS NOT NULL) = ?6 LIMIT ?7)",
            params![live.user, live.at, exec, helper, live.brief, live.replaced, most],
            |row| row.get(0),
        )?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    fn ended_tokens(&self, from: i64, count: u32, before: Timestamp) -> Result<EndedTokens, StoreError> {
        let looked_at: Vec<(i64, bool)> = self.all(
            concat!(
                "SELECT seq, ",
                ended_before!("?3"),
                " FROM personal_access_tokens WHERE seq > ?1 ORDER BY seq LIMIT ?2"
            ),
            params![from, count, before],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let last = looked_at.last().map(|(number, _)| *number);
        let ended = looked_at.into_iter().filter(|(_, ended)| *ended).map(|(number, _)| number).collect();
        Ok(EndedTokens { last, ended })
    }

    fn newest_token_number(&self) -> Result<i64, StoreError> {
        let newest = self.first("SELECT coalesce(max(seq), 0) FROM personal_access_tokens", [], |row| row.get(0))?;
        Ok(newest.unwrap_or(0))
    }

    fn count_tokens_ending(&self, numbers: RangeInclusive<i64>, window: &Range<Timestamp>) -> Result<u64, StoreError> {
        let count: Option<i64> = self.first(
            "SELECT count(*) FROM personal_access_tokens WHERE seq BETWEEN ?1 AND ?2 AND revoked_at IS NULL \
             AND expires_at >= ?3 AND expires_at < ?4",
            params![numbers.start(), numbers.end(), window.start, window.end],
            |row| row.get(0),
        )?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }
}

impl TokenWrites for Tx<'_> {
    fn insert_token(&self, token: &Token, hash: &TokenHash) -> Result<(), StoreError> {
        refuse_retired(self, token.signed_by)?;
        self.execute_one(
            "INSERT INTO personal_access_tokens (id, user_id, name, token_hash, created_at, expires_at, last_used_at, \
             last_used_ip, revoked_at, signing_key, renewable, replaced_by, overlap_until, overlap_limit, \
             created_via, chain) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            params![
                token.id,
                token.user_id,
                token.name,
                hash,
                token.created_at,
                token.expiry.to_option(),
                token.last_used_at,
                token.last_used_ip.map(PackedIp),
                token.revoked_at,
                token.signed_by,
                token.renewable.then_some(true),
                token.replaced.map(|replaced| replaced.by),
                token.replaced.map(|replaced| replaced.until),
                token.replaced.map(|replaced| replaced.limit),
                token.created_via,
                token.chain,
            ],
        )
    }

    fn revoke_token(&self, id: TokenId, by: Option<UserId>, at: Timestamp) -> Result<bool, StoreError> {
        let changed = self.execute(
            "UPDATE personal_access_tokens SET revoked_at = ?2, revoked_by = ?3 \
             WHERE id = ?1 AND revoked_at IS NULL AND coalesce(overlap_until >= ?2, TRUE)",
            params![id, at, by],
        )?;
        Ok(changed == 1)
    }

    fn revoke_tokens(&self, user: UserId, by: Option<UserId>, at: Timestamp) -> Result<u64, StoreError> {
        let changed = self.execute(
            "UPDATE personal_access_tokens SET revoked_at = ?2, revoked_by = ?3 \
             WHERE user_id = ?1 AND revoked_at IS NULL AND coalesce(overlap_until > ?2, TRUE)",
            params![user, at, by],
        )?;
        Ok(changed as u64)
    }

    fn replace_token(&self, id: TokenId, replaced: &Replacement) -> Result<bool, StoreError> {
        let changed = self.execute(
            "UPDATE personal_access_tokens SET replaced_by = ?2, overlap_until = ?3, overlap_limit = ?4 \
             WHERE id = ?1 AND revoked_at IS NULL AND replaced_by IS NULL",
            params![id, replaced.by, replaced.until, replaced.limit],
        )?;
        Ok(changed == 1)
    }

    fn move_overlap(&self, id: TokenId, until: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE personal_access_tokens SET overlap_until = min(?2, overlap_limit) WHERE id = ?1";
        self.execute(sql, params![id, until]).map(drop)
    }

    fn trim_revoked_tokens(&self, user: UserId, kept: u32, most: u32) -> Result<u64, StoreError> {
        // The first one to go is found in the index alone.
        let removed = self.execute(
            "DELETE FROM personal_access_tokens WHERE seq IN (SELECT seq FROM personal_access_tokens \
             WHERE user_id = ?1 AND (revoked_at IS NULL) = FALSE AND seq <= (SELECT seq FROM personal_access_tokens \
             WHERE user_id = ?1 AND (revoked_at IS NULL) = FALSE ORDER BY seq DESC LIMIT 1 OFFSET ?2) \
             ORDER BY seq LIMIT ?3)",
            params![user, kept, most],
        )?;
        Ok(removed as u64)
    }

    fn trim_expired_tokens(&self, user: UserId, kept: u32, most: u32, now: Timestamp) -> Result<u64, StoreError> {
        let removed = self.execute(
            "DELETE FROM personal_access_tokens WHERE seq IN (SELECT seq FROM (SELECT seq FROM personal_access_tokens \
             WHERE user_id = ?1 AND (revoked_at IS NULL) = TRUE AND (expires_at <= ?4 OR overlap_until <= ?4) \
             ORDER BY seq DESC LIMIT -1 OFFSET ?2) ORDER BY seq LIMIT ?3)",
            params![user, kept, most, now],
        )?;
        Ok(removed as u64)
    }

    fn remove_ended_tokens(&self, numbers: &[i64], before: Timestamp) -> Result<u64, StoreError> {
        let sql = concat!("DELETE FROM personal_access_tokens WHERE seq = ?1 AND ", ended_before!("?2"));
        numbers.iter().try_fold(0, |removed, number| Ok(removed + self.execute(sql, params![number, before])? as u64))
    }

    fn record_token_use(&self, id: TokenId, at: Timestamp, ip: Option<IpAddr>) -> Result<(), StoreError> {
        let sql = "UPDATE personal_access_tokens SET last_used_at = ?2, last_used_ip = ?3 WHERE id = ?1";
        self.execute(sql, params![id, at, ip.map(PackedIp)]).map(drop)
    }
}
