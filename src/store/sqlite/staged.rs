//! A database file in the making: private, and gone unless it is finished (S-56, S-58).

use std::{
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
};

use super::{
    data_dir::{companion, private_file, sync_dir},
    error::file_error,
};
use crate::store::{StoreError, file_owner::give_to_owner_beside};

/// What `SQLite` may put beside a database.
pub(super) const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];
/// The one that only says where things are in the log, and is made anew from it.
pub(super) const INDEX: &str = "-shm";

/// A new file that is removed, with whatever `SQLite` put beside it, unless it is kept or installed.
#[derive(Debug)]
pub(super) struct Staged {
    path: PathBuf,
    finished: bool,
}

impl Staged {
    /// Makes an empty file where there is none. It gets the owner of its directory, if `model` has the same owner.
    pub(super) fn create(path: &Path, model: &Path) -> Result<(Self, File), StoreError> {
        let file = private_file(OpenOptions::new().read(true).write(true).create_new(true), path)
            .map_err(|error| file_error(path, "create the file", &error))?;
        let staged = Self { path: path.to_owned(), finished: false };
        give_to_owner_beside(model, parent(path), &file)
            .map_err(|error| file_error(path, "give it its owner", &error))?;
        Ok((staged, file))
    }

    /// Makes an empty file in place of one that an earlier attempt left behind. The caller holds the directory.
    pub(super) fn replace(path: &Path) -> Result<(Self, File), StoreError> {
        remove(path);
        Self::create(path, parent(path))
    }

    /// Returns where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it durable and leaves it where it is.
    pub(super) fn keep(mut self) -> Result<(), StoreError> {
        self.sync()?;
        self.finished = true;
        Ok(())
    }

    /// Makes it durable under the name `target`, at once or not at all.
    pub(super) fn install(mut self, target: &Path) -> Result<(), StoreError> {
        self.sync()?;
        fs::rename(&self.path, target).map_err(|error| file_error(target, "put the new file in place", &error))?;
        self.finished = true;
        sync_dir(parent(target))
    }

    fn sync(&self) -> Result<(), StoreError> {
        OpenOptions::new()
            .write(true)
            .open(&self.path)
            .and_then(|file| file.sync_all())
            .map_err(|error| file_error(&self.path, "make the file durable", &error))?;
        sync_dir(parent(&self.path))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.finished {
            remove(&self.path);
        }
    }
}

/// Returns the directory of `path`.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes what is there; what cannot be removed stands in the way of the next attempt, which then says so.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    for suffix in COMPANIONS {
        let _ = fs::remove_file(companion(path, suffix));
    }
}
