//! A second, short name of a user, for display and for accounts that were imported from another system (C-32).

use std::{fmt, str::FromStr};

use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};
use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;

use super::text::{has_control, hidden_character};

/// The longest name, in characters.
const MAX_CHARS: usize = 64;

/// A name that no two users share, whatever its case: in NFC and lower case, 1 to `MAX_CHARS` letters, digits and
/// `. _ - + @`, the first a letter or digit. Nobody signs in with it: the e-mail address is the login name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Username(String);

/// The text is not a user name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("username must be 1 to {MAX_CHARS} letters, digits and `. _ - + @`, and begin with a letter or digit")]
pub struct InvalidUsername;

impl Username {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes a name as the store holds it.
    ///
    /// # Errors
    /// [`InvalidUsername`], for a text that no version could have stored.
    pub(crate) fn from_store(text: &str) -> Result<Self, InvalidUsername> {
        if text.is_empty() || has_control(text) { Err(InvalidUsername) } else { Ok(Self(text.to_owned())) }
    }
}

impl FromStr for Username {
    type Err = InvalidUsername;

    fn from_str(text: &str) -> Result<Self, InvalidUsername> {
        if text.len() > 16 * MAX_CHARS {
            return Err(InvalidUsername);
        }
        let composed: String = text.trim().nfc().collect();
        let name: String = composed.to_lowercase().nfc().collect();
        let begins = name.chars().next().is_some_and(is_letter_or_digit);
        let fits = name.chars().count() <= MAX_CHARS && hidden_character(&name).is_none();
        if begins && fits && name.chars().all(is_allowed) { Ok(Self(name)) } else { Err(InvalidUsername) }
    }
}

fn is_allowed(character: char) -> bool {
    is_letter_or_digit(character)
        || ".-_+@\u{200c}\u{200d}".contains(character)
        || matches!(category(character), GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark)
}

fn is_letter_or_digit(character: char) -> bool {
    let category = category(character);
    category == GeneralCategory::DecimalNumber || GeneralCategoryGroup::Letter.contains(category)
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_for_every_case_and_composition() {
        for (text, name) in [
            (" Ann ", "ann"),
            ("ann.lee-2_x+ci@example.org", "ann.lee-2_x+ci@example.org"),
            ("ZOE\u{308}", "zoë"),
            ("สมชาย", "สมชาย"),
            ("नरेन्द्र", "नरेन्द्र"),
        ] {
            assert_eq!(text.parse::<Username>().map(|name| name.to_string()).as_deref(), Ok(name), "{text:?}");
        }
        assert!("a".repeat(64).parse::<Username>().is_ok());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            " ",
            ".a",
            "-a",
            "@a",
            "a b",
            "a/b",
            "a\u{202e}b",
            "a\u{200d}b",
            "a\0",
            "☕",
            "\u{301}a",
            &"a".repeat(65),
            &"é".repeat(65),
        ] {
            assert_eq!(text.parse::<Username>(), Err(InvalidUsername), "{text:?}");
        }
    }
}
