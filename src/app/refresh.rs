//! Continuing a session: a refresh token is used once, and a second use ends the whole chain (K-08, RFC 9700 section
//! 4.14.2).
//!
//! A chain can be refreshed 60 times an hour. The rows of replaced sessions are kept for 24 hours
//! (`KEEP_REPLACED`): during this time a second use is recognised. An older refresh token is as invalid as an unknown
//! one, and ends nothing.

use std::time::Duration;

use serde_json::json;

use super::{
    App, AppError, Origin,
    authz::{TOKEN_OVERLAP, entry},
    error::Rejection,
    logins::SignIn,
    sessions::{NewSession, user_agent},
};
use crate::{
    domain::{
        Action, Device, RefreshToken, RevokedReason, Secret, Session, SessionId, Timestamp, TokenHash, User, Via,
    },
    store::{Reader, Writer},
};

/// How long the same client may ask the same again, if the answer was lost on its way.
const REPEAT_WINDOW: Duration = Duration::from_secs(10);
/// How often a chain can be refreshed within [`LIMIT_WINDOW`].
const MAX_REFRESHES: u64 = 60;
const LIMIT_WINDOW: Duration = Duration::from_secs(60 * 60);
/// How long the row of a replaced session is kept, so that a second use of its refresh token is recognised.
pub(super) const KEEP_REPLACED: Duration = Duration::from_secs(24 * 60 * 60);

/// What a refresh comes to, decided inside the writer.
enum Outcome {
    /// The session is replaced by this one.
    Replaced(Box<NewSession>, User),
    /// The same client asks again: this is what it was answered.
    Repeated(Box<Session>, TokenHash, User),
    /// Somebody else has a copy: the chain is ended.
    Reused,
}

impl App {
    /// Continues a session with a new token and a new refresh token; the old ones end.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] for what is no refresh token of ours, [`Rejection::Expired`], [`Rejection::Revoked`],
    /// [`Rejection::Deactivated`], [`AppError::TooManyAttempts`], and [`Rejection::Reused`] for one that was used before: then the chain is ended. Only
    /// the same client, asking again within ten seconds, gets the same answer.
    pub fn refresh(&self, token: &Secret, fingerprint: Option<&str>, origin: &Origin) -> Result<SignIn, AppError> {
        let presented = RefreshToken::parse(token).ok_or(Rejection::Invalid)?;
        let now = self.clock.now();
        // Guesses are refused here: only who holds a token of ours reaches the writer.
        let (session, user) = self.store.read(|reader| recognise(reader, &presented))?;
        let device = Device::new(&session.device.label, fingerprint);
        let next = self.replacement(&session, device, &presented, &user, origin, now)?;
        let (presented_hash, origin) = (presented.hash(), origin.clone());
        let outcome = self.store.write(move |writer| decide(writer, next, &presented_hash, &origin, now))?;
        match outcome {
            Outcome::Replaced(made, user) => Ok(SignIn::of(*made, user)),
            Outcome::Repeated(session, hash, user) => self.repeat(&presented, *session, &hash, user),
            Outcome::Reused => Err(Rejection::Reused.into()),
        }
    }

