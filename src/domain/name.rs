//! Names that people give to things.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::text::{has_control, hidden_character};

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
    /// A character that is invisible, or changes the order of the text around it.
    #[error("name must not contain the invisible character U+{:04X}", u32::from(*.0))]
    Hidden(char),
}

fn checked(text: &str) -> Result<String, InvalidName> {
    let name = text.trim();
    if has_control(name) {
        Err(InvalidName::Control)
    } else if let Some(hidden) = hidden_character(name) {
        Err(InvalidName::Hidden(hidden))
    } else if name.chars().count() > MAX_CHARS {
        Err(InvalidName::TooLong)
    } else {
        Ok(name.to_owned())
    }
}

/// The name of a token: trimmed, 1 to [`MAX_CHARS`] characters, none of them hidden. Names need not be unique.
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

            /// Takes a name as the store holds it: an earlier version accepted hidden characters.
            ///
            /// # Errors
            /// [`InvalidName`], for a text that no version could have stored.
            pub(crate) fn from_store(text: &str) -> Result<Self, InvalidName> {
                let hidden =
                    |error| if let InvalidName::Hidden(_) = error { Ok(Self(text.to_owned())) } else { Err(error) };
                text.parse().or_else(hidden)
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

    #[test]
    fn a_stored_name_with_a_hidden_character_is_read_but_not_accepted_again() {
        let name = "ci \u{202e}drowssap";
        assert_eq!(name.parse::<TokenName>(), Err(InvalidName::Hidden('\u{202e}')));
        assert_eq!(TokenName::from_store(name).map(|name| name.to_string()), Ok(name.to_owned()));
        assert_eq!(TokenName::from_store(""), Err(InvalidName::Blank));
        assert_eq!(DisplayName::from_store("a\0"), Err(InvalidName::Control));
    }

    proptest! {
        #[test]
        fn a_name_is_read_alike_again(text in any::<String>()) {
            if let Ok(name) = text.parse::<TokenName>() {
                prop_assert_eq!(name.as_str().parse::<TokenName>(), Ok(name.clone()));
                prop_assert_eq!(name.as_str().parse::<DisplayName>().map(|shown| shown.to_string()), Ok(name.to_string()));
                prop_assert_eq!(hidden_character(name.as_str()), None);
                prop_assert_eq!(name.as_str(), text.trim());
                prop_assert_eq!(TokenName::from_store(name.as_str()), Ok(name));
            }
        }
    }
}
