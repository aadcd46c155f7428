//! `/`: who is signed in, and the way out.

use askama::Template;
use axum::{
    body::Body,
    http::{Response, StatusCode},
};
use serde::Deserialize;

use super::{form_token, form_token::FormToken, page, read, see, session_cookie, set_cookie};
use crate::server::{
    error::ServerError,
    mount::{Call, PageRequest},
};

#[derive(Template)]
#[template(path = "home.html", config = ".askama.toml")]
struct HomePage<'a> {
    prefix: &'a str,
    base: &'a str,
    email: &'a str,
    role: &'a str,
    form_token: &'a str,
}

#[derive(Deserialize)]
struct SignOutForm {
    #[serde(default)]
    form_token: String,
}

/// Shows the page.
pub fn show(call: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    let token = FormToken::of(call)?;
    let owner = call.owner()?;
    let user = owner.principal().user();
    let template = HomePage {
        prefix: call.base.prefix(),
        base: call.base.as_str(),
        email: user.email.as_str(),
        role: user.role.as_str(),
        form_token: token.field(),
    };
    let mut response = page(StatusCode::OK, &template)?;
    token.attach(call, &mut response);
    Ok(response)
}

/// Ends the session and clears the cookie (S-08).
pub fn sign_out(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let SignOutForm { form_token } = read(&request.form, "body")?;
    form_token::check(call, &form_token)?;
    call.app().sign_out(call.owner()?.principal(), &call.origin)?;
    let mut response = see(&format!("{}/login", call.base.prefix()));
    set_cookie(&mut response, &session_cookie::cleared(&call.base));
    Ok(response)
}
