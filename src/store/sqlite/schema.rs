//! The schema and its migrations: numbered, embedded, forward-only, unedited once released (D-05).

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::{
    connection::identity,
    error::{store_error, unusable},
};
use crate::{domain::Timestamp, store::StoreError};

/// Marks a file as a database of `da`: "dadb".
pub(super) const APPLICATION_ID: i32 = 0x6461_6462;

/// One step from the schema before it.
pub(super) struct Migration {
    /// The `user_version` after it.
    pub(super) version: i32,
    /// Its name in the `meta` marker.
    pub(super) name: &'static str,
    /// What it does.
    pub(super) sql: &'static str,
}

/// Every migration, in order.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "0001_initial", sql: include_str!("migrations/0001_initial.sql") },
    Migration { version: 2, name: "0002_sessions", sql: include_str!("migrations/0002_sessions.sql") },
    Migration { version: 3, name: "0003_limits", sql: include_str!("migrations/0003_limits.sql") },
];

/// Returns the version that `migrations` lead to.
pub(super) fn newest(migrations: &[Migration]) -> i32 {
    migrations.last().map_or(0, |migration| migration.version)
}

/// Refuses the file at `path` if its schema is none that this program knows.
pub(super) fn refuse_unknown(path: &Path, version: i32, migrations: &[Migration]) -> Result<(), StoreError> {
    let known = newest(migrations);
    if migrations.iter().any(|migration| migration.version == version) {
        return Ok(());
    }
    if version < known {
        let reason = format!(
            "its schema {version} is none that `da` ever wrote; restore a backup with `da server restore FILE`"
        );
        return Err(unusable(path, reason));
    }
    Err(unusable(
        path,
        format!(
            "its schema {version} was written by a newer `da`, this one knows {known}; nothing was changed. Use the \
             newer version, or restore the backup that it took before it upgraded"
        ),
    ))
}

/// Brings the schema up to date. Each step and its marker are one transaction (K-13).
pub(super) fn migrate(connection: &Connection, migrations: &[Migration], now: Timestamp) -> Result<(), StoreError> {
    let (_, version) = identity(connection)?;
    let missing = migrations.iter().filter(|migration| migration.version > version);
    missing.into_iter().try_for_each(|migration| apply(connection, migration, now)).map_err(store_error)
}

/// Runs one step with its marker.
pub(super) fn apply(connection: &Connection, migration: &Migration, now: Timestamp) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    transaction.execute_batch(migration.sql)?;
    transaction.execute(
        "INSERT INTO meta (key, value, updated_at) VALUES (?1, 'done', ?2)",
        params![format!("migration_{}", migration.name), now],
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", migration.version)?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_file_is_registered_in_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/sqlite/migrations");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .expect("readable")
            .map(|entry| entry.expect("readable").file_name().into_string().expect("plain name"))
            .collect();
        files.sort();
        let registered: Vec<_> = MIGRATIONS.iter().map(|migration| format!("{}.sql", migration.name)).collect();
        assert_eq!(files, registered);
        for (number, migration) in (1..).zip(MIGRATIONS) {
            assert_eq!(migration.version, number);
            assert!(migration.name.starts_with(&format!("{number:04}_")));
        }
    }

    #[test]
    fn a_failing_migration_leaves_nothing() {
        let connection = Connection::open_in_memory().expect("opens");
        migrate(&connection, MIGRATIONS, Timestamp::from_micros(1)).expect("migrates");
        let broken =
            [Migration { version: 99, name: "0099_x", sql: "CREATE TABLE t (x); INSERT INTO nowhere VALUES (1)" }];
        migrate(&connection, &broken, Timestamp::from_micros(2)).expect_err("fails");
        assert_eq!(identity(&connection).expect("readable"), (APPLICATION_ID, newest(MIGRATIONS)));
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 't'", [], |row| row.get(0))
            .expect("readable");
        assert_eq!(tables, 0);
    }

    /// Up to version 3.40, SQLite takes `json_valid(NULL)` for a failed check, and its `integrity_check` says so of each
    /// such row. Backups are looked at with what the operator has.
    #[test]
    fn a_check_for_json_lets_null_pass_in_every_sqlite() {
        let connection = Connection::open_in_memory().expect("opens");
        migrate(&connection, MIGRATIONS, Timestamp::from_micros(1)).expect("migrates");
        let columns = "SELECT t.name, t.sql, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c \
                       WHERE t.type = 'table' AND c.\"notnull\" = 0 AND c.pk = 0";
        let mut statement = connection.prepare(columns).expect("sound");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("readable");
        let mut guarded = 0;
        for row in rows {
            let (table, sql, column): (String, String, String) = row.expect("readable");
            let check = format!("json_valid({column})");
            let allowed = format!("{column} IS NULL OR {check}");
            assert_eq!(sql.matches(&check).count(), sql.matches(&allowed).count(), "{table}.{column}");
            guarded += sql.matches(&allowed).count();
        }
        assert!(guarded > 0, "the test finds no check at all");
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let connection = Connection::open_in_memory().expect("opens");
        for _ in 0..2 {
            migrate(&connection, MIGRATIONS, Timestamp::from_micros(1)).expect("migrates");
        }
        let markers: i64 = connection
            .query_row("SELECT count(*) FROM meta WHERE key LIKE 'migration%'", [], |row| row.get(0))
            .expect("readable");
        assert_eq!(usize::try_from(markers), Ok(MIGRATIONS.len()));
    }
}
