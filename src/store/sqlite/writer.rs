//! The one writer: a thread that takes what is waiting, commits it together, then answers (D-04).

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
};

use rusqlite::Connection;

use super::{connection, error::store_error, standing::StandingReader, tx::Tx};
use crate::{
    domain::{
        Timestamp,
        audit::ChainKey,
        metrics::{Counter, Histogram},
    },
    store::{self, StoreError, Verdict, WriteJob, WriterStats},
};

/// How many changes may wait; the next one is told to come back.
const QUEUE: usize = 1024;

/// How many changes share a commit at most: bounds how long the first waits for the last.
const BATCH: usize = 256;

/// The bounds by which sizes of batches are told apart, up to [`BATCH`].
const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256];

#[derive(Debug)]
struct Counters {
    failed_commits: Counter,
    jobs: Counter,
    batches: Histogram,
    /// Whether the last batch was not committed, and no change since.
    failing: AtomicBool,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            failed_commits: Counter::default(),
            jobs: Counter::default(),
            batches: Histogram::new(SIZES),
            failing: AtomicBool::new(false),
        }
    }
}

/// Where whoever waits for a batch hears of its outcome.
type Answer = SyncSender<Result<(), StoreError>>;

enum Message {
    /// A change; none to hear only that the writer works.
    Work(Option<WriteJob>, Answer),
    Stop,
}

/// The handle to the thread.
pub(super) struct Writer {
    queue: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    counters: Arc<Counters>,
}

impl Writer {
    /// Starts the thread on `connection`, which it re-opens at `path` after a fault.
    pub(super) fn start(connection: Connection, path: PathBuf, chain_key: ChainKey) -> Result<Self, StoreError> {
        let (queue, waiting) = sync_channel(QUEUE);
        let counters = Arc::new(Counters::default());
        let file = file_identity(&path)?;
        let duty = Duty {
            waiting,
            file,
            connection: Some(connection),
            standing: StandingReader::open(&path),
            path,
            chain_key,
            counters: Arc::clone(&counters),
        };
        let thread = thread::Builder::new()
            .name("da-writer".to_owned())
            .spawn(move || duty.run())
            .map_err(|error| StoreError::Unavailable(format!("the writer cannot start: {error}")))?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)), counters })
    }

    /// Hands over a change and waits until its outcome is durable.
    pub(super) fn run(&self, change: WriteJob) -> Result<(), StoreError> {
        self.hand_over(Some(change))
    }

    /// Tells whether the writer works: by an empty transaction, which takes the lock and writes nothing, or after a
    /// fault by a note in the store, as only a write shows that there is room again.
    pub(super) fn check(&self, now: Timestamp) -> Result<(), StoreError> {
        let note = move |writer: &dyn store::Writer| {
            let noted = writer.set_meta("write_check", &now.to_string(), now);
            if noted.is_ok() { Verdict::Commit } else { Verdict::Rollback }
        };
        let failing = self.counters.failing.load(Ordering::Relaxed);
        self.hand_over(failing.then(|| Box::new(note) as WriteJob))
    }

    fn hand_over(&self, change: Option<WriteJob>) -> Result<(), StoreError> {
        let (answer, outcome) = sync_channel(1);
        self.queue.try_send(Message::Work(change, answer)).map_err(|refusal| match refusal {
            TrySendError::Full(_) => StoreError::Unavailable("too many changes are waiting".to_owned()),
            TrySendError::Disconnected(_) => stopped(),
        })?;
        outcome.recv().unwrap_or_else(|_| Err(stopped()))
    }

    /// Finishes what is waiting and ends the thread; what comes later is refused.
    pub(super) fn stop(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // Both fail only if the thread has ended already, which is what is wanted.
            let _ = self.queue.send(Message::Stop);
            let _ = thread.join();
        }
    }

    /// Returns what was done so far.
    pub(super) fn stats(&self) -> WriterStats {
        let batches = self.counters.batches.snapshot();
        WriterStats {
            commits: batches.count(),
            failed_commits: self.counters.failed_commits.get(),
            jobs: self.counters.jobs.get(),
            batches,
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the store is shutting down".to_owned())
}

/// What the thread works with.
struct Duty {
    waiting: Receiver<Message>,
    path: PathBuf,
    file: Option<FileIdentity>,
    connection: Option<Connection>,
    standing: StandingReader,
    chain_key: ChainKey,
    counters: Arc<Counters>,
}

type Batch = Vec<(Option<WriteJob>, Answer)>;

impl Duty {
    fn run(mut self) {
        let mut stopping = false;
        while !stopping {
            let (batch, last) = self.next_batch();
            stopping = last;
            self.serve(batch);
        }
        self.finish();
    }

    /// Waits for a change, then takes all that came meanwhile; tells whether it is the last batch.
    fn next_batch(&self) -> (Batch, bool) {
        let mut batch = Batch::new();
        let Ok(mut message) = self.waiting.recv() else { return (batch, true) };
        loop {
            match message {
                Message::Work(change, answer) => batch.push((change, answer)),
                Message::Stop => return (batch, true),
            }
            if batch.len() == BATCH {
                return (batch, false);
            }
            let Ok(next) = self.waiting.try_recv() else { return (batch, false) };
            message = next;
        }
    }

    /// Runs a batch and answers. After a fault of the storage nothing of it is acknowledged, and its connection is not
    /// used again: what `SQLite` still holds in memory may not be what is on the disk.
    fn serve(&mut self, batch: Batch) {
        if batch.is_empty() {
            return;
        }
        let (changes, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        self.standing.step_aside();
        let outcomes = self.commit(changes).unwrap_or_else(|fault| {
            tracing::error!(error = %fault, "changes were not written");
            self.counters.failed_commits.increment();
            self.counters.failing.store(true, Ordering::Relaxed);
            self.connection = None;
            answers.iter().map(|_| Err(fault.clone())).collect()
        });
        self.standing.stand();
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            // Whoever no longer waits does not want to know.
            let _ = answer.send(outcome);
        }
    }

    /// Runs all changes in one transaction. An error is one of the storage and concerns them all.
    fn commit(&mut self, changes: Vec<Option<WriteJob>>) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        if file_identity(&self.path)? != self.file {
            return Err(StoreError::Unavailable("the database was moved or replaced under the server".to_owned()));
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connection::writer(&self.path)?,
        };
        let connection = self.connection.insert(connection);
        statement(connection, "BEGIN IMMEDIATE")?;
        let mut outcomes = Vec::with_capacity(changes.len());
        let (mut count, mut kept) = (0, false);
        for change in changes {
            let Some(change) = change else {
                outcomes.push(Ok(()));
                continue;
            };
            count += 1;
            self.counters.jobs.increment();
            let outcome = run(connection, &self.chain_key, change)?;
            kept |= matches!(outcome, Ok(Verdict::Commit));
            outcomes.push(outcome.map(drop));
        }
        statement(connection, "COMMIT")?;
        if count > 0 {
            self.counters.batches.observe(count);
        }
        if kept {
            self.counters.failing.store(false, Ordering::Relaxed);
        }
        Ok(outcomes)
    }

    /// Leaves a database without a log to replay.
    fn finish(self) {
        drop(self.standing);
        let Some(connection) = self.connection else { return };
        let checkpoint = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        match checkpoint {
            Ok(false) => {}
            Ok(true) => tracing::warn!("the write-ahead log is in use; it stays for the next start"),
            Err(error) => tracing::warn!(%error, "the write-ahead log stays for the next start"),
        }
    }
}

