//! The standing reader: a read transaction that is open while nothing is being written.
//!
//! Whoever reads takes a lock on the write-ahead log and gives it back, two system calls that cost as much as a third of
//! a credential check. The connections of one process share such a lock: while one of them holds it, the others only
//! count. The log cannot begin anew under a reader, though, and would grow for ever; so this one steps aside for every
//! batch of changes, and then holds the lock of the moment after it.

use std::path::Path;

use rusqlite::Connection;

use super::connection;

/// See the module. Without it everything works as well, only slower: its faults are noted and no more.
pub(super) struct StandingReader(Option<Connection>);

impl StandingReader {
    /// Opens the connection and begins to read.
    pub(super) fn open(path: &Path) -> Self {
        let opened = connection::reader(path).inspect_err(|error| tracing::debug!(%error, "no standing reader"));
        let mut reader = Self(opened.ok());
        reader.stand();
        reader
    }

    /// Takes the lock for the present moment of the database.
    pub(super) fn stand(&mut self) {
        // A transaction has a moment only once something was read.
        self.run(&["BEGIN", "SELECT count(*) FROM meta"]);
    }

    /// Gives the lock back, so that the log may begin anew.
    pub(super) fn step_aside(&mut self) {
        self.run(&["ROLLBACK"]);
    }

    fn run(&mut self, statements: &[&str]) {
        let Some(connection) = &self.0 else { return };
        let done = statements.iter().try_for_each(|sql| {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            Ok::<_, rusqlite::Error>(())
        });
        if let Err(error) = done {
            tracing::debug!(%error, "the standing reader is given up");
            self.0 = None;
        }
    }
}
