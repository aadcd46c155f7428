//! Who owns the files that a command makes in somebody else's directory.
//!
//! Root may run every command of the host. A file that root makes in the data directory of the service, and keeps, is a
//! file that the service can no longer read: so it goes to the owner of the directory. SQLite does the same for the files
//! that it makes beside a database.

use std::{fs::File, io, path::Path};

/// Gives the new file or directory at `path`, open as `file`, to the owner of `dir`, if root made it and somebody else
/// owns `dir`.
///
/// # Errors
/// Those of the system.
pub fn give_to_owner_of(dir: &Path, file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        if !rustix::process::geteuid().is_root() {
            return Ok(());
        }
        let (owner, found) = (std::fs::metadata(dir)?, file.metadata()?);
        if owner.uid() != 0 && found.uid() == 0 {
            fchown(file, Some(owner.uid()), Some(owner.gid()))?;
        }
    }
    #[cfg(not(unix))]
    let _ = (dir, file);
    Ok(())
}

/// Does the same for a file that a person named, in the directory `parent`: only if the directory has the same owner as
/// `model`. A backup that root puts into the home of another user stays root's, so that they cannot read it.
///
/// # Errors
/// Those of the system.
pub fn give_to_owner_beside(model: &Path, parent: &Path, file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if std::fs::metadata(parent)?.uid() == std::fs::metadata(model)?.uid() {
            return give_to_owner_of(parent, file);
        }
    }
    #[cfg(not(unix))]
    let _ = (model, parent, file);
    Ok(())
}
