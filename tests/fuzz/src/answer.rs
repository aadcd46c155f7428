//! The answer of a hostile server: status, a line for the headers, body.

use da::{
    api::{Page, audit::AuditItem, health, keys, logins, profile, sessions, tokens, users},
    cli::rendered,
    client::{
        ClientError,
        answer::{decode, parse_http_date, parse_time, refusal},
    },
    domain::Timestamp,
};
use http::StatusCode;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::is_harmless;

/// Whatever a server answers is read or refused, and nothing of it drives the terminal; `--json` keeps the value.
pub fn check(data: &[u8]) {
    let [high, low, rest @ ..] = data else { return };
    let Ok(status) = StatusCode::from_u16(u16::from_be_bytes([*high, *low]) % 1000) else { return };
    let mut parts = rest.splitn(2, |byte| *byte == b'\n');
    let (header, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let header = String::from_utf8_lossy(header).into_owned();
    times(&header);

    let retry_after = header.trim().parse().ok();
    is_shown(ClientError::Http(Box::new(refusal(status, body, Some(header.clone()), retry_after))));
    is_shown(ClientError::Moved { status: status.as_u16(), to: Some(header) });

    good::<tokens::CreateResponse>(body);
    good::<logins::LoginResponse>(body);
    good::<logins::MeResponse>(body);
    good::<logins::Done>(body);
    good::<Page<AuditItem>>(body);
    good::<Vec<users::UserItem>>(body);
    good::<users::CreateResponse>(body);
    good::<users::ResetPasswordResponse>(body);
    good::<Vec<tokens::AdminTokenItem>>(body);
    good::<Page<sessions::SessionItem>>(body);
    good::<Page<sessions::AdminSessionItem>>(body);
    good::<sessions::Revoked>(body);
    good::<profile::Profile>(body);
    good::<keys::JwkSet>(body);
    good::<keys::Rotated>(body);
    good::<health::ReadyResponse>(body);
    good::<users::RecoverAdminResponse>(body);
    if let Some(list) = good::<Vec<tokens::TokenItem>>(body) {
        let lines = rendered::tokens(&list, Timestamp::from_micros(1_800_000_000_000_000));
        assert_eq!(lines.len(), list.len() + 1, "a row is a line");
        assert!(lines.iter().all(|line| is_harmless(line)), "{lines:?}");
    }
}

/// A success is written as it was read, and what is none is refused in few words.
pub fn good<T: DeserializeOwned + Serialize>(body: &[u8]) -> Option<T> {
    match decode::<T>(200, body) {
        Ok(value) => {
            let json = rendered::json(&value).expect("an answer can be written");
            assert!(json.lines().all(is_harmless), "{json:?}");
            let again: Value = serde_json::from_str(&json).expect("what is written is JSON");
            assert_eq!(again, serde_json::to_value(&value).expect("JSON"), "--json keeps the value");
            Some(value)
        }
        Err(error) => {
            is_shown(error);
            None
        }
    }
}

/// A refusal is said on few harmless lines, and as one JSON object.
fn is_shown(error: ClientError) {
    let failed = matches!(error, ClientError::BadAnswer(_));
    let as_json = match &error {
        ClientError::Http(failure) => rendered::failure("Could not", ClientError::Http(failure.clone()), true),
        _ => Vec::new(),
    };
    let lines = rendered::failure("Could not", error, false);
    assert!(lines.iter().all(|line| is_harmless(line)), "{lines:?}");
    assert!((1..=3).contains(&lines.len()) && lines[0].starts_with("error: Could not"), "{lines:?}");
    assert!(!failed || lines[1].starts_with("  caused by: the answer is not one of a da server"), "{lines:?}");
    for line in as_json {
        assert!(is_harmless(&line), "{line:?}");
        let value: Value = serde_json::from_str(&line).expect("an error is JSON");
        assert!(value["error"]["exit_code"].is_u64(), "{line}");
    }
}

fn times(header: &str) {
    for time in [parse_time(header), parse_http_date(header)].into_iter().flatten() {
        assert_eq!(time.to_string().parse(), Ok(time), "a time that was read can be written");
    }
}
