//! The `Authorization` header, and the token in it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use da::{
    app::{Credential, authn::PresentedToken},
    domain::{SessionId, TokenId},
    server::{auth::present, cookie_name::CookieName, error::ServerError},
};
use http::{HeaderMap, header};
use serde_json::Value;

use super::header_lines;

/// Each line of the input is one header; the input is a token, too, and so are its two halves around a zero byte.
pub fn check(data: &[u8]) {
    header(data);
    if let Ok(text) = std::str::from_utf8(data) {
        token(text);
    }
    let mut halves = data.splitn(2, |byte| *byte == 0);
    let (first, second) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    token(&format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(first), URL_SAFE_NO_PAD.encode(second)));
}

/// One header holds what a simple reader finds in it, or nothing; two are refused; a bad one is not rescued by a cookie.
fn header(data: &[u8]) {
    let lines = header_lines(data);
    let mut headers = HeaderMap::new();
    headers.insert(header::COOKIE, "access_token=cookie".parse().expect("a header"));
    for line in &lines {
        headers.append(header::AUTHORIZATION, line.clone());
    }
    let presented = present(&headers, &CookieName::default());
    match lines.as_slice() {
        [] => assert!(presented.is_ok_and(|found| found.is_some_and(|found| found.by_cookie))),
        [line] => match presented {
            Ok(Some(found)) => {
                assert!(!found.by_cookie);
                assert_eq!(Some(found.token.expose().as_bytes()), reference(line.as_bytes()));
            }
            Ok(None) => panic!("a header was overlooked"),
            Err(error) => {
                assert!(matches!(error, ServerError::App(_)), "{error}");
                assert_eq!(reference(line.as_bytes()), None);
            }
        },
        _ => assert!(matches!(presented, Err(ServerError::BadRequest(_)))),
    }
}

/// `Bearer`, blanks, one word, blanks.
fn reference(line: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = line.split_at_checked(7)?;
    if !scheme.eq_ignore_ascii_case(b"bearer ") || !line.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
        return None;
    }
    let start = rest.iter().position(|byte| *byte != b' ')?;
    let end = rest.iter().rposition(|byte| *byte != b' ')?;
    let word = &rest[start..=end];
    (!word.contains(&b' ')).then_some(word)
}

/// What is looked up is what a plain reading of the token says, and there is one spelling of it.
fn token(text: &str) {
    let Some(found) = PresentedToken::parse(text) else { return };
    let segments: Vec<&str> = text.split('.').collect();
    assert_eq!(segments.len(), 3);
    let json = |segment: &str| -> Value {
        let bytes = URL_SAFE_NO_PAD.decode(segment).expect("base64url");
        assert_eq!(URL_SAFE_NO_PAD.encode(&bytes), segment, "canonical");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    let (header, claims) = (json(segments[0]), json(segments[1]));
    assert_eq!(header["alg"], "EdDSA");
    assert_eq!(header["typ"], "JWT");
    assert_eq!(header["kid"], found.kid);
    assert_eq!(claims["sub"], found.user.to_string());
    let (typ, jti) = match found.credential {
        Credential::Session(id) => ("session", SessionId::to_string(&id)),
        Credential::Token(id) => ("pat", TokenId::to_string(&id)),
    };
    assert_eq!((claims["typ"].as_str(), claims["jti"].as_str()), (Some(typ), Some(jti.as_str())));
}
