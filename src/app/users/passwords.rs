//! Passwords that an admin sets or resets, and reset values that their owners redeem.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    app::{
        AdminScope, App, AppError, Origin,
        authz::{Administrator, entry},
        bootstrap::random_reset_value,
        logins::{remove_password, replace_password},
        throttle::Tried,
    },
    domain::{Action, Role, Secret, Timestamp, TokenHash, UserId, Via, password},
    store::{PasswordReset, ResetPurpose, Writer},
};

impl App {
    /// Sets a user's password and ends their sessions; tokens stay (A-13, S-07). The rules for the password are judged
    /// before the user is looked up. With `must_change` the user's sessions are held until they have changed it.
    ///
    /// # Errors
    /// [`AppError::WeakPassword`], [`AppError::UserNotFound`]; [`AppError::AdminSessionRequired`] with a token, for its
    /// owner or an admin.
    pub fn set_password(
        &self,
        by: AdminScope<'_>,
        id: UserId,
        new: &Secret,
        must_change: bool,
        origin: &Origin,
    ) -> Result<(), AppError> {
        let admin = by.administrator();
        let hash = self.passwords.hash_new(new)?;
        let (now, origin) = (self.clock.now(), origin.clone());
        self.store.write(move |writer| {
            admin.recheck(writer, now)?;
            let user = writer.user(id)?.ok_or(AppError::UserNotFound)?;
            admin.may_replace_password(&user)?;
            let ended = replace_password(writer, id, &hash, None, must_change, now)?;
            if admin.has_token() {
                writer.note_password_by_token(id, true)?;
            }
            let mut entry = admin.entry(&origin, Action::UserSetPassword, format!("user:{id}"));
            entry.params = json!({ "email": user.email, "ended_sessions": ended });
            if must_change {
                entry.params["must_change"] = true.into();
            }
            writer.append_audit(&entry, now)?;
            Ok(())
        })
    }

    /// Makes a one-time reset value to hand over; an older unused one is void from then on.
    ///
    /// # Errors
    /// [`AppError::UserNotFound`]; [`AppError::AdminSessionRequired`] with a token, for its owner or an admin.
    pub fn reset_password(&self, by: AdminScope<'_>, id: UserId, origin: &Origin) -> Result<Secret, AppError> {
        let admin = by.administrator();
        let value = random_reset_value()?;
        let (now, origin) = (self.clock.now(), origin.clone());
        let (hash, lifetime) = (TokenHash::of(value.expose()), self.settings.reset_lifetime);
        self.store.write(move |writer| {
            admin.recheck(writer, now)?;
            let user = writer.user(id)?.ok_or(AppError::UserNotFound)?;
            admin.may_replace_password(&user)?;
            insert_reset(writer, hash, id, &admin, now, lifetime)?;
            let mut entry = admin.entry(&origin, Action::UserResetPassword, format!("user:{id}"));
            entry.params = json!({ "email": user.email });
            writer.append_audit(&entry, now)?;
            Ok::<_, AppError>(())
        })?;
        Ok(value)
    }

    /// Sets a password with a reset value, which works once; ends the user's sessions.
    ///
    /// # Errors
    /// [`AppError::InvalidResetToken`], [`AppError::WeakPassword`], [`AppError::TooManyAttempts`].
    pub fn redeem_reset(&self, value: &Secret, new: &Secret, origin: &Origin) -> Result<(), AppError> {
        self.throttle.admit_address(Tried::ResetValue, origin.ip, Instant::now())?;
        password::check_new(new)?;
        let value = TokenHash::of(value.expose().trim());
        let now = self.clock.now();
        // Judged before hashing, so that guesses are cheap, and again inside the writer, where one of two wins.
        let reset = self.store.read(|reader| Ok::<_, AppError>(reader.password_reset(&value)?))?;
        live_reset(reset, now)?;
        let (hash, origin) = (self.passwords.hash(new)?, origin.clone());
        self.store.write(move |writer| {
            let reset = live_reset(writer.password_reset(&value)?, now)?;
            let user = writer.user(reset.user_id)?.ok_or(AppError::InvalidResetToken)?;
            // A token made this value when its target was no admin: after a promotion it is void (D-44).
            if reset.by_token && user.role == Role::Admin {
                return Err(AppError::InvalidResetToken);
            }
            writer.use_password_reset(&value, now)?;
            let ended = replace_password(writer, user.id, &hash, None, false, now)?;
            if reset.by_token {
                writer.note_password_by_token(user.id, true)?;
            }
            let resource = format!("user:{}", user.id);
            let mut entry = entry(&origin, Some(user.id), Via::Anonymous, Action::UserSetPassword, resource);
            entry.params = json!({ "email": user.email, "by": "reset_token", "ended_sessions": ended });
            writer.append_audit(&entry, now)?;
            Ok(())
        })
    }
}

/// Ends what the password opened that an admin's token gave to `user`: whoever holds the token knows that password. It is
/// called when the account becomes an admin, and removes the password, the sessions with what they approved, and the
/// tokens. A password that a session or the host set later ends too, because the tokens may be older than it. Tells
/// whether there was anything to end (D-44).
pub(in crate::app) fn end_access_by_token(
    writer: &dyn Writer,
    user: UserId,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<bool, AppError> {
    if !writer.has_password_by_token(user)? {
        return Ok(false);
    }
    writer.note_password_by_token(user, false)?;
    remove_password(writer, user, now)?;
    writer.revoke_tokens(user, by, now)?;
    Ok(true)
}

/// Puts a reset value into the store: to set up an account without a password, else to replace it.
pub(in crate::app) fn insert_reset(
    writer: &dyn Writer,
    hash: TokenHash,
    user_id: UserId,
    by: &Administrator,
    now: Timestamp,
    lifetime: Duration,
) -> Result<(), AppError> {
    let has_password = writer.password_hash(user_id)?.is_some();
    let purpose = if has_password { ResetPurpose::Reset } else { ResetPurpose::Setup };
    let expires_at = now.plus(lifetime);
    let (created_by, by_token) = (by.user_id(), by.has_token());
    let reset =
        PasswordReset { hash, user_id, purpose, created_by, by_token, created_at: now, expires_at, used_at: None };
    Ok(writer.insert_password_reset(&reset)?)
}

fn live_reset(reset: Option<PasswordReset>, now: Timestamp) -> Result<PasswordReset, AppError> {
    reset.filter(|reset| reset.used_at.is_none() && now < reset.expires_at).ok_or(AppError::InvalidResetToken)
}
