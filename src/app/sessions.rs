//! Sessions: opened, continued with a refresh token, listed and ended (K-05..K-11, N-18).

use serde_json::json;

use super::{
    AdminScope, App, AppError, Credential, InteractiveScope, Origin, OwnerScope, Principal,
    authz::{can_act_on, entry},
    keys::LiveKey,
};
use crate::{
    domain::{
        Action, Device, Expiry, RefreshToken, RevokedReason, Secret, Session, SessionId, Timestamp, TokenHash,
        TokenKind, User, UserId, Via, session::cut,
    },
    store::{SessionFilter, Writer},
};

/// How a client will hold its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// In a browser's cookie: it also ends when it is not used (M-43).
    Browser,
    /// As one token until it ends.
    Fixed,
    /// As a short-lived token and a refresh token.
    Refreshing,
}

/// The session that somebody who signs in asks for.
#[derive(Debug, Clone)]
pub struct SessionRequest {
    /// Where it will be used.
    pub device: Device,
    /// How it will be held.
    pub kind: SessionKind,
}

impl SessionRequest {
    /// Asks for the session of a browser.
    #[must_use]
    pub fn browser() -> Self {
        Self { device: Device::new("browser", None), kind: SessionKind::Browser }
    }
}

/// A session that lives once it is in the store.
pub(super) struct NewSession {
    pub(super) token: Secret,
    pub(super) refresh: Option<RefreshToken>,
    pub(super) session: Session,
}

/// What the store keeps of a new session.
pub(super) struct SessionRow {
    pub(super) session: Session,
    token_hash: TokenHash,
    refresh_hash: Option<TokenHash>,
}

impl NewSession {
    pub(super) fn row(&self) -> SessionRow {
        SessionRow {
            session: self.session.clone(),
            token_hash: TokenHash::of(self.token.expose()),
            refresh_hash: self.refresh.as_ref().map(RefreshToken::hash),
        }
    }
}

impl SessionRow {
    pub(super) fn insert(&self, writer: &dyn Writer) -> Result<(), AppError> {
        Ok(writer.insert_session(&self.session, &self.token_hash, self.refresh_hash.as_ref())?)
    }
}

/// Which sessions an admin asks for.
#[derive(Debug, Clone, Default)]
pub struct SessionQuery {
    /// Whose.
    pub user: Option<UserId>,
    /// Signed in by this provider.
    pub provider: Option<String>,
    /// Live ones, or ended ones; else both.
    pub active: Option<bool>,
    /// Older than this one.
    pub after: Option<SessionId>,
    /// At most so many.
    pub limit: Option<u32>,
}

impl App {
    /// Makes the first session of a sign-in.
    pub(super) fn new_session(
        &self,
        user: &User,
        request: &SessionRequest,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<NewSession, AppError> {
        let (id, key, settings) = (SessionId::random(), self.keys.active(), &self.settings);
        let fixed = now.plus(settings.session_lifetime);
        let (token_expires_at, expires_at, idle_limit, refresh) = match request.kind {
            SessionKind::Browser => (fixed, fixed, settings.browser_idle, None),
            SessionKind::Fixed => (fixed, fixed, None, None),
            SessionKind::Refreshing => {
                let end = now.plus(settings.refresh_lifetime);
                let no_random = || AppError::Internal("no random bytes".to_owned());
                let refresh = RefreshToken::random(id).ok_or_else(no_random)?;
                (end.min(now.plus(settings.access_lifetime)), end, settings.refresh_idle, Some(refresh))
            }
        };
        let session = Session {
            id,
            user_id: user.id,
            family_id: id,
            previous_id: None,
            device: request.device.clone(),
            ip: origin.ip,
            user_agent: user_agent(origin),
            auth_provider: Session::LOCAL.to_owned(),
            created_at: now,
            last_active_at: now,
            idle_limit,
            token_expires_at,
            expires_at,
            revoked: None,
            signed_by: key.number(),
        };
        let token = self.session_token(&key, &session, user, now)?;
        Ok(NewSession { token, refresh, session })
    }

    /// Signs the token of a session; the same at each call with the same values, as Ed25519 is deterministic (RFC 8032).
    pub(super) fn session_token(
        &self,
        key: &LiveKey,
        session: &Session,
        user: &User,
        issued: Timestamp,
    ) -> Result<Secret, AppError> {
        let expiry = Expiry::At(session.token_expires_at);
        self.keys.sign(key, TokenKind::Session, &session.id.to_string(), user, issued, expiry)
    }

    /// Lists the caller's live sessions, newest first: at most `limit`, all older than `after`.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn sessions(
        &self,
        by: OwnerScope<'_>,
        after: Option<SessionId>,
        limit: Option<u32>,
    ) -> Result<Vec<Session>, AppError> {
        let (user, live) = (Some(by.principal().user().id), Some((true, self.clock.now())));
        let filter = SessionFilter { user, live, after, limit, ..SessionFilter::default() };
        self.store.read(|reader| Ok(reader.sessions(&filter)?))
    }

