//! The check as one would write it first: a connection behind a lock, and a write for each request.
//!
//! It is let off lightly: its HTTP is the echo server's, without any of the layers.

use std::{path::Path, sync::Mutex};

use da::domain::TokenHash;
use rusqlite::{Connection, params};

use crate::{
    support::{jwt_part, stored_id},
    yardstick::{Answering, padded},
};

/// How durable its writes are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Durability {
    /// Each is synced, as all writes of `da` are.
    Full,
    /// They may be lost: nothing waits for the disk.
    None,
}

/// See the module.
pub(crate) struct Naive {
    connection: Mutex<Connection>,
    answer_bytes: usize,
}

impl Naive {
    /// Opens the store at `path`; answers have as many bytes as the real ones.
    pub(crate) fn open(path: &Path, durability: Durability, answer_bytes: usize) -> Self {
        let connection = Connection::open(path).unwrap();
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::None => "OFF",
        };
        connection.pragma_update(None, "synchronous", synchronous).unwrap();
        Self { connection: Mutex::new(connection), answer_bytes }
    }

    fn check(&self, token: &str) -> serde_json::Value {
        let id = stored_id(jwt_part(token, 1)["jti"].as_str().unwrap());
        let connection = self.connection.lock().unwrap();
        let now = jiff::Timestamp::now().as_microsecond();
        let used = "UPDATE personal_access_tokens SET last_used_at = ?2 WHERE id = ?1";
        assert_eq!(connection.prepare_cached(used).unwrap().execute(params![id, now]).unwrap(), 1);
        let question = "SELECT t.token_hash, t.revoked_at, t.expires_at, u.email, u.name, u.role, u.active \
                        FROM personal_access_tokens AS t JOIN users AS u ON u.id = t.user_id WHERE t.id = ?1";
        let mut statement = connection.prepare_cached(question).unwrap();
        let row = statement.query_row([&id], |row| {
            let hash: [u8; 32] = row.get(0)?;
            let (revoked, ends): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
            let live = revoked.is_none() && ends.is_none_or(|ends| ends > now) && row.get(6)?;
            assert!(live && TokenHash::of(token).matches(&TokenHash::from_bytes(hash)));
            let (email, name, role): (String, String, i64) = (row.get(3)?, row.get(4)?, row.get(5)?);
            Ok(serde_json::json!({ "email": email, "name": name, "role": role }))
        });
        row.unwrap()
    }
}

impl Answering for Naive {
    fn answer(&self, head: &[u8], answer: &mut Vec<u8>) {
        let head = std::str::from_utf8(head).unwrap();
        let token = head.split("\r\n").find_map(|line| line.strip_prefix("Authorization: Bearer ")).unwrap();
        answer.extend_from_slice(&padded(&self.check(token).to_string(), self.answer_bytes));
    }
}
