//! `/admin/...`: users, everybody's tokens, the audit log.

pub mod audit;
pub mod tokens;
mod user;
pub mod users;
