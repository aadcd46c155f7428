//! Writing the log, by a thread of its own: nobody who asks the server something waits for whoever reads its log.
//!
//! What is said of requests is gathered for some milliseconds, as a system call for each line would be another one for
//! each request; everything else is written at once. A kill loses the lines of those milliseconds; the audit log is
//! another thing, and loses nothing.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

/// How long lines about requests are gathered.
const GATHERING: Duration = Duration::from_millis(10);
/// Bytes that may wait. When standard error takes nothing any more, lines are lost, and counted.
const MOST: usize = 1 << 20;
/// Bytes of a buffer that is kept for the next time.
const KEPT: usize = 256 << 10;
/// How long the end of the program waits for the last lines to be taken.
const LAST_LINES: Duration = Duration::from_secs(1);
/// The target of the lines about requests.
const ACCESS: &str = "da::access";

/// The log of this process. What waits is written before it is dropped.
pub(crate) struct Log(Arc<Shared>);

impl Log {
    /// Starts the thread that writes to standard error.
    ///
    /// # Errors
    /// Those of the system.
    pub(super) fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let writing = Arc::clone(&shared);
        thread::Builder::new().name("da-log".to_owned()).spawn(move || writing.write_on_and_on(&mut io::stderr()))?;
        Ok(Self(shared))
    }

    /// Returns where the lines go.
    pub(super) fn lines(&self) -> Lines {
        Lines(Arc::clone(&self.0))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.lock().hurry = true;
        self.0.come.notify_one();
        let unwritten = |waiting: &mut Waiting| waiting.writing || !waiting.lines.is_empty();
        drop(self.0.written.wait_timeout_while(self.0.lock(), LAST_LINES, unwritten));
    }
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// The first line has come, or one that is to be written at once.
    come: Condvar,
    written: Condvar,
}

/// The lines that are not written yet.
#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    hurry: bool,
    writing: bool,
    lost: u64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, line: &[u8], hurry: bool) {
        let mut waiting = self.lock();
        if waiting.lines.len() + line.len() > MOST {
            waiting.lost += 1;
            return;
        }
        if waiting.lines.is_empty() || hurry {
            self.come.notify_one();
        }
        waiting.lines.extend_from_slice(line);
        waiting.hurry |= hurry;
    }

    fn write_on_and_on(&self, output: &mut impl Write) {
        let (mut lines, mut lost) = (Vec::new(), 0);
        loop {
            let waiting = self.come.wait_while(self.lock(), |waiting| waiting.lines.is_empty());
            let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
            let waited = self.come.wait_timeout_while(waiting, GATHERING, |waiting| !waiting.hurry);
            let mut waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
            mem::swap(&mut lines, &mut waiting.lines);
            lost += mem::take(&mut waiting.lost);
            (waiting.hurry, waiting.writing) = (false, true);
            drop(waiting);
            let untaken = self.put(output, &lines);
            lost += untaken;
            lines.clear();
            lines.shrink_to(KEPT);
            // Told once something is taken again: a line about a line that was lost would be lost as well, for ever.
            if lost > 0 && untaken == 0 {
                tracing::warn!(lost, "lines of the log were lost: standard error did not take them");
                lost = 0;
            }
            self.lock().writing = false;
            self.written.notify_all();
        }
    }

    /// Writes `lines`; returns how many of them were not taken. Whoever shares standard error may have made it
    /// non-blocking: then a full pipe is an error that passes.
    fn put(&self, output: &mut impl Write, mut lines: &[u8]) -> u64 {
        while !lines.is_empty() {
            match output.write(lines) {
                Ok(count) if count > 0 => lines = &lines[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    drop(self.come.wait_timeout(self.lock(), GATHERING));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => break,
            }
        }
        lines.iter().filter(|byte| **byte == b'\n').count() as u64
    }
}

/// Takes the lines of the log; see the module.
pub(super) struct Lines(Arc<Shared>);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { shared: &self.0, hurry: true }
    }

    fn make_writer_for(&'a self, of: &Metadata<'_>) -> Line<'a> {
        Line { shared: &self.0, hurry: of.target() != ACCESS }
    }
}

/// Takes one line, whole.
pub(super) struct Line<'a> {
    shared: &'a Shared,
    hurry: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.shared.take(line, self.hurry);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes some bytes, and then none for a while; after so many it is closed.
    struct Reluctant {
        taken: Vec<u8>,
        most: usize,
        refuses: bool,
    }

    impl Write for Reluctant {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.refuses = !self.refuses;
            if self.taken.len() >= self.most {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            if self.refuses {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let count = bytes.len().min(7).min(self.most - self.taken.len());
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_pipe_is_waited_for_and_a_closed_one_is_not() {
        let lines = b"one\ntwo\nthree\nfour\n";
        let mut slow = Reluctant { taken: Vec::new(), most: 100, refuses: false };
        assert_eq!(Shared::default().put(&mut slow, lines), 0);
        assert_eq!(slow.taken, lines);
        let mut closed = Reluctant { taken: Vec::new(), most: 9, refuses: false };
        assert_eq!(Shared::default().put(&mut closed, lines), 2);
    }

    #[test]
    fn what_nobody_takes_is_bounded_and_counted() {
        let shared = Shared::default();
        let line = [b'x'; 1000];
        (0..MOST / line.len() + 5).for_each(|_| shared.take(&line, false));
        let waiting = shared.lock();
        assert_eq!(waiting.lines.len(), MOST / line.len() * line.len());
        assert_eq!(waiting.lost, 5);
    }
}
