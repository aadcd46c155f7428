//! Refresh tokens: what a session is continued with (K-08).

use aws_lc_rs::{hmac, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{Secret, SessionId, TokenHash};

const PREFIX: &str = "dar_";
const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

/// A refresh token: `dar_` and 48 bytes in base64url, the id of its session and a secret.
///
/// The first of a chain is random. Each further one is derived from the one before, the id of the new session and a key
/// of the server, so that the same refresh can be answered twice without the store keeping anything but hashes: who
/// holds a copy of the store and the server's keys, but not a token of the chain, still cannot make one.
pub struct RefreshToken {
    session: SessionId,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
}

/// The server's part in deriving refresh tokens.
pub struct RefreshKey(hmac::Key);

impl RefreshKey {
    /// Takes 32 secret bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }
}

impl RefreshToken {
    /// Makes the first token of a chain; nothing without a source of random bytes.
    #[must_use]
    pub fn random(session: SessionId) -> Option<Self> {
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        rand::fill(secret.as_mut_slice()).ok()?;
        Some(Self { session, secret })
    }

    /// Reads a token; nothing if the text cannot be one.
    #[must_use]
    pub fn parse(text: &Secret) -> Option<Self> {
        let encoded = text.expose().strip_prefix(PREFIX)?;
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).ok()?);
        let (id, rest) = bytes.split_first_chunk::<ID_BYTES>()?;
        let secret = Zeroizing::new(<[u8; SECRET_BYTES]>::try_from(rest).ok()?);
        Some(Self { session: SessionId::from_bytes(*id), secret })
    }

    /// Returns the session that it continues.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Returns the next token of the chain, for the session that replaces this one's.
    #[must_use]
    pub fn next(&self, key: &RefreshKey, session: SessionId) -> Self {
        let mut context = hmac::Context::with_key(&key.0);
        context.update(self.secret.as_slice());
        context.update(session.as_bytes());
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        secret.copy_from_slice(context.sign().as_ref());
        Self { session, secret }
    }

    /// Returns the text that the client keeps.
    #[must_use]
    pub fn to_secret(&self) -> Secret {
        let bytes = Zeroizing::new([self.session.as_bytes().as_slice(), self.secret.as_slice()].concat());
        Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&*bytes)))
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

    fn key(byte: u8) -> RefreshKey {
        RefreshKey::new(&[byte; 32])
    }

    #[test]
    fn a_token_comes_back_as_written() {
        let token = RefreshToken::random(SessionId::random()).expect("random bytes");
        let read = RefreshToken::parse(&token.to_secret()).expect("ours");
        assert_eq!(read.session(), token.session());
        assert!(read.hash().matches(&token.hash()));
        assert_eq!(token.to_secret().expose().len(), PREFIX.len() + 64);
    }

    #[test]
    fn the_next_token_depends_on_token_session_and_key_and_on_nothing_else() {
        let (one, other) = (SessionId::random(), SessionId::random());
        let token = RefreshToken::random(one).expect("random bytes");
        let next = token.next(&key(1), other);
        assert!(next.hash().matches(&token.next(&key(1), other).hash()));
        assert!(!next.hash().matches(&token.next(&key(2), other).hash()));
        assert!(!next.hash().matches(&token.next(&key(1), one).hash()));
        let stranger = RefreshToken::random(one).expect("random bytes");
        assert!(!next.hash().matches(&stranger.next(&key(1), other).hash()));
    }

    proptest! {
        #[test]
        fn only_the_canonical_text_is_read(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            for text in [text, format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))] {
                if let Some(token) = RefreshToken::parse(&Secret::new(text.clone())) {
                    let written = token.to_secret();
                    prop_assert_eq!(written.expose(), text);
                }
            }
        }
    }
}
