//! One file per resource, a few lines per operation: decode, call the use case, encode.

pub mod audit;
pub mod catalog;
pub mod grants;
pub mod health;
pub mod keys;
pub mod logins;
pub mod metrics;
pub mod passwords;
pub mod profile;
pub mod sessions;
pub mod settings;
pub mod tokens;
pub mod users;

use super::{error::ServerError, mount::Answer};
use crate::api::{DEFAULT_LIMIT, MAX_LIMIT, Page};

/// What a handler gives back.
pub type Handled<T> = Result<Answer<T>, ServerError>;

/// Returns how many items a page has: what was asked for, within bounds (C-28).
fn page_limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT)
}

/// Makes a page of a list that was asked for with one more than `limit`, which tells whether there is a next page;
/// `cursor` is where that begins, after this item.
fn page<T>(items: impl IntoIterator<Item = T>, limit: u32, cursor: impl Fn(&T) -> String) -> Page<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(cursor);
    Page { items, next_cursor }
}
