//! Moving a token from one place to the other: it is written and read again there before it leaves the old one.

use super::{
    CredentialError, CredentialStore, Loaded, Place, PrivateDir, ProfileName, Storage, StoredCredential,
    store::TOKEN_FILE,
};
use crate::client::ServerUrl;

/// A token that was copied.
#[derive(Debug)]
pub struct Copied {
    /// Where it was.
    pub from: Storage,
    /// Where it now is, too; the same place if nothing had to be done.
    pub to: Storage,
}

/// Notes down in a profile's file that its token is for `server`, where an older tool did not say so (D-19): to be done
/// before the settings name another server, which would be sent it.
///
/// # Errors
/// When the file cannot be written.
pub fn bind_file(dir: &PrivateDir, profile: &ProfileName, server: &ServerUrl) -> Result<(), CredentialError> {
    let dir = dir.of_profile(profile);
    // What cannot be read is sent to nobody.
    let unbound = || {
        let file = dir.read_secret(TOKEN_FILE).ok()??;
        StoredCredential::from_json(&file.text).ok().filter(|credential| credential.server.is_none())
    };
    if unbound().is_none() {
        return Ok(());
    }
    let _lock = dir.lock()?;
    let Some(credential) = unbound() else { return Ok(()) };
    let bound = StoredCredential { server: Some(server.clone()), ..credential };
    Ok(dir.write(TOKEN_FILE, bound.to_json()?.as_bytes())?)
}

impl CredentialStore<'_> {
    /// Copies the token for `server` to `place` and reads it there; `None` if there is none. Whoever calls this has the
    /// [`Self::turn`], so that no renewal comes in between, and keeps it until [`Self::leave`].
    ///
    /// # Errors
    /// When the token is not in `place` afterwards; the old one is then as it was.
    pub fn copy_to(&self, server: &ServerUrl, place: Place) -> Result<Option<Copied>, CredentialError> {
        let _lock = self.dir.lock()?;
        let Some(found) = self.find(server)? else { return Ok(None) };
        let to = match place {
            Place::Keyring => Storage::Keyring,
            Place::File => self.file_storage(),
        };
        if found.storage != to {
            let credential = StoredCredential { server: Some(server.clone()), ..found.credential };
            self.put(server, &credential, &to)?;
        }
        Ok(Some(Copied { from: found.storage, to }))
    }

    /// Removes the token for `server` from `place`, if it is there.
    ///
    /// # Errors
    /// When it is there still.
    pub fn leave(&self, server: &ServerUrl, place: Place) -> Result<(), CredentialError> {
        let _lock = self.dir.lock()?;
        match place {
            Place::File if self.load_file_of(server)?.is_some() => self.dir.remove(TOKEN_FILE).map(drop)?,
            Place::Keyring if self.is_indexed(server)? => drop(self.remove_from_keyring(server)?),
            _ => {}
        }
        Ok(())
    }

    /// Returns the token in force, else one that lies where it is not looked for.
    fn find(&self, server: &ServerUrl) -> Result<Option<Loaded>, CredentialError> {
        if let Some(loaded) = self.load(server)? {
            return Ok(Some(loaded));
        }
        if let Some(loaded) = self.load_file_of(server)? {
            return Ok(Some(loaded));
        }
        match self.load_keyring(server) {
            // Nothing says that it should hold one, so it may as well be absent.
            Err(CredentialError::Keyring(_)) if !self.is_indexed(server)? => Ok(None),
            other => other,
        }
    }

    fn put(&self, server: &ServerUrl, credential: &StoredCredential, to: &Storage) -> Result<(), CredentialError> {
        let again = match to {
            Storage::Keyring => {
                self.save_keyring(server, credential)?;
                self.load_keyring(server)
            }
            Storage::File(_) => {
                if let Some(other) = self.load_file()?.filter(|loaded| !self.is_for(loaded, server)) {
                    return Err(CredentialError::Occupied { owner: self.owner(&other).cloned(), storage: to.clone() });
                }
                self.dir.write(TOKEN_FILE, credential.to_json()?.as_bytes())?;
                self.load_file_of(server)
            }
        };
        let text = credential.to_json()?;
        match again {
            Ok(Some(again)) if again.credential.to_json()? == text => Ok(()),
            other => {
                // What was not kept whole must not stand before the old one.
                let _ = match to {
                    Storage::Keyring => self.remove_from_keyring(server),
                    Storage::File(_) => self.dir.remove(TOKEN_FILE).map_err(Into::into),
                };
                Err(other.err().unwrap_or_else(|| CredentialError::NotKept(to.clone())))
            }
        }
    }
}
