//! Files that only their owner can read (S-60).

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::ProfileName;
use crate::domain::{TokenHash, text::shown};

/// More is no file of ours.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// The directory for caches and locks below the configuration directory.
const STATE: &str = "state";
/// Holds a directory for each profile but the default one.
const PROFILES: &str = "profiles";
/// What may lie in a directory that is ours alone; see [`PrivateDir::prepare`].
const OUR_NAMES: [&str; 4] = ["config.yaml", "token.json", STATE, PROFILES];

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("cannot {action} `{}`: {source}", shown(&path.to_string_lossy()))]
    Io {
        /// A verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is a symbolic link; who made it may not be who runs us.
    #[error("`{}` is a symbolic link, and is not followed", shown(&.0.to_string_lossy()))]
    Link(PathBuf),
    /// It is no regular file, or too large for one of ours.
    #[error("`{}` is not a file that `da` could have written", shown(&.0.to_string_lossy()))]
    NotAFile(PathBuf),
    /// Others may put files there.
    #[error("others may write to the directory `{}`", shown(&.0.to_string_lossy()))]
    OpenDirectory(PathBuf),
}

/// A text that was read, and how well it was kept.
pub(crate) struct PrivateText {
    /// The content.
    pub(crate) text: Zeroizing<String>,
    /// Whether others could have read it; it has been repaired where possible.
    pub(crate) was_open: bool,
}

/// A directory of small files, each 0600, written whole or not at all, in a directory that is 0700.
#[derive(Debug, Clone)]
pub struct PrivateDir {
    path: PathBuf,
    /// The one it is in, which must be closed to others as well.
    outer: Option<Box<PrivateDir>>,
}

/// Keeps other writers out until it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct DirLock(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

impl PrivateDir {
    /// Names the directory; it is made when something is written.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, outer: None }
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of the file `name`.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Returns the directory for caches and locks in it.
    #[must_use]
    pub fn state(&self) -> Self {
        self.child(STATE)
    }

    /// Returns the directory of a profile: this one for the default profile, whose files older tools know.
    #[must_use]
    pub fn of_profile(&self, name: &ProfileName) -> Self {
        if name.is_default() { self.clone() } else { self.child(PROFILES).child(name.as_str()) }
    }

    fn child(&self, name: &str) -> Self {
        Self { path: self.path.join(name), outer: Some(Box::new(self.clone())) }
    }

