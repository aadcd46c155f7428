//! What ties a browser's sign-in to the program that began it: RFC 7636 (S256 only) and RFC 8252 section 7.3.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Secret, TokenHash, opaque};

/// The path of the address to which a browser brings the code.
pub const CALLBACK: &str = "/callback";

/// The secret that a program keeps until it exchanges the code: 43 to 128 letters, digits, `-`, `.`, `_` or `~`.
#[derive(Debug, Clone)]
pub struct CodeVerifier(Secret);

/// The text is no verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("code_verifier must be 43 to 128 unreserved characters")]
pub struct InvalidVerifier;

impl CodeVerifier {
    /// Makes a verifier of 256 bits; nothing without a source of random bytes.
    #[must_use]
    pub fn random() -> Option<Self> {
        Some(Self(Secret::new(URL_SAFE_NO_PAD.encode(opaque::random()?.as_slice()))))
    }

    /// Returns the text, to be sent with the code.
    #[must_use]
    pub fn to_secret(&self) -> Secret {
        self.0.clone()
    }

    /// Returns what may be shown in the browser's address.
    #[must_use]
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(TokenHash::of(self.0.expose()))
    }
}

impl TryFrom<Secret> for CodeVerifier {
    type Error = InvalidVerifier;

    fn try_from(text: Secret) -> Result<Self, InvalidVerifier> {
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let fits = (43..=128).contains(&text.expose().len()) && text.expose().bytes().all(is_unreserved);
        if fits { Ok(Self(text)) } else { Err(InvalidVerifier) }
    }
}

/// SHA-256 of a verifier; written in base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeChallenge(TokenHash);

/// The text is no challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("code_challenge must be 32 bytes in base64url")]
pub struct InvalidChallenge;

impl CodeChallenge {
    /// Returns the challenge that the store kept.
    #[must_use]
    pub fn from_hash(hash: TokenHash) -> Self {
        Self(hash)
    }

    /// Returns what the store keeps.
    #[must_use]
    pub fn as_hash(&self) -> &TokenHash {
        &self.0
    }

    /// Tells, in constant time, whether it was made of this verifier.
    #[must_use]
    pub fn matches(&self, verifier: &CodeVerifier) -> bool {
        self.0.matches(&verifier.challenge().0)
    }
}

impl FromStr for CodeChallenge {
    type Err = InvalidChallenge;

    fn from_str(text: &str) -> Result<Self, InvalidChallenge> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidChallenge)?;
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| InvalidChallenge)?;
        Ok(Self(TokenHash::from_bytes(bytes)))
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0.as_bytes()))
    }
}

/// The one kind of address to which a code is sent: `http://127.0.0.1:PORT/callback`, or the same with `[::1]`.
///
/// An address literal, never a name: a resolver could lead a name elsewhere (RFC 8252 section 8.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoopbackRedirect(String);

/// The text is another address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("redirect_uri must be `http://127.0.0.1:PORT/callback` or `http://[::1]:PORT/callback`")]
pub struct InvalidRedirect;

impl LoopbackRedirect {
    /// Returns the address of a listener on this port of 127.0.0.1.
    #[must_use]
    pub fn to_port(port: u16) -> Self {
        Self(format!("http://127.0.0.1:{port}{CALLBACK}"))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.strip_suffix(CALLBACK).unwrap_or(&self.0)
    }
}

impl FromStr for LoopbackRedirect {
    type Err = InvalidRedirect;

    /// Accepts exactly one spelling of each address.
    fn from_str(text: &str) -> Result<Self, InvalidRedirect> {
        let after_host = text.strip_prefix("http://127.0.0.1:").or_else(|| text.strip_prefix("http://[::1]:"));
        let port = after_host.and_then(|rest| rest.strip_suffix(CALLBACK)).ok_or(InvalidRedirect)?;
        let number: u16 = port.parse().map_err(|_| InvalidRedirect)?;
        if number == 0 || number.to_string() != port { Err(InvalidRedirect) } else { Ok(Self(text.to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_challenge_of_the_standards_example_is_known() {
        // RFC 7636, appendix B.
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        let verifier = CodeVerifier::try_from(verifier).expect("a verifier");
        let challenge: CodeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".parse().expect("a challenge");
        assert!(challenge.matches(&verifier));
        assert_eq!(verifier.challenge().to_string(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(!challenge.matches(&CodeVerifier::random().expect("random bytes")));
    }

    #[test]
    fn what_is_no_verifier_or_challenge_is_refused() {
        for text in ["", &"a".repeat(42), &"a".repeat(129), &format!("{} ", "a".repeat(43)), &"é".repeat(50)] {
            assert!(CodeVerifier::try_from(Secret::new(text.to_owned())).is_err(), "{text}");
        }
        for text in ["", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw"] {
            assert_eq!(text.parse::<CodeChallenge>(), Err(InvalidChallenge), "{text}");
        }
    }

    #[test]
    fn only_a_literal_loopback_address_is_redirected_to() {
        for text in ["http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback", "http://[::1]:8000/callback"] {
            assert_eq!(text.parse::<LoopbackRedirect>().map(|redirect| redirect.0), Ok(text.to_owned()));
        }
        for text in [
            "",
            "https://127.0.0.1:8000/callback",
            "http://127.0.0.1/callback",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:080/callback",
            "http://127.0.0.1:+80/callback",
            "http://127.0.0.1:65536/callback",
            "http://127.0.0.1:8000/",
            "http://127.0.0.1:8000/callback/",
            "http://127.0.0.1:8000/callback?x=1",
            "http://127.0.0.1:8000/callback#x",
            "http://127.0.0.1:8000@evil.example/callback",
            "http://ann@127.0.0.1:8000/callback",
            "http://127.0.0.1:8000/x/../callback",
            "http://127.0.0.1:8000\\callback",
            "http://127.0.0.1.evil.example:8000/callback",
            "http://127.0.0.2:8000/callback",
            "http://localhost:8000/callback",
            "http://[::ffff:127.0.0.1]:8000/callback",
            "HTTP://127.0.0.1:8000/callback",
            " http://127.0.0.1:8000/callback",
            "http://127.0.0.1:8000/callback\n",
            "javascript:alert(1)//127.0.0.1:8000/callback",
        ] {
            assert_eq!(text.parse::<LoopbackRedirect>(), Err(InvalidRedirect), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_browser_goes_to_this_machine_and_nowhere_else(text in "http://(127.0.0.1|\\[::1\\]):[0-9@:/.a?#\\\\]{0,8}(/callback)?") {
            if let Ok(redirect) = text.parse::<LoopbackRedirect>() {
                let url = url::Url::parse(redirect.as_str()).expect("an address");
                prop_assert!(matches!(url.host_str(), Some("127.0.0.1" | "[::1]")));
                prop_assert_eq!(url.path(), CALLBACK);
                prop_assert!(url.query().is_none() && url.username().is_empty());
            }
        }
    }
}
