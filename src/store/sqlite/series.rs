//! Backups that are taken again and again, of which the newest few are kept.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    backup, connection,
    data_dir::{DataDir, companion, sync_dir},
    error::file_error,
    open::{self, make_backups_dir},
    staged::COMPANIONS,
    tx::Tx,
};
use crate::{
    domain::{
        Timestamp,
        audit::{AuditRow, ChainKey},
    },
    store::{AuditFilter, AuditReads as _, StoreError},
};

/// How many are kept: a week of daily ones.
const KEPT: usize = 7;
/// The name of one is this, the instant in microseconds, and [`SUFFIX`]; other backups in the directory are left alone.
const PREFIX: &str = "da-scheduled-";
const SUFFIX: &str = ".db";

/// The series of one data directory.
#[derive(Debug, Clone)]
pub struct BackupSeries {
    database: PathBuf,
    dir: PathBuf,
}

impl BackupSeries {
    /// Returns the series of `dir`.
    #[must_use]
    pub fn of(dir: &DataDir) -> Self {
        Self { database: dir.database(), dir: dir.backups() }
    }

    /// Returns when the newest was taken, see [`newest_in`].
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the directory cannot be read.
    pub fn newest(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        newest_in(&self.dir, now)
    }

    /// Takes one; `check` judges it before it counts. Then those beyond the newest seven go.
    ///
    /// # Errors
    /// When it cannot be written, and those of `check`; it is not there then, and all others are.
    pub fn take<E: From<StoreError>>(
        &self,
        now: Timestamp,
        check: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<PathBuf, E> {
        make_backups_dir(&self.dir)?;
        let part = self.dir.join(format!("{PREFIX}unfinished"));
        // What an attempt left that was cut off; what cannot be removed stands in the way, which the copy then says.
        remove(&part);
        backup::copy(&self.database, &part)?;
        if let Err(error) = check(&part) {
            remove(&part);
            return Err(error);
        }
        let path = self.dir.join(format!("{PREFIX}{:020}{SUFFIX}", now.as_micros()));
        fs::rename(&part, &path).map_err(|error| file_error(&path, "name the backup", &error))?;
        sync_dir(&self.dir)?;
        for old in surplus(&self.dir, now)? {
            fs::remove_file(&old).map_err(|error| file_error(&old, "remove", &error))?;
        }
        Ok(path)
    }
}

/// Returns when the newest backup of the series in `dir` was taken. One from the future is the work of a clock that was
/// set back since, and does not count.
///
/// # Errors
/// [`StoreError::Unusable`] when the directory cannot be read.
pub fn newest_in(dir: &Path, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    Ok(listed(dir)?.into_iter().map(|(at, _)| at).filter(|at| *at <= now).max())
}

/// Returns the newest audit row of every backup in `dir` whose log begins with the row `first`, with its file; those with
/// the most rows come first. Other files are left out. Without `first` every backup counts, because a log without rows
/// says nothing about its installation.
///
/// The first row tells the installation: it is sealed, and unlike an entry of `meta` nobody can change it unnoticed.
///
/// # Errors
/// [`StoreError::Unusable`] when the directory cannot be read.
pub fn newest_rows_in(dir: &Path, first: Option<&AuditRow>) -> Result<Vec<(PathBuf, AuditRow)>, StoreError> {
    let failed = |error| file_error(dir, "list the backups", &error);
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let row = newest_row(&path, first).inspect_err(|error| tracing::debug!(%error, "not a readable backup"));
        found.extend(row.ok().flatten().map(|row| (path, row)));
    }
    found.sort_by_key(|(_, row)| std::cmp::Reverse(row.seq));
    Ok(found)
}

fn newest_row(path: &Path, first: Option<&AuditRow>) -> Result<Option<AuditRow>, StoreError> {
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_file()) || !open::has_our_mark(path)? {
        return Ok(None);
    }
    let real = fs::canonicalize(path).map_err(|error| file_error(path, "resolve the path", &error))?;
    let connection = connection::still(&real)?;
    // Reading needs no key.
    let key = ChainKey::new(&[0; 32]);
    let tx = Tx::new(&connection, &key);
    let own = tx.audit_chain(0, 1)?.into_iter().next();
    if first.is_some_and(|first| own.is_none_or(|(own, _)| own.id != first.id)) {
        return Ok(None);
    }
    Ok(tx.audit_rows(&AuditFilter { limit: 1, ..AuditFilter::default() })?.into_iter().next())
}

/// Returns those of the series, oldest first.
fn listed(dir: &Path) -> Result<Vec<(Timestamp, PathBuf)>, StoreError> {
    let failed = |error| file_error(dir, "list the backups", &error);
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let micros = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok());
        found.extend(micros.map(|micros| (Timestamp::from_micros(micros), entry.path())));
    }
    found.sort();
    Ok(found)
}

/// Returns those that are more than the few that are kept.
fn surplus(dir: &Path, now: Timestamp) -> Result<Vec<PathBuf>, StoreError> {
    let mut all = listed(dir)?;
    // What bears a time yet to come is older than it says: the clock has been set back since. It goes first, or it would
    // push out each new backup for as long.
    all.sort_by_key(|(at, _)| (*at <= now, *at));
    all.truncate(all.len().saturating_sub(KEPT));
    Ok(all.into_iter().map(|(_, path)| path).collect())
}

fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    for suffix in COMPANIONS {
        let _ = fs::remove_file(companion(path, suffix));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_that_was_ahead_costs_no_new_backup() {
        const HOUR: Duration = Duration::from_secs(3_600);
        let dir = tempfile::tempdir().unwrap();
        let take = |at: Timestamp| {
            let path = dir.path().join(format!("{PREFIX}{:020}{SUFFIX}", at.as_micros()));
            fs::write(&path, "").unwrap();
            surplus(dir.path(), at).unwrap().into_iter().for_each(|old| fs::remove_file(old).unwrap());
            path
        };
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        let ahead = now.plus(HOUR * 24 * 365);
        for hour in 0..9 {
            take(ahead.plus(HOUR * hour));
        }
        assert_eq!(listed(dir.path()).unwrap().len(), KEPT);
        let mut taken = Vec::new();
        for hour in 0..8 {
            let at = now.plus(HOUR * hour);
            taken.push(take(at));
            assert!(taken.iter().rev().take(KEPT).all(|path| path.exists()), "{hour}");
            assert_eq!(newest_in(dir.path(), at).unwrap(), Some(at));
        }
        let kept: Vec<PathBuf> = listed(dir.path()).unwrap().into_iter().map(|(_, path)| path).collect();
        assert_eq!(kept, taken.split_off(1));
    }
}
