//! The port to the store: traits in the words of the domain, no SQL (D-04).
//!
//! A use case reads through `Store::read` and changes through `Store::write`: it hands over one closure, which
//! re-reads what it decides on, changes and audits. The closure runs inside its own savepoint on the one writer; an
//! error or a panic undoes only itself; `Store::write` returns after the change is on stable storage.

pub mod audit;
#[cfg(test)]
pub mod contract;
pub mod file_owner;
pub mod grants;
pub mod keys;
pub mod login_attempts;
pub mod sessions;
pub mod sqlite;
pub mod token_networks;
pub mod tokens;
pub mod users;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

pub use audit::{AuditFilter, AuditReads, AuditWrites};
pub use grants::{GrantReads, GrantWrites, OpenGrants};
pub use keys::{KeyReads, KeyStatus, KeyWrites, SigningKey};
pub use login_attempts::{LoginAttemptReads, LoginAttemptWrites};
pub use sessions::{SessionFilter, SessionReads, SessionWrites, StoredCredential};
pub use token_networks::{TokenNetworkReads, TokenNetworkWrites};
pub use tokens::{TokenFilter, TokenReads, TokenWrites};
pub use users::{AdminCounts, PasswordReset, ResetPurpose, UserFilter, UserReads, UserWrites};

use crate::domain::{Timestamp, metrics::HistogramSnapshot};

/// How many rows a page has where nothing is said.
pub const PAGE: u32 = 1_000;

/// Why the store did not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A unique value is taken; which one is told by the call.
    #[error("the value is taken")]
    Taken,
    /// The row after which a page begins is not there, or no longer.
    #[error("the row that a page follows is not there")]
    Missing,
    /// The store does not answer now: locked too long, shutting down, an I/O error. Nothing was changed, or it is
    /// unknown whether; it was not acknowledged.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The disk or the quota is full, or the file system is read-only. Reads go on.
    #[error("the store cannot be written: {0}")]
    Full(String),
    /// The file is damaged, foreign, newer than this program, or gone.
    #[error("`{}`: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// A sentence that says what to do next.
        reason: String,
    },
    /// The stored data breaks a rule of the program: a defect, or somebody else's hand.
    #[error("unexpected data in the store: {0}")]
    Corrupt(String),
}

/// Everything a use case may ask.
pub trait Reader:
    UserReads + SessionReads + TokenReads + TokenNetworkReads + GrantReads + AuditReads + KeyReads + LoginAttemptReads
{
}

/// Everything a use case may change; it sees its own changes.
pub trait Writer:
    Reader
    + UserWrites
    + SessionWrites
    + TokenWrites
    + TokenNetworkWrites
    + GrantWrites
    + AuditWrites
    + KeyWrites
    + LoginAttemptWrites
{
}

impl<
    T: UserReads + SessionReads + TokenReads + TokenNetworkReads + GrantReads + AuditReads + KeyReads + LoginAttemptReads,
> Reader for T
{
}
impl<
    T: Reader
        + UserWrites
        + SessionWrites
        + TokenWrites
        + TokenNetworkWrites
        + GrantWrites
        + AuditWrites
        + KeyWrites
        + LoginAttemptWrites,
> Writer for T
{
}

/// What becomes of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Keep it.
    Commit,
    /// Undo it.
    Rollback,
}

/// A change, as the writer takes it.
pub type WriteJob = Box<dyn FnOnce(&dyn Writer) -> Verdict + Send>;

/// What a store has done since it was opened, and the room it takes; what it cannot tell is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// What the writer has done.
    pub writer: Option<WriterStats>,
    /// Bytes of the database.
    pub database_bytes: Option<u64>,
    /// Bytes of the write-ahead log beside it.
    pub log_bytes: Option<u64>,
    /// Bytes left on their disk for this process.
    pub free_bytes: Option<u64>,
}

/// What the writer has done since it started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterStats {
    /// Commits, each with one sync of the disk.
    pub commits: u64,
    /// Batches that were not committed: nothing of them was acknowledged.
    pub failed_commits: u64,
    /// Changes that were run, the undone ones too.
    pub jobs: u64,
    /// How many changes shared each commit.
    pub batches: HistogramSnapshot,
}

/// A store of any kind.
pub trait Store: Send + Sync {
    /// Runs `job` on a consistent, read-only view.
    ///
    /// # Errors
    /// Those of the store; the job's own results travel in what it captures.
    fn run_read(&self, job: &mut dyn FnMut(&dyn Reader)) -> Result<(), StoreError>;

    /// Runs `job` like [`Store::run_read`], for the check of a credential: one question of some microseconds, which must
    /// not wait behind long lists. A second question may see a later moment.
    ///
    /// # Errors
    /// As [`Store::run_read`].
    fn run_check(&self, job: &mut dyn FnMut(&dyn Reader)) -> Result<(), StoreError>;

    /// Runs `job` on the writer and returns after its outcome is durable.
    ///
    /// # Errors
    /// When the change was not acknowledged. A job that asks for [`Verdict::Rollback`] is no error.
    fn run_write(&self, job: WriteJob) -> Result<(), StoreError>;

    /// Tells whether the store can be read now; for probes.
    ///
    /// # Errors
    /// Why not.
    fn check(&self) -> Result<(), StoreError>;

    /// Tells whether changes are taken now; for probes. As long as the last change was taken, nothing is written: the
    /// writer only shows that it works and gets its lock. After one that was not, a note of `now` is written.
    ///
    /// # Errors
    /// Why not.
    fn check_writes(&self, now: Timestamp) -> Result<(), StoreError>;

    /// Returns what it has done and the room it takes; for metrics.
    fn figures(&self) -> StoreFigures;
}

impl dyn Store + '_ {
    /// Reads with `job`.
    ///
    /// # Errors
    /// Those of the store and of the job.
    pub fn read<T, E: From<StoreError>>(&self, mut job: impl FnMut(&dyn Reader) -> Result<T, E>) -> Result<T, E> {
        let mut answer = None;
        self.run_read(&mut |reader| answer = Some(job(reader)))?;
        answer.unwrap_or_else(|| Err(StoreError::Unavailable("the read was not run".to_owned()).into()))
    }

    /// Reads with `job`, which takes no longer than the check of a credential.
    ///
    /// # Errors
    /// Those of the store and of the job.
    pub fn check_with<T, E: From<StoreError>>(&self, mut job: impl FnMut(&dyn Reader) -> Result<T, E>) -> Result<T, E> {
        let mut answer = None;
        self.run_check(&mut |reader| answer = Some(job(reader)))?;
        answer.unwrap_or_else(|| Err(StoreError::Unavailable("the read was not run".to_owned()).into()))
    }

    /// Changes with `job`: durable when this returns `Ok`, undone when the job returns `Err`.
    ///
    /// # Errors
    /// Those of the store and of the job.
    pub fn write<T, E>(&self, job: impl FnOnce(&dyn Writer) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let answer = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&answer);
        self.run_write(Box::new(move |writer| {
            let result = job(writer);
            let verdict = if result.is_ok() { Verdict::Commit } else { Verdict::Rollback };
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            verdict
        }))?;
        let answer = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        answer.unwrap_or_else(|| Err(StoreError::Unavailable("the change was not run".to_owned()).into()))
    }
}
