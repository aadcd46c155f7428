//! Files that hold a secret: made private, and not believed when others may read them (S-58).

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{domain::Secret, files, store::file_owner::give_to_owner_of};

/// More is no secret on a line of its own.
const MAX_BYTES: u64 = 64 * 1024;

/// Others than its owner may read a file that holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` can be read by others (mode {mode:04o}); run `chmod 600 {}`", path.display(), path.display())]
pub struct Exposed {
    /// The file.
    pub path: PathBuf,
    /// Its mode.
    pub mode: u32,
}

/// Reads a file that holds a secret and nothing else.
///
/// # Errors
/// Those of opening and reading; [`Exposed`] within one of the kind `PermissionDenied`.
pub(super) fn read(path: &Path) -> io::Result<Secret> {
    let file = File::open(path)?;
    if let Some(exposed) = exposure(path, &file)? {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, exposed));
    }
    let text = files::read_text(file, MAX_BYTES)?;
    Ok(Secret::new(text.to_string()))
}

/// Tells how far the open file at `path` is exposed to others than its owner, if it is. No such thing is known where
/// files have no mode.
///
/// # Errors
/// When the file cannot be examined.
pub(crate) fn exposure(path: &Path, file: &File) -> io::Result<Option<Exposed>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let mode = file.metadata()?.mode() & 0o7777;
        Ok((mode & 0o077 != 0).then(|| Exposed { path: path.to_owned(), mode }))
    }
    #[cfg(not(unix))]
    {
        let _ = (path, file);
        Ok(None)
    }
}

/// Makes the file `path`, which must not exist, with mode 0600 from the first instant, whatever the umask. A file that root
/// makes goes to the owner of the directory.
///
/// After a crash or on a full disk it is there whole and durable, or not at all: half a key would stop every later start.
/// The caller holds the directory, so that nobody else makes the file meanwhile.
pub(super) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let staged = staged(path);
    // What an earlier attempt may have left; if it cannot be removed, the next step says so.
    let _ = fs::remove_file(&staged);
    let made = write_synced(&staged, content, directory_of(path)).and_then(|()| rename(&staged, path));
    if made.is_err() {
        let _ = fs::remove_file(&staged);
    }
    made
}

/// Removes the file `path`, if it is there, and what an attempt to make it may have left.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    for file in [path, &staged(path)] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Returns where a file is made before it takes its place.
fn staged(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

/// Gives a file the name of another, whose place it takes, durably.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    match to.parent() {
        Some(directory) if cfg!(unix) => fs::File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn write_synced(path: &Path, content: &[u8], directory: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    give_to_owner_of(directory, &file)?;
    file.write_all(content)?;
    file.sync_all()
}
