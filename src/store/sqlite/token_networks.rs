//! Networks of tokens in `SQLite`. The tables name a token by its number, which is short.

use rusqlite::params;

use super::tx::Tx;
use crate::{
    domain::{
        Timestamp, TokenId,
        token_network::{Network, NetworkRows, REMEMBERED},
    },
    store::{StoreError, TokenNetworkReads, TokenNetworkWrites},
};

/// The number of the token with the id `?1`.
macro_rules! number {
    () => {
        "(SELECT seq FROM personal_access_tokens WHERE id = ?1)"
    };
}

impl TokenNetworkReads for Tx<'_> {
    fn knows_network(&self, token: TokenId, network: Network) -> Result<bool, StoreError> {
        let sql = concat!("SELECT 1 FROM token_networks WHERE token = ", number!(), " AND network = ?2");
        Ok(self.first(sql, params![token, network.as_bytes()], |_| Ok(()))?.is_some())
    }

    fn network_rows(&self, token: TokenId) -> Result<Option<NetworkRows>, StoreError> {
        let sql = concat!("SELECT since, written, left_out FROM token_network_rows WHERE token = ", number!());
        self.first(sql, [token], |row| {
            Ok(NetworkRows { since: row.get(0)?, written: row.get(1)?, left_out: row.get(2)? })
        })
    }
}

impl TokenNetworkWrites for Tx<'_> {
    fn remember_network(&self, token: TokenId, network: Network, at: Timestamp) -> Result<(), StoreError> {
        self.execute_one(
            concat!(
                "INSERT INTO token_networks (token, network, last_used_at) VALUES (",
                number!(),
                ", ?2, ?3) ON CONFLICT (token, network) DO UPDATE SET last_used_at = ?3"
            ),
            params![token, network.as_bytes(), at],
        )?;
        let forget = concat!(
            "DELETE FROM token_networks WHERE token = ",
            number!(),
            " AND network <> ?2 AND network NOT IN (SELECT network FROM token_networks WHERE token = ",
            number!(),
            " AND network <> ?2 ORDER BY last_used_at DESC LIMIT ?3)"
        );
        self.execute(forget, params![token, network.as_bytes(), REMEMBERED - 1]).map(drop)
    }

    fn set_network_rows(&self, token: TokenId, rows: &NetworkRows) -> Result<(), StoreError> {
        self.execute_one(
            concat!(
                "INSERT INTO token_network_rows (token, since, written, left_out) VALUES (",
                number!(),
                ", ?2, ?3, ?4) ON CONFLICT (token) DO UPDATE SET since = ?2, written = ?3, left_out = ?4"
            ),
            params![token, rows.since, rows.written, rows.left_out],
        )
    }
}
