//! The choice between keyring and file.

use std::{fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{FileError, Keyring, KeyringError, PrivateDir, StoredCredential};
use crate::{
    client::ServerUrl,
    domain::{Secret, text::shown},
};

/// The file, as older tools know it.
const TOKEN_FILE: &str = "token.json";
/// Which servers' tokens the keyring holds: without an entry here it is never asked, so a machine without one never
/// waits for it, and reading is deterministic.
const INDEX_FILE: &str = "keyring.json";
/// There is one profile per server so far (O-08).
const PROFILE: &str = "default";

/// What the user wants (`DA_CREDENTIAL_STORE`).
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

impl FromStr for StoreChoice {
    type Err = UnknownStore;

    fn from_str(text: &str) -> Result<Self, UnknownStore> {
        match text {
            "auto" => Ok(Self::Auto),
            "keyring" => Ok(Self::Keyring),
            "file" => Ok(Self::File),
            _ => Err(UnknownStore),
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

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("keyring"),
            Self::File(path) => write!(f, "file {}", shown(&path.to_string_lossy())),
        }
    }
}

/// Why a token was not read, written or removed.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The keyring.
    #[error("cannot use the keyring: {0}")]
    Keyring(#[from] KeyringError),
    /// The stored text is not what `da` writes.
    #[error("the saved token in the {storage} is damaged: {reason}")]
    Damaged {
        /// Which one.
        storage: Storage,
        /// A place, never a value.
        reason: String,
    },
    /// The token could not be written as text.
    #[error("cannot write the token: {0}")]
    Encode(#[from] serde_json::Error),
}

/// A token that was found.
#[derive(Debug)]
pub struct Loaded {
    /// The token.
    pub credential: StoredCredential,
    /// Where it rests.
    pub storage: Storage,
    /// Whether others could have read it until now.
    pub was_open: bool,
}

/// Where a token was put.
#[derive(Debug)]
pub struct Saved {
    /// The place.
    pub storage: Storage,
    /// Why it is not the keyring, if that was tried.
    pub fallback: Option<KeyringError>,
}

/// The tokens of one user on this machine.
pub struct CredentialStore<'a> {
    dir: PrivateDir,
    choice: StoreChoice,
    /// Owns a file that names no server, as older tools write it: never the server of a flag or variable (S-64).
    configured_server: ServerUrl,
    keyring: &'a dyn Keyring,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Index {
    servers: Vec<ServerUrl>,
}

impl<'a> CredentialStore<'a> {
    /// Puts the parts together; nothing is read yet.
    #[must_use]
    pub fn new(dir: PrivateDir, choice: StoreChoice, configured_server: ServerUrl, keyring: &'a dyn Keyring) -> Self {
        Self { dir, choice, configured_server, keyring }
    }

    /// Returns the token for `server`, if one is stored.
    ///
    /// # Errors
    /// When the place that should hold it cannot be read.
    pub fn load(&self, server: &ServerUrl) -> Result<Option<Loaded>, CredentialError> {
        if self.choice != StoreChoice::Keyring
            && let Some(loaded) = self.load_file()?
            && self.owner(&loaded) == server
        {
            return Ok(Some(loaded));
        }
        if self.asks_keyring(server)? { self.load_keyring(server) } else { Ok(None) }
    }

    /// Returns the server whose token the file holds, if there is one that can be read.
    #[must_use]
    pub fn server_of_file(&self) -> Option<ServerUrl> {
        if self.choice == StoreChoice::Keyring {
            return None;
        }
        let loaded = self.load_file().ok().flatten()?;
        Some(self.owner(&loaded).clone())
    }

    /// Returns why a token would be kept in the file instead of the keyring, as far as that is known beforehand.
    ///
    /// # Errors
    /// When it would not be kept at all.
    pub fn foreseen_fallback(&self) -> Result<Option<KeyringError>, CredentialError> {
        match self.choice {
            StoreChoice::File => Ok(None),
            StoreChoice::Auto => Ok(self.keyring.status().err()),
            StoreChoice::Keyring => Ok(self.keyring.status().map(|()| None)?),
        }
    }

    /// Returns the file that holds a token where the keyring does not.
    #[must_use]
    pub fn file_storage(&self) -> Storage {
        Storage::File(self.dir.file(TOKEN_FILE))
    }

    /// Stores a token, replacing the one for the same server wherever it is.
    ///
    /// # Errors
    /// When it was not stored; the old one is then as it was.
    pub fn save(&self, server: &ServerUrl, credential: &StoredCredential) -> Result<Saved, CredentialError> {
        let credential = StoredCredential { server: Some(server.clone()), ..credential.clone() };
        let _lock = self.dir.lock()?;
        if self.choice == StoreChoice::File {
            return self.save_file(server, &credential, None);
        }
        match self.save_keyring(server, &credential) {
            Ok(()) => {
                self.index_change(server, true)?;
                // What an older tool left there would win over the keyring.
                if self.load_file().ok().flatten().is_some_and(|loaded| self.owner(&loaded) == server) {
                    self.dir.remove(TOKEN_FILE)?;
                }
                Ok(Saved { storage: Storage::Keyring, fallback: None })
            }
            Err(CredentialError::Keyring(reason)) if self.choice == StoreChoice::Auto => {
                self.save_file(server, &credential, Some(reason))
            }
            Err(error) => Err(error),
        }
    }

    /// Removes the token for `server` wherever it is; tells whether there was one.
    ///
    /// # Errors
    /// When one is there and cannot be removed.
    pub fn remove(&self, server: &ServerUrl) -> Result<bool, CredentialError> {
        let _lock = self.dir.lock()?;
        let in_file = match self.load_file() {
            _ if self.choice == StoreChoice::Keyring => false,
            Ok(Some(loaded)) => self.owner(&loaded) == server,
            Ok(None) => false,
            // A damaged file or a planted link is of no use to anyone; the link goes, not what it points to.
            Err(_) => true,
        };
        let removed = in_file && self.dir.remove(TOKEN_FILE)?;
        if !self.asks_keyring(server)? {
            return Ok(removed);
        }
        let in_keyring = self.keyring.delete(&account(server))?;
        self.index_change(server, false)?;
        Ok(removed || in_keyring)
    }

    fn owner<'b>(&'b self, loaded: &'b Loaded) -> &'b ServerUrl {
        loaded.credential.server.as_ref().unwrap_or(&self.configured_server)
    }

    fn asks_keyring(&self, server: &ServerUrl) -> Result<bool, FileError> {
        match self.choice {
            StoreChoice::File => Ok(false),
            StoreChoice::Keyring => Ok(true),
            StoreChoice::Auto => Ok(self.index()?.servers.contains(server)),
        }
    }

    fn load_file(&self) -> Result<Option<Loaded>, CredentialError> {
        let Some(file) = self.dir.read_secret(TOKEN_FILE)? else { return Ok(None) };
        let storage = self.file_storage();
        match StoredCredential::from_json(&file.text) {
            Ok(credential) => Ok(Some(Loaded { credential, storage, was_open: file.was_open })),
            Err(reason) => Err(CredentialError::Damaged { storage, reason }),
        }
    }

    fn load_keyring(&self, server: &ServerUrl) -> Result<Option<Loaded>, CredentialError> {
        let Some(text) = self.keyring.get(&account(server))? else { return Ok(None) };
        let storage = Storage::Keyring;
        match StoredCredential::from_json(text.expose()) {
            // The account names the server; an entry that names another one was put there by somebody else.
            Ok(credential) if credential.server.as_ref() == Some(server) => {
                Ok(Some(Loaded { credential, storage, was_open: false }))
            }
            Ok(_) => Err(CredentialError::Damaged { storage, reason: "it belongs to another server".to_owned() }),
            Err(reason) => Err(CredentialError::Damaged { storage, reason }),
        }
    }

    fn save_file(
        &self,
        server: &ServerUrl,
        credential: &StoredCredential,
        fallback: Option<KeyringError>,
    ) -> Result<Saved, CredentialError> {
        self.dir.write(TOKEN_FILE, credential.to_json()?.as_bytes())?;
        // The file is read first, so a leftover in the keyring can only be stale; it is no failure if it stays.
        if self.index()?.servers.contains(server) && self.keyring.delete(&account(server)).is_ok() {
            self.index_change(server, false)?;
        }
        Ok(Saved { storage: self.file_storage(), fallback })
    }

    fn save_keyring(&self, server: &ServerUrl, credential: &StoredCredential) -> Result<(), CredentialError> {
        let text = Secret::new(credential.to_json()?.to_string());
        Ok(self.keyring.set(&account(server), &text)?)
    }

    /// A damaged index only costs a new sign-in.
    fn index(&self) -> Result<Index, FileError> {
        let text = self.dir.state().read_plain(INDEX_FILE)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    fn index_change(&self, server: &ServerUrl, present: bool) -> Result<(), CredentialError> {
        let mut index = self.index()?;
        index.servers.retain(|known| known != server);
        if present {
            index.servers.push(server.clone());
        }
        Ok(self.dir.state().write(INDEX_FILE, serde_json::to_string(&index)?.as_bytes())?)
    }
}

fn account(server: &ServerUrl) -> String {
    format!("{server}#{PROFILE}")
}
