//! Sessions: continued, listed, ended.

use super::{BAD_CURSOR, Handled, page, page_limit};
use crate::{
    api::{
        Empty, Page,
        logins::LoginResponse,
        sessions::{AdminListQuery, AdminSessionItem, PageQuery, RefreshRequest, RevokeAllQuery, Revoked, SessionItem},
    },
    app::{AppError, Credential, sessions::SessionQuery},
    domain::{Session, SessionId, UserId},
    server::call::Call,
};

/// Continues a session.
pub fn refresh(call: &Call, (): (), _: Empty, request: RefreshRequest) -> Handled<LoginResponse> {
    let fingerprint = request.device_fingerprint.as_deref();
    let signed_in = call.app().refresh(&request.refresh_token, fingerprint, &call.origin)?;
    Ok(super::logins::response(signed_in).into())
}

/// Lists the caller's live sessions.
pub fn list(call: &Call, (): (), query: PageQuery, _: Empty) -> Handled<Page<SessionItem>> {
    let (limit, after) = (page_limit(query.limit)?, cursor(query.cursor.as_deref())?);
    let sessions = call.app().sessions(call.owner()?, after, Some(limit + 1))?.into_iter();
    Ok(page(sessions.map(|session| item(call, session)), limit, |item| item.id.to_string()).into())
}

/// Ends one of the caller's sessions.
pub fn revoke(call: &Call, id: SessionId, _: Empty, _: Empty) -> Handled<Empty> {
    call.app().end_session(call.owner()?, id, &call.origin)?;
    Ok(Empty {}.into())
}

/// Ends the caller's sessions, all or all but the calling one.
pub fn revoke_all(call: &Call, (): (), query: RevokeAllQuery, _: Empty) -> Handled<Empty> {
    match query.except.as_deref() {
        None => call.app().end_all_sessions(call.owner()?, &call.origin)?,
        Some("current") => call.app().end_other_sessions(call.interactive()?, &call.origin)?,
        Some(_) => return Err(AppError::InvalidQuery("except must be `current` or absent").into()),
    };
    Ok(Empty {}.into())
}

/// Lists everybody's sessions.
pub fn admin_list(call: &Call, (): (), query: AdminListQuery, _: Empty) -> Handled<Page<AdminSessionItem>> {
    let limit = page_limit(query.limit)?;
    let user = query.user_id.as_deref().map(str::parse).transpose();
    let query = SessionQuery {
        user: user.map_err(|_| AppError::InvalidQuery("user_id must be the id of a user"))?,
        provider: query.provider,
        active: query.active,
        after: cursor(query.cursor.as_deref())?,
        limit: Some(limit + 1),
    };
    let sessions = call.app().all_sessions(call.admin()?, &query)?.into_iter();
    let items = sessions.map(|(user, session)| {
        let (user_email, user_name) =
            user.map(|user| (user.email.to_string(), user.name.to_string())).unwrap_or_default();
        AdminSessionItem { session: item(call, session), user_email, user_name }
    });
    Ok(page(items, limit, |item| item.session.id.to_string()).into())
}

/// Ends anybody's session.
pub fn admin_revoke(call: &Call, id: SessionId, _: Empty, _: Empty) -> Handled<Empty> {
    call.app().admin_end_session(call.admin()?, id, &call.origin)?;
    Ok(Empty {}.into())
}

/// Ends every session of a user.
pub fn admin_revoke_user(call: &Call, id: UserId, _: Empty, _: Empty) -> Handled<Revoked> {
    let revoked = call.app().admin_end_sessions(call.admin()?, id, &call.origin)?;
    Ok(Revoked { revoked }.into())
}

fn cursor(text: Option<&str>) -> Result<Option<SessionId>, AppError> {
    text.map(str::parse).transpose().map_err(|_| BAD_CURSOR)
}

fn item(call: &Call, session: Session) -> SessionItem {
    let credential = call.principal.as_ref().map(crate::app::Principal::credential);
    SessionItem {
        current: credential == Some(Credential::Session(session.id)),
        id: session.id.into(),
        user_id: Some(session.user_id.into()),
        device_fingerprint: session.device.fingerprint.unwrap_or_else(|| "unknown".to_owned()),
        device_label: session.device.label,
        ip: session.ip.map(|ip| ip.to_string()),
        user_agent: session.user_agent,
        auth_provider: session.auth_provider,
        created_at: Some(session.created_at),
        last_active_at: Some(session.last_active_at),
        expires_at: Some(session.expires_at),
        revoked: session.revoked.is_some(),
        revoked_reason: session.revoked.map(|(_, reason)| reason.as_str().to_owned()),
        previous_session_id: session.previous_id.map(Into::into),
    }
}
