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

use http::{HeaderValue, header};

use super::{call::Call, error::ServerError, mount::Answer, query};
use crate::{
    api::{DEFAULT_LIMIT, Endpoint, MAX_LIMIT, Page},
    app::AppError,
};

/// What a handler gives back.
pub type Handled<T> = Result<Answer<T>, ServerError>;

/// Returns how many items a page has: what was asked for, within bounds (C-28).
fn page_limit(asked: Option<u32>) -> Result<u32, ServerError> {
    query::rows(asked, DEFAULT_LIMIT)
}

/// Returns how many items a bare array has: those of the largest page, as clients of the original expect all.
fn array_limit(asked: Option<u32>) -> Result<u32, ServerError> {
    query::rows(asked, MAX_LIMIT)
}

/// The refusal of a cursor that is none, or whose row has been removed since.
const BAD_CURSOR: AppError = AppError::InvalidQuery("cursor must come from the page before; begin again without one");

/// Makes a bare array of a list that was asked for with one more than `limit`. If there are more, a `Link` header names
/// the next page (RFC 8288): the query that `next` makes of the last item. The reference begins with the path, so that
/// it is right under each name of the server.
fn array<E, T>(
    call: &Call,
    items: impl IntoIterator<Item = T>,
    limit: u32,
    next: impl FnOnce(&T) -> E::Query,
) -> Result<Answer<Vec<T>>, ServerError>
where
    E: Endpoint<Response = Vec<T>>,
{
    let mut items: Vec<T> = items.into_iter().collect();
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let link = items.last().filter(|_| more).map(|last| {
        let query = serde_urlencoded::to_string(next(last)).unwrap_or_default();
        HeaderValue::try_from(format!("<{}{}?{query}>; rel=\"next\"", call.base.prefix(), E::PATH))
    });
    let answer = Answer::from(items);
    match link {
        None => Ok(answer),
        Some(Ok(link)) => Ok(answer.with(header::LINK, link)),
        // Without the header the list would look complete.
        Some(Err(_)) => Err(AppError::Internal("the next page of a list cannot be named".to_owned()).into()),
    }
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
