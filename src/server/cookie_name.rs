//! The name of the cookie that holds a browser's session (C-27).

use std::{fmt, str::FromStr};

/// A cookie name: 1 to 64 letters, digits, `-` and `_`, a part of RFC 6265's `token`. `access_token` unless told
/// otherwise, as in the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieName(String);

/// The text is no name for the session's cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cookie name: 1 to 64 letters, digits, `-` or `_`, and none that `da` uses for its forms")]
pub struct InvalidCookieName;

impl CookieName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for CookieName {
    fn default() -> Self {
        Self("access_token".to_owned())
    }
}

impl FromStr for CookieName {
    type Err = InvalidCookieName;

    fn from_str(text: &str) -> Result<Self, InvalidCookieName> {
        let fits = (1..=Self::MAX_BYTES).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            && !text.ends_with("da_form");
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidCookieName) }
    }
}

impl fmt::Display for CookieName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_browser_could_misread_is_a_name() {
        for name in ["access_token", "__Host-da", "a", &"x".repeat(64)] {
            assert!(name.parse::<CookieName>().is_ok(), "{name}");
        }
        for name in ["", "a b", "a=b", "a;b", "a\r\nb", "\u{e9}", "a.b", "da_form", "__Host-da_form", &"x".repeat(65)] {
            assert_eq!(name.parse::<CookieName>(), Err(InvalidCookieName), "{name}");
        }
    }
}
