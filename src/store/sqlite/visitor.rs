//! Looking at a store that a server may be using: no lock is taken, nothing can be changed, nothing is made.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rusqlite::Connection;
use serde::Serialize;

use super::{
    backup::copy,
    connection,
    data_dir::{database_in, exists},
    error::unusable,
    open::{self, INSTANCE_ID},
    room,
    schema::{self, MIGRATIONS},
    schema_check,
    tx::Tx,
};
use crate::{
    domain::{Timestamp, audit::ChainKey},
    store::{KeyReads as _, Reader, Store, StoreError, StoreFigures, WriteJob},
};

/// A store opened for reading only.
pub struct ReadOnlyStore {
    connection: Mutex<Connection>,
    path: PathBuf,
    chain_key: ChainKey,
}

/// The schema of a file, and the newest that this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaVersion {
    /// The file's.
    pub found: i32,
    /// This program's.
    pub known: i32,
}

/// How many rows of the main kinds a store has, ended ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rows {
    /// Users.
    pub users: i64,
    /// Personal access tokens.
    pub tokens: i64,
    /// Sessions.
    pub sessions: i64,
}

/// Copies the store of the data directory `dir` to the new file `to`, while a server may be using it, and checks the
/// copy (S-56).
///
/// # Errors
/// [`StoreError::Unusable`] without a store, or when `to` exists or cannot be written; nothing is left behind.
pub fn backup(dir: &Path, to: &Path) -> Result<(), StoreError> {
    copy(&checked(dir)?, to)
}

/// Returns the schema of the store in the data directory `dir`, after comparing it with the one that `da` makes.
///
/// # Errors
/// [`StoreError::Unusable`] without a sound store, for a newer one, and for one with a foreign schema.
pub fn schema_version(dir: &Path) -> Result<SchemaVersion, StoreError> {
    let path = checked(dir)?;
    let connection = connection::reader(&path)?;
    let found = refuse_foreign(&connection, &path)?;
    Ok(SchemaVersion { found, known: schema::newest(MIGRATIONS) })
}

fn refuse_foreign(connection: &Connection, path: &Path) -> Result<i32, StoreError> {
    let (_, version) = connection::identity(connection)?;
    let remedy = "stop the server, move it away, and restore a backup with `da server restore FILE`";
    schema_check::refuse_foreign(connection, path, version, MIGRATIONS, remedy)?;
    Ok(version)
}

/// Refuses the data directory `dir` if no store is there and none ever was: a mistyped name must not become a new
/// installation.
///
/// # Errors
/// [`StoreError::Unusable`].
pub fn refuse_empty(dir: &Path) -> Result<(), StoreError> {
    let path = database_in(dir);
    let was_used = std::fs::metadata(dir.join("lock")).is_ok_and(|lock| lock.len() > 0);
    if was_used || exists(&path)? { Ok(()) } else { Err(no_store(&path)) }
}

fn no_store(path: &Path) -> StoreError {
    unusable(path, "there is no store here; name its directory with `--data-dir` or DA_DATA_DIR")
}

impl ReadOnlyStore {
    /// Opens the store of the data directory `dir`.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] without a sound store.
    pub fn open(dir: &Path, chain_key: ChainKey) -> Result<Self, StoreError> {
        let path = checked(dir)?;
        let connection = connection::reader(&path)?;
        refuse_foreign(&connection, &path)?;
        Ok(Self::of(connection, path, chain_key))
    }
}

impl ReadOnlyStore {
    /// Reads over a connection that is open.
    pub(super) fn of(connection: Connection, path: PathBuf, chain_key: ChainKey) -> Self {
        Self { connection: Mutex::new(connection), path, chain_key }
    }

    /// Returns its schema.
    ///
    /// # Errors
    /// Those of the store.
    pub fn schema(&self) -> Result<i32, StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(connection::identity(&connection)?.1)
    }

    /// Counts what is in it, in any schema.
    ///
    /// # Errors
    /// Those of the store.
    pub fn rows(&self) -> Result<Rows, StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = |table: &str| {
            let count = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
            count.map_err(super::error::store_error)
        };
        let (users, tokens) = (counted("users")?, counted("personal_access_tokens")?);
        Ok(Rows { users, tokens, sessions: counted("auth_sessions")? })
    }

    /// Checks every page.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when one is damaged.
    pub fn inspect(&self) -> Result<(), StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let remedy = "stop the server, and restore a backup with `da server restore FILE`";
        connection::inspect(&connection, &self.path, "quick_check", remedy).map(drop)
    }
}

impl Store for ReadOnlyStore {
    fn run_read(&self, job: &mut dyn FnMut(&dyn Reader)) -> Result<(), StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let view = connection.unchecked_transaction().map_err(super::error::store_error)?;
        job(&Tx::new(&view, &self.chain_key));
        Ok(())
    }

    fn run_check(&self, job: &mut dyn FnMut(&dyn Reader)) -> Result<(), StoreError> {
        self.run_read(job)
    }

    fn run_write(&self, _: WriteJob) -> Result<(), StoreError> {
        Err(read_only())
    }

    fn check(&self) -> Result<(), StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        Tx::new(&connection, &self.chain_key).meta(INSTANCE_ID).map(drop)
    }

    fn check_writes(&self, _: Timestamp) -> Result<(), StoreError> {
        Err(read_only())
    }

    fn figures(&self) -> StoreFigures {
        room::figures(&self.path)
    }
}

fn read_only() -> StoreError {
    StoreError::Unavailable("it was opened for reading only".to_owned())
}

fn checked(dir: &Path) -> Result<PathBuf, StoreError> {
    let path = database_in(dir);
    if !exists(&path)? {
        return Err(no_store(&path));
    }
    open::check_header(&path, MIGRATIONS)?;
    std::fs::canonicalize(&path).map_err(|error| super::error::file_error(&path, "resolve the path", &error))
}
