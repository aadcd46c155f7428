//! `/login`: e-mail and password in a browser.

use askama::Template;
use http::Response;
use serde::Deserialize;

use super::{Frame, Refusal, enter, form_token, page, read, refused};
use crate::{
    app::sessions::SessionRequest,
    domain::{Secret, landing::safe_next},
    server::{call::Call, edge::Body, error::ServerError, mount::PageRequest},
};

#[derive(Template)]
#[template(path = "login.html", config = ".askama.toml")]
struct LoginPage<'a> {
    frame: &'a Frame<'a>,
    email: &'a str,
    next: &'a str,
    /// Nobody can sign in before the first admin is made.
    has_admin: bool,
    refusal: Option<&'a Refusal>,
}

#[derive(Deserialize)]
struct LoginQuery {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct LoginForm {
    email: String,
    password: Secret,
    #[serde(default)]
    next: String,
    #[serde(default)]
    form_token: String,
}

/// Shows the form.
pub fn show(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let LoginQuery { next } = read(request.query.as_bytes(), "query")?;
    form(call, "", &next, None)
}

/// Signs in and goes on to `next`; a refusal is told on the form, in the same words for every account (S-14).
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let LoginForm { email, password, next, form_token } = read(&request.form, "body")?;
    form_token::check(call, &form_token)?;
    match call.app().sign_in(&email, &password, &SessionRequest::browser(), &call.origin) {
        Ok(signed_in) => enter(call, &signed_in, safe_next(&next).unwrap_or("/")),
        Err(error) => form(call, &email, &next, Some(Refusal::of(call, error)?)),
    }
}

fn form(call: &Call, email: &str, next: &str, refusal: Option<Refusal>) -> Result<Response<Body>, ServerError> {
    let frame = Frame::of(call, "login")?;
    let next = safe_next(next).unwrap_or("/");
    let has_admin = call.app().has_admin()?;
    let page = page(&frame, &LoginPage { frame: &frame, email, next, has_admin, refusal: refusal.as_ref() })?;
    Ok(refused(refusal, page))
}
