//! What a request presents as its credential, and whether a browser may have been tricked into presenting it.

use http::{HeaderMap, HeaderValue, Method, header};

use crate::{
    app::error::Rejection,
    domain::Secret,
    server::{cookie_name::CookieName, error::ServerError, host::BaseUrl},
};

/// A bearer, not yet checked.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The token.
    pub token: Secret,
    /// Whether a browser sent it by itself.
    pub by_cookie: bool,
}

/// Finds the credential: `Authorization: Bearer`, its scheme in any case, else the session's cookie. A bad header is not rescued
/// by a good cookie, and two headers are refused (S-11, RFC 6750 section 2).
///
/// # Errors
/// [`ServerError::BadRequest`] for two headers, [`Rejection::Missing`] for a header that holds no bearer.
pub fn present(headers: &HeaderMap, name: &CookieName) -> Result<Option<Presented>, ServerError> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    match (lines.next(), lines.next()) {
        (None, _) => Ok(cookie(headers, name.as_str()).map(|token| Presented { token, by_cookie: true })),
        (Some(line), None) => match bearer(line) {
            Some(token) => Ok(Some(Presented { token, by_cookie: false })),
            None => Err(ServerError::App(Rejection::Missing.into())),
        },
        (Some(_), Some(_)) => Err(ServerError::BadRequest("More than one Authorization header")),
    }
}

fn bearer(line: &HeaderValue) -> Option<Secret> {
    let (scheme, token) = line.to_str().ok()?.split_once(' ')?;
    let token = token.trim_matches(' ');
    let fits = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ');
    fits.then(|| Secret::new(token.to_owned()))
}

/// Returns the value of a cookie; of two with one name, the first, which browsers send for the longer path.
#[must_use]
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let mut pairs = headers.get_all(header::COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.find_map(|pair| value(pair.trim_ascii(), name))
}

/// Each pair is read by itself: whatever bytes the cookie of another program on this host holds, ours stands beside it.
fn value(pair: &[u8], name: &str) -> Option<Secret> {
    let value = pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
    let text = std::str::from_utf8(value).ok()?;
    let fits = !text.is_empty() && text.chars().all(|c| c == '\t' || c == ' ' || c.is_ascii_graphic());
    fits.then(|| Secret::new(text.to_owned()))
}

/// Refuses a write that a page of another origin may have made the browser send (S-32); without any word of the
/// browser's on that it is refused, too.
///
/// # Errors
/// [`ServerError::CrossOrigin`].
pub fn require_same_origin(method: &Method, headers: &HeaderMap, base: &BaseUrl) -> Result<(), ServerError> {
    if reads_only(method) || is_same_origin(headers, base) == Some(true) {
        Ok(())
    } else {
        Err(ServerError::CrossOrigin)
    }
}

/// Refuses a write that the browser says comes from another origin; without its word the form token decides.
///
/// # Errors
/// [`ServerError::CrossOrigin`].
pub fn refuse_cross_origin(method: &Method, headers: &HeaderMap, base: &BaseUrl) -> Result<(), ServerError> {
    if reads_only(method) || is_same_origin(headers, base) != Some(false) {
        Ok(())
    } else {
        Err(ServerError::CrossOrigin)
    }
}

fn reads_only(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Tells what the browser says of the page that sends: `Sec-Fetch-Site`, which no page can forge, else `Origin`.
fn is_same_origin(headers: &HeaderMap, base: &BaseUrl) -> Option<bool> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => Some(site == "same-origin"),
        (None, origin) => origin.map(|origin| origin.eq_ignore_ascii_case(base.origin())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).expect("a header value"));
        }
        headers
    }

    fn presented(pairs: &[(&'static str, &str)]) -> Option<(String, bool)> {
        present(&headers(pairs), &CookieName::default())
            .ok()
            .flatten()
            .map(|found| (found.token.expose().to_owned(), found.by_cookie))
    }

    #[test]
    fn header_and_cookie_are_read_by_the_rules() {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            assert_eq!(presented(&[("authorization", &format!("{scheme} abc"))]), Some(("abc".to_owned(), false)));
        }
        assert_eq!(presented(&[("cookie", "a=b; access_token=abc; c=d")]), Some(("abc".to_owned(), true)));
        assert_eq!(presented(&[("cookie", "xaccess_token=abc")]), None);
        assert_eq!(presented(&[("cookie", "access_token=é; access_token=abc")]), Some(("abc".to_owned(), true)));
        assert_eq!(presented(&[]), None);
        for bad in ["abc", "Basic abc", "Bearer", "Bearer ", "Bearer a b", "Token abc", "Bearerabc"] {
            let refused =
                present(&headers(&[("authorization", bad), ("cookie", "access_token=good")]), &CookieName::default());
            assert!(matches!(refused, Err(ServerError::App(_))), "{bad}");
        }
        let two = headers(&[("authorization", "Bearer a"), ("authorization", "Bearer a")]);
        assert!(matches!(present(&two, &CookieName::default()), Err(ServerError::BadRequest(_))));
    }

    proptest! {
        #[test]
        fn no_cookie_of_others_hides_ours(before in any::<Vec<u8>>(), after in any::<Vec<u8>>()) {
            let line = [b"a=".as_slice(), &before, b"; access_token=abc; b=", &after].concat();
            if let (Ok(line), false) = (HeaderValue::from_bytes(&line), before.contains(&b';')) {
                let headers: HeaderMap = [(header::COOKIE, line)].into_iter().collect();
                prop_assert_eq!(cookie(&headers, "access_token").map(|value| value.expose().to_owned()), Some("abc".to_owned()));
            }
        }

        #[test]
        fn no_header_makes_the_reader_panic(line in any::<Vec<u8>>()) {
            if let Ok(value) = HeaderValue::from_bytes(&line) {
                let mut headers = HeaderMap::new();
                headers.insert(header::AUTHORIZATION, value.clone());
                let _ = present(&headers, &CookieName::default());
                headers.clear();
                headers.insert(header::COOKIE, value);
                let _ = present(&headers, &CookieName::default());
            }
        }
    }
}
