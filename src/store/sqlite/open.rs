//! From a data directory to a checked, up-to-date database, or to a refusal that touches nothing (S-53).

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use rusqlite::Connection;
use uuid::Uuid;

use super::{
    audit, backup, connection,
    data_dir::{DataDir, companion, exists, metadata},
    emails,
    error::{file_error, store_error, unusable},
    schema::{self, APPLICATION_ID, Migration},
    schema_check,
    staged::{COMPANIONS, INDEX, Staged, parent},
    tx::Tx,
};
use crate::{
    domain::{Timestamp, audit::ChainKey},
    store::{KeyReads as _, KeyWrites as _, Reader, StoreError, file_owner::give_to_owner_of},
};

/// The `meta` key of the id of the installation.
pub(super) const INSTANCE_ID: &str = "instance_id";

const RESTORE: &str = "move it away and restore a backup with `da server restore FILE`";

/// Opens the database of `dir` for writing: makes it where none ever was; where one is, checks it, has `check` judge its
/// content, and migrates it.
pub(super) fn open<E: From<StoreError>>(
    dir: &DataDir,
    chain_key: &ChainKey,
    migrations: &[Migration],
    now: Timestamp,
    check: impl FnOnce(&dyn Reader) -> Result<(), E>,
) -> Result<Connection, E> {
    let path = dir.database();
    if exists(&path)? {
        check_header(&path, migrations)?;
        let reader = connection::reader(&path)
            .map_err(|error| unusable(&path, format!("the database cannot be opened ({error}); {RESTORE}")))?;
        let version = connection::inspect(&reader, &path, "quick_check", RESTORE)?;
        schema_check::refuse_foreign(&reader, &path, version, migrations, RESTORE)?;
        check(&Tx::new(&reader, chain_key))?;
    } else {
        refuse_vanished(dir)?;
        create(dir, chain_key, migrations, now)?;
    }
    make_private(&path)?;
    let writer = connection::writer(&path)?;
    upgrade(dir, &writer, migrations, now)?;
    emails::make_canonical(&writer, chain_key, now)?;
    let instance = Tx::new(&writer, chain_key).meta(INSTANCE_ID)?;
    dir.record_instance(&instance.ok_or_else(|| StoreError::Corrupt("the installation has no id".to_owned()))?)?;
    Ok(writer)
}

/// Reads the header as plain bytes: `SQLite` would already lay files beside a database that is not ours.
///
/// No connection to the file may be open in this process: closing a file drops all its POSIX locks.
pub(super) fn check_header(path: &Path, migrations: &[Migration]) -> Result<(), StoreError> {
    let is_file = metadata(path)?.is_some_and(|metadata| metadata.is_file());
    if !is_file {
        return Err(unusable(path, "this is not a plain file; put the database itself here"));
    }
    let mut header = [0; 100];
    File::open(path).and_then(|mut file| file.read_exact(&mut header)).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => unusable(path, format!("the database is cut off; {RESTORE}")),
        _ => file_error(path, "read the database", &error),
    })?;
    if !is_ours(&header) {
        return Err(connection::foreign(path));
    }
    // SQLite keeps two more settings in the file: the encoding of text, and an old one for the size of its cache.
    let (is_utf8, has_own_cache) = (number(&header, 56) == 1, number(&header, 48) != 0);
    if !is_utf8 || has_own_cache {
        return Err(unusable(path, format!("its header holds settings that `da` never writes; {RESTORE}")));
    }
    schema::refuse_unknown(path, number(&header, 60), migrations)
}

