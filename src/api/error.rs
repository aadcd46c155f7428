//! The body of every error (D-06, C-17).

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::domain::redact::redacted;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// A stable word for what went wrong: the one list of them. Clients branch on it, people read the detail.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns the word on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    /// 400: the request cannot be understood.
    BadRequest = "bad_request",
    /// 400: a `Host` that is none.
    InvalidHost = "invalid_host",
    /// 400: a token or user name.
    InvalidName = "invalid_name",
    /// 400: a token lifetime.
    InvalidLifetime = "invalid_lifetime",
    /// 400: an e-mail address.
    InvalidEmail = "invalid_email",
    /// 400: a user name.
    InvalidUsername = "invalid_username",
    /// 400: a role.
    UnknownRole = "unknown_role",
    /// 400: a new password.
    WeakPassword = "weak_password",
    /// 400: the current password, on a change.
    WrongPassword = "wrong_password",
    /// 400: a reset value that is unknown, used or past its time.
    InvalidResetToken = "invalid_reset_token",
    /// 400: a restriction of a token that the server does not support.
    UnsupportedRestriction = "unsupported_restriction",
    /// 400: nobody has decided about a device (RFC 8628 section 3.5).
    AuthorizationPending = "authorization_pending",
    /// 400: the same, and the device asks too often.
    SlowDown = "slow_down",
    /// 400: a person refused what a device asked for.
    AccessDenied = "access_denied",
    /// 400: a device waited too long.
    ExpiredToken = "expired_token",
    /// 400: a code that is unknown, used, or another client's (RFC 6749 section 5.2).
    InvalidGrant = "invalid_grant",
    /// 401: no credential was sent.
    MissingCredential = "missing_credential",
    /// 401: not a credential of this server.
    InvalidToken = "invalid_token",
    /// 401: our token, past its time.
    TokenExpired = "token_expired",
    /// 401: our token, ended.
    TokenRevoked = "token_revoked",
    /// 401: our token, no longer known.
    TokenUnknown = "token_unknown",
    /// 401: our signature, but not the token that was handed out.
    TokenMismatch = "token_mismatch",
    /// 401: our token; the account is switched off.
    AccountDeactivated = "account_deactivated",
    /// 401: our token; the account is gone.
    AccountUnknown = "account_unknown",
    /// 401: a refresh token that was used before; the sign-in is ended.
    RefreshReused = "refresh_reused",
    /// 401: a sign-in with a wrong name or password.
    InvalidLogin = "invalid_login",
    /// 403: a session is needed, a token was sent.
    SessionRequired = "session_required",
    /// 403: the token was made for less than this (RFC 6750 section 3.1).
    InsufficientScope = "insufficient_scope",
    /// 403: the password that an admin set must be changed first.
    PasswordChangeRequired = "password_change_required",
    /// 403: the role does not suffice.
    RoleRequired = "role_required",
    /// 403: only the server's own host may do this.
    HostRequired = "host_required",
    /// 403: the server's own host acts for no account.
    PersonRequired = "person_required",
    /// 403: first-admin set-up is closed, or the setup code is wrong.
    BootstrapClosed = "bootstrap_closed",
    /// 403: a write from a page of another origin.
    CrossOrigin = "cross_origin",
    /// 403: metrics, asked for from outside.
    InternalOnly = "internal_only",
    /// 404: no such route.
    NotFound = "not_found",
    /// 404: no such token, or not yours.
    TokenNotFound = "token_not_found",
    /// 404: no such session, ended, or not yours.
    SessionNotFound = "session_not_found",
    /// 404: no device waits under that code.
    UserCodeNotFound = "user_code_not_found",
    /// 404: no such user.
    UserNotFound = "user_not_found",
    /// 404: no such signing key.
    KeyNotFound = "key_not_found",
    /// 404: the server has no build for that system.
    NoBuild = "no_build",
    /// 405: not with this method.
    MethodNotAllowed = "method_not_allowed",
    /// 409: a rotation of a token that was revoked or has expired.
    TokenEnded = "token_ended",
    /// 409: the user has as many live tokens as the server allows; see `limit`.
    TokenLimitReached = "token_limit_reached",
    /// 409: a rotation of a token that was rotated before.
    TokenRotated = "token_rotated",
    /// 409: the address is taken.
    EmailTaken = "email_taken",
    /// 409: the user name is taken.
    UsernameTaken = "username_taken",
    /// 409: a safeguard: somebody must stay able to administer.
    LastAdmin = "last_admin",
    /// 409: a safeguard: not on oneself.
    Yourself = "yourself",
    /// 409: the signing key is the active one.
    KeyActive = "key_active",
    /// 413: the body is too large.
    BodyTooLarge = "body_too_large",
    /// 408: the body did not arrive in time.
    BodyTimeout = "body_timeout",
    /// 415: the body is not JSON.
    NotJson = "not_json",
    /// 421: the `Host` names another server.
    MisdirectedRequest = "misdirected_request",
    /// 422: the body has not the shape that is asked for.
    InvalidBody = "invalid_body",
    /// 429: too many tries; see `Retry-After`.
    TooManyAttempts = "too_many_attempts",
    /// 500: our fault.
    Internal = "internal",
    /// 503: too much at once; see `Retry-After`.
    Busy = "busy",
    /// 503: the store does not answer.
    StoreUnavailable = "store_unavailable",
    /// 507: the store cannot grow.
    StoreFull = "store_full",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The body of an error, as read by a client: other servers send less, and later ones may send other codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// A sentence, or the list of a 422.
    pub detail: Detail,
    /// One of [`ErrorCode`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The request, as in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The limit that was reached, of a `token_limit_reached`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The code once more, where a protocol asks for it under this name (RFC 6749 section 5.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The sentence once more, as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Detail {
    /// A sentence.
    Text(String),
    /// The faults of a body's shape (422).
    Faults(Vec<Fault>),
}

/// One fault of a body's shape, in the form that clients of the original know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// A word such as `missing`, `string_type`, `int_type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The way to the value, from `body` or `query`.
    pub loc: Vec<serde_json::Value>,
    /// A sentence.
    pub msg: String,
}

impl Detail {
    /// Removes the credentials that a client has put where they do not belong and an error would repeat.
    pub fn redact(&mut self) {
        let hide = |text: &mut String| {
            if let Cow::Owned(hidden) = redacted(text) {
                *text = hidden;
            }
        };
        match self {
            Self::Text(text) => hide(text),
            Self::Faults(faults) => faults.iter_mut().for_each(|fault| {
                hide(&mut fault.msg);
                fault.loc.iter_mut().for_each(|place| {
                    if let serde_json::Value::String(text) = place {
                        hide(text);
                    }
                });
            }),
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Faults(faults) => {
                for (index, fault) in faults.iter().enumerate() {
                    if index > 0 {
                        f.write_str("; ")?;
                    }
                    let place: Vec<String> = fault
                        .loc
                        .iter()
                        .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
                        .collect();
                    write!(f, "{}: {}", place.join("."), fault.msg)?;
                }
                Ok(())
            }
        }
    }
}
