//! The `Cookie` header; each line of the input is one.

use da::server::{
    auth::{cookie, present},
    cookie_name::CookieName,
};
use http::{HeaderMap, header};

use super::header_lines;

/// Our cookie is the one that a simple reader finds, whatever cookies of others stand beside it.
pub fn check(data: &[u8]) {
    let (ours, lines) = (CookieName::default(), header_lines(data));
    let mut headers = HeaderMap::new();
    for line in &lines {
        headers.append(header::COOKIE, line.clone());
    }
    let expected = lines.iter().find_map(|line| reference(&ours, line.as_bytes()));
    let found = cookie(&headers, ours.as_str());
    assert_eq!(found.as_ref().map(|value| value.expose().as_bytes()), expected);
    let presented = present(&headers, &ours).expect("no cookie is an error");
    assert_eq!(
        presented.map(|found| (found.token.expose().to_owned(), found.by_cookie)),
        found.map(|value| (value.expose().to_owned(), true))
    );
}

/// The first pair of our name with a value of visible characters (RFC 6265 section 4.2.1).
fn reference<'a>(ours: &CookieName, line: &'a [u8]) -> Option<&'a [u8]> {
    let name = format!("{ours}=");
    line.split(|byte| *byte == b';').find_map(|pair| {
        let value = pair.trim_ascii().strip_prefix(name.as_bytes())?;
        let fits = !value.is_empty() && value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        fits.then_some(value)
    })
}
