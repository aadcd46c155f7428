//! One private file: made beside its place with its mode, read whole, and what the system tells of it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::FileError;
use crate::files;

/// More is no file of ours.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// A file that is written and flushed beside the one whose place it takes; without [`Staged::commit`] it is removed.
#[derive(Debug)]
#[must_use]
pub(crate) struct Staged {
    temporary: PathBuf,
    target: PathBuf,
}

impl Staged {
    /// Writes `content` beside `target`, which is no link.
    pub(super) fn write(target: PathBuf, mode: u32, content: &[u8]) -> Result<Self, FileError> {
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

pub(super) fn flush(dir: &Path) -> io::Result<()> {
    // Only Unix lets one open a directory to flush it.
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

pub(super) fn no_file(link: &Path) -> FileError {
    let target = link.canonicalize().unwrap_or_else(|_| link.to_owned());
    FileError::LinkToNoFile { link: link.to_owned(), target }
}

pub(super) fn out_of_reach(path: PathBuf, source: io::Error) -> FileError {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory => FileError::OutOfReach { path, source },
        _ => FileError::Io { action: "read", path, source },
    }
}

#[cfg(unix)]
pub(super) fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
pub(super) fn is_loop(_: &io::Error) -> bool {
    false
}

#[cfg(unix)]
pub(super) fn is_ours(found: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(found) == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
pub(super) fn is_ours(_: &fs::Metadata) -> bool {
    true
}

#[cfg(unix)]
pub(super) fn mode_of(found: &fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(found) & 0o7777
}

#[cfg(not(unix))]
pub(super) fn mode_of(_: &fs::Metadata) -> u32 {
    0
}

pub(super) fn read_all(file: File, path: PathBuf) -> Result<Zeroizing<String>, FileError> {
    let fault = |source| FileError::Io { action: "read", path: path.clone(), source };
    let metadata = file.metadata().map_err(fault)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(FileError::NotAFile(path));
    }
    files::read_text(file, MAX_FILE_BYTES).map_err(fault)
}

/// Makes a file with this mode, whatever the umask.
pub(super) fn write_new(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let mut file = private_options().create_new(true).open(path)?;
    set_mode(&file, mode)?;
    file.write_all(content)?;
    file.sync_all()
}

/// For a file that is made 0600 and never reached through a link.
pub(super) fn private_options() -> OpenOptions {
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
pub(super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the form that Unix needs")]
pub(super) fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

pub(super) fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// Takes the rights of group and others away from an open file; tells whether they had any.
#[cfg(unix)]
pub(super) fn tighten(file: &File) -> io::Result<bool> {
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
pub(super) fn tighten(_: &File) -> io::Result<bool> {
    Ok(false)
}
