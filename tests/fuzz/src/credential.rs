//! The saved token, and what a token says of itself.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use da::{
    client::Bearer,
    credentials::{Claims, StoredCredential},
    domain::Secret,
};

/// The input is a saved file, a token, and the claims of one.
pub fn check(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        stored(text);
        bearer(text);
        claims(text);
    }
    claims(&format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(data)));
}

/// What was read is written and read alike; a refusal holds no part of the file.
fn stored(text: &str) {
    match StoredCredential::from_json(text) {
        Ok(stored) => {
            let written = stored.to_json().expect("it can be written");
            let again = StoredCredential::from_json(&written).expect("what was written can be read");
            assert_eq!(*again.to_json().expect("it can be written"), *written);
        }
        Err(reason) => {
            let place = |text: &str| {
                let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let (line, column) = text.strip_prefix("line ")?.split_once(", column ")?;
                (digits(line) && digits(column)).then_some(())
            };
            assert!(reason == "it holds no token" || place(&reason).is_some(), "{reason}");
        }
    }
}

/// A bearer is one word that can stand in a header and on a terminal.
fn bearer(text: &str) {
    if let Ok(bearer) = Bearer::new(&Secret::new(text.to_owned())) {
        assert!(bearer.expose().bytes().all(|byte| byte.is_ascii_graphic()) && !bearer.expose().is_empty());
        assert!(text.contains(bearer.expose()));
    }
}

/// Claims are read from one spelling of a token, and its end can be written.
fn claims(token: &str) {
    if let Ok(claims) = Claims::decode(&Secret::new(token.to_owned())) {
        assert_eq!(token.trim().split('.').count(), 3);
        if let Some(end) = claims.expires_at() {
            assert_eq!(end.to_string().parse(), Ok(end));
        }
    }
}
