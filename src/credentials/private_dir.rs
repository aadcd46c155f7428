//! Files that only their owner can read (S-60).

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::ProfileName;
use crate::{
    domain::{TokenHash, text::shown},
    files,
};

/// More is no file of ours.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// The directory for caches and locks below the configuration directory.
const STATE: &str = "state";
/// Holds a directory for each profile but the default one.
const PROFILES: &str = "profiles";
/// As large as anything that `da` writes here: what has room for it is not full.
const PROBE: [u8; 16 * 1024] = [b' '; 16 * 1024];
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
    /// The file's directory cannot be entered, or is below something that is no directory.
    #[error("cannot reach `{}`: {source}", shown(&path.to_string_lossy()))]
    OutOfReach {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A symbolic link that leads to nothing.
    #[error("`{}` is a symbolic link to a file that does not exist", shown(&.0.to_string_lossy()))]
    Dangling(PathBuf),
    /// Symbolic links that lead to each other.
    #[error("`{}` is a symbolic link in a loop of links", shown(&.0.to_string_lossy()))]
    LinkLoop(PathBuf),
    /// A symbolic link to something that is not a file.
    #[error("`{}` is a symbolic link to `{}`, which is not a file", shown(&link.to_string_lossy()), shown(&target.to_string_lossy()))]
    LinkToNoFile {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A symbolic link to a file of another user, who would lose it to us.
    #[error("`{}` is a symbolic link to `{}`, which belongs to another user", shown(&link.to_string_lossy()), shown(&target.to_string_lossy()))]
    LinkToOthers {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// Another user owns the directory, and decides what lies in it.
    #[error("the directory `{}` belongs to another user", shown(&.0.to_string_lossy()))]
    OthersDirectory(PathBuf),
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

/// A file that is written and flushed beside the one whose place it takes; without [`Staged::commit`] it is removed.
#[derive(Debug)]
#[must_use]
pub(crate) struct Staged {
    temporary: PathBuf,
    target: PathBuf,
}

impl Staged {
    /// Writes `content` beside `target`, which is no link.
    fn write(target: PathBuf, mode: u32, content: &[u8]) -> Result<Self, FileError> {
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let temporary = target.with_file_name(format!(".{name}.{}", uuid::Uuid::new_v4().simple()));
        // Made first: dropped after a failure, it removes what may hold a part of the secret.
        let staged = Self { temporary, target };
        match write_new(&staged.temporary, mode, content) {
            Ok(()) => Ok(staged),
            Err(source) => Err(FileError::Io { action: "write", path: staged.target.clone(), source }),
        }
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// Those of the system; the old file is then as it was.
    pub(crate) fn commit(self) -> Result<(), FileError> {
        let fault = |source| FileError::Io { action: "write", path: self.target.clone(), source };
        fs::rename(&self.temporary, &self.target).map_err(fault)?;
        self.target.parent().map_or(Ok(()), flush).map_err(fault)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After the commit nothing has this name.
        let _ = fs::remove_file(&self.temporary);
    }
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

fn flush(dir: &Path) -> io::Result<()> {
    // Only Unix lets one open a directory to flush it.
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

fn no_file(link: &Path) -> FileError {
    let target = link.canonicalize().unwrap_or_else(|_| link.to_owned());
    FileError::LinkToNoFile { link: link.to_owned(), target }
}

fn out_of_reach(path: PathBuf, source: io::Error) -> FileError {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory => FileError::OutOfReach { path, source },
        _ => FileError::Io { action: "read", path, source },
    }
}

#[cfg(unix)]
fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_loop(_: &io::Error) -> bool {
    false
}

#[cfg(unix)]
fn is_ours(found: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(found) == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_ours(_: &fs::Metadata) -> bool {
    true
}

#[cfg(unix)]
fn mode_of(found: &fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(found) & 0o7777
}

#[cfg(not(unix))]
fn mode_of(_: &fs::Metadata) -> u32 {
    0
}

fn read_all(file: File, path: PathBuf) -> Result<Zeroizing<String>, FileError> {
    let fault = |source| FileError::Io { action: "read", path: path.clone(), source };
    let metadata = file.metadata().map_err(fault)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(FileError::NotAFile(path));
    }
    files::read_text(file, MAX_FILE_BYTES).map_err(fault)
}

/// Makes a file with this mode, whatever the umask.
fn write_new(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let mut file = private_options().create_new(true).open(path)?;
    set_mode(&file, mode)?;
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

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the form that Unix needs")]
fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
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
