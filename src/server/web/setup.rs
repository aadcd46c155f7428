//! `/setup`: the first admin, with the one-time setup code, only while there is none (D-14).

use askama::Template;
use http::Response;
use serde::Deserialize;

use super::{Frame, Refusal, enter, form_token, page, read, refused, see};
use crate::{
    app::sessions::SessionRequest,
    domain::Secret,
    server::{call::Call, edge::Body, error::ServerError, mount::PageRequest},
};

#[derive(Template)]
#[template(path = "setup.html", config = ".askama.toml")]
struct SetupPage<'a> {
    frame: &'a Frame<'a>,
    email: &'a str,
    name: &'a str,
    refusal: Option<&'a Refusal>,
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
    if call.app().has_admin()? { Ok(see(call, "/login")) } else { form(call, "", "", None) }
}

/// Makes the first admin and signs them in.
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let SetupForm { form_token, setup_code, email, name, password } = read(&request.form, "body")?;
    form_token::check(call, &form_token)?;
    match call.app().bootstrap(Some(&setup_code), &email, &name, &password, &SessionRequest::browser(), &call.origin) {
        Ok(signed_in) => enter(call, &signed_in, "/"),
        Err(error) => form(call, &email, &name, Some(Refusal::of(call, error)?)),
    }
}

fn form(call: &Call, email: &str, name: &str, refusal: Option<Refusal>) -> Result<Response<Body>, ServerError> {
    let frame = Frame::of(call, "setup")?;
    let page = page(&frame, &SetupPage { frame: &frame, email, name, refusal: refusal.as_ref() })?;
    Ok(refused(refusal, page))
}
