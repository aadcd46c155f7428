//! Failed sign-ins in `SQLite`.

use rusqlite::{params, types::Type};

use super::tx::Tx;
use crate::{
    domain::{LoginAttempts, Network, Timestamp, TokenHash},
    store::{LoginAttemptReads, LoginAttemptWrites, StoreError},
};

impl LoginAttemptReads for Tx<'_> {
    fn login_attempts(&self, since: Timestamp, limit: u32) -> Result<Vec<LoginAttempts>, StoreError> {
        let sql = "SELECT account_key, ip, failures, first_at, last_at, locked_until FROM login_attempts \
                   WHERE first_at > ?1 ORDER BY failures DESC LIMIT ?2";
        self.all(sql, params![since, limit], |row| {
            let network: Network = row
                .get::<_, String>(1)?
                .parse()
                .map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, Box::new(error)))?;
            Ok(LoginAttempts {
                account: row.get(0)?,
                network,
                failures: row.get(2)?,
                first_at: row.get(3)?,
                last_at: row.get(4)?,
                locked_until: row.get(5)?,
            })
        })
    }
}

impl LoginAttemptWrites for Tx<'_> {
    fn put_login_attempts(&self, attempts: &LoginAttempts) -> Result<(), StoreError> {
        self.execute_one(
            "INSERT OR REPLACE INTO login_attempts (account_key, ip, failures, first_at, last_at, locked_until) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                attempts.account,
                attempts.network.to_string(),
                attempts.failures,
                attempts.first_at,
                attempts.last_at,
                attempts.locked_until,
            ],
        )
    }

    fn remove_login_attempts(&self, account: &TokenHash, network: Network) -> Result<(), StoreError> {
        let sql = "DELETE FROM login_attempts WHERE account_key = ?1 AND ip = ?2";
        self.execute(sql, params![account, network.to_string()]).map(drop)
    }

    fn sweep_login_attempts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let removed = self.execute("DELETE FROM login_attempts WHERE first_at <= ?1", [before])?;
        Ok(removed as u64)
    }
}
