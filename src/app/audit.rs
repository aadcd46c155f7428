//! Reading the audit log, checking its chain, and recording refusals (D-12, A-43).

mod backups;
mod chain;
mod refusals;

pub use backups::{BACKUP_IS_NEWER, uncovered};
pub use chain::{ChainVerdict, check_end, refuse_wiped, verify_chain};
pub use refusals::RefusalBudget;

use super::{AdminScope, App, AppError};
use crate::{
    domain::audit::{AuditRow, ChainHead},
    store::AuditFilter,
};

impl App {
    /// Lists rows, newest first.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn audit_rows(&self, _by: AdminScope<'_>, filter: &AuditFilter) -> Result<Vec<AuditRow>, AppError> {
        self.store.read(|reader| Ok(reader.audit_rows(filter)?))
    }

    /// Returns the head of the chain, to be noted outside of the store.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn audit_head(&self) -> Result<Option<ChainHead>, AppError> {
        self.store.read(|reader| Ok(reader.audit_head()?.map(|(head, _)| head)))
    }

    /// Checks the whole chain, which reads every row, and says in words what was found.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn verify_audit(&self, _by: AdminScope<'_>) -> Result<ChainVerdict, AppError> {
        self.store.read(|reader| Ok(verify_chain(reader, &self.chain_key, None)?))
    }
}
