//! Signing in and out.

use std::time::Instant;

use serde_json::json;

use super::{
    App, AppError, Credential, Origin, PasswordScope, Principal,
    authz::entry,
    passwords::Verdict,
    sessions::{NewSession, SessionRequest, SessionRow, make_room},
    throttle::{self, Attempt},
    users::account_named,
};
use crate::{
    domain::{
        Action, Email, Outcome, RefreshToken, RevokedReason, Secret, Session, SessionId, Timestamp, User, UserId, Via,
        password,
    },
    store::Writer,
};

/// A sign-in: a session with the one copy of its token.
#[derive(Debug)]
pub struct SignIn {
    /// The plain session token.
    pub token: Secret,
    /// The plain refresh token, if one was asked for.
    pub refresh: Option<Secret>,
    /// Who signed in.
    pub user: User,
    /// The session.
    pub session: Session,
}

impl SignIn {
    pub(super) fn of(made: NewSession, user: User) -> Self {
        let NewSession { token, refresh, session } = made;
        Self { token, refresh: refresh.as_ref().map(RefreshToken::to_secret), user, session }
    }
}

impl App {
    /// Signs in with a password.
    ///
    /// Without the right password, unknown, known, deactivated and password-less accounts get the same answer after the
    /// same work (C-10, S-14).
    ///
    /// # Errors
    /// [`AppError::InvalidLogin`], [`AppError::LoginDeactivated`] (only after the right password),
    /// [`AppError::TooManyAttempts`], [`AppError::Busy`], [`AppError::Store`].
    pub fn sign_in(
        &self,
        login_name: &str,
        password: &Secret,
        request: &SessionRequest,
        origin: &Origin,
    ) -> Result<SignIn, AppError> {
        let outcome = self.try_sign_in(login_name, password, request, origin);
        self.metrics.signed_in(&outcome);
        outcome
    }

    fn try_sign_in(
        &self,
        login_name: &str,
        password: &Secret,
        request: &SessionRequest,
        origin: &Origin,
    ) -> Result<SignIn, AppError> {
        let attempt = self.throttle.begin(origin.ip, login_name, Instant::now())?;
        // A store that does not answer, or a full queue, is not the guesser's fault, nor the owner's: the try ends untold.
        let account = self.account(login_name)?;
        let hash = account.as_ref().and_then(|(_, hash)| hash.as_deref());
        let verdict = self.verify(password, hash)?;
        judged(attempt, verdict);
        let refused = |result, error| {
            self.record_login_failure(account.as_ref().map(|(user, _)| user), login_name, result, origin);
            Err(error)
        };
        match (&account, verdict) {
            (Some((user, _)), Verdict::Right { .. }) if !user.active => {
                refused("deactivated", AppError::LoginDeactivated)
            }
            (Some((user, Some(hash))), Verdict::Right { outdated }) => {
                let new_hash = if outdated { Some(self.passwords.hash(password)?) } else { None };
                match self.open_session(user, hash.clone(), new_hash, request, origin) {
                    // The account changed since the check: a refusal like those before it.
                    Err(error @ AppError::InvalidLogin) => refused("invalid_password", error),
                    Err(error @ AppError::LoginDeactivated) => refused("deactivated", error),
                    opened => opened,
                }
            }
            (Some((_, None)), _) if self.settings.external_hint => refused("no_password", AppError::ExternalAccount),
            (Some((_, None)), _) => refused("no_password", AppError::InvalidLogin),
            (Some(_), _) => refused("invalid_password", AppError::InvalidLogin),
            (None, _) => refused("unknown_account", AppError::InvalidLogin),
        }
    }

    fn account(&self, login_name: &str) -> Result<Option<(User, Option<String>)>, AppError> {
        self.store.read(|reader| {
            let Some(user) = account_named(reader, login_name)? else { return Ok(None) };
            let hash = reader.password_hash(user.id)?;
            Ok(Some((user, hash)))
        })
    }

    /// Compares a password; one that is too long is wrong without costing a hash (S-16).
    pub(super) fn verify(&self, tried: &Secret, stored: Option<&str>) -> Result<Verdict, AppError> {
        if tried.expose().len() > crate::domain::password::MAX_BYTES {
            return Ok(Verdict::Wrong);
        }
        self.passwords.verify(tried, stored)
    }

    /// Opens the session in one transaction with its audit row, unless the account changed since the check.
    fn open_session(
        &self,
        user: &User,
        checked_hash: String,
        new_hash: Option<String>,
        request: &SessionRequest,
        origin: &Origin,
    ) -> Result<SignIn, AppError> {
        let now = self.clock.now();
        let made = self.new_session(user, request, origin, now)?;
        let (id, row, cap, origin) = (user.id, made.row(), self.settings.sessions_per_user, origin.clone());
        let user = self.store.write(move |writer| {
            let (user, present) = (writer.user(id)?.ok_or(AppError::InvalidLogin)?, writer.password_hash(id)?);
            if present.as_deref() != Some(&checked_hash) {
                return Err(AppError::InvalidLogin);
            }
            if !user.active {
                return Err(AppError::LoginDeactivated);
            }
            if let Some(new_hash) = new_hash {
                writer.set_password_hash(id, &new_hash, now)?;
            }
            make_room(writer, id, cap, &origin, now)?;
            insert_session(writer, &row)?;
            let session = row.session.id;
            let mut entry =
                entry(&origin, Some(id), Via::Session(session), Action::Login, format!("session:{session}"));
            entry.params = json!({ "device_label": row.session.device.label });
            writer.append_audit(&entry, now)?;
            Ok(user)
        })?;
        Ok(SignIn::of(made, user))
    }

