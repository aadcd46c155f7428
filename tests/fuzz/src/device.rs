//! The answers of a hostile server to a device that asks to be let in (RFC 8628): the interval it wants, and a line for
//! each refusal; the last line is the first answer.

use da::{
    api::grants::{GrantResponse, StartResponse},
    cli::rendered::{device_prompt, pauses},
    client::{
        HttpFailure, ServerUrl,
        answer::{decode, refusal},
    },
};
use serde_json::Value;
use url::Url;

use super::{answer::good, is_harmless};

/// What is shown is few harmless lines with an address that a browser opens, and no answer makes the client ask more than
/// once a second, or rest for longer than a minute.
pub fn check(data: &[u8]) {
    let Some((interval, rest)) = data.split_first_chunk::<8>() else { return };
    let mut lines: Vec<&[u8]> = rest.split(|byte| *byte == b'\n').collect();
    let first = lines.pop().unwrap_or_default();
    if let Ok(started) = decode::<StartResponse>(200, first) {
        is_shown(&started);
        paced(started.interval, &lines);
    }
    good::<GrantResponse>(first);
    paced(u64::from_be_bytes(*interval), &lines);
}

fn is_shown(started: &StartResponse) {
    let server: ServerUrl = "https://id.example.org".parse().expect("a URL");
    let (lines, json) = device_prompt(&server, started);
    assert!(lines.iter().all(|line| is_harmless(line)) && (6..=10).contains(&lines.len()), "{lines:?}");
    assert!(lines.iter().all(|line| line.chars().count() < 2200), "{lines:?}");
    let json = json.expect("it can be written");
    assert!(json.lines().all(is_harmless), "{json:?}");
    let value: Value = serde_json::from_str(&json).expect("JSON");
    let shown = &value["sign_in"];
    assert!(shown["expires_in"].as_u64().is_some_and(|seconds| seconds <= 30 * 60));
    for address in [&shown["verification_uri"], &shown["verification_uri_complete"]] {
        let Some(address) = address.as_str() else { continue };
        assert!(lines.iter().any(|line| line.trim() == address), "{lines:?}");
        if let Ok(url) = Url::parse(address) {
            assert!(matches!(url.scheme(), "http" | "https"), "{address}");
        }
    }
    let keys: Vec<&str> = shown.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["verification_uri", "verification_uri_complete", "user_code", "expires_in"], "and no secret");
}

/// Each line is a status, in two bytes, and a body; every other refusal says when to come back.
fn paced(interval: u64, lines: &[&[u8]]) {
    let refusals: Vec<HttpFailure> = lines
        .iter()
        .filter_map(|line| {
            let ([high, low], body) = line.split_first_chunk::<2>()?;
            let status = 400 + u16::from_be_bytes([*high, *low]) % 200;
            let status = http::StatusCode::from_u16(status).expect("a status");
            let retry_after = (high & 1 == 1).then(|| u64::from(*low) << (high >> 2));
            Some(refusal(status, body, None, retry_after))
        })
        .collect();
    let asked = refusals.len();
    let pauses = pauses(interval, refusals);
    assert!((1..=asked + 1).contains(&pauses.len()));
    assert!(pauses.iter().all(|seconds| (interval.clamp(1, 60)..=60).contains(seconds)), "{interval}: {pauses:?}");
}
