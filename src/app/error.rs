//! Why a use case did not do what was asked.

use std::time::Duration;

use crate::{
    domain::{
        Role, email::InvalidEmail, name::InvalidName, password::WeakPassword, role::UnknownRole, token::NotForClients,
        token_policy::RefusedLifetime, username::InvalidUsername,
    },
    store::StoreError,
};

/// Why a bearer is not accepted (C-09). Whoever holds a token that we signed learns why; guessing learns nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    /// No credential was sent.
    #[error("Missing or invalid Authorization header")]
    Missing,
    /// Not a credential of this server.
    #[error("Invalid or expired token")]
    Invalid,
    /// Ours; past its time.
    #[error("Token expired")]
    Expired,
    /// Ours; ended.
    #[error("Token revoked")]
    Revoked,
    /// Ours; no longer in the store.
    #[error("Token unknown")]
    Unknown,
    /// Our signature, but not the token that was handed out.
    #[error("Token mismatch")]
    Mismatch,
    /// Ours; the account is switched off.
    #[error("Account deactivated")]
    Deactivated,
    /// Ours; the account is gone.
    #[error("User not found")]
    UserUnknown,
    /// A refresh token that was used before: its whole chain is ended (K-08).
    #[error("This refresh token was used before. The sign-in is ended, as somebody else may have a copy")]
    Reused,
}

/// Why a grant gives nothing, now or for good (RFC 8628 section 3.5, RFC 6749 section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum GrantRefusal {
    /// Nobody has decided.
    #[error("Nobody has approved this yet")]
    Pending,
    /// Nobody has decided, and the client asks too often.
    #[error("Nobody has approved this yet; ask less often, by 5 seconds more each time")]
    SlowDown,
    /// A person said no, or may not say yes any more.
    #[error("The request was denied")]
    Denied,
    /// Nobody decided in time, or the client came too late.
    #[error("The code has expired; begin again")]
    Expired,
    /// Unknown, used, or not the client's.
    #[error("The code is unknown, was used, or belongs to another client")]
    Invalid,
}

/// A safeguard that keeps an installation from being locked out; the text says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Safeguard {
    /// Demoting, by anyone, of the only admin left.
    #[error("Cannot demote the last active admin")]
    DemoteLast,
    /// Switching oneself off.
    #[error("Cannot deactivate yourself")]
    DeactivateSelf,
    /// Switching off the only admin left.
    #[error("Cannot deactivate the last active admin")]
    DeactivateLast,
    /// Demoting the only admin left who can sign in.
    #[error("Cannot demote the last active admin who can sign in. Set a password for another admin first")]
    DemoteLastSignIn,
    /// Deactivating the only admin left who can sign in.
    #[error("Cannot deactivate the last active admin who can sign in. Set a password for another admin first")]
    DeactivateLastSignIn,
    /// Deleting the only admin left who can sign in.
    #[error("Cannot delete the last active admin who can sign in. Set a password for another admin first")]
    DeleteLastSignIn,
    /// Deleting oneself.
    #[error("Cannot delete yourself")]
    DeleteSelf,
    /// Deleting the only admin left.
    #[error("Cannot delete the last active admin")]
    DeleteLast,
}

impl Safeguard {
    /// Tells whether the rule is about acting on oneself.
    #[must_use]
    pub fn is_about_oneself(self) -> bool {
        matches!(self, Self::DeactivateSelf | Self::DeleteSelf)
    }

