//! Grants: what a client exchanges for a credential once a person has approved (RFC 6749 section 1.3).
//!
//! Of a device it is the device code (RFC 8628), of a program behind a browser the authorization code (RFC 8252).

use std::{net::IpAddr, str::FromStr, time::Duration};

use super::{
    CodeChallenge, Device, GrantId, Lifetime, LoopbackRedirect, Secret, SessionId, Timestamp, TokenHash, TokenName,
    UserId,
    opaque::{self, SecretBytes},
};

/// How long a device's request waits for a person (RFC 8628 section 3.2).
pub const DEVICE_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// How long an authorization code may take from the browser to the program (RFC 6749 section 4.1.2).
pub const CODE_LIFETIME: Duration = Duration::from_secs(60);
/// How often a device may ask, at first.
pub const INTERVAL: Duration = Duration::from_secs(5);
/// By how much a device that asks too often has to slow down, each time (RFC 8628 section 3.5).
pub const SLOW_DOWN: Duration = Duration::from_secs(5);
/// How far it has to slow down at most: one that asks once a minute costs nothing.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(60);
/// The longest name of a client, in characters.
pub const MAX_CLIENT_CHARS: usize = 100;

/// A request for a credential in somebody's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The code begins with it.
    pub id: GrantId,
    /// What the client calls itself; harmless to show.
    pub client_name: String,
    /// Where the credential will be used, as far as the client says.
    pub device: Device,
    /// The resolved client address of the request.
    pub ip: Option<IpAddr>,
    /// What it is for.
    pub wanted: Wanted,
    /// How far it has come.
    pub status: GrantStatus,
    /// Whose approval or denial it has.
    pub user_id: Option<UserId>,
    /// The session with which that person decided. If it ends before the client collects, the approval ends with it.
    pub decided_by: Option<SessionId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its end, whatever its status is.
    pub expires_at: Timestamp,
    /// How often the client may ask.
    pub interval: Duration,
    /// When the client last asked.
    pub last_poll_at: Option<Timestamp>,
    /// What ties a browser's sign-in to the program that began it; a device's request has a user code instead.
    pub binding: Option<Binding>,
    /// The session that it became, if it did.
    pub session_id: Option<SessionId>,
}

impl Wanted {
    /// Returns its kind.
    #[must_use]
    pub fn kind(&self) -> WantedKind {
        match self {
            Self::Session => WantedKind::Session,
            Self::Token { .. } => WantedKind::Token,
        }
    }
}

impl Grant {
    /// Tells whether its end has come.
    #[must_use]
    pub fn is_past(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// Tells whether its client asks sooner than it may.
    #[must_use]
    pub fn is_too_soon(&self, now: Timestamp) -> bool {
        self.last_poll_at.is_some_and(|last| now.since(last) < self.interval)
    }

    /// Tells whether its client asks too soon again and again, and has nothing more to be told: it can ask as often as
    /// it likes without the store having to note it.
    #[must_use]
    pub fn is_pestered(&self, now: Timestamp) -> bool {
        self.status == GrantStatus::Pending
            && !self.is_past(now)
            && self.interval >= LONGEST_INTERVAL
            && self.is_too_soon(now)
    }
}

/// The program behind a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Of the secret that only the program knows.
    pub challenge: CodeChallenge,
    /// Where the browser takes the code.
    pub redirect: LoopbackRedirect,
}

/// Which kind of credential is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum WantedKind {
    /// A session that can be continued.
    #[default]
    Session,
    /// A personal access token (K-03).
    Token,
}

/// The text names no kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("want must be `session` or `token`")]
pub struct UnknownWant;

impl WantedKind {
    /// Returns the word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
        }
    }
}

impl FromStr for WantedKind {
    type Err = UnknownWant;

    fn from_str(text: &str) -> Result<Self, UnknownWant> {
        [Self::Session, Self::Token].into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownWant)
    }
}

/// The credential that a grant is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A session that can be continued.
    Session,
    /// A personal access token.
    Token {
        /// Its name.
        name: TokenName,
        /// How long it lives, from when it is made.
        lifetime: Lifetime,
    },
}

/// How far a grant has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantStatus {
    /// Nobody has decided.
    Pending,
    /// A person said yes; nobody has collected it.
    Approved,
    /// A person said no, or what they approved was taken back.
    Denied,
    /// It was exchanged for its credential.
    Consumed,
}

impl GrantStatus {
    /// Every status, in the order of the numbers the store keeps.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Approved, Self::Denied, Self::Consumed];
}

/// The code of a grant, which its client keeps secret.
pub struct GrantCode {
    id: GrantId,
    secret: SecretBytes,
    prefix: &'static str,
}

/// What a device asks with, again and again.
const DEVICE: &str = "dad_";
/// What a browser carries, once.
const BROWSER: &str = "dac_";

impl GrantCode {
    /// Makes a device code; nothing without a source of random bytes.
    #[must_use]
    pub fn for_device(id: GrantId) -> Option<Self> {
        Some(Self { id, secret: opaque::random()?, prefix: DEVICE })
    }

    /// Makes an authorization code; nothing without a source of random bytes.
    #[must_use]
    pub fn for_browser(id: GrantId) -> Option<Self> {
        Some(Self { id, secret: opaque::random()?, prefix: BROWSER })
    }

    /// Reads a device code.
    #[must_use]
    pub fn of_device(text: &Secret) -> Option<Self> {
        Self::read(DEVICE, text)
    }

    /// Reads an authorization code.
    #[must_use]
    pub fn of_browser(text: &Secret) -> Option<Self> {
        Self::read(BROWSER, text)
    }

    fn read(prefix: &'static str, text: &Secret) -> Option<Self> {
        let (id, secret) = opaque::read(prefix, text)?;
        Some(Self { id: GrantId::from_bytes(id), secret, prefix })
    }

    /// Returns the grant that it is for.
    #[must_use]
    pub fn id(&self) -> GrantId {
        self.id
    }

    /// Returns the text that the client keeps.
    #[must_use]
    pub fn to_secret(&self) -> Secret {
        opaque::write(self.prefix, self.id.as_bytes(), &self.secret)
    }

    /// Returns what the store keeps.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.to_secret().expose())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_of_one_kind_is_none_of_the_other() {
        let id = GrantId::random();
        let (device, browser) =
            (GrantCode::for_device(id).expect("random bytes"), GrantCode::for_browser(id).expect("random bytes"));
        let read = GrantCode::of_device(&device.to_secret()).expect("ours");
        assert_eq!(read.id(), id);
        assert!(read.hash().matches(&device.hash()));
        assert!(GrantCode::of_browser(&device.to_secret()).is_none());
        assert!(GrantCode::of_device(&browser.to_secret()).is_none());
        assert!(GrantCode::of_browser(&browser.to_secret()).is_some());
    }

    proptest! {
        #[test]
        fn only_the_canonical_text_is_read(text in any::<String>()) {
            for text in [text.clone(), format!("{DEVICE}{text}")] {
                if let Some(code) = GrantCode::of_device(&Secret::new(text.clone())) {
                    let written = code.to_secret();
                    prop_assert_eq!(written.expose(), text);
                }
            }
        }
    }
}
