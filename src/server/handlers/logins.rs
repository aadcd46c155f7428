//! Signing in and out, and who one is.

use axum::http::{HeaderValue, header};

use super::Handled;
use crate::{
    api::{
        Empty,
        logins::{BootstrapRequest, Done, LoginRequest, LoginResponse, MeResponse},
    },
    app::{AppError, error::Rejection, logins::SignIn},
    server::{call::Call, error::ServerError, mount::Answer, web::session_cookie},
};

/// Signs in.
pub fn login(call: &Call, (): (), _: Empty, request: LoginRequest) -> Handled<LoginResponse> {
    Ok(response(sign_in(call, &request)?).into())
}

/// Signs in; the answer leaves out `user_id`, as in the original.
pub fn password_login(call: &Call, (): (), _: Empty, request: LoginRequest) -> Handled<LoginResponse> {
    Ok(LoginResponse { user_id: None, ..response(sign_in(call, &request)?) }.into())
}

fn sign_in(call: &Call, request: &LoginRequest) -> Result<SignIn, AppError> {
    let label = request.device_label.as_deref().unwrap_or_default();
    call.app().sign_in(&request.email, &request.password, label, &call.origin)
}

/// Makes the first admin.
pub fn bootstrap(call: &Call, (): (), _: Empty, request: BootstrapRequest) -> Handled<LoginResponse> {
    let BootstrapRequest { email, name, password, setup_code } = request;
    let made = call.app().bootstrap(setup_code.as_ref(), &email, &name, &password, &call.origin)?;
    Ok(response(made).into())
}

/// Ends the calling session and clears the cookie; without a live session there is nothing to end.
///
/// A form of another site makes a browser post without the cookie (`SameSite`); the answer must not clear it either.
pub fn logout(call: &Call, (): (), _: Empty, _: Empty) -> Handled<Done> {
    if let Some(presented) = &call.presented {
        if presented.by_cookie {
            call.require_same_origin()?;
        }
        match call.app().authenticate(presented.token.expose(), &call.origin) {
            Ok(principal) => call.app().sign_out(&principal, &call.origin)?,
            Err(AppError::Rejected(reason)) => note_already_out(reason),
            Err(error) => return Err(ServerError::App(error)),
        }
    }
    let answer = Answer::from(Done { ok: true });
    if call.presented.is_none() && call.require_same_origin().is_err() {
        return Ok(answer);
    }
    let cleared = session_cookie::cleared(&call.base);
    Ok(match HeaderValue::from_str(&cleared) {
        Ok(cookie) => answer.with(header::SET_COOKIE, cookie),
        Err(_) => answer,
    })
}

fn note_already_out(reason: Rejection) {
    tracing::debug!(%reason, "signed out with a credential that had ended");
}

/// Tells who is calling; reads nothing but what the check of the credential has read.
pub fn me(call: &Call, (): (), _: Empty, _: Empty) -> Handled<MeResponse> {
    let owner = call.owner()?;
    let principal = owner.principal();
    let user = principal.user();
    Ok(MeResponse {
        id: user.id,
        email: user.email.to_string(),
        name: user.name.to_string(),
        display_name: user.name.to_string(),
        role: user.role.to_string(),
        is_owner: user.is_owner,
        permissions: Vec::new(),
        groups: Vec::new(),
        typ: principal.credential().kind().as_str().to_owned(),
        scopes: None,
        expires_at: principal.expiry().to_option(),
    }
    .into())
}

fn response(SignIn { token, user, session }: SignIn) -> LoginResponse {
    LoginResponse {
        access_token: token,
        token_type: "bearer".to_owned(),
        user_id: Some(user.id),
        email: user.email.to_string(),
        role: user.role.to_string(),
        expires_in: Some(session.expires_at.since(session.created_at).as_secs()),
    }
}
