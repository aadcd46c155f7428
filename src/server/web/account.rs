//! `/account`: password and sign-ins of one's own.

use askama::Template;
use http::Response;
use serde::Deserialize;

use super::{
    Frame, PAGE_ROWS, Refusal, device_name, form_token, page, read, refused, see, shown::Moment, unknown_action,
};
use crate::{
    app::{AppError, Credential},
    domain::Secret,
    server::{call::Call, edge::Body, error::ServerError, mount::PageRequest},
};

#[derive(Template)]
#[template(path = "account.html", config = ".askama.toml")]
struct AccountPage<'a> {
    frame: &'a Frame<'a>,
    name: String,
    role: &'static str,
    must_change: bool,
    sign_ins: Vec<SignIn>,
    done: Option<&'static str>,
    refusal: Option<&'a Refusal>,
}

struct SignIn {
    device: String,
    user_agent: String,
    ip: Option<String>,
    at: Moment,
    ends: Moment,
    is_this: bool,
    is_live: bool,
}

#[derive(Deserialize)]
struct AccountForm {
    #[serde(default)]
    form_token: String,
    action: String,
    #[serde(default)]
    current: Secret,
    #[serde(default)]
    password: Secret,
    #[serde(default)]
    again: Secret,
}

/// Shows the account.
pub fn show(call: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    render(call, None, None)
}

/// Sends the original's `/profile` on to the tokens, as the original does.
pub fn profile(call: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    Ok(see(call, "/tokens"))
}

/// Changes the password or ends the other sessions.
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let form: AccountForm = read(&request.form, "body")?;
    form_token::check(call, &form.form_token)?;
    let done = match form.action.as_str() {
        "change-password" if !form.password.matches(form.again.expose()) => {
            return render(
                call,
                None,
                Some(Refusal::of(call, AppError::InvalidQuery("The two new passwords differ"))?),
            );
        }
        "change-password" => call
            .app()
            .change_password(call.password()?, &form.current, &form.password, &call.origin)
            .map(|()| "The password is changed; your other sessions are ended."),
        "end-others" => {
            call.app().end_other_sessions(call.interactive()?, &call.origin).map(|_| "Your other sessions are ended.")
        }
        _ => return Err(unknown_action()),
    };
    match done {
        Ok(done) => render(call, Some(done), None),
        Err(error) => render(call, None, Some(Refusal::of(call, error)?)),
    }
}

fn render(call: &Call, done: Option<&'static str>, refusal: Option<Refusal>) -> Result<Response<Body>, ServerError> {
    let principal = call.even_held()?.principal();
    // Who must change the password sees the form for it and no more; it may have been sent just now.
    let must_change = principal.user().must_change_password && done.is_none();
    let sessions = call.owner().map_or(Ok(Vec::new()), |owner| call.app().recent_sessions(owner, PAGE_ROWS))?;
    let now = call.app().now();
    let sign_ins = sessions.into_iter().map(|session| SignIn {
        is_this: principal.credential() == Credential::Session(session.id),
        is_live: session.is_live(now),
        device: device_name::of(&session.device.label, &session.user_agent),
        ip: session.ip.map(|ip| ip.to_string()),
        at: session.created_at.into(),
        ends: session.revoked.map_or(session.expires_at, |(at, _)| at).into(),
        user_agent: session.user_agent,
    });
    let frame = Frame::of(call, "account")?;
    let user = principal.user();
    let template = AccountPage {
        frame: &frame,
        name: user.name.to_string(),
        role: user.role.as_str(),
        must_change,
        sign_ins: sign_ins.collect(),
        done,
        refusal: refusal.as_ref(),
    };
    let page = page(&frame, &template)?;
    Ok(refused(refusal, page))
}
