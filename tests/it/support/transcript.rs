//! What a command did, as one text for a snapshot.

use std::{
    io::{Read, Write as _},
    path::Path,
    process::{Command, Stdio},
    thread,
};

use super::process::wait;

/// A command that ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; nothing if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    masks: Vec<(String, &'static str)>,
}

impl Run {
    /// Runs `command` to its end with `stdin` in a pipe; a command that hangs is killed and fails the test.
    pub(crate) fn of(command: &mut Command, stdin: &[u8]) -> Self {
        let mut detached = without_terminal(command);
        let command = detached.as_mut().unwrap_or(command);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let stdin = stdin.to_vec();
        // A command need not read its input: a broken pipe here is no failure.
        let writer = thread::spawn(move || drop(input.write_all(&stdin)));
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        let status = wait(&mut child, &format!("{command:?} to end"));
        writer.join().unwrap();
        Self { code: status.code(), stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap(), masks: Vec::new() }
    }

    /// Tells of a command that was watched until it ended.
    pub(super) fn ended(code: Option<i32>, stdout: String, stderr: String) -> Self {
        Self { code, stdout, stderr, masks: Vec::new() }
    }

    /// Shows `path`, which differs from run to run, as `name` in the transcript.
    pub(crate) fn mask(&mut self, path: &Path, name: &'static str) {
        self.masks.push((path.display().to_string(), name));
    }

    /// Asserts the exit code and returns the run.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Returns exit code, stdout and stderr in one text.
    pub(crate) fn transcript(&self) -> String {
        let code = self.code.map_or_else(|| "signal".to_owned(), |code| code.to_string());
        let mut text =
            format!("exit: {code}\n----- stdout -----\n{}\n----- stderr -----\n{}", self.stdout, self.stderr);
        for (path, name) in &self.masks {
            text = text.replace(path, name);
        }
        text
    }
}

/// Returns the command in a session of its own, if the tests run on a terminal: `da` would ask its questions there.
fn without_terminal(command: &Command) -> Option<Command> {
    std::fs::File::open("/dev/tty").ok()?;
    let mut detached = Command::new("setsid");
    detached.arg("--wait").arg(command.get_program()).args(command.get_args()).env_clear();
    detached.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(directory) = command.get_current_dir() {
        detached.current_dir(directory);
    }
    Some(detached)
}

pub(super) fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// What differs from run to run, and what stands for it; the order matters.
pub(crate) fn filters() -> Vec<(&'static str, &'static str)> {
    vec![
        (r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "[TOKEN]"),
        (r"dar_[\w-]{64}", "[REFRESH TOKEN]"),
        (r#"("device_label": ?")[^"]* \((linux|macos)\)"#, "$1[DEVICE]"),
        (r#"(request_id": ?"|request_id=|\(request )[0-9A-Za-z-]+"#, "$1[REQUEST]"),
        (r"/\S*/da-home-\w+", "[HOME]"),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[UUID]"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(\+00:00|Z| UTC)?", "[TIME]"),
        (r"\b\d{4}-\d\d-\d\d\b", "[DATE]"),
        (r"\b\d+ seconds? ago", "[N] seconds ago"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
        (r"\b[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}\b", "[CODE]"),
        (r"\b[0-9a-f]{64}\b", "[SEAL]"),
        (r"\b\d+ms\b", "[N]ms"),
        (r#"("(latency_ms|clock_skew_seconds)": )-?\d+"#, "$1[N]"),
        // 43 characters, of which the first and the last may be hyphens, which are no part of a word.
        (r"-{0,2}\b[\w-]{41,43}\b-{0,2}", "[SECRET]"),
        (r"\b[0-2] s apart", "0 s apart"),
        (r"\b[0-9a-f]{8}\b", "[PREFIX]"),
        (concat!(r"\b", env!("CARGO_PKG_VERSION"), r"\b"), "[VERSION]"),
    ]
}

/// Compares a run's filtered transcript with an inline snapshot.
macro_rules! transcript {
    ($run:expr, @$snapshot:literal) => {
        insta::with_settings!({ filters => $crate::support::filters() }, {
            insta::assert_snapshot!($run.transcript(), @$snapshot);
        })
    };
}
pub(crate) use transcript;
