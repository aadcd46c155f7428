//! The data directory: its mode, its lock, and the mark that shows whether it ever had a store.

use std::{
    fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::error::{file_error, unusable};
use crate::store::{StoreError, file_owner::give_to_owner_of};

/// The name under which the installer of version 0.1.0 listed what it had installed, in the default data directory.
#[cfg(unix)]
const OLD_MANIFEST: &str = "installed-files";

/// An exclusively held data directory.
///
/// The caller opens it first, then finds the master key in it, then opens the store with a key made from that. The
/// lock is held until this value and every store opened in it are gone (S-55).
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    lock: Arc<Mutex<File>>,
}

impl DataDir {
    /// Takes hold of the directory at `path`, making it (0700) if it is missing.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when another process holds it, when it is somebody else's, or when the file system
    /// refuses.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        make(path)?;
        let path = fs::canonicalize(path).map_err(|error| file_error(path, "resolve the path", &error))?;
        make_private(&path)?;
        let file_path = path.join("lock");
        let lock = private_file(OpenOptions::new().read(true).write(true).create(true).truncate(false), &file_path)
            .and_then(|lock| give_to_owner_of(&path, &lock).map(|()| lock))
            .map_err(|error| file_error(&file_path, "open the lock file", &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(unusable(
                    &path,
                    "another process of `da` is using this data directory; stop it first, or choose another directory",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(file_error(&file_path, "lock", &error)),
        }
        sync_dir(&path)?;
        Ok(Self { path, lock: Arc::new(Mutex::new(lock)) })
    }

    /// Returns the directory, absolute and without symbolic links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns where the database lies.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        database_in(&self.path)
    }

    /// Returns where the master key lies if no other place is set (D-08).
    #[must_use]
    pub fn master_key(&self) -> PathBuf {
        self.path.join("master.key")
    }

    /// Returns where the one-time setup code waits (D-14).
    #[must_use]
    pub fn setup_code(&self) -> PathBuf {
        self.path.join("setup-code")
    }

    /// Returns where backups before a migration go.
    #[must_use]
    pub fn backups(&self) -> PathBuf {
        self.path.join("backups")
    }

    /// Returns where client builds to hand out lie (D-23).
    #[must_use]
    pub fn dist(&self) -> PathBuf {
        self.path.join("dist")
    }

    /// Tells whether a store lives here or ever did: then no new master key may be made and no new store either (S-53).
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when that cannot be told.
    pub fn is_initialised(&self) -> Result<bool, StoreError> {
        Ok(exists(&self.database())? || self.instance()?.is_some())
    }

    /// Returns the id of the installation whose store lives or lived here.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the lock file cannot be read.
    pub fn instance(&self) -> Result<Option<String>, StoreError> {
        let mut file = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        file.rewind()
            .and_then(|()| file.read_to_string(&mut text))
            .map_err(|error| file_error(&self.path.join("lock"), "read", &error))?;
        let id = text.trim();
        Ok((!id.is_empty()).then(|| id.to_owned()))
    }

    /// Records whose store lives here, durably.
    pub(super) fn record_instance(&self, id: &str) -> Result<(), StoreError> {
        if self.instance()?.as_deref() == Some(id) {
            return Ok(());
        }
        let mut file = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        // Never shorter than before in between: a file cut to nothing would say that no store ever lived here.
        file.rewind()
            .and_then(|()| writeln!(file, "{id}"))
            .and_then(|()| file.set_len(id.len() as u64 + 1))
            .and_then(|()| file.sync_all())
            .map_err(|error| file_error(&self.path.join("lock"), "write", &error))
    }

    /// Returns a share of the lock, for a store that may outlive this value.
    pub(super) fn hold(&self) -> Arc<Mutex<File>> {
        Arc::clone(&self.lock)
    }
}

/// Returns where the database of the data directory `dir` lies.
pub(super) fn database_in(dir: &Path) -> PathBuf {
    dir.join("da.db")
}

fn make(path: &Path) -> Result<(), StoreError> {
    if exists(path)? {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| file_error(path, "create the data directory", &error))?;
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_dir)
}

/// Takes the rights of others from a directory that is ours or empty. Any other is left alone: `--data-dir /tmp` must
/// not lock everybody out of `/tmp`.
#[cfg(unix)]
fn make_private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::MetadataExt as _;

    let metadata = fs::metadata(path).map_err(|error| file_error(path, "inspect", &error))?;
    if !metadata.is_dir() {
        return Err(unusable(path, "is not a directory; choose a directory for the data"));
    }
    if metadata.mode() & 0o077 == 0 {
        return Ok(());
    }
    let is_ours = exists(&path.join("lock"))? || exists(&path.join("da.db"))?;
    if metadata.mode() & 0o1000 != 0 || !(is_ours || holds_nothing_of_others(path)?) {
        return Err(unusable(
            path,
            "other users may enter this directory, and it holds other things; choose an empty one, or `chmod 700` it",
        ));
    }
    set_mode(path, 0o700).map_err(|error| file_error(path, "take the rights of other users from it", &error))
}

