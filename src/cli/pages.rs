//! Lists, page by page: a command never holds more than one page of them.

use super::{
    context::{Caller, SignedIn},
    error::CliError,
};
use crate::api::{Empty, Endpoint, MAX_LIMIT, Page, tokens, users};

/// Rows of a page that a command asks for; a server may cut it.
pub(crate) const PAGE: u32 = MAX_LIMIT;

/// A list that answers a bare array, as the original's do: the `Link` header tells where the next page begins.
pub(crate) trait ArrayQuery: Clone {
    /// Returns the query of the page that begins at `cursor`; without a limit it is as large as can be.
    fn page(&self, cursor: Option<String>) -> Self;
}

macro_rules! array_queries {
    ($($type:ty),+ $(,)?) => {$(
        impl ArrayQuery for $type {
            fn page(&self, cursor: Option<String>) -> Self {
                Self { cursor, ..self.clone() }
            }
        }
    )+};
}

array_queries!(tokens::ListQuery, tokens::AdminListQuery, users::ListQuery);

/// Gives `take` each page of a list that answers an array; `action` is what could not be done if that fails.
pub(crate) fn each_of_array<E, T>(
    caller: Caller<'_>,
    action: &str,
    query: &E::Query,
    take: impl FnMut(Vec<T>) -> Result<(), CliError>,
) -> Result<(), CliError>
where
    E: Endpoint<Id = (), Request = Empty, Response = Vec<T>, Query: ArrayQuery>,
{
    let fetch = |cursor| {
        let items = caller.call::<E>(action, (), &query.page(cursor), &Empty {})?;
        // A server that pages nothing, as the original, sends no link: its first page is the whole list.
        Ok(Page { items, next_cursor: caller.client.next_cursor() })
    };
    each(fetch, take)
}

/// As [`each_of_array`] for the tokens of who is signed in.
pub(crate) fn each_own_token(
    signed_in: &SignedIn,
    query: &tokens::ListQuery,
    take: impl FnMut(Vec<tokens::TokenItem>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    each_of_array::<tokens::List, _>(signed_in.caller(), "Could not list the tokens", query, take)
}

/// Gives `take` each page that `fetch` brings, until the last.
pub(crate) fn each<T>(
    mut fetch: impl FnMut(Option<String>) -> Result<Page<T>, CliError>,
    mut take: impl FnMut(Vec<T>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let mut cursor = None;
    loop {
        let Page { items, next_cursor } = fetch(cursor.clone())?;
        // A page without items, or one that leads back to itself, would go on for ever.
        let is_last = next_cursor.is_none() || items.is_empty() || next_cursor == cursor;
        take(items)?;
        if is_last {
            return Ok(());
        }
        cursor = next_cursor;
    }
}
