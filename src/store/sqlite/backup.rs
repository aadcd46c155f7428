//! Backup while writes run, and restore into an empty place (S-56).

use std::{fs::File, io, path::Path};

use rusqlite::backup::{Backup, StepResult};

use super::{
    connection,
    data_dir::{DataDir, companion, exists, metadata},
    error::{file_error, store_error, unusable},
    open::{self, INSTANCE_ID},
    schema::MIGRATIONS,
    schema_check,
    staged::Staged,
    tx::Tx,
    visitor::ReadOnlyStore,
};
use crate::{
    domain::audit::ChainKey,
    store::{StoreError, Writer},
};

/// What to do about a backup that cannot be used.
const ANOTHER: &str = "use another backup";

/// Copies the store at `database` to the new file `to`, then checks the copy. Writers are not held up.
///
/// The whole copy is one step, so it is one moment's state: everything acknowledged before is in it. In smaller steps
/// each write in between would start it anew.
pub(super) fn copy(database: &Path, to: &Path) -> Result<(), StoreError> {
    if exists(to)? {
        return Err(unusable(to, "this file exists already; a backup never overwrites, choose another name"));
    }
    let (staged, file) = Staged::create(to, database)?;
    drop(file);
    let real = std::fs::canonicalize(to).map_err(|error| file_error(to, "resolve the path", &error))?;
    let source = connection::reader(database)?;
    let mut target = connection::copy(&real)?;
    let step = Backup::new(&source, &mut target).and_then(|backup| backup.step(-1));
    let step = step.map_err(|error| unwritten(to, store_error(error)))?;
    if step != StepResult::Done {
        return Err(StoreError::Unavailable("the database is busy; the backup was not made".to_owned()));
    }
    seal_off(&target).map_err(|error| unwritten(to, error))?;
    let version = connection::inspect(&target, to, "quick_check", "the backup is of no use, check the disks")?;
    let remedy = "the backup was not kept; `da server doctor` tells more";
    schema_check::refuse_foreign(&target, to, version, MIGRATIONS, remedy)?;
    target.close().map_err(|(_, error)| unwritten(to, store_error(error)))?;
    staged.keep()
}

/// Says which disk is full: the copy's, as the store itself is only read.
fn unwritten(to: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Full(reason) => {
            unusable(to, format!("the copy cannot be written ({reason}); make room, or choose another place"))
        }
        other => other,
    }
}

/// Makes the copy a single file: the original's write-ahead mode would lay a log beside it at each look.
fn seal_off(copy: &rusqlite::Connection) -> Result<(), StoreError> {
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).map_err(store_error)
}

/// Puts the backup `from` in place as the store of `dir`, after checking it whole; all of it or nothing.
///
/// `prepare` gets the copy before it is put in place: it may refuse it, and what it writes is sealed with `key`. The
/// master key is not part of a backup (D-08).
///
/// # Errors
/// Those of `prepare`; [`StoreError::Unusable`] when a store is present, when `from` is not a sound backup, or when the
/// file system refuses. Nothing is put in place then. A server that runs on the directory holds its lock, so that
/// [`DataDir::open`] has refused before.
pub fn restore<E: From<StoreError>>(
    dir: &DataDir,
    from: &Path,
    key: &ChainKey,
    prepare: impl FnOnce(&dyn Writer) -> Result<(), E>,
) -> Result<(), E> {
    let database = dir.database();
    if exists(&database)? {
        let reason = "a store is present and is never overwritten; move it away (with its -wal and -shm), then restore";
        return Err(unusable(&database, reason).into());
    }
    open::refuse_companions(&database)?;
    refuse_live_copy(from)?;
    refuse_other_files(from)?;
    open::check_header(from, MIGRATIONS)?;
    let (staged, mut file) = Staged::replace(&companion(&database, ".restore"))?;
    File::open(from)
        .and_then(|mut source| io::copy(&mut source, &mut file))
        .and_then(|_| file.sync_all())
        .map_err(|error| file_error(from, "copy the backup", &error))?;
    drop(file);
    let instance = check_copy(staged.path(), from, &database, key, prepare)?;
    staged.install(&database)?;
    Ok(dir.record_instance(&instance)?)
}

/// Opens the backup `from` for reading only, after checking every page and row of it. Nothing is written, not even beside
/// it.
///
/// # Errors
/// [`StoreError::Unusable`] when it is not a sound backup, or of a newer program.
pub fn open_backup(from: &Path, chain_key: ChainKey) -> Result<ReadOnlyStore, StoreError> {
    refuse_other_files(from)?;
    refuse_live_copy(from)?;
    open::check_header(from, MIGRATIONS)?;
    let path = std::fs::canonicalize(from).map_err(|error| file_error(from, "resolve the path", &error))?;
    let connection = connection::still(&path)
        .map_err(|error| unusable(from, format!("the backup cannot be read ({error}); use another backup")))?;
    inspect(&connection, from)?;
    Ok(ReadOnlyStore::of(connection, path, chain_key))
}

/// Refuses what is no backup in words that fit one; a store is told apart in the same way at each start.
fn refuse_other_files(from: &Path) -> Result<(), StoreError> {
    match metadata(from)? {
        None => return Err(unusable(from, "there is no such file; name a backup made by `da server backup`")),
        Some(metadata) if !metadata.is_file() => return Err(unusable(from, "this is not a plain file")),
        Some(_) => {}
    }
    if open::has_our_mark(from)? {
        return Ok(());
    }
    Err(unusable(from, "this is not a backup of `da`; name a file made by `da server backup`"))
}

/// Refuses a database that was copied while it was in use: its newest changes lie in the log beside it.
fn refuse_live_copy(from: &Path) -> Result<(), StoreError> {
    let log = companion(from, "-wal");
    if std::fs::metadata(&log).is_ok_and(|metadata| metadata.len() > 0) {
        return Err(unusable(&log, "this is a database in use, not a backup; make one with `da server backup FILE`"));
    }
    Ok(())
}

/// Checks every page and row of a backup, and its schema.
fn inspect(connection: &rusqlite::Connection, from: &Path) -> Result<(), StoreError> {
    let version = connection::inspect(connection, from, "integrity_check", ANOTHER)?;
    schema_check::refuse_foreign(connection, from, version, MIGRATIONS, ANOTHER)
}

/// Checks every page and row of the copy and prepares it to be the store at `database`; returns the id of its
/// installation.
fn check_copy<E: From<StoreError>>(
    copy: &Path,
    from: &Path,
    database: &Path,
    key: &ChainKey,
    prepare: impl FnOnce(&dyn Writer) -> Result<(), E>,
) -> Result<String, E> {
    let connection = connection::copy(copy)
        .map_err(|error| unusable(from, format!("the backup cannot be read ({error}); use another backup")))?;
    inspect(&connection, from)?;
    let transaction = connection.unchecked_transaction().map_err(store_error)?;
    let tx = Tx::new(&transaction, key);
    prepare(&tx)?;
    tx.into_fault().map_or(Ok(()), Err)?;
    transaction.commit().map_err(store_error)?;
    connection::keep_log(&connection, database)?;
    let instance = connection
        .query_row("SELECT value FROM meta WHERE key = ?1", [INSTANCE_ID], |row| row.get(0))
        .map_err(|error| unusable(from, format!("the backup names no installation ({error}); use another backup")))?;
    connection.close().map_err(|(_, error)| store_error(error))?;
    Ok(instance)
}
