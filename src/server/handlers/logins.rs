//! Signing in and out, and who one is.

use http::{HeaderValue, header};

use super::Handled;
use crate::{
    api::{
        Empty,
        logins::{BootstrapRequest, Done, LoginRequest, LoginResponse, MeResponse},
    },
    app::{
        AppError, Origin,
        error::Rejection,
        logins::SignIn,
        sessions::{SessionKind, SessionRequest},
    },
    domain::{Device, Timestamp},
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
    let wanted = wanted(request.device_label.as_deref(), request.device_fingerprint.as_deref(), request.want_refresh);
    call.app().sign_in(&request.email, &request.password, &wanted, &call.origin)
}

fn wanted(label: Option<&str>, fingerprint: Option<&str>, refresh: bool) -> SessionRequest {
    let kind = if refresh { SessionKind::Refreshing } else { SessionKind::Fixed };
    SessionRequest { device: Device::new(label.unwrap_or_default(), fingerprint), kind }
}

/// Makes the first admin.
pub fn bootstrap(call: &Call, (): (), _: Empty, request: BootstrapRequest) -> Handled<LoginResponse> {
    let label = request.device_label.as_deref().unwrap_or("first admin");
    let wanted = wanted(Some(label), request.device_fingerprint.as_deref(), request.want_refresh);
    let BootstrapRequest { email, name, password, setup_code, .. } = request;
    let made = call.app().bootstrap(setup_code.as_ref(), &email, &name, &password, &wanted, &call.origin)?;
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
            Err(AppError::Rejected(reason)) => note_already_out(reason, &call.origin),
            Err(error) => return Err(ServerError::App(error)),
        }
    }
    let answer = Answer::from(Done { ok: true });
    if call.presented.is_none() && call.require_same_origin().is_err() {
        return Ok(answer);
    }
    let cleared = session_cookie::cleared(call);
    Ok(match HeaderValue::from_str(&cleared) {
        Ok(cookie) => answer.with(header::SET_COOKIE, cookie),
        Err(_) => answer,
    })
}

fn note_already_out(reason: Rejection, origin: &Origin) {
    tracing::debug!(%reason, request_id = origin.request_id, "signed out with a credential that had ended");
}

/// Tells who is calling; reads nothing but what the check of the credential has read.
pub fn me(call: &Call, (): (), _: Empty, _: Empty) -> Handled<MeResponse> {
    let principal = call.even_held()?.principal();
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
        must_change_password: user.must_change_password,
    }
    .into())
}

/// Returns the answer to a sign-in or a refresh: times are counted from its last activity, which is now.
pub(super) fn response(SignIn { token, refresh, user, session }: SignIn) -> LoginResponse {
    let seconds = |end: Timestamp| end.since(session.last_active_at).as_secs();
    LoginResponse {
        access_token: token,
        token_type: "bearer".to_owned(),
        user_id: Some(user.id.into()),
        email: user.email.to_string(),
        role: user.role.to_string(),
        expires_in: Some(seconds(session.token_expires_at)),
        refresh_expires_in: refresh.as_ref().map(|_| seconds(session.expires_at)),
        refresh_token: refresh,
        must_change_password: user.must_change_password,
    }
}
