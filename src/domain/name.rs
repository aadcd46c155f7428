//! Names that people give to things.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::text::has_control;

/// The longest name, in characters (S-20).
pub const MAX_CHARS: usize = 200;

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing but blanks.
    #[error("name is required")]
    Blank,
    /// More than [`MAX_CHARS`] characters.
    #[error("name must be at most {MAX_CHARS} characters")]
    TooLong,
    /// A control character.
    #[error("name must not contain control characters")]
    Control,
}

fn checked(text: &str) -> Result<String, InvalidName> {
    let name = text.trim();
    if has_control(name) {
        Err(InvalidName::Control)
    } else if name.chars().count() > MAX_CHARS {
        Err(InvalidName::TooLong)
    } else {
        Ok(name.to_owned())
    }
}

/// The name of a token: trimmed, 1 to [`MAX_CHARS`] characters, no controls. Names need not be unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenName(String);

/// The name shown for a user: as a [`TokenName`], but it may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DisplayName(String);

impl FromStr for TokenName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let name = checked(text)?;
        if name.is_empty() { Err(InvalidName::Blank) } else { Ok(Self(name)) }
    }
}

impl FromStr for DisplayName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        checked(text).map(Self)
    }
}

macro_rules! name_type {
    ($name:ident) => {
        impl $name {
            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

name_type!(TokenName);
name_type!(DisplayName);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!("  ci  ".parse::<TokenName>().map(|n| n.to_string()), Ok("ci".to_owned()));
        assert_eq!(" \t ".parse::<TokenName>(), Err(InvalidName::Blank));
        assert_eq!("a\0b".parse::<TokenName>(), Err(InvalidName::Control));
        assert_eq!("a\u{85}b".parse::<TokenName>(), Err(InvalidName::Control));
        assert!("é".repeat(200).parse::<TokenName>().is_ok());
        assert_eq!("é".repeat(201).parse::<TokenName>(), Err(InvalidName::TooLong));
        assert!("".parse::<DisplayName>().is_ok());
    }

    proptest! {
        #[test]
        fn a_name_is_read_alike_again(text in any::<String>()) {
            if let Ok(name) = text.parse::<TokenName>() {
                prop_assert_eq!(name.as_str().parse::<TokenName>(), Ok(name.clone()));
                prop_assert_eq!(name.as_str().parse::<DisplayName>().map(|shown| shown.to_string()), Ok(name.to_string()));
                prop_assert!(!has_control(name.as_str()) && name.as_str() == text.trim());
            }
        }
    }
}
