//! `/admin/sessions`: everybody's sessions (N-18, K-30).

use askama::Template;
use http::Response;
use serde::{Deserialize, Serialize};

use crate::{
    app::{AppError, Credential, sessions::SessionQuery},
    domain::{Session, Timestamp, User, UserId},
    server::{
        call::Call,
        edge::Body,
        error::ServerError,
        mount::PageRequest,
        web::{
            Frame, PAGE_ROWS, Refusal, address, cut, device_name, form_token, page, read, refused, see, shown::Moment,
            unknown_action,
        },
    },
};

#[derive(Template)]
#[template(path = "admin/sessions.html", config = ".askama.toml")]
struct SessionsPage<'a> {
    frame: &'a Frame<'a>,
    query: SessionsQuery,
    sessions: Vec<Row>,
    next: Option<String>,
    refusal: Option<&'a Refusal>,
}

struct Row {
    id: String,
    owner: String,
    device: String,
    user_agent: String,
    ip: Option<String>,
    provider: String,
    signed_in: Moment,
    last_active: Moment,
    ends: Moment,
    is_this: bool,
    is_live: bool,
    /// Why it ended before its time.
    reason: Option<&'static str>,
}

/// Which sessions are listed; forms post with it too, so that their answer shows the same ones.
#[derive(Deserialize, Serialize, Clone)]
struct SessionsQuery {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    user: String,
    /// Live ones when it is empty; else `ended` or `any`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl SessionsQuery {
    fn here(&self) -> String {
        address("/admin/sessions", self)
    }

    fn page_after(&self, id: &str) -> String {
        Self { after: Some(id.to_owned()), ..self.clone() }.here()
    }

    /// Returns whose sessions are asked for; nothing where no account has the name.
    fn owner(&self, call: &Call) -> Result<Option<UserId>, ServerError> {
        Ok(call.app().find_user(call.admin()?, self.user.trim())?)
    }
}

#[derive(Deserialize)]
struct SessionsForm {
    #[serde(default)]
    form_token: String,
    action: String,
    #[serde(default)]
    id: String,
}

/// Shows the sessions that match.
pub fn show(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    render(call, read(request.query.as_bytes(), "query")?, None)
}

/// Ends a session, or all of a user.
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let form: SessionsForm = read(&request.form, "body")?;
    let query: SessionsQuery = read(request.query.as_bytes(), "query")?;
    form_token::check(call, &form.form_token)?;
    let admin = call.admin()?;
    let done = match form.action.as_str() {
        "end" => {
            let id = form.id.parse().map_err(|_| AppError::SessionNotFound)?;
            call.app().admin_end_session(admin, id, &call.origin)
        }
        "end-all" => {
            let owner = query.owner(call)?.ok_or(AppError::UserNotFound)?;
            call.app().admin_end_sessions(admin, owner, &call.origin).map(drop)
        }
        _ => return Err(unknown_action()),
    };
    match done {
        Ok(()) => Ok(see(call, &query.here())),
        Err(error) => render(call, query, Some(Refusal::of(call, error)?)),
    }
}

fn render(call: &Call, query: SessionsQuery, refusal: Option<Refusal>) -> Result<Response<Body>, ServerError> {
    let now = call.app().now();
    let mut sessions = match filter(call, &query)? {
        // A user who does not exist has no sessions.
        None => Vec::new(),
        Some(filter) => call.app().all_sessions(call.admin()?, &filter)?,
    };
    let more = cut(&mut sessions);
    let sessions: Vec<Row> = sessions.into_iter().map(|(owner, session)| row(call, owner, session, now)).collect();
    let next = sessions.last().filter(|_| more).map(|row| row.id.clone());
    let frame = Frame::of(call, "sessions")?;
    let template = SessionsPage { frame: &frame, query, sessions, next, refusal: refusal.as_ref() };
    let page = page(&frame, &template)?;
    Ok(refused(refusal, page))
}

fn filter(call: &Call, query: &SessionsQuery) -> Result<Option<SessionQuery>, ServerError> {
    let user = if query.user.trim().is_empty() { None } else { query.owner(call)? };
    if user.is_none() && !query.user.trim().is_empty() {
        return Ok(None);
    }
    let active = match query.state.as_str() {
        "any" => None,
        state => Some(state != "ended"),
    };
    let after = query.after.as_deref().and_then(|after| after.parse().ok());
    Ok(Some(SessionQuery { user, provider: None, active, after, limit: Some(PAGE_ROWS + 1) }))
}

fn row(call: &Call, owner: Option<User>, session: Session, now: Timestamp) -> Row {
    let own = call.principal.as_ref().map(crate::app::Principal::credential);
    Row {
        id: session.id.to_string(),
        owner: owner.map(|owner| owner.email.shown()).unwrap_or_default(),
        device: device_name::of(&session.device.label, &session.user_agent),
        ip: session.ip.map(|ip| ip.to_string()),
        is_this: own == Some(Credential::Session(session.id)),
        is_live: session.is_live(now),
        signed_in: session.created_at.into(),
        last_active: session.last_active_at.into(),
        ends: session.revoked.map_or(session.expires_at, |(at, _)| at).into(),
        reason: session.revoked.map(|(_, reason)| reason.as_str()),
        provider: session.auth_provider,
        user_agent: session.user_agent,
    }
}