    /// Lists the caller's newest sessions, newest first: those that live and those that ended in the last 30 days.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn recent_sessions(&self, by: OwnerScope<'_>, limit: u32) -> Result<Vec<Session>, AppError> {
        let user = Some(by.principal().user().id);
        let filter = SessionFilter { user, limit: Some(limit), ..SessionFilter::default() };
        self.store.read(|reader| Ok(reader.sessions(&filter)?))
    }

    /// Ends one of the caller's own sessions, and denies what was approved and nobody has collected yet: whoever held that
    /// session may have approved it, and would come back by it.
    ///
    /// # Errors
    /// [`AppError::SessionNotFound`].
    pub fn end_session(&self, by: OwnerScope<'_>, id: SessionId, origin: &Origin) -> Result<(), AppError> {
        by.principal().refuse_helper()?;
        let (principal, origin, now) = (by.principal().clone(), origin.clone(), self.clock.now());
        self.store.write(move |writer| {
            let user = principal.recheck(writer, now)?.id;
            let session = writer.session(id)?.filter(|session| can_act_on(user, session.user_id));
            let session = session.ok_or(AppError::SessionNotFound)?;
            if !writer.end_session(session.id, RevokedReason::UserTerminated, now)? {
                return Err(AppError::SessionNotFound);
            }
            writer.deny_approved_grants(user)?;
            let mut entry = principal.entry(&origin, Action::SessionRevoke, format!("session:{id}"));
            entry.params = json!({ "device_label": session.device.label });
            writer.append_audit(&entry, now)?;
            Ok(())
        })
    }

    /// Ends the caller's other sessions; counts them.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn end_other_sessions(&self, by: InteractiveScope<'_>, origin: &Origin) -> Result<u64, AppError> {
        self.end_own(by.principal(), true, origin)
    }

    /// Ends every session of the caller, the calling one too; counts them.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn end_all_sessions(&self, by: OwnerScope<'_>, origin: &Origin) -> Result<u64, AppError> {
        by.principal().refuse_helper()?;
        self.end_own(by.principal(), false, origin)
    }

    fn end_own(&self, principal: &Principal, but_this: bool, origin: &Origin) -> Result<u64, AppError> {
        let (principal, origin, now) = (principal.clone(), origin.clone(), self.clock.now());
        let except = match principal.credential() {
            Credential::Session(this) if but_this => Some(this),
            _ => None,
        };
        self.store.write(move |writer| {
            let user = principal.recheck(writer, now)?.id;
            let ended = writer.end_sessions(user, except, RevokedReason::UserTerminated, now)?;
            let mut entry = principal.entry(&origin, Action::SessionRevoke, format!("user:{user}"));
            entry.params = json!({ "ended_sessions": ended });
            writer.append_audit(&entry, now)?;
            Ok(ended)
        })
    }

    /// Lists everybody's sessions, newest first, each with its owner (N-18).
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn all_sessions(
        &self,
        _by: AdminScope<'_>,
        query: &SessionQuery,
    ) -> Result<Vec<(Option<User>, Session)>, AppError> {
        let SessionQuery { user, provider, active, after, limit } = query.clone();
        let live = active.map(|active| (active, self.clock.now()));
        let filter = SessionFilter { user, provider, live, after, limit };
        self.store.read(|reader| {
            let sessions = reader.sessions(&filter)?;
            let with_owner = |session: Session| Ok((reader.user(session.user_id)?, session));
            sessions.into_iter().map(with_owner).collect()
        })
    }

    /// Ends anybody's session, and denies what its owner approved, as [`App::end_session`] does.
    ///
    /// # Errors
    /// [`AppError::SessionNotFound`].
    pub fn admin_end_session(&self, by: AdminScope<'_>, id: SessionId, origin: &Origin) -> Result<(), AppError> {
        let (admin, origin, now) = (by.administrator(), origin.clone(), self.clock.now());
        self.store.write(move |writer| {
            admin.recheck(writer, now)?;
            let session = writer.session(id)?.ok_or(AppError::SessionNotFound)?;
            if !writer.end_session(id, RevokedReason::AdminRevoked, now)? {
                return Err(AppError::SessionNotFound);
            }
            writer.deny_approved_grants(session.user_id)?;
            let mut entry = admin.entry(&origin, Action::SessionRevoke, format!("session:{id}"));
            entry.params = json!({ "owner": session.user_id, "device_label": session.device.label });
            writer.append_audit(&entry, now)?;
            Ok(())
        })
    }

    /// Ends every session of a user; counts them.
    ///
    /// # Errors
    /// [`AppError::UserNotFound`].
    pub fn admin_end_sessions(&self, by: AdminScope<'_>, user: UserId, origin: &Origin) -> Result<u64, AppError> {
        let (admin, origin, now) = (by.administrator(), origin.clone(), self.clock.now());
        self.store.write(move |writer| {
            admin.recheck(writer, now)?;
            let target = writer.user(user)?.ok_or(AppError::UserNotFound)?;
            let ended = writer.end_sessions(user, None, RevokedReason::AdminRevoked, now)?;
            let mut entry = admin.entry(&origin, Action::SessionRevoke, format!("user:{user}"));
            entry.params = json!({ "email": target.email, "ended_sessions": ended });
            writer.append_audit(&entry, now)?;
            Ok(ended)
        })
    }
}

/// Ends the longest unused sessions of a user, so that one more fits below `cap` (K-10); 0 is no limit.
pub(super) fn make_room(
    writer: &dyn Writer,
    user: UserId,
    cap: u32,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), AppError> {
    if cap == 0 {
        return Ok(());
    }
    let filter = SessionFilter { user: Some(user), live: Some((true, now)), ..SessionFilter::default() };
    let mut live = writer.sessions(&filter)?;
    live.sort_by_key(|session| std::cmp::Reverse(session.last_active_at));
    for session in live.iter().skip(cap as usize - 1) {
        writer.end_session(session.id, RevokedReason::SessionCapEviction, now)?;
        let resource = format!("session:{}", session.id);
        let mut entry = entry(origin, Some(user), Via::System, Action::SessionRevoke, resource);
        entry.params = json!({ "reason": RevokedReason::SessionCapEviction.as_str() });
        writer.append_audit(&entry, now)?;
    }
    Ok(())
}

/// Returns the user agent of a request, as a session keeps it.
pub(super) fn user_agent(origin: &Origin) -> String {
    cut(&origin.user_agent, Session::MAX_USER_AGENT_CHARS)
}
