//! What a new password must be (S-16, NIST SP 800-63B revision 4).

use std::{collections::HashSet, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::Secret;

/// The fewest characters of a new password.
pub const MIN_CHARS: usize = 8;
/// The most bytes of any password, new or tried; more is refused before it costs anything.
pub const MAX_BYTES: usize = 1024;

/// Why a password is not accepted as a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than [`MIN_CHARS`] characters (not bytes).
    #[error("Password must be at least 8 characters")]
    TooShort,
    /// More than [`MAX_BYTES`] bytes.
    #[error("Password must be at most 1024 bytes")]
    TooLong,
    /// One of the 3000 most common ones of its length or more, in any case.
    #[error("Password is too common; choose one that is not on the list of common passwords")]
    Common,
    /// The one that is to be changed.
    #[error("Password must be another one than now")]
    Unchanged,
}

/// Checks a new password; any Unicode is allowed, nothing is trimmed or cut.
///
/// # Errors
/// The first rule it breaks.
pub fn check_new(password: &Secret) -> Result<(), WeakPassword> {
    let text = password.expose();
    if text.len() > MAX_BYTES {
        Err(WeakPassword::TooLong)
    } else if text.chars().count() < MIN_CHARS {
        Err(WeakPassword::TooShort)
    } else if COMMON.contains(text.to_lowercase().as_str()) {
        Err(WeakPassword::Common)
    } else {
        Ok(())
    }
}

/// Returns the bytes that are hashed: the password in Unicode's form NFC, so that the same key strokes give the same
/// password on every system.
#[must_use]
pub fn canonical(password: &Secret) -> Zeroizing<String> {
    Zeroizing::new(password.expose().nfc().collect())
}

/// Refuses a new password that is the current one over again.
///
/// # Errors
/// [`WeakPassword::Unchanged`].
pub fn refuse_unchanged(current: &Secret, new: &Secret) -> Result<(), WeakPassword> {
    if canonical(current) == canonical(new) { Err(WeakPassword::Unchanged) } else { Ok(()) }
}

static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), WeakPassword> {
        check_new(&Secret::new(text.to_owned()))
    }

    #[test]
    fn length_is_counted_in_characters_and_bounded_in_bytes() {
        assert_eq!(check("1234567"), Err(WeakPassword::TooShort));
        assert_eq!(check("éèêëàâä"), Err(WeakPassword::TooShort));
        assert_eq!(check("éèêëàâäß"), Ok(()));
        assert_eq!(check(&"x".repeat(1024)), Ok(()));
        assert_eq!(check(&"x".repeat(1025)), Err(WeakPassword::TooLong));
        assert_eq!(check("  leading and trailing  "), Ok(()));
    }

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        assert_eq!(COMMON.len(), 3000);
        for text in ["password", "PassWord", "12345678", "qwertyuiop"] {
            assert_eq!(check(text), Err(WeakPassword::Common), "{text}");
        }
    }

    #[test]
    fn composed_and_decomposed_forms_are_one_password() {
        let form = |text: &str| canonical(&Secret::new(text.to_owned()));
        assert_eq!(*form("caf\u{e9}-au-lait"), *form("cafe\u{301}-au-lait"));
    }
}
