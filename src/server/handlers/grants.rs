//! Letting devices and programs in.

use super::{Handled, logins, tokens};
use crate::{
    api::{
        Empty,
        grants::{
            DecisionRequest, GrantResponse, GrantedToken, PollRequest, RedeemRequest, StartRequest, StartResponse,
        },
        logins::{Done, LoginResponse},
    },
    app::{
        AppError,
        collect::Collected,
        grants::{ClientRequest, StartedDevice},
        tokens::IssuedToken,
    },
    domain::{
        Device, TokenName, User, Wanted,
        grant::{UnknownWant, WantedKind},
        name::MAX_CHARS,
        session::cut,
    },
    server::call::Call,
};

/// Takes the request of a device.
pub fn start(call: &Call, (): (), _: Empty, request: StartRequest) -> Handled<StartResponse> {
    let StartedDevice { device_code, user_code, grant } =
        call.app().start_device(wanted(call, request)?, &call.origin)?;
    let verification_uri = format!("{}/device", call.base.as_str());
    Ok(StartResponse {
        device_code,
        verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
        verification_uri,
        user_code: user_code.to_string(),
        expires_in: grant.expires_at.since(grant.created_at).as_secs(),
        interval: grant.interval.as_secs(),
    }
    .into())
}

fn wanted(call: &Call, request: StartRequest) -> Result<ClientRequest, AppError> {
    let StartRequest { client_name, device_label, device_fingerprint, want, token_name, expires_in_days, restrictions } =
        request;
    tokens::refuse(&restrictions)?;
    let device = Device::new(device_label.as_deref().unwrap_or_default(), device_fingerprint.as_deref());
    let wanted = match want.as_deref().map(str::parse).transpose().map_err(unknown_want)?.unwrap_or_default() {
        WantedKind::Session => Wanted::Session,
        WantedKind::Token => Wanted::Token {
            name: name_of_token(token_name.as_deref(), &device.label, &client_name)?,
            lifetime: call.app().settings().tokens.lifetime(expires_in_days)?,
        },
    };
    Ok(ClientRequest { client_name, device, wanted })
}

fn unknown_want(_: UnknownWant) -> AppError {
    AppError::InvalidQuery("want must be `session` or `token`")
}

/// Returns the name that was given, or that of the device, or of the client, cut to fit.
fn name_of_token(given: Option<&str>, label: &str, client_name: &str) -> Result<TokenName, AppError> {
    let fallback = if label.trim().is_empty() { client_name } else { label };
    Ok(match given {
        Some(given) => given.parse()?,
        None => cut(fallback, MAX_CHARS).parse()?,
    })
}

/// Gives a device what was approved.
pub fn poll(call: &Call, (): (), _: Empty, request: PollRequest) -> Handled<GrantResponse> {
    Ok(match call.app().poll_device(&request.device_code, &call.origin)? {
        Collected::Session(signed_in) => GrantResponse { login: logins::response(signed_in), token: None },
        Collected::Token(issued, user) => granted(issued, &user),
    }
    .into())
}

fn granted(IssuedToken { token, plain }: IssuedToken, user: &User) -> GrantResponse {
    let expires_at = token.expiry.to_option();
    let login = LoginResponse {
        access_token: plain,
        token_type: "bearer".to_owned(),
        user_id: Some(user.id.into()),
        email: user.email.to_string(),
        role: user.role.to_string(),
        expires_in: expires_at.map(|end| end.since(token.created_at).as_secs()),
        refresh_token: None,
        refresh_expires_in: None,
        must_change_password: false,
    };
    let token = GrantedToken { id: token.id, name: token.name.to_string(), prefix: token.id.prefix(), expires_at };
    GrantResponse { login, token: Some(token) }
}

/// Lets a device in.
pub fn approve(call: &Call, (): (), _: Empty, request: DecisionRequest) -> Handled<Done> {
    call.app().approve_device(call.interactive()?, &request.user_code, &call.origin)?;
    Ok(Done { ok: true }.into())
}

/// Refuses a device.
pub fn deny(call: &Call, (): (), _: Empty, request: DecisionRequest) -> Handled<Done> {
    call.app().deny_device(call.interactive()?, &request.user_code, &call.origin)?;
    Ok(Done { ok: true }.into())
}

/// Gives a program what was approved in the browser.
pub fn redeem(call: &Call, (): (), _: Empty, request: RedeemRequest) -> Handled<LoginResponse> {
    let RedeemRequest { code, code_verifier, redirect_uri } = request;
    let signed_in = call.app().redeem_code(&code, code_verifier, redirect_uri, &call.origin)?;
    Ok(logins::response(signed_in).into())
}
