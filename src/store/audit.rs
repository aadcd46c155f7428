//! The audit log.

use super::StoreError;
use crate::domain::{
    AuditEntry, Timestamp, UserId,
    audit::{AuditRow, ChainHead, ChainKey, Seal},
};

/// Which rows; absent fields do not restrict.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Who acted.
    pub user_id: Option<UserId>,
    /// The exact action.
    pub action: Option<String>,
    /// The exact resource.
    pub resource: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Only rows older than this number.
    pub before_seq: Option<i64>,
    /// How many at most.
    pub limit: u32,
}

/// Questions about the log.
pub trait AuditReads {
    /// Returns rows newest first.
    fn audit_rows(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError>;
    /// Returns rows behind number `after` with their stored seals, oldest first: for checking the chain.
    fn audit_chain(&self, after: i64, limit: u32) -> Result<Vec<(AuditRow, Seal)>, StoreError>;
    /// Returns the recorded head and the seal over it. A store has one from its first moment: nothing means that somebody
    /// removed it.
    fn audit_head(&self) -> Result<Option<(ChainHead, Seal)>, StoreError>;
}

/// Additions to the log; no row is changed, but for its seal when the key changes. The store numbers, seals and chains the rows with the
/// [`ChainKey`] it was opened with.
pub trait AuditWrites {
    /// Appends a row in the transaction of the change it tells of.
    fn append_audit(&self, entry: &AuditEntry, at: Timestamp) -> Result<(), StoreError>;
    /// Seals every row, and the head, anew with another key; call it on a chain that was found intact. The store seals
    /// with its own key as before, so that it must be opened anew with this one.
    fn reseal_audit(&self, key: &ChainKey, at: Timestamp) -> Result<(), StoreError>;
}
