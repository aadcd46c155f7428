//! The ways a call can go wrong.

use std::{error::Error, fmt, path::PathBuf, time::Duration};

use super::ServerUrl;
use crate::{api::ErrorCode, domain::text::shown};

/// Why a call gave no answer of the contract.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL is `http` and the server is not on this machine (S-61).
    #[error("`{server}` is not encrypted and not on this machine")]
    ClearText {
        /// The server.
        server: ServerUrl,
    },
    /// The file of trusted certificates cannot be used.
    #[error("cannot use the CA file `{}`: {reason}", shown(&path.to_string_lossy()))]
    CaFile {
        /// The file.
        path: PathBuf,
        /// One line.
        reason: String,
    },
    /// The call could not be prepared.
    #[error("cannot prepare the call: {0}")]
    Setup(String),
    /// No connection, no trust in it, or no whole answer in time.
    #[error("cannot reach `{server}`: {cause}")]
    Unreachable {
        /// The server.
        server: ServerUrl,
        /// One line.
        cause: String,
    },
    /// A redirect; none is followed, as it could carry a credential away (S-62).
    #[error("{}", moved(*.status, .to.as_deref()))]
    Moved {
        /// The status.
        status: u16,
        /// The new address, if one was given.
        to: Option<String>,
    },
    /// An answer that refuses.
    #[error("{0}")]
    Http(Box<HttpFailure>),
    /// An answer of another kind of server, or a damaged one.
    #[error("the answer is not one of a da server: {0}")]
    BadAnswer(String),
}

/// An answer with a status of 400 or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpFailure {
    /// The status.
    pub status: u16,
    /// A sentence: the server's, or the status's own.
    pub detail: String,
    /// The stable word, if the server sends one.
    pub code: Option<String>,
    /// The request, as in the server's log.
    pub request_id: Option<String>,
    /// The seconds to wait before another try.
    pub retry_after: Option<u64>,
}

impl HttpFailure {
    /// Tells whether the server gave this code.
    #[must_use]
    pub fn is(&self, code: ErrorCode) -> bool {
        self.code.as_deref() == Some(code.as_str())
    }

    /// Tells whether the code is one of a `da` server.
    #[must_use]
    pub fn has_known_code(&self) -> bool {
        ErrorCode::ALL.iter().any(|code| self.is(*code))
    }

    /// Tells whether only a session may do what was asked.
    #[must_use]
    pub fn wants_session(&self) -> bool {
        self.is(ErrorCode::SessionRequired)
    }
}

impl fmt::Display for HttpFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl ClientError {
    /// Returns the refusal, if it is one.
    #[must_use]
    pub fn failure(&self) -> Option<&HttpFailure> {
        match self {
            Self::Http(failure) => Some(failure),
            _ => None,
        }
    }

    /// Returns the status of a refusal.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.failure().map(|failure| failure.status)
    }

    /// Tells whether the server has no such route: it is another program, or an older one.
    #[must_use]
    pub fn is_missing_route(&self) -> bool {
        matches!(self.status(), Some(404 | 405))
    }
}

fn moved(status: u16, to: Option<&str>) -> String {
    match to {
        Some(to) => format!("the server sends to another address ({status}): `{}`", shown(to)),
        None => format!("the server sends to another address ({status}) without naming it"),
    }
}

/// Returns the deepest cause of a transport error: the only line of the chain that tells a person anything.
pub(super) fn readable_cause(error: &(dyn Error + 'static), timeout: Duration) -> String {
    let mut deepest = error;
    let mut timed_out = false;
    loop {
        timed_out |= deepest.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout);
        timed_out |=
            deepest.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut);
        // An io::Error hides the error it was made of from `source()`.
        let inner = deepest.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        match inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| deepest.source()) {
            Some(next) => deepest = next,
            None => break,
        }
    }
    if timed_out {
        return format!("no answer in time (at most {} s)", timeout.as_secs());
    }
    shown(deepest.to_string().trim())
}
