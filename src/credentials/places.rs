//! The places in which a token can rest, and what a user wants of them.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::Serialize;

use crate::domain::text::shown;

/// One of the two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The operating system's keyring.
    Keyring,
    /// A file that only the user can read.
    File,
}

/// The text names no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `keyring` or `file`")]
pub struct UnknownPlace;

impl Place {
    /// Returns its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }

    /// Returns what a person should know of it, to stand behind its name.
    #[must_use]
    pub fn remark(self) -> &'static str {
        match self {
            Self::Keyring => "",
            Self::File => ", in clear text",
        }
    }

    /// Returns the other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Keyring => Self::File,
            Self::File => Self::Keyring,
        }
    }
}

impl FromStr for Place {
    type Err = UnknownPlace;

    fn from_str(text: &str) -> Result<Self, UnknownPlace> {
        [Self::Keyring, Self::File].into_iter().find(|place| place.as_str() == text).ok_or(UnknownPlace)
    }
}

/// What the user wants: by `DA_CREDENTIAL_STORE`, or by what `da auth storage move` has noted down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreChoice {
    /// The keyring if one answers, else the file.
    #[default]
    Auto,
    /// The keyring or nothing.
    Keyring,
    /// The file.
    File,
}

/// The text names no store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `auto`, `keyring` or `file`")]
pub struct UnknownStore;

impl StoreChoice {
    /// Returns its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }
}

impl FromStr for StoreChoice {
    type Err = UnknownStore;

    fn from_str(text: &str) -> Result<Self, UnknownStore> {
        [Self::Auto, Self::Keyring, Self::File].into_iter().find(|it| it.as_str() == text).ok_or(UnknownStore)
    }
}

impl From<Place> for StoreChoice {
    fn from(place: Place) -> Self {
        match place {
            Place::Keyring => Self::Keyring,
            Place::File => Self::File,
        }
    }
}

/// Where a token rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// The operating system's keyring.
    Keyring,
    /// A file that only the user can read.
    File(PathBuf),
}

impl Storage {
    /// Returns the file, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Keyring => None,
            Self::File(path) => Some(path),
        }
    }

    /// Returns which of the places it is.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Keyring => Place::Keyring,
            Self::File(_) => Place::File,
        }
    }
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("keyring"),
            Self::File(path) => write!(f, "file {}", shown(&path.to_string_lossy())),
        }
    }
}
