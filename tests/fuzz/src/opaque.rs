//! What one of us hands out and somebody brings back: refresh tokens, device and authorization codes, user codes, and the
//! words around them.

use da::{
    credentials::ProfileName,
    domain::{
        CodeChallenge, CodeVerifier, GrantCode, KeyId, LoopbackRedirect, RefreshToken, Secret, UserCode,
        grant::WantedKind,
    },
};

use super::text::stable;

/// Each is read in one spelling, or, of what a person types, written in one.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let secret = Secret::new(text.to_owned());
    let read = [
        RefreshToken::parse(&secret).map(|token| token.to_secret()),
        GrantCode::of_device(&secret).map(|code| code.to_secret()),
        GrantCode::of_browser(&secret).map(|code| code.to_secret()),
    ];
    assert!(read.iter().flatten().count() <= 1, "a secret is of one kind");
    assert!(read.iter().flatten().all(|written| written.expose() == text), "and has one spelling");
    if let Ok(verifier) = CodeVerifier::try_from(secret) {
        assert!((43..=128).contains(&text.len()) && verifier.to_secret().expose() == text);
        assert!(verifier.challenge().matches(&verifier));
        assert_eq!(verifier.challenge().to_string().parse(), Ok(verifier.challenge()));
    }
    if let Some(challenge) = stable::<CodeChallenge>(text) {
        assert_eq!(challenge.to_string(), text, "base64url in one spelling");
    }
    if let Some(kid) = stable::<KeyId>(text) {
        assert_eq!(kid.to_string(), text, "base64url in one spelling");
    }
    if let Ok(redirect) = text.parse::<LoopbackRedirect>() {
        assert_eq!(redirect.as_str(), text, "an address in one spelling");
    }
    if let Some(code) = stable::<UserCode>(text) {
        let typed: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        assert_eq!(code.to_string().replace('-', ""), typed.to_ascii_uppercase());
    }
    if let Some(name) = stable::<ProfileName>(text) {
        assert!(name.as_str() == text && (1..=63).contains(&text.len()));
        assert!(!text.starts_with('.') && !text.contains(['/', '\\', ':', '~']), "one component of a path: {text}");
    }
    if let Ok(kind) = text.parse::<WantedKind>() {
        assert_eq!(kind.as_str(), text);
    }
}
