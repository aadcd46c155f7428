//! Query strings: `next` of the sign-in page, and the filters of the lists.

use da::{
    api::{audit, sessions, tokens, users},
    domain::landing::safe_next,
};
use http::HeaderValue;
use serde::{Serialize, de::DeserializeOwned};
use url::{Url, form_urlencoded};

/// The input is a value of `next`, and a whole query.
pub fn check(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        stays(text);
        list::<tokens::AdminListQuery>(text);
        list::<users::ListQuery>(text);
        list::<audit::ListQuery>(text);
        list::<sessions::PageQuery>(text);
        list::<sessions::RevokeAllQuery>(text);
        list::<sessions::AdminListQuery>(text);
    }
    for (name, value) in form_urlencoded::parse(data) {
        if name == "next" {
            stays(&value);
        }
    }
}

/// Wherever the server is reached, a browser that follows `next` stays with it (A-05, S-33).
fn stays(next: &str) {
    let Some(next) = safe_next(next) else { return };
    for prefix in ["", "/da"] {
        let location = format!("{prefix}{next}");
        HeaderValue::from_str(&location).expect("it can stand in a header");
        let page = Url::parse(&format!("https://id.example.org{prefix}/login?next=x")).expect("a URL");
        let target = page.join(&location).expect("a browser can follow it");
        assert_eq!(target.origin(), page.origin(), "{next}");
        assert!(target.username().is_empty() && target.password().is_none());
        assert!(target.path().starts_with(&format!("{prefix}/")), "{next} leads to {target}");
    }
}

/// A filter that was read is written and read alike.
fn list<T: DeserializeOwned + Serialize>(text: &str) {
    let Ok(query) = serde_urlencoded::from_str::<T>(text) else { return };
    let written = serde_urlencoded::to_string(&query).expect("it can be written");
    let again: T = serde_urlencoded::from_str(&written).expect("what was written can be read");
    assert_eq!(serde_urlencoded::to_string(&again).expect("it can be written"), written);
}