/// Tells whether a directory is empty but for the list of files that the installer of version 0.1.0 left in it.
#[cfg(unix)]
fn holds_nothing_of_others(path: &Path) -> Result<bool, StoreError> {
    let failed = |error| file_error(path, "list", &error);
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let is_file = entry.file_type().map_err(failed)?.is_file();
        if entry.file_name() != OLD_MANIFEST || !is_file {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(not(unix))]
fn make_private(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}

/// Tells whether anything, even a dangling link, has this name.
pub(super) fn exists(path: &Path) -> Result<bool, StoreError> {
    metadata(path).map(|found| found.is_some())
}

/// Returns what lies at `path`, without following a link.
pub(super) fn metadata(path: &Path) -> Result<Option<Metadata>, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file_error(path, "inspect", &error)),
    }
}

/// Opens `path` with `options`, following no link; the file ends up 0600 whatever the umask (S-58).
pub(super) fn private_file(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// Gives `path` this mode.
#[cfg(unix)]
pub(super) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

/// Makes the names in a directory durable (S-51).
pub(super) fn sync_dir(path: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        let synced = File::open(path).and_then(|dir| dir.sync_all());
        return synced.map_err(|error| file_error(path, "make the directory durable", &error));
    }
    Ok(())
}

/// Returns the name that `SQLite` gives to a companion of the database at `path`.
pub(super) fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::{super::tests::open_free, *};

    #[test]
    fn a_directory_is_held_once() {
        let home = tempfile::tempdir().expect("temporary directory");
        let path = home.path().join("a/b/data");
        let held = DataDir::open(&path).expect("free");
        let refusal = DataDir::open(&path).expect_err("held").to_string();
        assert!(refusal.contains("a/b/data") && refusal.contains("another process"), "{refusal}");
        let share = held.hold();
        drop(held);
        assert!(DataDir::open(&path).is_err(), "a store that lives on keeps the directory");
        drop(share);
        open_free(&path);
    }

    #[test]
    fn the_instance_is_remembered() {
        let home = tempfile::tempdir().expect("temporary directory");
        let dir = DataDir::open(home.path()).expect("free");
        assert_eq!(dir.instance().expect("readable"), None);
        assert!(!dir.is_initialised().expect("readable"));
        dir.record_instance("a-long-instance-id").expect("writable");
        dir.record_instance("short-id").expect("writable");
        drop(dir);
        let dir = open_free(home.path());
        assert_eq!(dir.instance().expect("readable").as_deref(), Some("short-id"));
        assert!(dir.is_initialised().expect("readable"));
    }

    #[cfg(unix)]
    mod modes {
        use std::os::unix::fs::{MetadataExt as _, symlink};

        use super::*;

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).expect("exists").mode() & 0o7777
        }

        #[test]
        fn an_open_directory_of_ours_is_closed() {
            let home = tempfile::tempdir().expect("temporary directory");
            let path = home.path().join("data");
            fs::create_dir(&path).expect("created");
            set_mode(&path, 0o777).expect("changed");
            drop(DataDir::open(&path).expect("empty"));
            assert_eq!(mode(&path), 0o700);
            set_mode(&path, 0o755).expect("changed");
            set_mode(&path.join("lock"), 0o666).expect("changed");
            drop(open_free(&path));
            assert_eq!((mode(&path), mode(&path.join("lock"))), (0o700, 0o600));
        }

        #[test]
        fn an_open_directory_of_others_is_left_alone() {
            let home = tempfile::tempdir().expect("temporary directory");
            for (name, bits, file) in [("shared", 0o755, Some("x")), ("tmp", 0o1777, None)] {
                let path = home.path().join(name);
                fs::create_dir(&path).expect("created");
                set_mode(&path, bits).expect("changed");
                if let Some(file) = file {
                    fs::write(path.join(file), "").expect("written");
                }
                assert!(DataDir::open(&path).is_err(), "{name}");
                assert_eq!(mode(&path), bits);
                assert!(!path.join("lock").exists());
            }
        }

        #[test]
        fn the_list_of_an_old_installer_is_in_nobodys_way() {
            let home = tempfile::tempdir().expect("temporary directory");
            for mode_before in [0o755, 0o775] {
                let path = home.path().join(format!("{mode_before:o}"));
                fs::create_dir(&path).expect("created");
                fs::write(path.join(OLD_MANIFEST), "/home/ann/.local/bin/da\n").expect("written");
                set_mode(&path, mode_before).expect("changed");
                drop(DataDir::open(&path).expect("nothing of others"));
                assert_eq!(mode(&path), 0o700);
                assert!(path.join(OLD_MANIFEST).exists(), "the installer moves it");
            }
            let path = home.path().join("directory");
            fs::create_dir_all(path.join(OLD_MANIFEST)).expect("created");
            set_mode(&path, 0o755).expect("changed");
            assert!(DataDir::open(&path).is_err(), "a directory of that name is something else");
        }

        #[test]
        fn a_link_in_place_of_the_lock_is_not_followed() {
            let home = tempfile::tempdir().expect("temporary directory");
            let target = home.path().join("target");
            symlink(&target, home.path().join("lock")).expect("linked");
            assert!(DataDir::open(home.path()).is_err());
            assert!(!target.exists());
        }
    }
}
