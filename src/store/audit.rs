//! The audit log.

use super::StoreError;
use crate::domain::{
    AuditEntry, Timestamp, UserId,
    audit::{AuditRow, ChainHead, Seal},
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
    /// Returns the recorded head and the seal over it; nothing before the first row.
    fn audit_head(&self) -> Result<Option<(ChainHead, Seal)>, StoreError>;
}

/// Additions to the log; there are no changes. The store numbers, seals and chains the rows with the
/// [`ChainKey`](crate::domain::audit::ChainKey) it was opened with.
pub trait AuditWrites {
    /// Appends a row in the transaction of the change it tells of.
    fn append_audit(&self, entry: &AuditEntry, at: Timestamp) -> Result<(), StoreError>;
}
