//! `/admin/...`: users, everybody's tokens, the audit log.

pub mod audit;
pub mod tokens;
pub mod users;

/// Rows of one page of a list.
const PAGE_ROWS: u32 = 50;
