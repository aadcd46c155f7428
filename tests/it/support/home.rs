//! A private home directory with an empty environment.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::Run;

/// A home of one test; gone when it is dropped.
pub(crate) struct TestHome(TempDir);

impl TestHome {
    pub(crate) fn new() -> Self {
        Self(tempfile::Builder::new().prefix("da-home-").tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Returns where the client keeps its files here (D-21).
    pub(crate) fn config_dir(&self) -> PathBuf {
        self.path().join(".config/da")
    }

    /// Prepares `program` to run here: nothing of the test's own environment, and no OS keyring (D-19).
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", "/usr/bin:/bin")
            .env("DA_CREDENTIAL_STORE", "file")
            .current_dir(self.path());
        command
    }

    /// Prepares `da` with these arguments.
    pub(crate) fn da<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Da<'_> {
        let mut command = self.command(env!("CARGO_BIN_EXE_da"));
        command.args(args);
        Da { home: self, command, stdin: Vec::new() }
    }
}

/// A `da` command that is about to run.
pub(crate) struct Da<'a> {
    home: &'a TestHome,
    command: Command,
    stdin: Vec<u8>,
}

impl Da<'_> {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, args: I) -> Self {
        self.command.args(args);
        self
    }

    /// What the command reads from its standard input, a pipe.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.stdin = text.as_bytes().to_vec();
        self
    }

    /// Runs it with pipes for stdin, stdout and stderr.
    pub(crate) fn run(mut self) -> Run {
        let mut run = Run::of(&mut self.command, &self.stdin);
        run.mask(self.home.path(), "[HOME]");
        run
    }

    /// Returns the command itself, for a [`super::Terminal`].
    pub(crate) fn into_command(self) -> Command {
        self.command
    }
}
