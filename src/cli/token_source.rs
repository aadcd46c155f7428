//! Where the token in force comes from.

use std::{fmt, path::PathBuf};

use super::moment;
use crate::{
    client::Bearer,
    credentials::{Claims, Storage, StoredCredential},
    domain::{Timestamp, text::shown},
};

/// The four sources, in the order in which they win (D-18).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenSource {
    /// `--token-file`.
    Flag(PathBuf),
    /// `DA_TOKEN`.
    Variable,
    /// `DA_TOKEN_FILE`.
    VariableFile(PathBuf),
    /// What `da login` or `da import-token` saved.
    Saved(Storage),
}

/// A token in force.
#[derive(Debug, Clone)]
pub(crate) struct HeldToken {
    pub(crate) bearer: Bearer,
    pub(crate) source: TokenSource,
    /// What was saved with it.
    pub(crate) saved: Option<StoredCredential>,
}

impl HeldToken {
    /// Tells whether it says of itself that it is a personal access token.
    pub(crate) fn is_personal(&self) -> bool {
        Claims::decode(&self.bearer.to_secret()).is_ok_and(|claims| claims.typ.as_deref() == Some("pat"))
    }

    /// Returns when the sign-in ends that the token renews itself within, if it does.
    pub(crate) fn refresh_expires_at(&self) -> Option<Timestamp> {
        self.saved.as_ref()?.refresh_expires_at
    }

    /// Returns how long it lasts, to stand behind its place: `end` is that of the token itself.
    pub(crate) fn lasting(&self, end: Option<Timestamp>, now: Timestamp) -> String {
        lasting(self.refresh_expires_at(), end, now)
    }
}

/// Returns how long a token lasts: as long as the sign-in that it renews itself within, if it does.
pub(crate) fn lasting(refresh_end: Option<Timestamp>, end: Option<Timestamp>, now: Timestamp) -> String {
    match refresh_end {
        Some(last) => format!("renewed by itself, {}", moment::ending(Some(last), now)),
        None => moment::ending(end, now),
    }
}

impl TokenSource {
    /// Returns a stable word for JSON.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Flag(_) => "token_file",
            Self::Variable => "environment",
            Self::VariableFile(_) => "environment_file",
            Self::Saved(_) => "saved",
        }
    }

    /// Returns the word for where a saved token rests.
    pub(crate) fn storage(&self) -> Option<&'static str> {
        match self {
            Self::Saved(storage) => Some(storage.place().as_str()),
            _ => None,
        }
    }

    /// Returns where it is from, to stand behind the word "token".
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Saved(storage) => format!("saved in the {storage}"),
            given => given.to_string().trim_start_matches("token ").to_owned(),
        }
    }

    /// Returns what to do when the server does not accept it.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Flag(_) => "Put a token that works into that file".to_owned(),
            Self::Variable => "Unset `DA_TOKEN`, or set it to a token that works".to_owned(),
            Self::VariableFile(_) => "Unset `DA_TOKEN_FILE`, or put a token that works into that file".to_owned(),
            Self::Saved(_) => "Run `da login` to get a new one".to_owned(),
        }
    }

    /// Returns what to do where only a session will do.
    pub(crate) fn session_remedy(&self) -> String {
        let first = match self.way_out() {
            None => "Sign in with `da login`".to_owned(),
            Some(way_out) => format!("{way_out}, and run `da login` unless you are signed in"),
        };
        format!("{first}; a token from `da token create` cannot do this")
    }

    /// Returns how to let the saved token count again, where a given one hides it.
    pub(crate) fn way_out(&self) -> Option<&'static str> {
        match self {
            Self::Flag(_) => Some("Leave out `--token-file`"),
            Self::Variable => Some("Unset `DA_TOKEN`"),
            Self::VariableFile(_) => Some("Unset `DA_TOKEN_FILE`"),
            Self::Saved(_) => None,
        }
    }
}

impl fmt::Display for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(path) => write!(f, "token from `--token-file` ({})", shown(&path.to_string_lossy())),
            Self::Variable => f.write_str("token from `DA_TOKEN`"),
            Self::VariableFile(path) => write!(f, "token from `DA_TOKEN_FILE` ({})", shown(&path.to_string_lossy())),
            Self::Saved(storage) => write!(f, "saved token ({storage})"),
        }
    }
}
