//! Interactive sign-ins (D-09, K-04).

use std::{net::IpAddr, time::Duration};

use super::{KeyNumber, SessionId, UserId, time::Timestamp};

/// One interactive sign-in, browser or CLI; where it refreshes, one link of its chain (K-08).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Also the `sid` and `jti` of its token.
    pub id: SessionId,
    /// Who signed in.
    pub user_id: UserId,
    /// The first session of the chain; its own id without a refresh.
    pub family_id: SessionId,
    /// The session that this one replaced.
    pub previous_id: Option<SessionId>,
    /// Where it is used, as far as the client says.
    pub device: Device,
    /// The resolved client address of the sign-in, or of the refresh that made it.
    pub ip: Option<IpAddr>,
    /// The `User-Agent` of the same request, cut to [`Session::MAX_USER_AGENT_CHARS`].
    pub user_agent: String,
    /// How the person proved who they are: `local`, or the name of a provider (K-09).
    pub auth_provider: String,
    /// When the sign-in happened; the same in the whole chain.
    pub created_at: Timestamp,
    /// The last refresh, or the last use, written behind at most once a minute (K-06).
    pub last_active_at: Timestamp,
    /// How long it may rest before it counts as ended.
    pub idle_limit: Option<Duration>,
    /// The end of its token.
    pub token_expires_at: Timestamp,
    /// The end of the whole chain; without a refresh token the same as `token_expires_at`.
    pub expires_at: Timestamp,
    /// Why it ends early, and when: a moment ahead for one that was replaced.
    pub revoked: Option<(Timestamp, RevokedReason)>,
    /// The key that signed its token: with that one it ends.
    pub signed_by: KeyNumber,
}

impl Session {
    /// The longest user agent, in characters (K-05).
    pub const MAX_USER_AGENT_CHARS: usize = 512;
    /// The provider of those who sign in with a password.
    pub const LOCAL: &'static str = "local";

    /// Tells whether it goes on: neither ended, nor replaced, nor past its end, nor at rest for too long.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now < self.expires_at && !self.has_rested(now)
    }

    /// Tells whether it has rested for as long as it may.
    #[must_use]
    pub fn has_rested(&self, now: Timestamp) -> bool {
        has_rested(self.last_active_at, self.idle_limit, now)
    }
}

/// Tells whether what was last used at `last` was idle for as long as it may be, if there is a limit (C-03). After a clock
/// was set back, `last` can be in the future: it then counts by the same distance, so that the limit always holds.
#[must_use]
pub fn has_rested(last: Timestamp, limit: Option<Duration>, now: Timestamp) -> bool {
    limit.is_some_and(|limit| now.distance(last) >= limit)
}

/// What a client says of the device it runs on (K-05).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// A name for people, cut to [`Device::MAX_LABEL_CHARS`].
    pub label: String,
    /// A stable random word by which the client knows itself again, cut to [`Device::MAX_FINGERPRINT_CHARS`].
    pub fingerprint: Option<String>,
}

impl Device {
    /// The longest label, in characters.
    pub const MAX_LABEL_CHARS: usize = 256;
    /// The longest fingerprint, in characters.
    pub const MAX_FINGERPRINT_CHARS: usize = 128;

    /// Takes what a client sent: cut, and without hidden characters.
    #[must_use]
    pub fn new(label: &str, fingerprint: Option<&str>) -> Self {
        let fingerprint = fingerprint.map(|text| cut(text, Self::MAX_FINGERPRINT_CHARS));
        Self { label: cut(label, Self::MAX_LABEL_CHARS), fingerprint: fingerprint.filter(|text| !text.is_empty()) }
    }
}

/// Cuts foreign text to `max` characters and replaces the hidden ones.
#[must_use]
pub fn cut(text: &str, max: usize) -> String {
    // Cut first: a sequence that the cut breaks must not leave a hidden character.
    super::text::cleaned(&text.chars().take(max).collect::<String>())
}

/// Why a session ended before its time (K-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokedReason {
    /// The user signed out, or ended it from another session.
    UserTerminated,
    /// The password was changed, by whomever.
    PasswordChanged,
    /// An admin ended it.
    AdminRevoked,
    /// The account was switched off.
    UserDeactivated,
    /// Another session of the same chain replaced it.
    Rotated,
    /// A refresh token of its chain came twice: somebody else has a copy.
    ReuseDetected,
    /// The user had too many; it was the longest unused.
    SessionCapEviction,
}

impl RevokedReason {
    /// Every reason, in the order of the numbers the store keeps.
    pub const ALL: [Self; 7] = [
        Self::UserTerminated,
        Self::PasswordChanged,
        Self::AdminRevoked,
        Self::UserDeactivated,
        Self::Rotated,
        Self::ReuseDetected,
        Self::SessionCapEviction,
    ];

    /// Returns the word on the wire and in the audit log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserTerminated => "user_terminated",
            Self::PasswordChanged => "password_changed",
            Self::AdminRevoked => "admin_revoked",
            Self::UserDeactivated => "user_deactivated",
            Self::Rotated => "rotated",
            Self::ReuseDetected => "reuse_detected",
            Self::SessionCapEviction => "session_cap_eviction",
        }
    }
}
