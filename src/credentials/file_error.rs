//! Why a private file was not read or written.

use std::{io, path::PathBuf};

use crate::domain::text::shown;

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
