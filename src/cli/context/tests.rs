#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use super::*;
use crate::client::ClientOptions;

fn explained(status: u16, code: Option<ErrorCode>) -> CliError {
    let bearer = Bearer::new(&Secret::new("hunter2".to_owned())).unwrap();
    let server = "http://127.0.0.1:1".parse().unwrap();
    let client = Client::new(server, Some(bearer.clone()), &ClientOptions::default()).unwrap();
    let token = HeldToken { bearer, source: TokenSource::Variable, saved: None };
    let failure = HttpFailure {
        status,
        detail: "Token expired".to_owned(),
        code: code.map(|code| code.as_str().to_owned()),
        request_id: None,
        retry_after: None,
    };
    SignedIn { client, token }.explain("Could not do it", ClientError::Http(Box::new(failure)))
}

#[test]
fn a_refused_token_is_told_with_its_source_and_remedy() {
    let error = explained(401, Some(ErrorCode::TokenExpired));
    assert_eq!(error.to_string(), "The server did not accept the token from `DA_TOKEN` for `http://127.0.0.1:1`");
    assert_eq!(error.causes(), ["401 token_expired: Token expired"]);
    assert!(error.hint().unwrap().contains("Unset `DA_TOKEN`"));
    assert_eq!(error.exit(), Exit::NotSignedIn);
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn other_refusals_are_about_what_was_asked() {
    assert_eq!(explained(403, None).to_string(), "Could not do it: Token expired");
    assert!(matches!(explained(401, Some(ErrorCode::InvalidLogin)), CliError::Call { .. }));
    let hint = explained(403, Some(ErrorCode::SessionRequired)).hint().unwrap();
    assert!(hint.contains("Unset `DA_TOKEN`"), "{hint}");
}
