//! The choice between keyring and file.

use serde::{Deserialize, Serialize};

use super::{
    FileError, Keyring, KeyringError, PrivateDir, ProfileName, Storage, StoreChoice, StoredCredential,
    private_dir::DirLock,
};
use crate::{client::ServerUrl, domain::Secret};

/// The file, as older tools know it.
pub(super) const TOKEN_FILE: &str = "token.json";
/// Which servers' tokens the keyring holds: without an entry here it is never asked, so a machine without one never
/// waits for it, and reading is deterministic.
const INDEX_FILE: &str = "keyring.json";

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
    /// The file holds the token for another server, which would be lost.
    #[error("the {storage} holds the token for `{owner}`")]
    Occupied {
        /// The file.
        storage: Storage,
        /// Whose token it is.
        owner: ServerUrl,
    },
    /// What was written was not there when it was read again.
    #[error("the {0} did not keep the token")]
    NotKept(Storage),
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

/// The tokens of one profile of a user on this machine: in the keyring one for each server, in the file one.
pub struct CredentialStore<'a> {
    /// The profile's own: others neither wait for its locks nor see its files.
    pub(super) dir: PrivateDir,
    profile: ProfileName,
    /// Where a token is looked for.
    choice: StoreChoice,
    /// Where a new one goes.
    keep: StoreChoice,
    /// Owns a file that names no server, as older tools write it: never the server of a flag or variable (S-64).
    configured_server: ServerUrl,
    pub(super) keyring: &'a dyn Keyring,
}

/// Keeps other processes from changing one server's token until it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Turn(#[expect(dead_code, reason = "the turn lasts as long as the lock")] DirLock);

#[derive(Debug, Default, Serialize, Deserialize)]
struct Index {
    servers: Vec<ServerUrl>,
}

impl<'a> CredentialStore<'a> {
    /// Puts the parts together; nothing is read yet.
    #[must_use]
    pub fn new(
        dir: &PrivateDir,
        profile: ProfileName,
        choice: StoreChoice,
        configured_server: ServerUrl,
        keyring: &'a dyn Keyring,
    ) -> Self {
        Self { dir: dir.of_profile(&profile), profile, choice, keep: choice, configured_server, keyring }
    }

    /// Lets new tokens go elsewhere than to where they are looked for.
    #[must_use]
    pub fn keeping_in(self, keep: StoreChoice) -> Self {
        Self { keep, ..self }
    }

