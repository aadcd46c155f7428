//! What a backup must be before it becomes the store: its master key fits, and its audit log is whole.

use serde_json::json;

use super::{
    Origin, SystemScope,
    audit::{ChainVerdict, verify_chain},
    keys::{KeyError, check_master_key},
    master_key::MasterKey,
};
use crate::{
    domain::{Action, Timestamp},
    store::{StoreError, Writer},
};

/// Why a backup is not put in place.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Its audit log is not what the server wrote.
    #[error("the audit log of the backup is broken at row {seq}: {reason}; nothing was restored. Use another backup")]
    BrokenLog {
        /// The number of the row.
        seq: i64,
        /// What is wrong, in words.
        reason: &'static str,
    },
    /// The master key is not that of the backup.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks a backup that is about to become the store, and records the restore in its audit log: the row shows that rows
/// which are newer than the backup are missing for a reason.
///
/// # Errors
/// [`RestoreError`].
pub fn accept_backup(
    writer: &dyn Writer,
    by: SystemScope,
    master: &MasterKey,
    file: &str,
    now: Timestamp,
) -> Result<(), RestoreError> {
    // First: with another key every row would look as if it had been changed.
    check_master_key(writer, master)?;
    let head = match verify_chain(writer, &master.chain_key(), None)? {
        ChainVerdict::Intact(head) => head,
        ChainVerdict::Broken { seq, reason } => return Err(RestoreError::BrokenLog { seq, reason }),
    };
    let mut entry = by.entry(&Origin::host(), Action::StoreRestore, "store".to_owned());
    entry.params = json!({ "file": file, "head": head.to_string() });
    Ok(writer.append_audit(&entry, now)?)
}