    /// Returns the safeguard of the same change for the last admin who can sign in.
    #[must_use]
    pub fn of_sign_in(self) -> Self {
        match self {
            Self::DemoteLast => Self::DemoteLastSignIn,
            Self::DeactivateLast => Self::DeactivateLastSignIn,
            Self::DeleteLast => Self::DeleteLastSignIn,
            other => other,
        }
    }
}

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The bearer is not accepted.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// A wrong name or password, not told apart (C-10).
    #[error("Invalid email or password")]
    InvalidLogin,
    /// The right password of an account that is switched off.
    #[error("Account deactivated")]
    LoginDeactivated,
    /// The account has no password, and this server says so (`auth.external_hint`).
    #[error("This account uses external authentication. Please log in via your configured provider.")]
    ExternalAccount,
    /// A token where a session is needed.
    #[error("This endpoint requires an interactive session, not a PAT")]
    SessionRequired,
    /// A token where an admin's password or role is at stake (D-44).
    #[error(
        "This requires an interactive session, not a PAT: it sets the password of yourself or of an admin, or makes \
         somebody an admin. Sign in, or use `da admin --local` on the server's host"
    )]
    AdminSessionRequired,
    /// A token of a credential helper where it reaches nothing.
    #[error(
        "This token was made for a credential helper: it identifies its owner and does nothing else. Sign in with \
         `da login`, or use a token of `da token create`"
    )]
    HelperToken,
    /// A session of somebody who must change the password that an admin set.
    #[error(
        "An admin set your password. Change it first, with `da auth password change` or on the page /account; your \
         tokens go on working"
    )]
    PasswordChangeRequired,
    /// The role does not suffice.
    #[error("Requires role {0} or higher")]
    RoleRequired(Role),
    /// What only the server's own host may do, from elsewhere.
    #[error("This works on the server's host only: run the command there")]
    HostRequired,
    /// What belongs to a person, asked for by the host.
    #[error("The admin socket acts for no account: sign in, and call the server's address")]
    PersonRequired,
    /// First-admin set-up after there is an admin.
    #[error("Bootstrap disabled: an admin exists. Sign in with `da login`")]
    BootstrapClosed,
    /// First-admin set-up without the right one-time code.
    #[error(
        "Bootstrap needs the one-time setup code: run `da setup bootstrap EMAIL --code-file FILE` with the file that \
         `da serve` named at its start"
    )]
    WrongSetupCode,
    /// Unknown, or somebody else's.
    #[error("Token not found")]
    TokenNotFound,
    /// A rotation of what works no more.
    #[error("Only a token that works can be rotated; this one is {0}")]
    TokenEnded(&'static str),
    /// A second rotation of the same token.
    #[error("The token was rotated before; rotate the one that replaced it")]
    TokenRotated,
    /// As many live tokens as a user may have.
    #[error("{}", limit_reached(*.limit, *.brief, *.replaced))]
    TokenLimitReached {
        /// How many those are.
        limit: u32,
        /// Of `da exec` and of credential helpers, which count apart.
        brief: bool,
        /// Replaced by a rotation and still in use, which count apart.
        replaced: bool,
    },
    /// An overlap that is none.
    #[error("overlap_hours must be from 0 to 720 (30 days)")]
    InvalidOverlap,
    /// Unknown.
    #[error("User not found")]
    UserNotFound,
    /// Unknown, ended, or somebody else's.
    #[error("Session not found")]
    SessionNotFound,
    /// Unknown.
    #[error("Signing key not found")]
    KeyNotFound,
    /// The key that signs cannot be retired.
    #[error("This signing key is active: rotate first, then retire it")]
    KeyActive,
    /// Unknown, decided, or past its end.
    #[error("This code is unknown, was used, or has expired")]
    UserCodeNotFound,
    /// A code gives no credential.
    #[error(transparent)]
    Grant(#[from] GrantRefusal),
    /// A name.
    #[error(transparent)]
    InvalidName(#[from] InvalidName),
    /// A token's lifetime.
    #[error(transparent)]
    RefusedLifetime(#[from] RefusedLifetime),
    /// An e-mail address.
    #[error("email is not a valid address: {0}")]
    InvalidEmail(#[from] InvalidEmail),
    /// A user name.
    #[error(transparent)]
    InvalidUsername(#[from] InvalidUsername),
    /// A role.
    #[error(transparent)]
    UnknownRole(#[from] UnknownRole),
    /// A new password.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// The current password, on a change.
    #[error("Current password is wrong")]
    WrongPassword,
    /// A reset value that is unknown, used or past its time.
    #[error("Invalid or expired reset token")]
    InvalidResetToken,
    /// Notes of a profile that are too long.
    #[error("metadata must not exceed 8 KiB")]
    MetadataTooLarge,
    /// A restriction of a token that this server does not support.
    #[error(
        "This server cannot restrict tokens with `{0}`: leave it out, or the token would be able to do more than asked"
    )]
    UnsupportedRestriction(&'static str),
    /// Two members that mean the same and differ.
    #[error("ttl_seconds and expires_in_seconds mean the same and must not differ")]
    TwoLifetimes,
    /// How a token is created, as only the server may say.
    #[error(transparent)]
    NotForClients(#[from] NotForClients),
    /// A query value that is none.
    #[error("{0}")]
    InvalidQuery(&'static str),
    /// The login name is taken.
    #[error("User with this email already exists")]
    EmailTaken,
    /// The user name is taken.
    #[error("User with this username already exists")]
    UsernameTaken,
    /// A safeguard.
    #[error(transparent)]
    Safeguard(#[from] Safeguard),
    /// Too many tries.
    #[error("Too many attempts. Try again in {} seconds", after.as_secs())]
    TooManyAttempts {
        /// When to come back.
        after: Duration,
    },
    /// Too much at once.
    #[error("The server is busy. Try again in {} seconds", after.as_secs())]
    Busy {
        /// When to come back.
        after: Duration,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A defect, or damaged data; the text is for the log, never for the answer.
    #[error("{0}")]
    Internal(String),
}

fn limit_reached(limit: u32, brief: bool, replaced: bool) -> String {
    let which = match (brief, replaced) {
        (false, false) => "live tokens",
        (true, false) => "live tokens of `da exec` and credential helpers",
        (false, true) => "tokens that were rotated and still work",
        (true, true) => "tokens of `da exec` and credential helpers that were rotated and still work",
    };
    format!(
        "This account has {limit} {which}, the most that the server allows (token_limit). Revoke one that is not needed"
    )
}
