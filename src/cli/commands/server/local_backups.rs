//! The local backups, as witnesses of the audit log.

use std::path::{Path, PathBuf};

use super::host;
use crate::{
    app::audit::uncovered,
    cli::error::CliError,
    domain::audit::AuditRow,
    store::{Store, StoreError, sqlite::newest_rows_in},
};

/// What to do when a backup holds rows that the log does not have.
pub(crate) const ADVICE: &str = "If nobody restored an older backup on purpose, keep this store and that backup as \
                                 evidence. Otherwise move the backup out of `backups`; a restore with the master key in \
                                 place leaves a row that explains the gap";

/// A backup in `backups` of the data directory that holds rows which the audit log does not have.
pub(crate) struct Newer {
    pub(crate) file: PathBuf,
    /// Its newest row.
    pub(crate) row: AuditRow,
}

/// Looks for one.
pub(crate) fn newer(store: &dyn Store, dir: &Path) -> Result<Option<Newer>, CliError> {
    let first = store.read(|reader| reader.audit_chain(0, 1)).map_err(|error: StoreError| host::said(error))?;
    let first = first.into_iter().next().map(|(row, _)| row);
    let found = newest_rows_in(&dir.join("backups"), first.as_ref()).map_err(host::said)?;
    let (files, rows): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let row =
        store.read(|reader| Ok(uncovered(reader, &rows)?.cloned())).map_err(|error: StoreError| host::said(error))?;
    Ok(row.and_then(|row| {
        let file = files.into_iter().zip(&rows).find(|(_, of)| of.id == row.id).map(|(file, _)| file);
        file.map(|file| Newer { file, row })
    }))
}
