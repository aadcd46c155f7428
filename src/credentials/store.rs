//! The choice between keyring and file.

use super::{
    FileError, Keyring, KeyringError, Place, PrivateDir, ProfileName, Storage, StoreChoice, StoredCredential,
    entries::INDEX_FILE, private_dir::DirLock,
};
use crate::client::ServerUrl;

/// The file, as older tools know it.
pub(super) const TOKEN_FILE: &str = "token.json";
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
    #[error("the {storage} holds the token for {}", owner.as_ref().map_or("another server".to_owned(), |owner| format!("`{owner}`")))]
    Occupied {
        /// The file.
        storage: Storage,
        /// Whose token it is; a file of older tools may not say so.
        owner: Option<ServerUrl>,
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
    /// The configuration directory.
    pub(super) root: PrivateDir,
    /// The profile's own: others neither wait for its locks nor see its files.
    pub(super) dir: PrivateDir,
    profile: ProfileName,
    /// Where a token is looked for.
    choice: StoreChoice,
    /// Where a new one goes.
    keep: StoreChoice,
    /// Owns a file that names no server, as older tools write it: never the server of a flag or variable (S-64).
    configured_server: Option<ServerUrl>,
    pub(super) keyring: &'a dyn Keyring,
}

/// Keeps other processes from changing one server's token until it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Turn(#[expect(dead_code, reason = "the turn lasts as long as the lock")] DirLock);

impl<'a> CredentialStore<'a> {
    /// Puts the parts together; nothing is read yet.
    #[must_use]
    pub fn new(
        dir: &PrivateDir,
        profile: ProfileName,
        choice: StoreChoice,
        configured_server: Option<ServerUrl>,
        keyring: &'a dyn Keyring,
    ) -> Self {
        let root = dir.clone();
        Self { root, dir: dir.of_profile(&profile), profile, choice, keep: choice, configured_server, keyring }
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
        Ok(Turn(self.dir.lock_for(&self.name(server))?))
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
        self.owner(&loaded).cloned()
    }

    /// Checks what can be checked before a token is stored, and returns why it would be kept in the file instead of the
    /// keyring.
    ///
    /// # Errors
    /// When it would not be kept at all.
    pub fn check(&self) -> Result<Option<KeyringError>, CredentialError> {
        let fallback = match self.keep {
            StoreChoice::File => None,
            StoreChoice::Auto => self.keyring.status().err(),
            StoreChoice::Keyring => self.keyring.status().map(|()| None)?,
        };
        let place = if self.keep == StoreChoice::File || fallback.is_some() { Place::File } else { Place::Keyring };
        self.check_place(place)?;
        Ok(fallback)
    }

    /// Checks what can be checked before a token is stored where the one before was.
    ///
    /// # Errors
    /// When it would not be kept.
    pub fn check_again(&self, storage: &Storage) -> Result<(), CredentialError> {
        self.check_place(storage.place())
    }

    fn check_place(&self, place: Place) -> Result<(), CredentialError> {
        match place {
            Place::File => self.dir.check(TOKEN_FILE)?,
            Place::Keyring => self.dir.state().check(INDEX_FILE)?,
        }
        // Its lock may be another user's.
        drop(self.dir.lock()?);
        Ok(())
    }

    /// Checks what can be checked before a token is removed.
    ///
    /// # Errors
    /// When it would stay.
    pub fn check_removable(&self) -> Result<(), CredentialError> {
        Ok(self.dir.check_removable()?)
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

    /// Stores a token, and does `also` in the same step: either both are done, or neither.
    ///
    /// # Errors
    /// When the token was not stored, and those of `also`; the old token is then as it was.
    pub fn save_with<E: From<CredentialError>>(
        &self,
        server: &ServerUrl,
        credential: &StoredCredential,
        also: impl FnOnce() -> Result<(), E>,
    ) -> Result<Saved, E> {
        self.save_by_with(self.keep, server, credential, also)
    }

    fn save_by(
        &self,
        by: StoreChoice,
        server: &ServerUrl,
        credential: &StoredCredential,
    ) -> Result<Saved, CredentialError> {
        self.save_by_with(by, server, credential, || Ok(()))
    }

    fn save_by_with<E: From<CredentialError>>(
        &self,
        by: StoreChoice,
        server: &ServerUrl,
        credential: &StoredCredential,
        also: impl FnOnce() -> Result<(), E>,
    ) -> Result<Saved, E> {
        let credential = StoredCredential { server: Some(server.clone()), ..credential.clone() };
        let _lock = self.dir.lock().map_err(CredentialError::from)?;
        let mut fallback = None;
        if by != StoreChoice::File {
            match self.save_keyring(server, &credential) {
                Ok(before) => {
                    let done = also().and_then(|()| Ok(self.forget_file_of(server)?));
                    if done.is_err() {
                        self.undo_keyring(server, before);
                    }
                    return done.map(|()| Saved { storage: Storage::Keyring, fallback: None });
                }
                Err(CredentialError::Keyring(reason)) if by == StoreChoice::Auto => fallback = Some(reason),
                Err(error) => return Err(error.into()),
            }
        }
        let text = credential.to_json().map_err(CredentialError::from)?;
        let staged = self.dir.stage(TOKEN_FILE, text.as_bytes()).map_err(CredentialError::from)?;
        also()?;
        staged.commit().map_err(CredentialError::from)?;
        // The file is read first, so a leftover in the keyring can only be stale; it is no failure if it stays.
        if self.is_indexed(server).map_err(CredentialError::from)? {
            let _ = self.remove_from_keyring(server);
        }
        Ok(Saved { storage: self.file_storage(), fallback })
    }

    /// What an older tool left in the file would win over the keyring.
    fn forget_file_of(&self, server: &ServerUrl) -> Result<(), CredentialError> {
        if self.load_file_of(server).ok().flatten().is_some() {
            self.dir.remove(TOKEN_FILE)?;
        }
        Ok(())
    }

    /// Removes the token for `server` wherever it is; tells whether there was one.
    ///
    /// # Errors
    /// When one is there and cannot be removed.
    pub fn remove(&self, server: &ServerUrl) -> Result<bool, CredentialError> {
        let _lock = self.dir.lock()?;
        let in_file = match self.load_file() {
            _ if self.choice == StoreChoice::Keyring => false,
            Ok(Some(loaded)) => self.is_for(&loaded, server),
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
        Ok(self.load_file()?.is_some() || self.has_entries()?)
    }

    /// Names the token for `server` of this profile among those that the directory's locks keep apart.
    pub(super) fn name(&self, server: &ServerUrl) -> String {
        format!("{server}#{}", self.profile)
    }

    /// Tells whether a token is the one for `server`. One of an older tool that names no server is the configured one's.
    pub(super) fn is_for(&self, loaded: &Loaded, server: &ServerUrl) -> bool {
        self.owner(loaded) == Some(server)
    }

    pub(super) fn owner<'b>(&'b self, loaded: &'b Loaded) -> Option<&'b ServerUrl> {
        loaded.credential.server.as_ref().or(self.configured_server.as_ref())
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
        Ok(self.load_file()?.filter(|loaded| self.is_for(loaded, server)))
    }

    pub(super) fn load_file(&self) -> Result<Option<Loaded>, CredentialError> {
        let Some(file) = self.dir.read_secret(TOKEN_FILE)? else { return Ok(None) };
        let storage = self.file_storage();
        match StoredCredential::from_json(&file.text) {
            Ok(credential) => Ok(Some(Loaded { credential, storage, was_open: file.was_open })),
            Err(reason) => Err(CredentialError::Damaged { storage, reason }),
        }
    }
}
