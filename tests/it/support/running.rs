//! A command that is watched while it runs: what it says leads to what a test does before it ends.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread::{self, JoinHandle},
};

use super::{PATIENCE, Run, process::wait, transcript::collect};

/// A running command; killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Receiver<String>,
    said: String,
}

impl Running {
    /// Starts `command` with pipes, and nothing to read.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = Some(collect(child.stdout.take().unwrap()));
        let (sender, stderr) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        Self { child, stdout, stderr, said: String::new() }
    }

    /// Starts a command that shows the code of a device; returns it with the code.
    pub(crate) fn showing_a_code(command: Command) -> (Self, String) {
        let mut running = Self::start(command);
        running.says("/device");
        let code = running.says("-");
        (running, code)
    }

    /// Waits for a line on stderr that holds `text`; returns it.
    #[track_caller]
    pub(crate) fn says(&mut self, text: &str) -> String {
        loop {
            let Ok(line) = self.stderr.recv_timeout(PATIENCE) else { panic!("`{text}` was not said:\n{}", self.said) };
            self.said.push_str(&line);
            self.said.push('\n');
            if line.contains(text) {
                return line.trim().to_owned();
            }
        }
    }

    /// Waits for the end.
    pub(crate) fn ends(mut self) -> Run {
        let status = wait(&mut self.child, "the command to end");
        let stdout = self.stdout.take().unwrap().join().unwrap();
        let rest: String = self.stderr.iter().map(|line| line + "\n").collect();
        Run::ended(status.code(), stdout, std::mem::take(&mut self.said) + &rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
