//! Refresh tokens: what a session is continued with (K-08).

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::{
    Secret, SessionId, TokenHash,
    opaque::{self, SECRET_BYTES},
};

const PREFIX: &str = "dar_";

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
        Some(Self { session, secret: opaque::random()? })
    }

    /// Reads a token; nothing if the text cannot be one.
    #[must_use]
    pub fn parse(text: &Secret) -> Option<Self> {
        let (id, secret) = opaque::read(PREFIX, text)?;
        Some(Self { session: SessionId::from_bytes(id), secret })
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
        opaque::write(PREFIX, self.session.as_bytes(), &self.secret)
    }

    /// Returns what the store keeps.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.to_secret().expose())
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
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
