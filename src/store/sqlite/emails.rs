//! Gives the login names that an earlier version stored their canonical form (D-11).
//!
//! SQL cannot do it: the domain becomes A-labels by IDNA, and the local part NFC.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use serde_json::json;

use super::{error::store_error, tx::Tx};
use crate::{
    domain::{Action, AuditEntry, Email, Timestamp, Via, audit::ChainKey},
    store::{AuditWrites as _, KeyReads as _, KeyWrites as _, StoreError, UserReads as _},
};

/// The `meta` key that tells that this was done.
const DONE: &str = "emails_canonical";

/// Changes each address whose canonical form is free, oldest account first, and records the change in the audit log. Does
/// it once, in one transaction. An account whose canonical form is taken keeps what it has.
pub(super) fn make_canonical(connection: &Connection, chain_key: &ChainKey, now: Timestamp) -> Result<(), StoreError> {
    if Tx::new(connection, chain_key).meta(DONE)?.is_some() {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(store_error)?;
    match change(&Tx::new(connection, chain_key), now) {
        Ok(()) => transaction.commit().map_err(store_error),
        // The audit log takes no row: somebody has changed it. That is for `da server audit verify` to tell; the next
        // start tries again.
        Err(error @ StoreError::Corrupt(_)) => {
            tracing::error!(%error, "e-mail addresses keep their older form");
            transaction.rollback().map_err(store_error)
        }
        Err(error) => Err(error),
    }
}

fn change(tx: &Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    for user in tx.users_with_older_emails()? {
        let Ok(email) = user.email.as_str().parse::<Email>() else { continue };
        if tx.user_by_email(&email)?.is_some() {
            continue;
        }
        tx.execute_one("UPDATE users SET email = ?2, updated_at = ?3 WHERE id = ?1", params![user.id, email, now])?;
        let entry = AuditEntry {
            action: Action::UserUpdate,
            user_id: None,
            via: Via::System,
            resource: format!("user:{}", user.id),
            params: json!({ "by": "upgrade", "email": email, "email_before": user.email }),
            result: "ok",
            ip: None,
            request_id: None,
        };
        tx.append_audit(&entry, now)?;
    }
    tx.set_meta(DONE, "done", now)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::{
        domain::UserId,
        store::{
            AuditFilter, Store,
            sqlite::{SqliteStore, tests::Home},
        },
    };

    /// Accounts as an earlier version stored them, with what becomes of them; in the order in which they were made.
    const ACCOUNTS: [(&str, &str); 9] = [
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        // A twin of the first, and two of each other.
        ("ann@bücher.example", "ann@bücher.example"),
        ("bob@bücher.example", "bob@xn--bcher-kva.example"),
        ("bob@b\u{fc}cher。example", "bob@b\u{fc}cher。example"),
        ("zoë@example.org", "zoë@example.org"),
        ("zoe\u{308}@example.net", "zoë@example.net"),
        ("ｅｖｅ@example.org", "ｅｖｅ@example.org"),
        ("mia@xn--a.example", "mia@xn--a.example"),
        ("plain@example.org", "plain@example.org"),
    ];

    fn emails(connection: &Connection) -> Vec<String> {
        let mut statement = connection.prepare("SELECT email FROM users ORDER BY created_at").expect("prepares");
        statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).expect("reads")
    }

    #[test]
    fn addresses_become_canonical_once_where_the_form_is_free_and_the_log_tells_it() {
        let home = Home::new();
        drop(home.open());
        let connection = Connection::open(home.0.path().join("data/da.db")).expect("opens");
        connection.execute("DELETE FROM meta WHERE key = ?1", [DONE]).expect("an older store has no mark");
        for (number, (before, _)) in (1..).zip(ACCOUNTS) {
            let add = "INSERT INTO users (id, email, name, created_at, updated_at) VALUES (?1, ?2, 'x', ?3, ?3)";
            connection.execute(add, params![UserId::random(), before, number]).expect("inserts");
        }
        drop(connection);
        for _ in 0..2 {
            let opened: SqliteStore = home.open();
            let store: &dyn Store = &opened;
            let rows =
                store.read(|tx| tx.audit_rows(&AuditFilter { limit: 50, ..AuditFilter::default() })).expect("reads");
            let told: Vec<_> = rows.iter().rev().map(|row| row.params.as_str()).collect();
            assert_eq!(
                told,
                [
                    r#"{"by":"upgrade","email":"bob@xn--bcher-kva.example","email_before":"bob@bücher.example"}"#,
                    "{\"by\":\"upgrade\",\"email\":\"zoë@example.net\",\"email_before\":\"zoe\u{308}@example.net\"}",
                ]
            );
            assert!(rows.iter().all(|row| row.action == "user.update" && row.via == "system"));
            let kept = store.read(|tx| tx.users_with_older_emails()).expect("reads");
            let kept: Vec<_> = kept.iter().map(|user| user.email.as_str()).collect();
            assert_eq!(kept, ["ann@bücher.example", "bob@bücher。example", "ｅｖｅ@example.org", "mia@xn--a.example"]);
        }
        let connection = Connection::open(home.0.path().join("data/da.db")).expect("opens");
        assert_eq!(emails(&connection), ACCOUNTS.map(|(_, after)| after));
    }
}
