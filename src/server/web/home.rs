//! `/`: what matters now, and the way out.

use askama::Template;
use http::Response;
use serde::Deserialize;

use super::{Frame, form_token, page, read, see, session_cookie, set_cookie, shown::Moment};
use crate::{
    domain::token::TokenStatus,
    server::{call::Call, edge::Body, error::ServerError, mount::PageRequest},
};

/// Sign-ins shown.
const LAST_SIGN_INS: u32 = 3;

#[derive(Template)]
#[template(path = "home.html", config = ".askama.toml")]
struct HomePage<'a> {
    frame: &'a Frame<'a>,
    name: String,
    ending: Vec<Ending>,
    token_count: usize,
    sign_ins: Vec<SignIn>,
}

struct Ending {
    name: String,
    ends: Moment,
}

struct SignIn {
    at: Moment,
    ip: Option<String>,
}

#[derive(Deserialize)]
struct SignOutForm {
    #[serde(default)]
    form_token: String,
}

/// Shows the page.
pub fn show(call: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    let (owner, now) = (call.owner()?, call.app().now());
    let mut active = call.app().tokens(owner)?;
    active.retain(|token| token.status(now) == TokenStatus::Active);
    let ending = active.iter().filter(|token| token.expiry.is_near(now));
    let ending = ending
        .filter_map(|token| Some(Ending { name: token.name.to_string(), ends: token.expiry.to_option()?.into() }));
    let sign_ins = call.app().recent_sessions(owner, LAST_SIGN_INS)?.into_iter();
    let sign_ins =
        sign_ins.map(|session| SignIn { at: session.created_at.into(), ip: session.ip.map(|ip| ip.to_string()) });
    let frame = Frame::of(call, "home")?;
    let template = HomePage {
        frame: &frame,
        name: owner.principal().user().name.to_string(),
        ending: ending.collect(),
        token_count: active.len(),
        sign_ins: sign_ins.collect(),
    };
    page(&frame, &template)
}

/// Ends the session and clears the cookie (S-08).
pub fn sign_out(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let SignOutForm { form_token } = read(&request.form, "body")?;
    form_token::check(call, &form_token)?;
    call.app().sign_out(call.even_held()?.principal(), &call.origin)?;
    let mut response = see(call, "/login");
    set_cookie(&mut response, &session_cookie::cleared(call));
    Ok(response)
}
