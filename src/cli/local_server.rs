//! The user's own server on this machine: `da serve` writes its address into its data directory, and the other commands
//! use it where nothing else names a server.
//!
//! No fixed port is ever assumed: another user of the machine could listen there, and would receive passwords and tokens.
//! So only the user's own default data directory counts, and only while the server lives. The server holds a lock on the
//! file; the system releases it when the process ends, however it ends.

use std::{
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{client::ServerUrl, files};

const FILE: &str = "address";
/// More is no address.
const MAX_BYTES: u64 = 4 * 1024;

/// Returns the data directory that a server uses if nothing else is said.
pub(crate) fn default_data_dir() -> Option<PathBuf> {
    dirs::data_dir().map(|dir| dir.join("da"))
}

/// Returns the address of a server that runs on the user's own default data directory.
pub(crate) fn find() -> Option<ServerUrl> {
    find_in(&default_data_dir()?)
}

fn find_in(dir: &Path) -> Option<ServerUrl> {
    if !is_trusted(&fs::metadata(dir).ok()?) {
        return None;
    }
    let file = open(OpenOptions::new().read(true), &dir.join(FILE)).ok()?;
    let found = file.metadata().ok()?;
    if !found.is_file() || !is_trusted(&found) {
        return None;
    }
    // A server that lives holds the lock alone; a lock that can be shared is nobody's.
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => files::read_text(file, MAX_BYTES).ok()?.trim().parse().ok(),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// The address of a running server, for the commands of its user; the file goes with it.
#[derive(Debug)]
pub(crate) struct Address {
    path: PathBuf,
    /// The lock lasts as long as it is open.
    file: File,
}

impl Address {
    /// Writes the address into the data directory, which the caller holds.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn publish(dir: &Path, url: &str) -> io::Result<Self> {
        let (path, staged) = (dir.join(FILE), dir.join(".address.new"));
        // A leftover of a server that was killed.
        let _ = fs::remove_file(&staged);
        let mut file = open(OpenOptions::new().write(true).create_new(true), &staged)?;
        // Locked and whole before it has its name: a reader never takes a file of ours for a leftover.
        file.try_lock().map_err(io::Error::from)?;
        let written = writeln!(file, "{url}").and_then(|()| fs::rename(&staged, &path));
        if let Err(error) = written {
            let _ = fs::remove_file(&staged);
            return Err(error);
        }
        Ok(Self { path, file })
    }

    /// Returns the file, for its owner to be set.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        // One that stays is not believed: its lock is gone.
        let _ = fs::remove_file(&self.path);
    }
}

fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Without NONBLOCK, opening a named pipe would wait for a writer.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

/// Tells whether nobody but the user could have written it.
#[cfg(unix)]
fn is_trusted(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn is_trusted(_: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;

    fn private() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn an_address_is_found_while_its_server_lives() {
        let dir = private();
        assert_eq!(find_in(dir.path()), None);
        let url = "http://127.0.0.1:9000";
        let address = Address::publish(dir.path(), url).unwrap();
        assert_eq!(find_in(dir.path()).unwrap().as_str(), url);
        drop(address);
        assert!(!dir.path().join(FILE).exists());
        // What a server that was killed leaves behind.
        fs::write(dir.path().join(FILE), url).unwrap();
        assert_eq!(find_in(dir.path()), None);
        let again = Address::publish(dir.path(), "http://127.0.0.1:9001").unwrap();
        assert_eq!(find_in(dir.path()).unwrap().as_str(), "http://127.0.0.1:9001");
        drop(again);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_that_others_could_have_written_is_believed() {
        use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
        let set_mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let dir = private();
        let file = dir.path().join(FILE);
        let _address = Address::publish(dir.path(), "http://127.0.0.1:9000").unwrap();
        for (path, good) in [(dir.path(), 0o700), (&file, 0o600)] {
            for mode in [0o720, 0o702, 0o777] {
                set_mode(path, mode);
                assert_eq!(find_in(dir.path()), None, "{mode:o} {}", path.display());
            }
            set_mode(path, good);
            assert!(find_in(dir.path()).is_some());
            if rustix::process::geteuid().is_root() {
                chown(path, Some(12_345), None).unwrap();
                assert_eq!(find_in(dir.path()), None, "{}", path.display());
                chown(path, Some(0), None).unwrap();
            }
        }
        let moved = dir.path().join("moved");
        fs::rename(&file, &moved).unwrap();
        symlink(&moved, &file).unwrap();
        assert_eq!(find_in(dir.path()), None, "a link is not followed");
    }
}
