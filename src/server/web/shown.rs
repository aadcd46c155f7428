//! Values as pages show them.

use crate::domain::{Timestamp, Token, token::TokenStatus};

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

/// A token's state: the word for people, the class of its style, and whether there is anything to revoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server::web) struct Status {
    pub(in crate::server::web) word: &'static str,
    pub(in crate::server::web) class: &'static str,
    pub(in crate::server::web) is_active: bool,
}

/// Returns a token's state.
pub(in crate::server::web) fn status(token: &Token, now: Timestamp) -> Status {
    match token.status(now) {
        TokenStatus::Active if token.expiry.is_near(now) => {
            Status { word: "expires soon", class: "expires-soon", is_active: true }
        }
        status => Status { word: status.as_str(), class: status.as_str(), is_active: status == TokenStatus::Active },
    }
}
