//! What tells one configuration directory from all others in the user's keyring.
//!
//! The keyring is one for all directories, but each directory has locks of its own. With entries in common, a sign-in in
//! one would replace that of another, and two could renew the same session at the same time, which the server takes for
//! theft. So each entry is named after the directory too, by a random id that is kept in it.
//!
//! The id is kept together with the directory's path. A directory that was moved keeps its id; a copy finds that the
//! original is still there, and takes a new one: what the keyring holds stays the original's.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{FileError, PrivateDir};

/// The file, below the directory for caches and locks.
const FILE: &str = "keyring-id";

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    id: String,
    /// The path of the configuration directory, without links.
    path: String,
}

/// Returns the id of a configuration directory, if it has one of its own.
pub(super) fn known(dir: &PrivateDir) -> Result<Option<String>, FileError> {
    Ok(read(dir)?.filter(|kept| !is_copy(dir, kept)).map(|kept| kept.id))
}

/// Returns the id of a configuration directory, which gets one if it has none.
pub(super) fn needed(dir: &PrivateDir) -> Result<String, FileError> {
    if let Some(kept) = read(dir)?.filter(|kept| kept.path == path_of(dir.path())) {
        return Ok(kept.id);
    }
    let _lock = dir.lock_for(FILE)?;
    let id = match known(dir)? {
        Some(id) => id,
        None => uuid::Uuid::new_v4().simple().to_string(),
    };
    let kept = Kept { id, path: path_of(dir.path()) };
    let text = serde_json::to_string(&kept).expect("two texts are JSON");
    dir.state().write(FILE, text.as_bytes())?;
    Ok(kept.id)
}

/// A damaged file only costs a new sign-in.
fn read(dir: &PrivateDir) -> Result<Option<Kept>, FileError> {
    Ok(dir.state().read_plain(FILE)?.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Tells whether the id belongs to another directory, from which this one was copied.
fn is_copy(dir: &PrivateDir, kept: &Kept) -> bool {
    if kept.path == path_of(dir.path()) {
        return false;
    }
    let original = read(&PrivateDir::new(kept.path.clone().into())).ok().flatten();
    original.is_some_and(|original| original.id == kept.id && original.path == kept.path)
}

fn path_of(dir: &Path) -> String {
    dir.canonicalize().unwrap_or_else(|_| dir.to_owned()).to_string_lossy().into_owned()
}
