//! The `SQLite` store (D-04): one file, one writer with group commit, a pool of readers.
//!
//! ```text
//! DataDir::open ── the lock ─▶ the caller finds the master key ─▶ SqliteStore::open
//! run_read  ─▶ readers.rs: a read-only connection, one transaction ─▶ tx.rs + users.rs, tokens.rs, ...: the SQL
//! run_write ─▶ writer.rs: a batch, a savepoint per change, one COMMIT ─▶ the same
//! ```

mod audit;
mod backup;
mod connection;
mod data_dir;
mod emails;
mod error;
mod filter;
mod grants;
mod keys;
mod login_attempts;
mod open;
mod readers;
mod room;
mod row;
mod schema;
mod schema_check;
mod series;
mod sessions;
mod staged;
mod standing;
#[cfg(test)]
mod tests;
mod token_networks;
mod tokens;
mod tx;
mod users;
mod visitor;
mod writer;

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

pub use backup::{open_backup, restore};
pub use data_dir::DataDir;
pub use series::{BackupSeries, newest_in, newest_rows_in};
pub use visitor::{ReadOnlyStore, Rows, SchemaVersion, backup, refuse_empty, schema_version};

use self::{readers::Readers, schema::Migration, tx::Tx, writer::Writer};
use super::{KeyReads as _, Reader, Store, StoreError, StoreFigures, WriteJob, WriterStats};
use crate::domain::{Clock, Timestamp, audit::ChainKey};

/// A store in one `SQLite` file.
pub struct SqliteStore {
    // In this order they go: the writer is the last to close the database and so takes the log away, then the lock.
    readers: Readers,
    writer: Writer,
    path: PathBuf,
    chain_key: ChainKey,
    _lock: Arc<Mutex<File>>,
}

impl SqliteStore {
    /// Opens the store of `dir`, making, checking or upgrading it as needed (D-05, S-53).
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the file is damaged, foreign, newer than this program, or gone; it names the file
    /// and says what to do, and nothing was changed.
    pub fn open(dir: &DataDir, chain_key: ChainKey, clock: &dyn Clock) -> Result<Self, StoreError> {
        Self::open_checked(dir, chain_key, clock, |_| Ok(()))
    }

    /// Opens the store like [`SqliteStore::open`]; one that is there already is first shown to `check`, which reads what no
    /// migration has touched yet, and may refuse it.
    ///
    /// # Errors
    /// Those of `check`, and then nothing was changed; those of [`SqliteStore::open`].
    pub fn open_checked<E: From<StoreError>>(
        dir: &DataDir,
        chain_key: ChainKey,
        clock: &dyn Clock,
        check: impl FnOnce(&dyn Reader) -> Result<(), E>,
    ) -> Result<Self, E> {
        Self::open_with(dir, chain_key, clock, schema::MIGRATIONS, check)
    }

    fn open_with<E: From<StoreError>>(
        dir: &DataDir,
        chain_key: ChainKey,
        clock: &dyn Clock,
        migrations: &[Migration],
        check: impl FnOnce(&dyn Reader) -> Result<(), E>,
    ) -> Result<Self, E> {
        let path = dir.database();
        let connection = open::open(dir, &chain_key, migrations, clock.now(), check)?;
        let readers = Readers::open(&path)?;
        let writer = Writer::start(connection, path.clone(), chain_key.clone())?;
        Ok(Self { readers, writer, path, chain_key, _lock: dir.hold() })
    }

    /// Copies the store to the new file `to` (0600) while it is in use, and checks the copy (S-56).
    ///
    /// # Errors
    /// When `to` exists or cannot be written; nothing is left behind.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        backup::copy(&self.path, to)
    }

    /// Finishes the waiting changes and writes the log back into the database (S-52). Later changes are refused, reads
    /// are not. Dropping the store does the same.
    pub fn close(&self) {
        self.writer.stop();
    }

    /// Returns what the writer has done, for metrics, benchmarks and tests.
    #[must_use]
    pub fn stats(&self) -> WriterStats {
        self.writer.stats()
    }
}

impl Store for SqliteStore {
    fn run_read(&self, job: &mut dyn FnMut(&dyn Reader)) -> Result<(), StoreError> {
        self.readers.read(|connection| job(&Tx::new(connection, &self.chain_key)))
    }

    fn run_check(&self, job: &mut dyn FnMut(&dyn Reader)) -> Result<(), StoreError> {
        self.readers.check(|connection| job(&Tx::new(connection, &self.chain_key)));
        Ok(())
    }

    fn run_write(&self, job: WriteJob) -> Result<(), StoreError> {
        self.writer.run(job)
    }

    fn check(&self) -> Result<(), StoreError> {
        self.readers.read(|connection| Tx::new(connection, &self.chain_key).meta(open::INSTANCE_ID))?.map(drop)
    }

    fn check_writes(&self, now: Timestamp) -> Result<(), StoreError> {
        self.writer.check(now)
    }

    fn figures(&self) -> StoreFigures {
        StoreFigures { writer: Some(self.writer.stats()), ..room::figures(&self.path) }
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}