    /// Makes the session that replaces `session`.
    fn replacement(
        &self,
        session: &Session,
        device: Device,
        presented: &RefreshToken,
        user: &User,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<NewSession, AppError> {
        let (id, key) = (SessionId::random(), self.keys.active());
        let next = Session {
            id,
            previous_id: Some(session.id),
            device,
            ip: origin.ip,
            user_agent: user_agent(origin),
            last_active_at: now,
            token_expires_at: session.expires_at.min(now.plus(self.settings.access_lifetime)),
            revoked: None,
            signed_by: key.number(),
            ..session.clone()
        };
        let token = self.session_token(&key, &next, user, now)?;
        Ok(NewSession { token, refresh: Some(presented.next(&self.refresh_key, id)), session: next })
    }

    /// Makes the answer of a moment ago once more.
    fn repeat(
        &self,
        presented: &RefreshToken,
        session: Session,
        hash: &TokenHash,
        user: User,
    ) -> Result<SignIn, AppError> {
        // The key was retired in those seconds.
        let key = self.keys.numbered(session.signed_by).ok_or(Rejection::Revoked)?;
        let token = self.session_token(&key, &session, &user, session.last_active_at)?;
        // The account was renamed, or given another role.
        if !hash.matches(&TokenHash::of(token.expose())) {
            return Err(Rejection::Revoked.into());
        }
        let refresh = presented.next(&self.refresh_key, session.id).to_secret();
        Ok(SignIn { token, refresh: Some(refresh), user, session })
    }
}

/// Finds the session that a refresh token continues, or continued before.
fn recognise(reader: &dyn Reader, presented: &RefreshToken) -> Result<(Session, User), AppError> {
    let hash = reader.refresh_hash(presented.session())?.ok_or(Rejection::Invalid)?;
    if !hash.matches(&presented.hash()) {
        return Err(Rejection::Invalid.into());
    }
    let session = reader.session(presented.session())?.ok_or(Rejection::Invalid)?;
    let user = reader.user(session.user_id)?.ok_or(Rejection::UserUnknown)?;
    Ok((session, user))
}

/// Tells whether two refreshes came from one client, as far as can be told.
fn same_client(one: &Session, other: &Session) -> bool {
    one.ip == other.ip && one.user_agent == other.user_agent && one.device.fingerprint == other.device.fingerprint
}

fn decide(
    writer: &dyn Writer,
    next: NewSession,
    presented: &TokenHash,
    origin: &Origin,
    now: Timestamp,
) -> Result<Outcome, AppError> {
    let id = next.session.previous_id.ok_or(Rejection::Invalid)?;
    let hash = writer.refresh_hash(id)?.ok_or(Rejection::Invalid)?;
    if !hash.matches(presented) {
        return Err(Rejection::Invalid.into());
    }
    let session = writer.session(id)?.ok_or(Rejection::Invalid)?;
    let user = writer.user(session.user_id)?.ok_or(Rejection::UserUnknown)?;
    if !user.active {
        return Err(Rejection::Deactivated.into());
    }
    match session.revoked {
        None if session.expires_at <= now || session.has_rested(now) => Err(Rejection::Expired.into()),
        None => {
            limit(writer, id, now)?;
            writer.replace_session(id, now.plus(TOKEN_OVERLAP))?;
            next.row().insert(writer)?;
            Ok(Outcome::Replaced(Box::new(next), user))
        }
        Some((until, RevokedReason::Rotated)) => {
            let replaced_at = until.minus(TOKEN_OVERLAP);
            let is_repeat = |made: &Session| made.revoked.is_none() && same_client(made, &next.session);
            match writer.successor(id)?.filter(|(made, _)| is_repeat(made)) {
                Some((successor, hash)) if now.distance(replaced_at) < REPEAT_WINDOW => {
                    Ok(Outcome::Repeated(Box::new(successor), hash, user))
                }
                _ => {
                    end_chain(writer, &session, origin, now)?;
                    Ok(Outcome::Reused)
                }
            }
        }
        Some(_) => Err(Rejection::Revoked.into()),
    }
}

/// Refuses a refresh if the chain had as many as it may have within the last hour. A replaced session ends
/// [`TOKEN_OVERLAP`] after its refresh, which gives the time of the refresh.
fn limit(writer: &dyn Writer, id: SessionId, now: Timestamp) -> Result<(), AppError> {
    let since = now.minus(LIMIT_WINDOW).plus(TOKEN_OVERLAP);
    match writer.replaced_sessions(id, since, now.plus(TOKEN_OVERLAP))? {
        (count, Some(first)) if count >= MAX_REFRESHES => {
            Err(AppError::TooManyAttempts { after: first.since(since) + Duration::from_secs(1) })
        }
        _ => Ok(()),
    }
}

/// Ends the chain of a session whose refresh token, or whose authorization code, came twice.
pub(super) fn end_chain(
    writer: &dyn Writer,
    session: &Session,
    origin: &Origin,
    now: Timestamp,
) -> Result<(), AppError> {
    if writer.end_session(session.id, RevokedReason::ReuseDetected, now)? {
        let (via, resource) = (Via::Session(session.id), format!("session:{}", session.id));
        let mut entry = entry(origin, Some(session.user_id), via, Action::SessionRevoke, resource);
        entry.params = json!({
            "reason": RevokedReason::ReuseDetected.as_str(),
            "family": session.family_id,
            "device_label": session.device.label,
        });
        writer.append_audit(&entry, now)?;
    }
    Ok(())
}
