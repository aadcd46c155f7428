//! The standing reader: a read transaction that is open while nothing is being written.
//!
//! Whoever reads takes a lock on the write-ahead log and gives it back, two system calls that cost as much as a third of
//! a credential check. The connections of one process share such a lock: while one of them holds it, the others only
//! count. The log cannot begin anew under a reader, though, and would grow for ever; so this one steps aside for every
//! batch of changes, and then holds the lock of the moment after it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{connection, error::store_error};
use crate::store::StoreError;

/// See the module. Without it everything works as well, only slower: its faults are noted, and it is tried anew after
/// the next batch.
pub(super) struct StandingReader {
    path: PathBuf,
    connection: Option<Connection>,
}

impl StandingReader {
    /// Begins to read the database at `path`.
    pub(super) fn open(path: &Path) -> Self {
        let mut reader = Self { path: path.to_owned(), connection: None };
        reader.stand();
        reader
    }

    /// Takes the lock for the present moment of the database.
    pub(super) fn stand(&mut self) {
        let connection = match self.connection.take() {
            Some(connection) => Ok(connection),
            None => connection::reader(&self.path),
        };
        // A transaction has a moment only once something was read.
        self.connection =
            noted(connection.and_then(|connection| run(connection, &["BEGIN", "SELECT count(*) FROM meta"])));
    }

    /// Gives the lock back, so that the log may begin anew.
    pub(super) fn step_aside(&mut self) {
        self.connection = self.connection.take().and_then(|connection| noted(run(connection, &["ROLLBACK"])));
    }
}

/// Runs the statements and gives the connection back, unless one of them fails.
fn run(connection: Connection, statements: &[&str]) -> Result<Connection, StoreError> {
    for sql in statements {
        let mut statement = connection.prepare_cached(sql).map_err(store_error)?;
        let mut rows = statement.query([]).map_err(store_error)?;
        while rows.next().map_err(store_error)?.is_some() {}
    }
    Ok(connection)
}

fn noted(attempt: Result<Connection, StoreError>) -> Option<Connection> {
    attempt.inspect_err(|error| tracing::debug!(%error, "no standing reader until the next change")).ok()
}
