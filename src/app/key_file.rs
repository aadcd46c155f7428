//! The file that holds the master key, while the key changes.
//!
//! The file and the store cannot change in one step. So the next key is first put beside the file as `master.key.next`, then
//! the store changes in one transaction, then the next key takes the file's place. Whoever opens the store after a crash
//! finds out by the canary which of the two it was, and finishes or undoes the rest. The former key is kept, as
//! backups need it.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    master_key::{MasterKey, MasterKeyError},
    private_file,
};

/// How many former keys are kept at most: a number that nobody comes to.
const MAX_FORMER: u32 = 10_000;

/// Where a master key lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile(PathBuf);

impl KeyFile {
    /// Names the file; what a link points to is meant, not the link.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name: OsString = self.0.clone().into();
        name.push(ending);
        name.into()
    }

    fn next_file(&self) -> PathBuf {
        self.beside(".next")
    }

    /// Returns the key that was about to take this one's place, if a change of keys did not come to its end.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn next(&self) -> Result<Option<MasterKey>, MasterKeyError> {
        let next = self.next_file();
        if fs::symlink_metadata(&next).is_ok() { MasterKey::read(&next).map(Some) } else { Ok(None) }
    }

    /// Puts the next key beside the file.
    ///
    /// # Errors
    /// [`MasterKeyError::File`].
    pub fn stage(&self, key: &MasterKey) -> Result<(), MasterKeyError> {
        self.discard()?;
        key.write(&self.next_file())
    }

    /// Removes the next key: the store was never changed to it.
    ///
    /// # Errors
    /// [`MasterKeyError::File`].
    pub fn discard(&self) -> Result<(), MasterKeyError> {
        private_file::remove(&self.next_file()).map_err(|error| self.failed(error))
    }

    /// Puts the next key in place, and returns where the former one is kept.
    ///
    /// # Errors
    /// [`MasterKeyError::File`]; then calling it again goes on.
    pub fn install(&self) -> Result<PathBuf, MasterKeyError> {
        let kept = self.keep_former()?;
        private_file::rename(&self.next_file(), &self.0).map_err(|error| self.failed(error))?;
        Ok(kept)
    }

    fn keep_former(&self) -> Result<PathBuf, MasterKeyError> {
        let former = MasterKey::read(&self.0)?;
        for number in 1..MAX_FORMER {
            let place = self.beside(&format!(".old-{number}"));
            if fs::symlink_metadata(&place).is_err() {
                former.write(&place)?;
                return Ok(place);
            }
            if MasterKey::read(&place).is_ok_and(|kept| kept.is(&former)) {
                return Ok(place);
            }
        }
        Err(self.failed(io::Error::other("there are too many former keys beside it")))
    }

    fn failed(&self, source: io::Error) -> MasterKeyError {
        MasterKeyError::File { path: self.0.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn former_keys_are_kept_each_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master.key");
        let first = MasterKey::create(&path).unwrap();
        let file = KeyFile::at(&path);
        for round in 1..=2 {
            let (former, next) = (MasterKey::read(&path).unwrap(), MasterKey::random("a test").unwrap());
            file.stage(&MasterKey::random("a test").unwrap()).unwrap();
            file.stage(&next).unwrap();
            assert!(file.next().unwrap().unwrap().is(&next));
            // As if the end had come before the last step.
            assert_eq!(file.keep_former().unwrap(), file.keep_former().unwrap());
            let kept = file.install().unwrap();
            assert_eq!(kept.file_name().unwrap().to_str(), Some(format!("master.key.old-{round}").as_str()));
            assert!(MasterKey::read(&kept).unwrap().is(&former));
            assert!(MasterKey::read(&path).unwrap().is(&next));
        }
        assert_eq!(names(dir.path()), ["master.key", "master.key.old-1", "master.key.old-2"]);
        assert!(MasterKey::read(&dir.path().join("master.key.old-1")).unwrap().is(&first));
        file.stage(&first).unwrap();
        file.discard().unwrap();
        file.discard().unwrap();
        assert!(file.next().unwrap().is_none());
    }
}
