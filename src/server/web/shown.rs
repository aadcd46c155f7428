//! Values as pages show them.

use std::time::Duration;

use crate::domain::{Expiry, Timestamp, time::SECONDS_PER_DAY, token::TokenStatus};

/// A time, for `<time>`: a script shows it in the reader's zone, the exact UTC stays in the title.
#[derive(Debug, Clone)]
pub(in crate::server::web) struct Moment {
    /// As a machine reads it.
    pub(in crate::server::web) machine: String,
    /// As a person reads it, in UTC.
    pub(in crate::server::web) text: String,
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let machine = at.to_string();
        let text = format!("{} UTC", machine[..16].replace('T', " "));
        Self { machine, text }
    }
}

/// How near the end of a token is.
const SOON: Duration = Duration::from_secs(14 * SECONDS_PER_DAY);

/// Tells whether a token that still works expires soon enough to be marked.
pub(in crate::server::web) fn expires_soon(expiry: Expiry, now: Timestamp) -> bool {
    matches!(expiry, Expiry::At(at) if at > now && at.since(now) <= SOON)
}

/// A token's state: the word for people, and the class of its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server::web) struct Status {
    pub(in crate::server::web) word: &'static str,
    pub(in crate::server::web) class: &'static str,
}

/// Returns a token's state.
pub(in crate::server::web) fn status(revoked_at: Option<Timestamp>, expiry: Expiry, now: Timestamp) -> Status {
    match TokenStatus::judge(revoked_at, expiry, now) {
        TokenStatus::Active if expires_soon(expiry, now) => Status { word: "expires soon", class: "expires-soon" },
        status => Status { word: status.as_str(), class: status.as_str() },
    }
}
