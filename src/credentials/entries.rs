//! The entries of one configuration directory in the keyring, and the index that says which there are.

use serde::{Deserialize, Serialize};

use super::{CredentialError, CredentialStore, FileError, KeyringError, Loaded, Storage, StoredCredential, dir_id};
use crate::{client::ServerUrl, domain::Secret};

/// Which servers' tokens the keyring holds: without an entry here it is never asked, so a machine without one never
/// waits for it, and reading is deterministic.
pub(super) const INDEX_FILE: &str = "keyring.json";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Index {
    /// Those whose entries version 0.1.0 made, under names that all directories have in common.
    #[serde(default)]
    servers: Vec<ServerUrl>,
    /// Those whose entries are this directory's own.
    #[serde(default)]
    entries: Vec<ServerUrl>,
}

impl Index {
    fn holds(&self, server: &ServerUrl) -> bool {
        self.servers.contains(server) || self.entries.contains(server)
    }
}

impl CredentialStore<'_> {
    /// Tells whether the keyring should hold anything of this directory.
    pub(super) fn has_entries(&self) -> Result<bool, FileError> {
        let index = self.index()?;
        Ok(!index.servers.is_empty() || !index.entries.is_empty())
    }

    /// Returns the name of the keyring's entry for `server`, if this directory has entries.
    fn account(&self, server: &ServerUrl) -> Result<Option<String>, FileError> {
        Ok(dir_id::known(&self.root)?.map(|id| format!("{}#{id}", self.name(server))))
    }

    pub(super) fn load_keyring(&self, server: &ServerUrl) -> Result<Option<Loaded>, CredentialError> {
        let own = match self.account(server)? {
            Some(account) => self.keyring.get(&account)?,
            None => {
                // There is nothing to ask it for, but a keyring that cannot be used is told as ever.
                self.keyring.status()?;
                None
            }
        };
        let found = if own.is_some() { own } else { self.take_over(server)? };
        let Some(text) = found else { return Ok(None) };
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

    fn own_entry(&self, server: &ServerUrl) -> Result<Option<Secret>, CredentialError> {
        Ok(self.account(server)?.map(|account| self.keyring.get(&account)).transpose()?.flatten())
    }

    /// Takes an entry of version 0.1.0, which all directories had in common, for this directory: the first one whose index
    /// names it gets it. Returns its text.
    fn take_over(&self, server: &ServerUrl) -> Result<Option<Secret>, CredentialError> {
        // Another process of this directory may have taken it since the own entry was read.
        if !self.index()?.servers.contains(server) {
            return self.own_entry(server);
        }
        let old = self.name(server);
        let Ok(_lock) = self.dir.lock_for("an entry of 0.1.0") else {
            // Where nothing can be written the entry stays as it is.
            return Ok(self.keyring.get(&old)?);
        };
        if !self.index()?.servers.contains(server) {
            return self.own_entry(server);
        }
        let Some(text) = self.keyring.get(&old)? else {
            self.index_change(server, false)?;
            return Ok(None);
        };
        let own = format!("{old}#{}", dir_id::needed(&self.root)?);
        self.keyring.set(&own, &text)?;
        match self.keyring.delete(&old) {
            Ok(true) => {}
            // Another directory was faster.
            Ok(false) => {
                self.keyring.delete(&own)?;
                self.index_change(server, false)?;
                return Ok(None);
            }
            Err(error) => {
                let _ = self.keyring.delete(&own);
                return Err(error.into());
            }
        }
        self.index_change(server, true)?;
        Ok(Some(text))
    }

    /// Puts a token into the keyring, and returns what was there before, for [`Self::undo_keyring`].
    pub(super) fn save_keyring(
        &self,
        server: &ServerUrl,
        credential: &StoredCredential,
    ) -> Result<Option<Secret>, CredentialError> {
        let text = Secret::new(credential.to_json()?.to_string());
        self.take_over(server)?;
        let account = format!("{}#{}", self.name(server), dir_id::needed(&self.root)?);
        let before = match self.keyring.get(&account) {
            Err(error @ KeyringError::NoAnswer(_)) => return Err(error.into()),
            // A damaged entry is replaced.
            other => other.ok().flatten(),
        };
        self.keyring.set(&account, &text)?;
        if let Err(error) = self.index_change(server, true) {
            self.undo_keyring(server, before);
            return Err(error.into());
        }
        Ok(before)
    }

    /// Gives the keyring back what it held before, as far as it lets us.
    pub(super) fn undo_keyring(&self, server: &ServerUrl, before: Option<Secret>) {
        let Ok(Some(account)) = self.account(server) else { return };
        let _ = match &before {
            Some(text) => self.keyring.set(&account, text),
            None => self.keyring.delete(&account).map(drop),
        };
        let _ = self.index_change(server, before.is_some());
    }

    /// Removes the token for `server` from the keyring; tells whether there was one.
    pub(super) fn remove_from_keyring(&self, server: &ServerUrl) -> Result<bool, CredentialError> {
        let of_older = self.index()?.servers.contains(server) && self.keyring.delete(&self.name(server))?;
        let own = match self.account(server)? {
            Some(account) => self.keyring.delete(&account)?,
            None => false,
        };
        // A leftover in the index, as on a full disk, only has the keyring asked in vain.
        let _ = self.index_change(server, false);
        Ok(of_older || own)
    }

    /// Tells whether the keyring should hold a token for `server`.
    pub(super) fn is_indexed(&self, server: &ServerUrl) -> Result<bool, FileError> {
        Ok(self.index()?.holds(server))
    }

    /// A damaged index only costs a new sign-in.
    fn index(&self) -> Result<Index, FileError> {
        let text = self.dir.state().read_plain(INDEX_FILE)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    fn index_change(&self, server: &ServerUrl, present: bool) -> Result<(), FileError> {
        let _lock = self.dir.lock_for(INDEX_FILE)?;
        let mut index = self.index()?;
        index.servers.retain(|known| known != server);
        index.entries.retain(|known| known != server);
        if present {
            index.entries.push(server.clone());
        }
        let text = serde_json::to_string(&index).expect("lists of texts are JSON");
        self.dir.state().write(INDEX_FILE, text.as_bytes())
    }
}