/// Tells whether the file at `path` begins as a database of ours, however it goes on.
pub(super) fn has_our_mark(path: &Path) -> Result<bool, StoreError> {
    let mut header = [0; 100];
    match File::open(path).and_then(|mut file| file.read_exact(&mut header)) {
        Ok(()) => Ok(is_ours(&header)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(file_error(path, "read the database", &error)),
    }
}

fn is_ours(header: &[u8; 100]) -> bool {
    &header[..16] == b"SQLite format 3\0" && number(header, 68) == APPLICATION_ID
}

/// Reads a field of the header (`SQLite`'s file format, section 1.3).
fn number(header: &[u8; 100], offset: usize) -> i32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&header[offset..offset + 4]);
    i32::from_be_bytes(bytes)
}

/// Never makes a new store where one has been: that would open the door to whoever comes first (S-53).
fn refuse_vanished(dir: &DataDir) -> Result<(), StoreError> {
    let path = dir.database();
    if dir.instance()?.is_some() {
        return Err(unusable(
            &path,
            format!(
                "the database of this installation is gone; restore a backup with `da server restore FILE`, or move {} \
                 away to begin anew",
                dir.path().display()
            ),
        ));
    }
    refuse_companions(&path)
}

/// Refuses to put a database beside the remains of another: `SQLite` would mix the two. What an orderly end leaves, an
/// empty log and its index, holds nothing and is taken away.
pub(super) fn refuse_companions(path: &Path) -> Result<(), StoreError> {
    for suffix in COMPANIONS {
        let remains = companion(path, suffix);
        match metadata(&remains)? {
            None => {}
            Some(found) if found.is_file() && (found.len() == 0 || suffix == INDEX) => {
                std::fs::remove_file(&remains).map_err(|error| file_error(&remains, "remove", &error))?;
            }
            Some(_) => {
                return Err(unusable(
                    &remains,
                    "this belongs to a database that is gone; bring that back, or move this away",
                ));
            }
        }
    }
    Ok(())
}

/// Makes the store beside its place and moves it there complete: a crash leaves all of it or nothing.
fn create(dir: &DataDir, chain_key: &ChainKey, migrations: &[Migration], now: Timestamp) -> Result<(), StoreError> {
    let path = dir.database();
    let (staged, _) = Staged::replace(&companion(&path, ".new"))?;
    let connection = connection::copy(staged.path())?;
    schema::migrate(&connection, migrations, now)?;
    let tx = Tx::new(&connection, chain_key);
    tx.set_meta(INSTANCE_ID, &Uuid::new_v4().to_string(), now)?;
    audit::begin_chain(&tx, now)?;
    connection::keep_log(&connection, &path)?;
    connection.close().map_err(|(_, error)| store_error(error))?;
    staged.install(&path)
}

/// Runs the missing migrations, after a backup.
fn upgrade(dir: &DataDir, writer: &Connection, migrations: &[Migration], now: Timestamp) -> Result<(), StoreError> {
    let (_, version) = connection::identity(writer)?;
    if version == schema::newest(migrations) {
        return Ok(());
    }
    let backups = dir.backups();
    make_backups_dir(&backups)?;
    let copy = backups.join(format!("da-schema{version}-{}.db", now.as_micros()));
    backup::copy(&dir.database(), &copy)?;
    tracing::info!(from = version, backup = %copy.display(), "upgrading the database after a backup");
    schema::migrate(writer, migrations, now)
}

pub(super) fn make_backups_dir(path: &Path) -> Result<(), StoreError> {
    if exists(path)? {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .and_then(|()| give_to_owner_of(parent(path), &File::open(path)?))
        .map_err(|error| file_error(path, "create the directory of backups", &error))
}

/// Takes the rights of others from the database; `SQLite` gives its companions the same mode (S-58).
fn make_private(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    for file in [path.to_owned(), companion(path, "-wal"), companion(path, "-shm")] {
        use std::os::unix::fs::MetadataExt as _;
        if metadata(&file)?.is_some_and(|metadata| metadata.is_file() && metadata.mode() & 0o077 != 0) {
            super::data_dir::set_mode(&file, 0o600)
                .map_err(|error| file_error(&file, "take the rights of other users from it", &error))?;
        }
    }
    Ok(())
}
