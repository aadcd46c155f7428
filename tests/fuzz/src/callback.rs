//! A request to the receiver of a browser's sign-in (RFC 8252 section 7.3): the input is its target.

use da::{cli::rendered::callback, domain::Secret};
use url::form_urlencoded;

const STATE: &str = "s1";

/// A code is taken from the one address, with the one `state`, if it is the only thing told; from anywhere else nothing.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    target(text);
    // As a fuzzer seldom guesses path and state, the input stands for the rest of the query, too.
    target(&format!("/callback?state={STATE}&{text}"));
    target(&format!("/callback?{text}&state={STATE}"));
}

fn target(target: &str) {
    let taken = callback(target, &Secret::new(STATE.to_owned()));
    let taken = taken.map(|found| found.map(|(code, issuer)| (code.expose().to_owned(), issuer)));
    assert_eq!(taken, reference(target), "{target:?}");
}

/// What a plain reader takes: nothing, a refusal, or a code with its issuer.
fn reference(target: &str) -> Option<Option<(String, Option<String>)>> {
    let query = target.strip_prefix("/callback?").filter(|_| target.len() <= 4096)?;
    let all = |name: &str| -> Vec<String> {
        let fields = form_urlencoded::parse(query.as_bytes());
        fields.filter(|(field, _)| field == name).map(|(_, value)| value.into_owned()).collect()
    };
    if all("state") != [STATE] {
        return None;
    }
    match (all("code").as_slice(), all("error").as_slice(), all("iss").as_slice()) {
        ([code], [], [issuer]) => Some(Some((code.clone(), Some(issuer.clone())))),
        ([code], [], []) => Some(Some((code.clone(), None))),
        ([], [_], [] | [_]) => Some(None),
        _ => None,
    }
}