/// Runs one change inside its own savepoint: an error or a panic undoes only itself.
fn run(
    connection: &Connection,
    chain_key: &ChainKey,
    change: WriteJob,
) -> Result<Result<Verdict, StoreError>, StoreError> {
    statement(connection, "SAVEPOINT change")?;
    let tx = Tx::new(connection, chain_key);
    // What a panic leaves behind is the savepoint, which is undone.
    let verdict = catch_unwind(AssertUnwindSafe(|| change(&tx)));
    if let Some(fault) = tx.into_fault() {
        return Err(fault);
    }
    if connection.is_autocommit() {
        return Err(StoreError::Unavailable("the storage undid the transaction".to_owned()));
    }
    if !matches!(verdict, Ok(Verdict::Commit)) {
        statement(connection, "ROLLBACK TO change")?;
    }
    statement(connection, "RELEASE change")?;
    Ok(verdict.map_err(|_| StoreError::Corrupt("the change panicked and was undone".to_owned())))
}

/// Device and number of a file.
type FileIdentity = (u64, u64);

/// Returns which file lies at `path`: writing on into one that was removed or replaced would acknowledge what no
/// restart finds again (S-53). Nothing where the system has no such numbers.
fn file_identity(path: &Path) -> Result<Option<FileIdentity>, StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let found = std::fs::symlink_metadata(path);
        found
            .map(|metadata| Some((metadata.dev(), metadata.ino())))
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))
    }
    #[cfg(not(unix))]
    Ok(None)
}

fn statement(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop).map_err(store_error)
}
