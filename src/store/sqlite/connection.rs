//! How a connection is set up; every connection to a store of ours is made here.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{
    error::{store_error, unusable},
    schema::APPLICATION_ID,
};
use crate::store::StoreError;

/// How long a statement waits for a lock (S-55).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Beyond this the write-ahead log is cut back after a checkpoint.
const WAL_KEPT_BYTES: i64 = 16 << 20;

/// Pages in the write-ahead log after which it is written back: 12 MiB, so that a large batch fits besides. A checkpoint
/// syncs twice and holds the writer up; random ids come to the same pages of an index again and again, and the longer it
/// waits, the fewer of them it writes.
const CHECKPOINT_PAGES: i64 = 3 * 1024;

/// Statements kept prepared per connection; all of ours fit.
const CACHED_STATEMENTS: usize = 128;

/// The first version without the WAL-reset bug, which can damage a file with several connections.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Opens the writing connection.
pub(super) fn writer(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    keep_log(&connection, path)?;
    pragmas(&connection, &[("synchronous", "FULL"), ("fullfsync", "ON"), ("checkpoint_fullfsync", "ON")])?;
    connection.pragma_update(None, "journal_size_limit", WAL_KEPT_BYTES).map_err(store_error)?;
    // It answers with what is set.
    connection
        .pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))
        .map_err(store_error)?;
    Ok(connection)
}

/// Puts the database at `path` into write-ahead mode.
///
/// A new one must be in that mode before it is put in place: the change itself goes through a rollback journal, and a
/// crash in the middle of it would leave a database that no reader can open.
pub(super) fn keep_log(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(store_error)?;
    if mode.eq_ignore_ascii_case("wal") {
        return Ok(());
    }
    Err(unusable(path, "this file system cannot hold a write-ahead log; choose a local disk"))
}

/// Opens a connection that cannot write.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    pragmas(&connection, &[("query_only", "ON")])?;
    Ok(connection)
}

/// Lets a connection keep up to so many KiB of pages in memory.
pub(super) fn keep(connection: &Connection, kib: usize) -> Result<(), StoreError> {
    connection.pragma_update(None, "cache_size", format!("-{kib}")).map_err(store_error)
}

/// Opens a database that nobody changes, for reading only: no lock is taken, and nothing is laid beside it.
pub(super) fn still(path: &Path) -> Result<Connection, StoreError> {
    let connection =
        open(Path::new(&still_address(path)), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)?;
    pragmas(&connection, &[("query_only", "ON")])?;
    Ok(connection)
}

/// Writes a path as the address that tells `SQLite` so (its "URI filenames", section 3).
fn still_address(path: &Path) -> String {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => address.push(char::from(*byte)),
            _ if byte.is_ascii_alphanumeric() => address.push(char::from(*byte)),
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address + "?immutable=1"
}

/// Opens a database in the making: a single file, until it is told to keep a write-ahead log.
pub(super) fn copy(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    pragmas(&connection, &[("synchronous", "FULL"), ("fullfsync", "ON")])?;
    Ok(connection)
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(unusable(path, format!("SQLite {} is too old for it; use a proper build", rusqlite::version())));
    }
    // Never CREATE: files are made by us, 0600, before SQLite sees them. A mutex is not needed, ours guards each use.
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags).map_err(store_error)?;
    harden(&connection).map_err(store_error)?;
    Ok(connection)
}

/// Distrusts the file: it may be damaged, or another's work.
fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
        // Without it a cached statement is planned anew at each bind, at thrice the cost of a credential check (D-04).
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
    ] {
        connection.set_db_config(config, on)?;
    }
    connection.pragma_update(None, "cell_size_check", "ON")?;
    // An I/O error under a memory map is a signal that ends the process.
    connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))
}

fn pragmas(connection: &Connection, settings: &[(&str, &str)]) -> Result<(), StoreError> {
    settings.iter().try_for_each(|(name, value)| connection.pragma_update(None, name, value)).map_err(store_error)
}

/// Returns `application_id` and `user_version`.
pub(super) fn identity(connection: &Connection) -> Result<(i32, i32), StoreError> {
    let read = |name| connection.pragma_query_value(None, name, |row| row.get(0)).map_err(store_error);
    Ok((read("application_id")?, read("user_version")?))
}

/// Refuses a file that `check` (`quick_check` or `integrity_check`) finds damaged, or that is not a store of `da`.
pub(super) fn inspect(connection: &Connection, path: &Path, check: &str, remedy: &str) -> Result<i32, StoreError> {
    let found = connection.pragma_query_value(None, check, |row| row.get::<_, String>(0)).map_err(store_error);
    match found {
        Ok(verdict) if verdict == "ok" => {}
        Ok(verdict) => return Err(unusable(path, format!("the database is damaged ({verdict}); {remedy}"))),
        Err(error) => return Err(unusable(path, format!("the database cannot be read ({error}); {remedy}"))),
    }
    let (application_id, version) = identity(connection)?;
    if application_id == APPLICATION_ID { Ok(version) } else { Err(foreign(path)) }
}

/// Refuses a file that is none of ours.
pub(super) fn foreign(path: &Path) -> StoreError {
    unusable(path, "this is not a database of `da`; nothing was changed. Move it away, or choose another directory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_sqlite_is_new_enough() {
        assert!(rusqlite::version_number() >= OLDEST_SQLITE, "{}", rusqlite::version());
    }

    #[test]
    fn the_bundled_sqlite_has_no_tables_in_code_that_we_do_not_use() {
        let connection = Connection::open_in_memory().expect("opens");
        for module in ["fts3", "fts4", "fts5", "rtree", "dbstat"] {
            let made = connection.execute_batch(&format!("CREATE VIRTUAL TABLE temp.t USING {module}(x, y, z)"));
            let error = made.expect_err(module).to_string();
            assert!(error.contains("no such module"), "{module}: {error}");
        }
        connection.prepare("SELECT load_extension('x')").expect_err("nothing is loaded");
    }

    #[test]
    fn connections_are_set_up_as_decided() {
        let home = tempfile::tempdir().expect("temporary directory");
        let path = home.path().canonicalize().expect("resolvable").join("x.db");
        std::fs::write(&path, "").expect("written");
        let writer = writer(&path).expect("opens");
        let reader = reader(&path).expect("opens");
        let setting = |connection: &Connection, name: &str| -> String {
            let value = connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
            format!("{:?}", value.expect("readable"))
        };
        assert_eq!(setting(&writer, "journal_mode"), "Text(\"wal\")");
        assert_eq!(setting(&writer, "synchronous"), "Integer(2)");
        assert_eq!(setting(&reader, "query_only"), "Integer(1)");
        for connection in [&writer, &reader] {
            assert_eq!(setting(connection, "foreign_keys"), "Integer(1)");
            assert_eq!(setting(connection, "busy_timeout"), "Integer(5000)");
            assert_eq!(setting(connection, "trusted_schema"), "Integer(0)");
            assert_eq!(setting(connection, "cell_size_check"), "Integer(1)");
            assert_eq!(connection.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG), Ok(true));
            assert_eq!(connection.db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE), Ok(true));
        }
        reader.execute_batch("CREATE TABLE t (x)").expect_err("a reader cannot write");
    }
}
