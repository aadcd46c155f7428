//! A pseudo-terminal, for prompts and for what is shown only to people.
//!
//! The child must have the terminal as its controlling one, as a password prompt opens `/dev/tty`. Making it so needs
//! a call between fork and exec, which is unsafe code; `setsid --ctty` of util-linux does it for us.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Instant,
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

use super::{PATIENCE, process::wait};

/// A command on its own terminal.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Screen>,
    /// How much of the screen earlier expectations have used up.
    seen: usize,
}

#[derive(Default)]
struct Screen {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    closed: bool,
}

impl Terminal {
    /// Waits for the end, for a transcript.
    pub(crate) fn shown(self) -> Shown {
        let (code, screen) = self.wait();
        Shown { code, screen }
    }

    /// Starts `command` with a terminal as stdin, stdout and stderr.
    pub(crate) fn start(command: &Command) -> Self {
        Self::start_at(command, 0)
    }

    /// The same, on a terminal of so many columns; 0 is unknown.
    pub(crate) fn start_at(command: &Command, columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        tcsetwinsize(&master, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let line = File::options().read(true).write(true).open(name).unwrap();

        let mut wrapped = Command::new("setsid");
        wrapped.arg("--ctty").arg(command.get_program()).args(command.get_args()).env_clear();
        if let Some(directory) = command.get_current_dir() {
            wrapped.current_dir(directory);
        }
        wrapped.env("TERM", "xterm").envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        wrapped.stdin(line.try_clone().unwrap()).stdout(line.try_clone().unwrap()).stderr(Stdio::from(line));
        let child = wrapped.spawn().unwrap();

        let keyboard = File::from(master);
        let screen = Arc::new(Screen::default());
        let (mut output, shown) = (keyboard.try_clone().unwrap(), Arc::clone(&screen));
        thread::spawn(move || shown.fill(&mut output));
        // Dropping the command closes our copies of the line, so that the output ends with the child.
        drop(wrapped);
        Self { child, keyboard, screen, seen: 0 }
    }

    /// Waits until `text` appears after what was expected before.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.screen.state.lock().unwrap();
        loop {
            let fresh = &state.bytes[self.seen..];
            if let Some(at) = fresh.windows(text.len()).position(|window| window == text.as_bytes()) {
                self.seen += at + text.len();
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.closed || left.is_zero() {
                panic!("`{text}` did not appear; the screen:\n{}", String::from_utf8_lossy(&state.bytes));
            }
            state = self.screen.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Waits until `text` appears and its line ends; returns the rest of the line.
    #[track_caller]
    pub(crate) fn expect_line(&mut self, text: &str) -> String {
        self.expect(text);
        let start = self.seen;
        self.expect("\n");
        let state = self.screen.state.lock().unwrap();
        String::from_utf8_lossy(&state.bytes[start..self.seen]).trim().to_owned()
    }

    /// Types a line.
    pub(crate) fn send_line(&mut self, text: &str) {
        self.keyboard.write_all(format!("{text}\n").as_bytes()).unwrap();
    }

    /// Types Ctrl-C.
    pub(crate) fn interrupt(&mut self) {
        self.keyboard.write_all(b"\x03").unwrap();
    }

    /// Waits for the end; returns the exit code and all that was shown.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let status = wait(&mut self.child, "the command on the terminal to end");
        let state = self.screen.state.lock().unwrap();
        let (state, timeout) = self.screen.changed.wait_timeout_while(state, PATIENCE, |state| !state.closed).unwrap();
        assert!(!timeout.timed_out(), "somebody still holds the terminal");
        (status.code(), String::from_utf8_lossy(&state.bytes).into_owned())
    }
}

/// What a command showed until it ended.
#[derive(Debug)]
pub(crate) struct Shown {
    code: Option<i32>,
    pub(crate) screen: String,
}

impl Shown {
    /// Returns exit code and screen in one text.
    pub(crate) fn transcript(&self) -> String {
        let code = self.code.map_or_else(|| "signal".to_owned(), |code| code.to_string());
        format!("exit: {code}\n----- screen -----\n{}", self.screen.replace("\r\n", "\n"))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Screen {
    fn fill(&self, output: &mut File) {
        let mut buffer = [0; 4096];
        loop {
            // Linux answers EIO once the last holder of the line is gone.
            let count = output.read(&mut buffer).unwrap_or(0);
            let mut state = self.state.lock().unwrap();
            state.bytes.extend_from_slice(&buffer[..count]);
            state.closed = count == 0;
            self.changed.notify_all();
            if count == 0 {
                return;
            }
        }
    }
}
