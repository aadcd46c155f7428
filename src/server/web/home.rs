//! `/`: what matters now, and the way out.

use askama::Template;
use http::Response;
use serde::Deserialize;

use super::{Frame, form_token, page, read, see, session_cookie, set_cookie, shown::Moment};
use crate::{
    domain::token::{NEAR, TokenStatus},
    server::{call::Call, edge::Body, error::ServerError, mount::PageRequest},
    store::TokenFilter,
};

/// Sign-ins shown.
const LAST_SIGN_INS: u32 = 3;
/// Tokens that expire soon, as many as are shown.
const MOST_ENDING: u32 = 20;
/// How far active tokens are counted.
const MOST_COUNTED: u32 = 1_000;

#[derive(Template)]
#[template(path = "home.html", config = ".askama.toml")]
struct HomePage<'a> {
    frame: &'a Frame<'a>,
    name: String,
    ending: Vec<Ending>,
    token_count: String,
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
    let soon = TokenFilter {
        status: Some((TokenStatus::Active, now)),
        ends_by: Some(now.plus(NEAR)),
        limit: MOST_ENDING,
        ..TokenFilter::default()
    };
    let ending = call.app().tokens(owner, soon)?;
    let ending = ending
        .iter()
        .filter_map(|token| Some(Ending { name: token.name.to_string(), ends: token.expiry.to_option()?.into() }));
    let token_count = match call.app().count_own_tokens(owner, MOST_COUNTED + 1)? {
        count if count > MOST_COUNTED.into() => format!("more than {MOST_COUNTED}"),
        count => count.to_string(),
    };
    let sign_ins = call.app().recent_sessions(owner, LAST_SIGN_INS)?.into_iter();
    let sign_ins =
        sign_ins.map(|session| SignIn { at: session.created_at.into(), ip: session.ip.map(|ip| ip.to_string()) });
    let frame = Frame::of(call, "home")?;
    let template = HomePage {
        frame: &frame,
        name: owner.principal().user().name.to_string(),
        ending: ending.collect(),
        token_count,
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
