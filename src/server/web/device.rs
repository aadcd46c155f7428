//! `/device`: the code of a device is typed, what it asks for is shown, a person decides (RFC 8628 section 3.3).

use askama::Template;
use http::Response;
use serde::Deserialize;

use super::{
    Frame, Refusal,
    decision::{Decision, named},
    form_token, page, read, refused, unknown_action,
};
use crate::{
    app::AppError,
    domain::UserCode,
    server::{call::Call, edge::Body, error::ServerError, mount::PageRequest},
};

#[derive(Template)]
#[template(path = "device.html", config = ".askama.toml")]
struct DevicePage<'a> {
    frame: &'a Frame<'a>,
    typed: &'a str,
    done: Option<String>,
    refusal: Option<&'a Refusal>,
}

#[derive(Deserialize)]
struct DeviceQuery {
    #[serde(default)]
    user_code: String,
}

#[derive(Deserialize)]
struct DeviceForm {
    #[serde(default)]
    form_token: String,
    user_code: String,
    action: String,
}

/// Asks for the code, or shows what waits under it; nothing is approved by looking.
pub fn show(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let DeviceQuery { user_code } = read(request.query.as_bytes(), "query")?;
    if user_code.trim().is_empty() {
        return form(call, "", None, None);
    }
    let found = call.app().waiting_device(call.interactive()?, &user_code, &call.origin);
    let code = user_code.parse::<UserCode>().map_err(|_| AppError::UserCodeNotFound);
    match found.and_then(|grant| Ok((grant, code?))) {
        Ok((grant, code)) => Decision::on_device(call, &code, grant).page(call),
        Err(error) => form(call, &user_code, None, Some(Refusal::of(call, error)?)),
    }
}

/// Lets the device in, or refuses it.
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let DeviceForm { form_token, user_code, action } = read(&request.form, "body")?;
    form_token::check(call, &form_token)?;
    let (app, by, origin) = (call.app(), call.interactive()?, &call.origin);
    let decided = match action.as_str() {
        "approve" => app.approve_device(by, &user_code, origin).map(|grant| {
            format!("Approved: the device {} goes on within seconds. You can close this page.", named(&grant.device))
        }),
        "deny" => app.deny_device(by, &user_code, origin).map(|_| "Denied: the device gets nothing.".to_owned()),
        _ => return Err(unknown_action()),
    };
    match decided {
        Ok(done) => form(call, "", Some(done), None),
        Err(error) => form(call, "", None, Some(Refusal::of(call, error)?)),
    }
}

fn form(
    call: &Call,
    typed: &str,
    done: Option<String>,
    refusal: Option<Refusal>,
) -> Result<Response<Body>, ServerError> {
    let frame = Frame::of(call, "device")?;
    let page = page(&frame, &DevicePage { frame: &frame, typed, done, refusal: refusal.as_ref() })?;
    Ok(refused(refusal, page))
}
