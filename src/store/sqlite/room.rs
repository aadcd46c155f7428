//! The room that a store takes, and what is left beside it.

use std::path::Path;

use super::data_dir::companion;
use crate::store::StoreFigures;

/// Returns the sizes of the files at `path` and the space left on their disk.
pub(super) fn figures(path: &Path) -> StoreFigures {
    let bytes = |path: &Path| std::fs::metadata(path).ok().map(|metadata| metadata.len());
    StoreFigures {
        writer: None,
        database_bytes: bytes(path),
        log_bytes: bytes(&companion(path, "-wal")),
        free_bytes: free_bytes(path),
    }
}

#[cfg(unix)]
fn free_bytes(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_path: &Path) -> Option<u64> {
    None
}
