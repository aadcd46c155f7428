//! Asking for what must not be seen, on the controlling terminal.
//!
//! The crate that edits the line also can hide it, but shows its prompt before it stops the echo, so that what is pasted
//! at once is seen, and ends at Ctrl-C before it has brought the echo back, so that the shell behind stays blind. Here
//! the terminal is silent before the prompt appears, and speaks again before anything else happens.

use std::io;

/// Shows `label`, and reads a line without showing it.
///
/// # Errors
/// When there is no terminal, or its input ends. Ctrl-C ends the process, as it does anywhere else.
#[cfg(unix)]
pub(super) fn ask(label: &str) -> io::Result<String> {
    use std::io::Write as _;

    let mut terminal = super::terminal::open()?;
    let keys = Keys(terminal.try_clone()?);
    let silence = Silence::begin(terminal.try_clone()?)?;
    write!(terminal, "{label}: ")?;
    let config = rpassword::ConfigBuilder::new().input_reader(keys).output_discard().build();
    let line = rpassword::read_password_with_config(config);
    drop(silence);
    writeln!(terminal)?;
    if line.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {
        use rustix::process::{Signal, getpid, kill_process};
        kill_process(getpid(), Signal::INT)?;
    }
    line
}

/// Shows `label`, and reads a line without showing it.
///
/// # Errors
/// When there is no console, or its input ends.
#[cfg(not(unix))]
pub(super) fn ask(label: &str) -> io::Result<String> {
    rpassword::prompt_password(format!("{label}: "))
}

/// The keys as they are pressed.
#[cfg(unix)]
struct Keys(std::fs::File);

#[cfg(unix)]
impl io::Read for Keys {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const CTRL_C: u8 = 0x03;
        let count = self.0.read(buffer)?;
        if buffer.iter().take(count).any(|byte| *byte == CTRL_C) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(count)
    }
}

/// A terminal that neither echoes nor edits nor sends signals, until this is dropped.
#[cfg(unix)]
struct Silence {
    terminal: std::fs::File,
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Silence {
    fn begin(terminal: std::fs::File) -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        // What was typed ahead is kept: it may be the answer.
        tcsetattr(&terminal, OptionalActions::Now, &silent)?;
        Ok(Self { terminal, before })
    }
}

#[cfg(unix)]
impl Drop for Silence {
    fn drop(&mut self) {
        // Nothing can be done for a terminal that has gone.
        let _ = rustix::termios::tcsetattr(&self.terminal, rustix::termios::OptionalActions::Now, &self.before);
    }
}
