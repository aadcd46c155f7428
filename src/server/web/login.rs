//! `/login`: e-mail and password in a browser.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde::Deserialize;

use super::{Frame, form_token, page, read, see, session_cookie, set_cookie};
use crate::{
    app::AppError,
    domain::{Secret, landing::safe_next},
    server::{
        error::ServerError,
        mount::{Call, PageRequest},
    },
};

#[derive(Template)]
#[template(path = "login.html", config = ".askama.toml")]
struct LoginPage<'a> {
    frame: &'a Frame<'a>,
    email: &'a str,
    next: &'a str,
    refusal: Option<String>,
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
    form(call, StatusCode::OK, "", &next, None)
}

/// Signs in and goes on to `next`; a refusal is told on the form, in the same words for every account (S-14).
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let LoginForm { email, password, next, form_token } = read(&request.form, "body")?;
    form_token::check(call, &form_token)?;
    match call.app().sign_in(&email, &password, "browser", &call.origin) {
        Ok(signed_in) => {
            let lifetime = signed_in.session.expires_at.since(signed_in.session.created_at);
            let mut response = see(call, safe_next(&next).unwrap_or("/"));
            set_cookie(&mut response, &session_cookie::issued(&call.base, &signed_in.token, lifetime));
            Ok(response)
        }
        Err(error @ (AppError::InvalidLogin | AppError::LoginDeactivated | AppError::ExternalAccount)) => {
            form(call, StatusCode::OK, &email, &next, Some(error.to_string()))
        }
        Err(error @ AppError::TooManyAttempts { after }) => {
            let mut response = form(call, StatusCode::TOO_MANY_REQUESTS, &email, &next, Some(error.to_string()))?;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs()));
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

fn form(
    call: &Call,
    status: StatusCode,
    email: &str,
    next: &str,
    refusal: Option<String>,
) -> Result<Response<Body>, ServerError> {
    let frame = Frame::of(call, "login")?;
    let next = safe_next(next).unwrap_or("/");
    page(status, &frame, &LoginPage { frame: &frame, email, next, refusal })
}
