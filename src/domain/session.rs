//! Interactive sign-ins (D-09, K-04).

use std::net::IpAddr;

use super::{SessionId, UserId, time::Timestamp};

/// One interactive sign-in, browser or CLI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Also the `sid` and `jti` of its token.
    pub id: SessionId,
    /// Who signed in.
    pub user_id: UserId,
    /// What the client calls itself, cut to [`Session::MAX_LABEL_CHARS`].
    pub device_label: String,
    /// The resolved client address of the sign-in.
    pub ip: Option<IpAddr>,
    /// The `User-Agent` of the sign-in, cut to [`Session::MAX_USER_AGENT_CHARS`].
    pub user_agent: String,
    /// When the sign-in happened.
    pub created_at: Timestamp,
    /// The end of its token: there is no refresh token yet.
    pub expires_at: Timestamp,
    /// Why it ended early, if it did.
    pub revoked: Option<(Timestamp, RevokedReason)>,
}

impl Session {
    /// The longest device label, in characters (K-05).
    pub const MAX_LABEL_CHARS: usize = 256;
    /// The longest user agent, in characters (K-05).
    pub const MAX_USER_AGENT_CHARS: usize = 512;
}

/// Why a session ended before its time (K-07); those that can occur so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokedReason {
    /// The user signed out.
    UserTerminated,
    /// The password was changed, by whomever.
    PasswordChanged,
    /// An admin ended it.
    AdminRevoked,
    /// The account was switched off.
    UserDeactivated,
}

impl RevokedReason {
    /// Every reason, in the order of the numbers the store keeps.
    pub const ALL: [Self; 4] = [Self::UserTerminated, Self::PasswordChanged, Self::AdminRevoked, Self::UserDeactivated];

    /// Returns the word on the wire and in the audit log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserTerminated => "user_terminated",
            Self::PasswordChanged => "password_changed",
            Self::AdminRevoked => "admin_revoked",
            Self::UserDeactivated => "user_deactivated",
        }
    }
}
