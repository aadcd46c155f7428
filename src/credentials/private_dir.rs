//! Files that only their owner can read (S-60).

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{
    FileError, ProfileName, Staged,
    private_file::{
        flush, is_link, is_loop, is_ours, mode_of, no_file, out_of_reach, private_options, read_all, tighten,
    },
};
use crate::domain::TokenHash;

/// The directory for caches and locks below the configuration directory.
const STATE: &str = "state";
/// Holds a directory for each profile but the default one.
const PROFILES: &str = "profiles";
/// As large as anything that `da` writes here: what has room for it is not full.
const PROBE: [u8; 16 * 1024] = [b' '; 16 * 1024];
/// What may lie in a directory that is ours alone; see [`PrivateDir::prepare`].
const OUR_NAMES: [&str; 4] = ["config.yaml", "token.json", STATE, PROFILES];

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
        self.must_not_be_others()?;
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
        self.must_not_be_others()?;
        let path = self.file(name);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) if is_link(&path) => return Err(no_file(&path)),
            Ok(_) => return Err(FileError::NotAFile(path)),
            Err(_) if is_link(&path) => return self.target_of(name).map(|_| None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(out_of_reach(path, source)),
        }
        let file = File::open(&path).map_err(|source| FileError::Io { action: "read", path: path.clone(), source })?;
        read_all(file, path).map(|text| Some(text.to_string()))
    }

    /// Writes a file whole: a new 0600 file beside it, flushed, renamed over it, and the directory flushed.
    ///
    /// # Errors
    /// When it is a link, or cannot be written; the old content is then as it was.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<(), FileError> {
        self.stage(name, content)?.commit()
    }

    /// Writes a 0600 file beside the one that it will replace.
    ///
    /// # Errors
    /// When that one is a link or no file, or this one cannot be written.
    pub(crate) fn stage(&self, name: &str, content: &[u8]) -> Result<Staged, FileError> {
        self.prepare()?;
        let path = self.file(name);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => Err(FileError::Link(path)),
            Ok(found) if !found.is_file() => Err(FileError::NotAFile(path)),
            _ => Staged::write(path, 0o600, content),
        }
    }

    /// As [`Self::stage`], for a file without secrets: a link stays, and the file that it leads to is replaced and keeps
    /// its mode.
    ///
    /// # Errors
    /// When the link leads to nothing, in a loop, to no file or to a file of another user, or the new file cannot be written.
    pub(crate) fn stage_plain(&self, name: &str, content: &[u8]) -> Result<Staged, FileError> {
        let path = self.file(name);
        if !is_link(&path) {
            return self.stage(name, content);
        }
        self.prepare()?;
        let target = self.target_of(name)?;
        let looked_at = fs::metadata(&target);
        let found = looked_at.map_err(|source| FileError::Io { action: "write", path: target.clone(), source })?;
        if !found.is_file() {
            return Err(FileError::LinkToNoFile { link: path, target });
        }
        if !is_ours(&found) {
            return Err(FileError::LinkToOthers { link: path, target });
        }
        Staged::write(target, mode_of(&found), content)
    }

    /// Fails as [`Self::write`] would, a full disk included, and changes nothing.
    ///
    /// # Errors
    /// As [`Self::stage`].
    pub(crate) fn check(&self, name: &str) -> Result<(), FileError> {
        self.stage(name, &PROBE).map(drop)
    }

    /// As [`Self::check`], for [`Self::stage_plain`].
    ///
    /// # Errors
    /// As [`Self::stage_plain`].
    pub(crate) fn check_plain(&self, name: &str) -> Result<(), FileError> {
        self.stage_plain(name, &PROBE).map(drop)
    }

    /// Returns where a link leads.
    fn target_of(&self, name: &str) -> Result<PathBuf, FileError> {
        let path = self.file(name);
        path.canonicalize().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => FileError::Dangling(path),
            _ if is_loop(&source) => FileError::LinkLoop(path),
            _ => FileError::Io { action: "follow", path, source },
        })
    }

    /// Fails if nothing can be removed here; a full disk is not in the way of that.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn check_removable(&self) -> Result<(), FileError> {
        #[cfg(unix)]
        {
            use rustix::fs::{Access, AtFlags, CWD, accessat};
            self.must_not_be_others()?;
            match accessat(CWD, &self.path, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
                Ok(()) | Err(rustix::io::Errno::NOENT) => {}
                Err(error) => {
                    let path = self.path.clone();
                    return Err(FileError::Io { action: "change", path, source: error.into() });
                }
            }
        }
        Ok(())
    }

    /// Returns a word that is kept in the directory for caches and locks: the one that is there, or else a random one.
    /// Processes that need it at the same time get the same.
    ///
    /// # Errors
    /// When there is none, and none can be kept.
    pub(crate) fn random_word(&self, name: &str, max: usize) -> Result<String, FileError> {
        let known = || {
            let word = self.state().read_plain(name).ok()??.trim().to_owned();
            Some(word).filter(|word| !word.is_empty() && word.len() <= max)
        };
        if let Some(word) = known() {
            return Ok(word);
        }
        let _lock = self.lock_for(name)?;
        if let Some(word) = known() {
            return Ok(word);
        }
        let word = uuid::Uuid::new_v4().simple().to_string();
        self.state().write(name, format!("{word}\n").as_bytes())?;
        Ok(word)
    }

    /// Removes a file, itself and not what it may link to; tells whether there was one.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub(crate) fn remove(&self, name: &str) -> Result<bool, FileError> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Ok(()) => {
                flush(&self.path).map(|()| true).map_err(|source| FileError::Io { action: "remove", path, source })
            }
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
        self.must_not_be_others()?;
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

    /// Refuses a directory whose owner is neither the user nor root: the owner could name the server that passwords go to.
    #[cfg(unix)]
    fn must_not_be_others(&self) -> Result<(), FileError> {
        use std::os::unix::fs::MetadataExt as _;
        if let Some(outer) = &self.outer {
            outer.must_not_be_others()?;
        }
        match fs::metadata(&self.path) {
            Ok(found) if found.is_dir() && !is_ours(&found) && found.uid() != 0 => {
                Err(FileError::OthersDirectory(self.path.clone()))
            }
            // What is not there, or cannot be looked at, is told by the next step.
            _ => Ok(()),
        }
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "the profile's own access rules apply")]
    fn must_not_be_others(&self) -> Result<(), FileError> {
        Ok(())
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
}