    fn record_login_failure(&self, user: Option<&User>, login_name: &str, result: Outcome, origin: &Origin) {
        let user_id = user.map(|user| user.id);
        let mut entry = entry(origin, user_id, Via::Anonymous, Action::LoginFailed, "auth".to_owned());
        entry.result = result;
        // Only what is an address: people type passwords into the wrong field.
        entry.params = json!({ "email": login_name.parse::<Email>().ok() });
        let (now, at) = (Instant::now(), self.clock.now());
        match self.throttle.take_changes(now, at) {
            None => self.record_refusal(entry),
            Some(changes) => {
                let rows = changes.clone();
                let written = self.record_refusal_with(entry, move |writer| throttle::write(writer, &rows));
                self.throttle.settle(&changes, written, Instant::now());
            }
        }
    }

    /// Ends the calling session; a token is not touched by it (N-10, S-08).
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn sign_out(&self, principal: &Principal, origin: &Origin) -> Result<(), AppError> {
        let Credential::Session(id) = principal.credential() else { return Ok(()) };
        let now = self.clock.now();
        let entry = principal.entry(origin, Action::Logout, format!("session:{id}"));
        self.store.write(move |writer| {
            if writer.end_session(id, RevokedReason::UserTerminated, now)? {
                writer.append_audit(&entry, now)?;
            }
            Ok(())
        })
    }

    /// Changes the caller's own password and ends their other sessions; needs a session.
    ///
    /// # Errors
    /// [`AppError::WrongPassword`], [`AppError::WeakPassword`], [`AppError::TooManyAttempts`], [`AppError::Busy`].
    pub fn change_password(
        &self,
        by: PasswordScope<'_>,
        current: &Secret,
        new: &Secret,
        origin: &Origin,
    ) -> Result<(), AppError> {
        let principal = by.principal().clone();
        let (id, email) = (principal.user().id, principal.user().email.clone());
        let attempt = self.throttle.begin_as_user(origin.ip, email.as_str(), Instant::now())?;
        let checked = self.store.read(|reader| Ok::<_, AppError>(reader.password_hash(id)?))?;
        let verdict = self.verify(current, checked.as_deref())?;
        judged(attempt, verdict);
        if verdict == Verdict::Wrong {
            return Err(AppError::WrongPassword);
        }
        // Who set it knows it: the same again would be no password of one's own.
        if principal.user().must_change_password {
            password::refuse_unchanged(current, new)?;
        }
        let hash = self.passwords.hash_new(new)?;
        let (now, origin) = (self.clock.now(), origin.clone());
        let Credential::Session(session) = principal.credential() else { return Err(AppError::SessionRequired) };
        self.store.write(move |writer| {
            let was_required = principal.recheck(writer, now)?.must_change_password;
            if writer.password_hash(id)? != checked {
                return Err(AppError::WrongPassword);
            }
            let ended = replace_password(writer, id, &hash, Some(session), false, now)?;
            let mut entry = principal.entry(&origin, Action::UserSetPassword, format!("user:{id}"));
            entry.params = json!({ "email": email, "by": "self", "ended_sessions": ended });
            if was_required {
                entry.params["was_required"] = true.into();
            }
            writer.append_audit(&entry, now)?;
            Ok(())
        })
    }
}

fn judged(attempt: Attempt<'_>, verdict: Verdict) {
    match verdict {
        Verdict::Right { .. } => attempt.succeeded(),
        Verdict::Wrong => attempt.failed(),
    }
}

/// Puts a session into the store and notes the sign-in.
pub(super) fn insert_session(writer: &dyn Writer, row: &SessionRow) -> Result<(), AppError> {
    row.insert(writer)?;
    writer.record_login(row.session.user_id, row.session.created_at)?;
    Ok(())
}

/// Sets a password and ends what must end with the old one: sessions but `except`, and open reset values; tokens stay
/// (S-07). `must_change` holds the sessions to come until their user has changed it. Counts the ended sessions.
pub(super) fn replace_password(
    writer: &dyn Writer,
    user: UserId,
    hash: &str,
    except: Option<SessionId>,
    must_change: bool,
    now: Timestamp,
) -> Result<u64, AppError> {
    writer.set_password_hash(user, hash, now)?;
    end_with_password(writer, user, except, must_change, now)
}

/// Removes a password and ends what must end with it. Counts the ended sessions.
pub(super) fn remove_password(writer: &dyn Writer, user: UserId, now: Timestamp) -> Result<u64, AppError> {
    writer.clear_password(user, now)?;
    end_with_password(writer, user, None, false, now)
}

fn end_with_password(
    writer: &dyn Writer,
    user: UserId,
    except: Option<SessionId>,
    must_change: bool,
    now: Timestamp,
) -> Result<u64, AppError> {
    writer.require_password_change(user, must_change)?;
    writer.delete_password_resets(user)?;
    Ok(writer.end_sessions(user, except, RevokedReason::PasswordChanged, now)?)
}
