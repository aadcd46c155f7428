//! What a profile is called.

use std::{fmt, str::FromStr};

use serde::Serialize;

/// The longest name, in characters.
const MAX_CHARS: usize = 63;

/// The name of a profile: a server and an account on it. It is part of a file's path, so that it holds nothing that a path
/// could mean: it begins with a lower-case letter or digit, and goes on with these, `.`, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ProfileName(String);

/// The text is no name of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a profile's name is 1 to {MAX_CHARS} of `a-z`, `0-9`, `.`, `_` and `-`, and begins with a letter or digit")]
pub struct InvalidProfileName;

impl ProfileName {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether it is the one that is always there, whose files older tools know.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for ProfileName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for ProfileName {
    type Err = InvalidProfileName;

    fn from_str(text: &str) -> Result<Self, InvalidProfileName> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_name = text.len() <= MAX_CHARS
            && text.starts_with(plain)
            && text.chars().all(|c| plain(c) || matches!(c, '.' | '_' | '-'));
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidProfileName) }
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_plain_and_bounded() {
        for name in ["default", "work", "0", "id.example.org", "a-b_c", &"a".repeat(63)] {
            assert!(name.parse::<ProfileName>().is_ok(), "{name}");
        }
        for name in [
            "", ".", "..", "../x", "a/b", "a\\b", "-x", ".x", "_x", "Work", "é", "a b", "a\0", "a\n", "~", "a:b", "a#b",
        ] {
            assert!(name.parse::<ProfileName>().is_err(), "{name:?}");
        }
        assert!("a".repeat(64).parse::<ProfileName>().is_err());
        assert!(ProfileName::default().is_default());
        assert_eq!("default".parse(), Ok(ProfileName::default()));
    }

    proptest! {
        #[test]
        fn a_name_is_one_component_of_a_path(text in "\\PC{0,8}|[a-z./\\\\-]{1,6}") {
            if let Ok(name) = text.parse::<ProfileName>() {
                let parts: Vec<_> = Path::new(name.as_str()).components().collect();
                prop_assert!(matches!(parts.as_slice(), [Component::Normal(part)] if *part == name.as_str()));
            }
        }
    }
}
