//! The controlling terminal: where people are asked, whatever standard input and output are connected to.

use std::io;

/// Opens the controlling terminal.
///
/// # Errors
/// When there is none.
#[cfg(unix)]
pub(super) fn open() -> io::Result<std::fs::File> {
    std::fs::File::options().read(true).write(true).open("/dev/tty")
}

/// Tells whether somebody can be asked: there is a terminal, and this process may read from it. A background job may
/// not; the system would stop it.
#[cfg(unix)]
pub(super) fn is_there() -> bool {
    open().is_ok_and(|terminal| {
        rustix::termios::tcgetpgrp(terminal).is_ok_and(|group| group == rustix::process::getpgrp())
    })
}

/// Tells whether somebody can be asked.
#[cfg(not(unix))]
pub(super) fn is_there() -> bool {
    use std::io::IsTerminal as _;
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Shows `label`, and reads a line as it is typed, at most `limit` bytes, without its line end.
///
/// # Errors
/// When there is no terminal, or its input ends.
#[cfg(unix)]
pub(super) fn ask(label: &str, limit: u64) -> io::Result<String> {
    use std::io::{BufRead as _, Read as _, Write as _};
    let mut terminal = open()?;
    write!(terminal, "{label}: ")?;
    // A terminal hands out one line at a time, so nothing behind the line is taken.
    let mut line = String::new();
    if io::BufReader::new(terminal.take(limit)).read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Shows `label`, and reads a line of standard input, at most `limit` bytes, without its line end.
///
/// # Errors
/// When the input ends.
#[cfg(not(unix))]
pub(super) fn ask(label: &str, limit: u64) -> io::Result<String> {
    use std::io::{BufRead as _, Read as _, Write as _};
    let mut stderr = io::stderr().lock();
    write!(stderr, "{label}: ")?;
    stderr.flush()?;
    let mut line = String::new();
    if io::stdin().lock().take(limit).read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
