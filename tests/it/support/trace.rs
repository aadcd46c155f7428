//! System calls of a server, watched or made to fail by `strace`.
//!
//! The tracer stands beside the server (`-D`), so that the child is the server itself. Where the machine forbids tracing,
//! the server does not start and its log says why.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

/// What a server under `strace` does.
pub(crate) struct Trace(TempDir);

impl Trace {
    pub(crate) fn new() -> Self {
        Self(tempfile::Builder::new().prefix("da-trace-").tempdir().unwrap())
    }

    /// Returns the start of a command line that traces what follows, by these expressions of `strace -e`.
    pub(crate) fn of(&self, expressions: &[&str]) -> Vec<String> {
        let mut words: Vec<String> = ["strace", "-D", "-f", "-qq", "-o"].map(str::to_owned).into();
        words.push(self.file().display().to_string());
        words.extend(expressions.iter().flat_map(|expression| ["-e".to_owned(), (*expression).to_owned()]));
        words.push("--".to_owned());
        words
    }

    /// Returns what was seen so far, a call per line; a call is written down before the server goes on.
    pub(crate) fn lines(&self) -> Vec<String> {
        fs::read_to_string(self.file()).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Counts the syncs that the kernel has confirmed.
    pub(crate) fn syncs(&self) -> usize {
        self.lines().iter().filter(|line| line.contains("sync") && line.contains(" = 0")).count()
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("calls")
    }
}
