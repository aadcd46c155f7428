//! `/admin/...`: users, everybody's tokens and sessions, the audit log.

pub mod audit;
pub mod sessions;
pub mod tokens;
mod user;
pub mod users;