    /// Waits until no other process renews, replaces, moves or removes the token for `server`.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn turn(&self, server: &ServerUrl) -> Result<Turn, CredentialError> {
        Ok(Turn(self.dir.lock_for(&self.account(server))?))
    }

    /// Returns the token for `server`, if one is stored.
    ///
    /// # Errors
    /// When the place that should hold it cannot be read.
    pub fn load(&self, server: &ServerUrl) -> Result<Option<Loaded>, CredentialError> {
        let in_file = || if self.choice == StoreChoice::Keyring { Ok(None) } else { self.load_file_of(server) };
        if let Some(loaded) = in_file()? {
            return Ok(Some(loaded));
        }
        let in_keyring = if self.asks_keyring(server)? { self.load_keyring(server) } else { Ok(None) };
        match in_keyring {
            Ok(Some(loaded)) => Ok(Some(loaded)),
            // It may have been moved into the file just now, in the middle of the keyring's answer too.
            none => in_file()?.map_or(none, |loaded| Ok(Some(loaded))),
        }
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
        match self.keep {
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
        self.save_by(self.keep, server, credential)
    }

    /// Stores a token where the one before was, so that a renewal undoes no choice. Where the keyring was the choice of
    /// nobody, the file takes what it does not: the token before is of no use any more.
    ///
    /// # Errors
    /// When it was not stored.
    pub fn save_again(
        &self,
        server: &ServerUrl,
        credential: &StoredCredential,
        storage: &Storage,
    ) -> Result<Saved, CredentialError> {
        let by = match (storage, self.keep) {
            (Storage::File(_), _) => StoreChoice::File,
            (Storage::Keyring, StoreChoice::Keyring) => StoreChoice::Keyring,
            (Storage::Keyring, _) => StoreChoice::Auto,
        };
        self.save_by(by, server, credential)
    }

    fn save_by(
        &self,
        by: StoreChoice,
        server: &ServerUrl,
        credential: &StoredCredential,
    ) -> Result<Saved, CredentialError> {
        let credential = StoredCredential { server: Some(server.clone()), ..credential.clone() };
        let _lock = self.dir.lock()?;
        if by == StoreChoice::File {
            return self.save_file(server, &credential, None);
        }
        match self.save_keyring(server, &credential) {
            Ok(()) => {
                // What an older tool left there would win over the keyring.
                if self.load_file_of(server).ok().flatten().is_some() {
                    self.dir.remove(TOKEN_FILE)?;
                }
                Ok(Saved { storage: Storage::Keyring, fallback: None })
            }
            Err(CredentialError::Keyring(reason)) if by == StoreChoice::Auto => {
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
        let in_keyring = self.remove_from_keyring(server)?;
        Ok(removed || in_keyring)
    }

    /// Tells whether any server's token is saved here.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn holds_any(&self) -> Result<bool, CredentialError> {
        Ok(self.load_file()?.is_some() || !self.index()?.servers.is_empty())
    }

    /// Returns the name under which the keyring files the token for `server`.
    fn account(&self, server: &ServerUrl) -> String {
        format!("{server}#{}", self.profile)
    }

    pub(super) fn owner<'b>(&'b self, loaded: &'b Loaded) -> &'b ServerUrl {
        loaded.credential.server.as_ref().unwrap_or(&self.configured_server)
    }

    fn asks_keyring(&self, server: &ServerUrl) -> Result<bool, FileError> {
        match self.choice {
            StoreChoice::File => Ok(false),
            StoreChoice::Keyring => Ok(true),
            StoreChoice::Auto => self.is_indexed(server),
        }
    }

    /// Returns what the file holds for `server`.
    pub(super) fn load_file_of(&self, server: &ServerUrl) -> Result<Option<Loaded>, CredentialError> {
        Ok(self.load_file()?.filter(|loaded| self.owner(loaded) == server))
    }

    pub(super) fn load_file(&self) -> Result<Option<Loaded>, CredentialError> {
        let Some(file) = self.dir.read_secret(TOKEN_FILE)? else { return Ok(None) };
        let storage = self.file_storage();
        match StoredCredential::from_json(&file.text) {
            Ok(credential) => Ok(Some(Loaded { credential, storage, was_open: file.was_open })),
            Err(reason) => Err(CredentialError::Damaged { storage, reason }),
        }
    }

    pub(super) fn load_keyring(&self, server: &ServerUrl) -> Result<Option<Loaded>, CredentialError> {
        let Some(text) = self.keyring.get(&self.account(server))? else { return Ok(None) };
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
        if self.is_indexed(server)? && self.keyring.delete(&self.account(server)).is_ok() {
            self.index_change(server, false)?;
        }
        Ok(Saved { storage: self.file_storage(), fallback })
    }

    pub(super) fn save_keyring(
        &self,
        server: &ServerUrl,
        credential: &StoredCredential,
    ) -> Result<(), CredentialError> {
        let text = Secret::new(credential.to_json()?.to_string());
        self.keyring.set(&self.account(server), &text)?;
        self.index_change(server, true)
    }

    /// Removes the token for `server` from the keyring; tells whether there was one.
    pub(super) fn remove_from_keyring(&self, server: &ServerUrl) -> Result<bool, CredentialError> {
        let removed = self.keyring.delete(&self.account(server))?;
        self.index_change(server, false)?;
        Ok(removed)
    }

    /// Tells whether the keyring should hold a token for `server`.
    pub(super) fn is_indexed(&self, server: &ServerUrl) -> Result<bool, FileError> {
        Ok(self.index()?.servers.contains(server))
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
