//! The pages: one typed struct and one template each, everything escaped by the engine (D-22, S-34).
//!
//! They call the same use cases as the JSON API; a rule is never written here. Forms post to the path of their own page
//! and carry a form token; everything works without scripts but copying and the time in the reader's zone.

pub mod account;
pub mod admin;
pub mod assets;
pub mod authorize;
mod decision;
pub mod device;
mod device_name;
pub mod docs;
pub mod failure;
pub mod form_token;
mod frame;
pub mod home;
pub mod install;
pub mod login;
mod refusal;
pub mod session_cookie;
pub mod setup;
mod shown;
pub mod tokens;

use askama::Template;
use http::{HeaderValue, Response, StatusCode, header};

use self::{frame::Frame, refusal::Refusal};
use super::{call::Call, edge::Body, error::ServerError, query};
use crate::{
    app::{AppError, logins::SignIn},
    domain::text::{is_unsafe_to_show, shown as shown_text},
};

/// Renders a page in its frame.
fn page(frame: &Frame<'_>, template: &impl Template) -> Result<Response<Body>, ServerError> {
    let failed = |error| ServerError::App(AppError::Internal(format!("a page could not be rendered: {error}")));
    let html = visible(template.render().map_err(failed)?);
    let mut response = Response::new(Body::from(html));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    frame.attach(&mut response);
    Ok(response)
}

/// Replaces what hides or reorders text: what was stored before such names were refused, and what only echoes a request.
fn visible(html: String) -> String {
    let is_unsafe = |c: char| !matches!(c, '\n' | '\r' | '\t') && is_unsafe_to_show(c);
    if html.is_ascii() || !html.contains(is_unsafe) {
        return html;
    }
    html.split('\n').map(shown_text).collect::<Vec<_>>().join("\n")
}

/// Rows of one page of a list: with fifty of them a page weighs less than 60 KB.
const PAGE_ROWS: u32 = 50;

/// Cuts rows, of which one more than a page's was asked for, to the page; tells whether there are more.
fn cut<T>(rows: &mut Vec<T>) -> bool {
    let more = rows.len() > PAGE_ROWS as usize;
    rows.truncate(PAGE_ROWS as usize);
    more
}

/// Returns the address of one of our own pages, below the prefix: for a link, a form or a redirect.
fn address(path: &str, query: &impl serde::Serialize) -> String {
    // Flat text is always writable.
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Gives a page the status of the refusal that it tells, if it tells one.
fn refused(refusal: Option<Refusal>, mut page: Response<Body>) -> Response<Body> {
    if let Some(refusal) = refusal {
        refusal.attach(&mut page);
    }
    page
}

/// Sends a browser on to one of our own pages, by GET.
fn see(call: &Call, path: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(location) = HeaderValue::from_str(&format!("{}{path}", call.base.prefix())) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Hands a browser its new session and sends it on. The session that its cookie held ends: nobody has it any more, unless
/// somebody stole or planted it (S-35).
fn enter(call: &Call, signed_in: &SignIn, path: &str) -> Result<Response<Body>, ServerError> {
    let had_session = call.presented.as_ref().is_some_and(|presented| presented.by_cookie);
    if let Some(before) = had_session.then(|| call.recognised().principal).flatten() {
        call.app().sign_out(&before, &call.origin)?;
    }
    let mut response = see(call, path);
    set_cookie(&mut response, &session_cookie::issued(call, signed_in));
    Ok(response)
}

fn set_cookie(response: &mut Response<Body>, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Reads a query or a form; a broken one is a 422 like a broken body.
fn read<T: serde::de::DeserializeOwned>(text: &[u8], place: &str) -> Result<T, ServerError> {
    query::decode_fields(text, place)
}

/// The answer to a form that names no action of its page.
fn unknown_action() -> ServerError {
    ServerError::BadRequest("This form does not belong to this page; reload it")
}
