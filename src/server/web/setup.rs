//! `/setup`: the first admin, with the one-time setup code, only while there is none (D-14).

use askama::Template;
use axum::{
    body::Body,
    http::{Response, StatusCode},
};
use serde::Deserialize;

use super::{Frame, form_token, page, read, refusal, see, session_cookie, set_cookie};
use crate::{
    domain::Secret,
    server::{
        error::ServerError,
        mount::{Call, PageRequest},
    },
};

#[derive(Template)]
#[template(path = "setup.html", config = ".askama.toml")]
struct SetupPage<'a> {
    frame: &'a Frame<'a>,
    email: &'a str,
    name: &'a str,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct SetupForm {
    #[serde(default)]
    form_token: String,
    setup_code: Secret,
    email: String,
    #[serde(default)]
    name: String,
    password: Secret,
}

/// Shows the form; once there is an admin, the way is to sign in.
pub fn show(call: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    if call.app().has_admin()? { Ok(see(call, "/login")) } else { form(call, StatusCode::OK, "", "", None) }
}

/// Makes the first admin and signs them in.
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let SetupForm { form_token, setup_code, email, name, password } = read(&request.form, "body")?;
    form_token::check(call, &form_token)?;
    match call.app().bootstrap(Some(&setup_code), &email, &name, &password, &call.origin) {
        Ok(signed_in) => {
            let lifetime = signed_in.session.expires_at.since(signed_in.session.created_at);
            let mut response = see(call, "/");
            set_cookie(&mut response, &session_cookie::issued(&call.base, &signed_in.token, lifetime));
            Ok(response)
        }
        Err(error) => form(call, StatusCode::BAD_REQUEST, &email, &name, Some(refusal(error.into())?)),
    }
}

fn form(
    call: &Call,
    status: StatusCode,
    email: &str,
    name: &str,
    refusal: Option<String>,
) -> Result<Response<Body>, ServerError> {
    let frame = Frame::of(call, "setup")?;
    page(status, &frame, &SetupPage { frame: &frame, email, name, refusal })
}
