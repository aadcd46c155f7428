//! The JSON bodies of the API: the first byte chooses the endpoint, the rest is the body.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use da::{
    api::{Detail, Empty, ErrorBody, error::Fault, grants, logins, passwords, profile, sessions, tokens, users},
    client::answer::refusal,
    server::{body::decode, error::ServerError},
};
use http_body_util::BodyExt as _;
use serde::{Serialize, de::DeserializeOwned};

/// Every member that any request has: nothing else may be named in an answer.
const MEMBERS: &[&str] = &[
    "active",
    "allowed_resources",
    "allowed_tools",
    "audience",
    "client_name",
    "code",
    "code_verifier",
    "current",
    "device_code",
    "device_fingerprint",
    "created_via",
    "device_label",
    "email",
    "expires_in_days",
    "expires_in_seconds",
    "issue_token",
    "metadata",
    "must_change",
    "name",
    "overlap_hours",
    "password",
    "redirect_uri",
    "refresh_token",
    "renewable",
    "revoke_tokens",
    "role",
    "scope",
    "scopes",
    "setup_code",
    "surface",
    "token",
    "token_name",
    "ttl_seconds",
    "user_code",
    "want",
    "want_refresh",
];

/// Every text of a fault: nothing that was sent is repeated.
const TEXTS: &[&str] = &[
    "Field required",
    "Input has no valid value",
    "Input has the wrong type",
    "Input should be a valid boolean",
    "Input should be a valid dictionary",
    "Input should be a valid integer",
    "Input should be a valid string",
    "JSON decode error",
];

/// A body is read as a plain reader would, or refused by an answer that can be read and repeats nothing of it.
pub fn check(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    match kind % 18 {
        0 => one::<tokens::CreateRequest>(body),
        1 => one::<logins::LoginRequest>(body),
        2 => one::<logins::BootstrapRequest>(body),
        3 => one::<users::CreateRequest>(body),
        4 => one::<users::UpdateRequest>(body),
        5 => one::<users::DeactivateRequest>(body),
        6 => one::<users::SetPasswordRequest>(body),
        7 => one::<passwords::ResetRequest>(body),
        8 => one::<passwords::ChangeRequest>(body),
        9 => one::<Empty>(body),
        10 => one::<grants::StartRequest>(body),
        11 => one::<grants::PollRequest>(body),
        12 => one::<grants::DecisionRequest>(body),
        13 => one::<grants::RedeemRequest>(body),
        14 => one::<sessions::RefreshRequest>(body),
        15 => one::<tokens::RotateRequest>(body),
        16 => one::<profile::UpdateRequest>(body),
        _ => one::<users::RecoverAdminRequest>(body),
    }
}

fn one<T: DeserializeOwned + Serialize>(body: &[u8]) {
    match decode::<T>(body) {
        Ok(request) => {
            let value = serde_json::to_value(&request).expect("a request can be written");
            let text = serde_json::to_vec(&value).expect("JSON");
            let again = decode::<T>(&text).expect("what is written can be read");
            assert_eq!(serde_json::to_value(&again).expect("JSON"), value);
            let plain = if body.is_empty() { b"{}".as_slice() } else { body };
            let plain: T = serde_json::from_slice(plain).expect("stricter than the plain reader, never laxer");
            assert_eq!(serde_json::to_value(&plain).expect("JSON"), value);
        }
        Err(faults) => refused(faults),
    }
}

fn refused(faults: Vec<Fault>) {
    assert!(!faults.is_empty());
    for fault in &faults {
        assert!(TEXTS.contains(&fault.msg.as_str()), "{fault:?}");
        let mut loc = fault.loc.iter();
        assert_eq!(loc.next().and_then(|part| part.as_str()), Some("body"));
        assert!(
            loc.all(|part| part.is_u64() || part.as_str().is_some_and(|name| MEMBERS.contains(&name))),
            "{fault:?}"
        );
    }
    let response = ServerError::Shape(faults.clone()).into_response("r1");
    assert_eq!(response.status(), 422);
    let (parts, body) = response.into_parts();
    let Poll::Ready(Ok(collected)) = pin!(body.collect()).poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("the answer is there at once");
    };
    let bytes = collected.to_bytes();
    let answer: ErrorBody = serde_json::from_slice(&bytes).expect("an answer of the contract");
    assert_eq!(answer.detail, Detail::Faults(faults));
    assert_eq!(refusal(parts.status, &bytes, None, None).code.as_deref(), Some("invalid_body"));
}
