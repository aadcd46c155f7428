//! The ways a call can go wrong.

use std::{error::Error, fmt, path::PathBuf, time::Duration};

use super::{CertificateFault, ServerUrl, tls_fault};
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
    /// The certificate of the server is not trusted.
    #[error("cannot trust `{server}`: {fault}")]
    Untrusted {
        /// The server.
        server: ServerUrl,
        /// What is wrong with the certificate.
        fault: CertificateFault,
    },
    /// No connection, or no whole answer in time.
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

/// Returns why the certificate of the server was refused, if that is the cause.
pub(super) fn certificate_fault(error: &(dyn Error + 'static)) -> Option<CertificateFault> {
    causes(error).find_map(|cause| match cause.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(fault)) => Some(fault.into()),
        _ => None,
    })
}

/// Walks from an error to its deepest cause.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| deeper(*error))
}

fn deeper<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    // An io::Error hides the error it was made of from `source()`.
    let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
}

/// Returns the deepest cause of a transport error: the only line of the chain that tells a person anything.
pub(super) fn readable_cause(error: &(dyn Error + 'static), timeout: Duration) -> String {
    let is_timeout = |cause: &(dyn Error + 'static)| {
        let io = cause.downcast_ref::<std::io::Error>();
        cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
            || io.is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut)
    };
    if causes(error).any(is_timeout) {
        return format!("no answer in time (at most {} s)", timeout.as_secs());
    }
    if let Some(tls) = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return tls_fault::words(tls).to_owned();
    }
    shown(causes(error).last().unwrap_or(error).to_string().trim())
}
