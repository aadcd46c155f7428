//! The server's log: to standard error, text for a person, JSON for a collector (S-59: it escapes what it is given).

mod json_lines;
mod writer;

use std::{
    io::{self, IsTerminal as _},
    str::FromStr,
};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt;

use self::json_lines::JsonLines;
pub(crate) use self::writer::Log;

/// How to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LogFormat {
    /// Text on a terminal, else JSON.
    #[default]
    Auto,
    /// Lines for a person.
    Text,
    /// An object a line.
    Json,
}

/// The text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a log format")]
pub(crate) struct UnknownFormat;

impl FromStr for LogFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(UnknownFormat),
        }
    }
}

/// Starts logging; with `verbose` also what is of use only while looking for a fault. What is still to be written when
/// the log is dropped is written then.
///
/// # Errors
/// Those of the system.
pub(crate) fn start(format: LogFormat, verbose: u8) -> io::Result<Log> {
    let level = if verbose > 0 { LevelFilter::DEBUG } else { LevelFilter::INFO };
    let log = Log::start()?;
    let lines = fmt().with_max_level(level).with_writer(log.lines());
    let json = format == LogFormat::Json || (format == LogFormat::Auto && !io::stderr().is_terminal());
    // A second start in one process keeps the first log.
    let _ = if json {
        tracing::subscriber::set_global_default(lines.event_format(JsonLines).finish())
    } else {
        tracing::subscriber::set_global_default(lines.with_ansi(io::stderr().is_terminal()).finish())
    };
    Ok(log)
}
