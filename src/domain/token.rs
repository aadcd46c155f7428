//! Personal access tokens and the hashes by which every bearer is known.

use std::{fmt, net::IpAddr, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    KeyNumber, TokenId, TokenName, UserId,
    rotation::Replacement,
    time::{SECONDS_PER_DAY, Timestamp},
};

/// How near the end of a token is told of: in lists, by a notice, and in the browser (O-04).
pub const NEAR: Duration = Duration::from_secs(7 * SECONDS_PER_DAY);

/// SHA-256 of a whole bearer token: what the store and the logs may see (D-07, C-14).
///
/// Unsalted is right here: the tokens carry 256 bits of entropy or a signature over them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes the whole token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }

    /// Returns the hash stored as 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes that the store keeps.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in constant time (S-18).
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// The mutually exclusive kinds of bearer (S-05); the `typ` claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    /// An interactive sign-in.
    Session,
    /// A personal access token.
    Pat,
}

impl TokenKind {
    /// Returns the exact value of the `typ` claim.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Pat => "pat",
        }
    }
}

/// How a personal access token was created. A rotation keeps it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CreatedVia {
    /// Its owner created it in a session.
    #[default]
    Session,
    /// Its owner approved a device that asked for it (K-03).
    Pair,
    /// An admin created it together with the account.
    Admin,
    /// It came from another system.
    Import,
    /// `da exec` created it for one command.
    Exec,
    /// A credential helper created it for a git host or a registry: it identifies its owner and reaches no admin
    /// operation (D-44).
    Helper,
}

impl CreatedVia {
    /// Every way, in the order of the numbers the store keeps.
    pub const ALL: [Self; 6] = [Self::Session, Self::Pair, Self::Admin, Self::Import, Self::Exec, Self::Helper];

    /// See [`CreatedVia::is_brief`].
    pub const BRIEF: [Self; 2] = [Self::Exec, Self::Helper];

    /// Returns the word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Pair => "pair",
            Self::Admin => "admin",
            Self::Import => "import",
            Self::Exec => "exec",
            Self::Helper => "helper",
        }
    }

    /// Tells whether such tokens are made for one piece of work and count apart from those that a person keeps.
    #[must_use]
    pub fn is_brief(self) -> bool {
        Self::BRIEF.contains(&self)
    }

    /// Reads what a client says about its own token. A client may ask for `exec` and `helper` only: they reduce what a
    /// token can do or how many of them a user can hold. The server itself decides on the other values.
    ///
    /// # Errors
    /// [`NotForClients`].
    pub fn asked(text: &str) -> Result<Self, NotForClients> {
        Self::BRIEF.into_iter().find(|via| via.as_str() == text).ok_or(NotForClients)
    }
}

/// A client asked for a value of `created_via` that only the server sets, or for an unknown one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("created_via must be `exec` or `helper`; leave it out for an ordinary token")]
pub struct NotForClients;

/// When a token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// It does not.
    Never,
    /// At this instant; it is refused from then on.
    At(Timestamp),
}

impl Expiry {
    /// Reads the stored and wire form, in which no time means never.
    #[must_use]
    pub fn from_option(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Never, Self::At)
    }

    /// Returns the stored and wire form.
    #[must_use]
    pub fn to_option(self) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::At(at) => Some(at),
        }
    }

    /// Tells whether the end has come.
    #[must_use]
    pub fn is_past(self, now: Timestamp) -> bool {
        matches!(self, Self::At(at) if at <= now)
    }

    /// Tells whether the end comes within seven days.
    #[must_use]
    pub fn is_near(self, now: Timestamp) -> bool {
        matches!(self, Self::At(at) if at > now && at.since(now) <= NEAR)
    }
}

/// A personal access token as its owner sees it; the plain token is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Also the `jti` of the token.
    pub id: TokenId,
    /// Whose rights it carries.
    pub user_id: UserId,
    /// Given by its owner; need not be unique.
    pub name: TokenName,
    /// Set once, never moves.
    pub created_at: Timestamp,
    /// The row decides, not the claim.
    pub expiry: Expiry,
    /// Written behind, at most once a minute.
    pub last_used_at: Option<Timestamp>,
    /// The resolved client address of the last recorded use.
    pub last_used_ip: Option<IpAddr>,
    /// Set once, never moves (S-26).
    pub revoked_at: Option<Timestamp>,
    /// The key that signed it: with that one it ends.
    pub signed_by: KeyNumber,
    /// Whether it may rotate itself (O-06).
    pub renewable: bool,
    /// How it was created.
    pub created_via: CreatedVia,
    /// What a rotation put in its place.
    pub replaced: Option<Replacement>,
    /// The first token of the chain, if the token before this one rotated itself. The holder of a token got every later
    /// one of its chain, so a revocation ends these as well. A rotation with a session gives the new token to the owner
    /// and begins no chain.
    pub chain: Option<TokenId>,
}

impl Token {
    /// Returns what it is at this instant.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> TokenStatus {
        TokenStatus::judge(self.ended_at(now), self.expiry, now)
    }

    /// Returns when it was ended, by somebody or with its overlap.
    #[must_use]
    pub fn ended_at(&self, now: Timestamp) -> Option<Timestamp> {
        let overlap = self.replaced.map(|replaced| replaced.until).filter(|until| *until <= now);
        self.revoked_at.into_iter().chain(overlap).min()
    }
}

/// What a token is at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenStatus {
    /// It works, as far as the token itself goes.
    Active,
    /// It ended by itself.
    Expired,
    /// Somebody ended it.
    Revoked,
}

impl TokenStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Expired, Self::Revoked];

    /// Returns the word shown in lists and accepted by filters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// Judges a token by its two times; a revoked one stays revoked after its end.
    #[must_use]
    pub fn judge(revoked_at: Option<Timestamp>, expiry: Expiry, now: Timestamp) -> Self {
        if revoked_at.is_some() {
            Self::Revoked
        } else if expiry.is_past(now) {
            Self::Expired
        } else {
            Self::Active
        }
    }
}

/// The text names no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a status of a token")]
pub struct UnknownStatus;

impl FromStr for TokenStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_seven_days_are_near() {
        let now = Timestamp::from_micros(1_802_999_701_000_000);
        assert!(Expiry::At(now.plus(NEAR)).is_near(now));
        assert!(!Expiry::At(now.plus(NEAR + Duration::from_secs(1))).is_near(now));
        assert!(!Expiry::At(now).is_near(now), "an ended token is told of otherwise");
        assert!(!Expiry::Never.is_near(now));
    }

    #[test]
    fn a_client_asks_for_the_narrowing_ways_only() {
        for via in CreatedVia::ALL {
            let expected =
                if matches!(via, CreatedVia::Exec | CreatedVia::Helper) { Ok(via) } else { Err(NotForClients) };
            assert_eq!(CreatedVia::asked(via.as_str()), expected, "{via:?}");
            assert_eq!(serde_json::to_value(via).ok(), Some(via.as_str().into()));
        }
        for text in ["", "Helper", "helper ", "pat", "5"] {
            assert_eq!(CreatedVia::asked(text), Err(NotForClients), "{text:?}");
        }
    }

    #[test]
    fn a_status_is_read_as_it_is_written() {
        for status in TokenStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert_eq!("Active".parse::<TokenStatus>(), Err(UnknownStatus));
    }
}