    /// Reads a secret file; `None` if there is none. A link is refused, modes that let others read are repaired.
    ///
    /// # Errors
    /// When it cannot be read or is no file of ours.
    pub(crate) fn read_secret(&self, name: &str) -> Result<Option<PrivateText>, FileError> {
        let path = self.file(name);
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            // Without NONBLOCK, opening a named pipe would wait for a writer.
            let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
            options.custom_flags(flags.bits().cast_signed());
        }
        let file = match options.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(_) if is_link(&path) => return Err(FileError::Link(path)),
            Err(source) => return Err(FileError::Io { action: "read", path, source }),
        };
        let was_open = tighten(&file).map_err(|source| FileError::Io { action: "read", path: path.clone(), source })?;
        read_all(file, path).map(|text| Some(PrivateText { text, was_open }))
    }

    /// Reads a file that holds no secret; links are followed, as people keep their settings elsewhere.
    ///
    /// # Errors
    /// When it cannot be read or is no small text.
    pub(crate) fn read_plain(&self, name: &str) -> Result<Option<String>, FileError> {
        let path = self.file(name);
        match fs::metadata(&path) {
            Ok(metadata) if !metadata.is_file() => return Err(FileError::NotAFile(path)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(FileError::Io { action: "read", path, source }),
        }
        let file = File::open(&path).map_err(|source| FileError::Io { action: "read", path: path.clone(), source })?;
        read_all(file, path).map(|text| Some(text.to_string()))
    }

    /// Writes a file whole: a new 0600 file beside it, flushed, renamed over it, and the directory flushed.
    ///
    /// # Errors
    /// When it is a link, or cannot be written; the old content is then as it was.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<(), FileError> {
        self.prepare()?;
        let path = self.file(name);
        if is_link(&path) {
            return Err(FileError::Link(path));
        }
        let fault = |source| FileError::Io { action: "write", path: path.clone(), source };
        let temporary = self.file(&format!(".{name}.{}", uuid::Uuid::new_v4().simple()));
        let written = write_new(&temporary, content).and_then(|()| fs::rename(&temporary, &path));
        if let Err(error) = written {
            // Whatever is left of it may hold the secret.
            let _ = fs::remove_file(&temporary);
            return Err(fault(error));
        }
        self.flush().map_err(fault)
    }

    /// Removes a file, itself and not what it may link to; tells whether there was one.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub(crate) fn remove(&self, name: &str) -> Result<bool, FileError> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Ok(()) => self.flush().map(|()| true).map_err(|source| FileError::Io { action: "remove", path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(FileError::Io { action: "remove", path, source }),
        }
    }

    /// Waits until no other process writes here.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub(crate) fn lock(&self) -> Result<DirLock, FileError> {
        self.lock_file("lock")
    }

    /// Waits until no other process works on what `name` stands for, such as one server's token.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub(crate) fn lock_for(&self, name: &str) -> Result<DirLock, FileError> {
        let digest = URL_SAFE_NO_PAD.encode(&TokenHash::of(name).as_bytes()[..9]);
        self.lock_file(&format!("lock-{digest}"))
    }

    fn lock_file(&self, name: &str) -> Result<DirLock, FileError> {
        let state = self.state();
        state.prepare()?;
        let path = state.file(name);
        let locked = private_options().create(true).truncate(false).open(&path).and_then(|file| {
            file.lock()?;
            Ok(file)
        });
        locked.map(DirLock).map_err(|source| FileError::Io { action: "lock", path, source })
    }

    /// Tells whether others could put files here; a directory that is not there yet will be closed.
    ///
    /// # Errors
    /// When it cannot be looked at.
    #[cfg(unix)]
    pub(crate) fn others_may_write(&self) -> Result<bool, FileError> {
        use std::os::unix::fs::PermissionsExt as _;
        match fs::metadata(&self.path) {
            Ok(metadata) => Ok(metadata.permissions().mode() & 0o022 != 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(FileError::Io { action: "look at", path: self.path.clone(), source }),
        }
    }

    /// Tells whether others could put files here: the profile's own access rules apply.
    ///
    /// # Errors
    /// None here.
    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "the form that Unix needs")]
    pub(crate) fn others_may_write(&self) -> Result<bool, FileError> {
        Ok(false)
    }

    /// Makes the directory, or checks the one that is there. A directory that holds only files of ours is ours, and
    /// is closed to others; one that somebody shares with other things is left as it is, if only he can write to it.
    fn prepare(&self) -> Result<(), FileError> {
        if let Some(outer) = &self.outer {
            outer.prepare()?;
        }
        let fault = |source| FileError::Io { action: "make", path: self.path.clone(), source };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(&self.path).map_err(fault)?;
        self.close_to_others().map_err(fault)?.then_some(()).ok_or_else(|| FileError::OpenDirectory(self.path.clone()))
    }

    #[cfg(unix)]
    fn close_to_others(&self) -> io::Result<bool> {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&self.path)?.permissions().mode();
        if mode & 0o077 == 0 {
            return Ok(true);
        }
        if self.holds_only_our_files()? && fs::set_permissions(&self.path, fs::Permissions::from_mode(0o700)).is_ok() {
            return Ok(true);
        }
        Ok(mode & 0o022 == 0)
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "the profile's own access rules apply")]
    fn close_to_others(&self) -> io::Result<bool> {
        Ok(true)
    }

    #[cfg(unix)]
    fn holds_only_our_files(&self) -> io::Result<bool> {
        for entry in fs::read_dir(&self.path)? {
            if !entry?.file_name().to_str().is_some_and(|name| OUR_NAMES.contains(&name)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn flush(&self) -> io::Result<()> {
        // Only Unix lets one open a directory to flush it.
        if cfg!(unix) { File::open(&self.path)?.sync_all() } else { Ok(()) }
    }
}

fn read_all(file: File, path: PathBuf) -> Result<Zeroizing<String>, FileError> {
    let fault = |source| FileError::Io { action: "read", path: path.clone(), source };
    let metadata = file.metadata().map_err(fault)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(FileError::NotAFile(path));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(fault)?;
    Ok(text)
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = private_options().create_new(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// For a file that is made 0600 and never reached through a link.
fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// Takes the rights of group and others away from an open file; tells whether they had any.
#[cfg(unix)]
fn tighten(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata()?;
    let open = metadata.is_file() && metadata.permissions().mode() & 0o077 != 0;
    if open {
        // Not ours to repair (another owner, a read-only disk): the caller still says that it is open.
        let _ = file.set_permissions(fs::Permissions::from_mode(0o600));
    }
    Ok(open)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the form that Unix needs")]
fn tighten(_: &File) -> io::Result<bool> {
    Ok(false)
}
