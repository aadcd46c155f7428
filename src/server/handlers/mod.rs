//! One file per resource, a few lines per operation: decode, call the use case, encode.

pub mod audit;
pub mod catalog;
pub mod health;
pub mod logins;
pub mod passwords;
pub mod sessions;
pub mod tokens;
pub mod users;

use super::{error::ServerError, mount::Answer};

/// What a handler gives back.
pub type Handled<T> = Result<Answer<T>, ServerError>;
