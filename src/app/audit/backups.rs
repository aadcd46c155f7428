//! The audit log compared with the local backups: what shows an older log with the head of its time.

use crate::{
    domain::{Action, audit::AuditRow},
    store::{AuditFilter, Reader, StoreError},
};

/// What it means when a backup holds a row that the log does not have.
pub const BACKUP_IS_NEWER: &str =
    "a local backup holds rows that the log does not have: the log was cut off, or the store is an older copy";

/// Restores that are looked at, newest first.
const RESTORES: u32 = 1000;

/// Finds a backup whose newest row is not in the log. `newest` holds the newest row of each.
///
/// Rows are compared by their id, which a change of the master key does not touch. A backup that was taken before a
/// restore may be newer than the log: the row that the restore wrote says so.
///
/// # Errors
/// Those of the store.
pub fn uncovered<'a>(reader: &dyn Reader, newest: &'a [AuditRow]) -> Result<Option<&'a AuditRow>, StoreError> {
    let action = Some(Action::StoreRestore.as_str().to_owned());
    let restores = reader.audit_rows(&AuditFilter { action, limit: RESTORES, ..AuditFilter::default() })?;
    for row in newest {
        let found = reader.audit_chain(row.seq - 1, 1)?.into_iter().next();
        let is_covered = found.is_some_and(|(found, _)| found.seq == row.seq && found.id == row.id);
        let is_replaced = restores.iter().any(|restore| restore.seq <= row.seq && restore.at >= row.at);
        if !is_covered && !is_replaced {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
