//! The pool of connections that serve reads and credential checks.

use std::{
    num::NonZero,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use rusqlite::Connection;

use super::{connection, error::store_error};
use crate::store::StoreError;

/// Fewer would let one long list hold up the other reads; more than threads that read are never in use.
const FEWEST: usize = 4;
const MOST: usize = 16;
/// Connections that only credential checks use: they run on the runtime's own threads, so they must find one that is
/// never busy for longer than a check takes.
const FOR_CHECKS: usize = 2;
/// What these may keep of a large store between them, in KiB: the most of one with a million tokens. A small store has not
/// as much.
const KEPT_FOR_CHECKS: usize = 256 * 1024;

/// Read-only connections, opened once: they go on when the disk is full or has become read-only (S-54).
pub(super) struct Readers {
    lists: Pool,
    checks: Pool,
}

impl Readers {
    /// Opens one connection per processor, within limits, and some for checks.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let processors = thread::available_parallelism().map_or(FEWEST, NonZero::get);
        let lists = Pool::open(path, processors.clamp(FEWEST, MOST))?;
        let checks = Pool::open(path, processors.clamp(FOR_CHECKS, MOST))?;
        for connection in &checks.connections {
            let kept = KEPT_FOR_CHECKS / checks.connections.len();
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            connection::keep(&connection, kept)?;
        }
        Ok(Self { lists, checks })
    }

    /// Runs `job` in a transaction: all its questions see the same moment.
    pub(super) fn read<T>(&self, job: impl FnOnce(&Connection) -> T) -> Result<T, StoreError> {
        self.lists.read(job)
    }

    /// Runs a `job` of one question and some microseconds, which does not wait behind a longer one.
    ///
    /// One statement sees one moment by itself: to begin and end a transaction around it would be two more statements.
    pub(super) fn check<T>(&self, job: impl FnOnce(&Connection) -> T) -> T {
        job(&self.checks.take())
    }
}

/// Connections that take turns. A thread comes back to the one that it used before, if that is free: its pages are in
/// the cache of the processor.
struct Pool {
    connections: Vec<Mutex<Connection>>,
}

/// How many threads have read so far.
static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The number of this one.
    static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
}

impl Pool {
    fn open(path: &Path, number: usize) -> Result<Self, StoreError> {
        Ok(Self { connections: (0..number).map(|_| ready(path).map(Mutex::new)).collect::<Result<_, _>>()? })
    }

    /// Returns a free connection, or waits for one.
    fn take(&self) -> MutexGuard<'_, Connection> {
        let start = THREAD.with(|number| *number) % self.connections.len();
        let (before, after) = self.connections.split_at(start);
        for connection in after.iter().chain(before) {
            match connection.try_lock() {
                Ok(guard) => return guard,
                // A panic in a read leaves nothing behind: its transaction ended as it unwound.
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        self.connections[start].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, job: impl FnOnce(&Connection) -> T) -> Result<T, StoreError> {
        let connection = self.take();
        let view = View::begin(&connection)?;
        let answer = job(view.0);
        drop(view);
        Ok(answer)
    }
}

/// Opens a connection and reads once: only then does `SQLite` open the log and its index, and it keeps them. Later it
/// might not be able to.
fn ready(path: &Path) -> Result<Connection, StoreError> {
    let connection = connection::reader(path)?;
    connection.query_row("SELECT count(*) FROM meta", [], |_| Ok(())).map_err(store_error)?;
    Ok(connection)
}

/// A read transaction that ends when it is dropped, by a panic too.
struct View<'a>(&'a Connection);

impl<'a> View<'a> {
    fn begin(connection: &'a Connection) -> Result<Self, StoreError> {
        connection.prepare_cached("BEGIN").and_then(|mut begin| begin.execute([])).map_err(store_error)?;
        Ok(Self(connection))
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        let ended = self.0.prepare_cached("ROLLBACK").and_then(|mut end| end.execute([]));
        if let Err(error) = ended {
            tracing::error!(%error, "a read transaction did not end");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn checks_do_not_wait_behind_lists() {
        let home = tempfile::tempdir().expect("temporary directory");
        let path = home.path().canonicalize().expect("resolvable").join("x.db");
        std::fs::write(&path, "").expect("written");
        connection::writer(&path)
            .and_then(|writer| writer.execute_batch("CREATE TABLE meta (x)").map_err(store_error))
            .expect("made");
        let readers = Readers::open(&path).expect("opens");
        let lists = readers.lists.connections.len();
        let (all_busy, checked) = (Barrier::new(lists + 1), Barrier::new(lists + 1));
        thread::scope(|scope| {
            for _ in 0..lists {
                scope.spawn(|| readers.read(|_| (all_busy.wait(), checked.wait())).map(drop).expect("read"));
            }
            all_busy.wait();
            assert!(readers.check(|_| true));
            checked.wait();
        });
    }
}
