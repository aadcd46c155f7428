//! The short code that a person carries from one screen to another (RFC 8628 section 6.1, I-10).

use std::{fmt, str::FromStr};

use aws_lc_rs::{hmac, rand};

use super::TokenHash;

/// Letters and digits that nobody takes for each other: no 0, O, 1 or I. There are 32 of them, five bits each.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const LENGTH: usize = 8;

/// A code of eight characters, 40 bits, shown as `ABCD-EFGH` and read without regard to case, dashes and blanks.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode([u8; LENGTH]);

/// The text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code of eight letters and digits")]
pub struct InvalidUserCode;

/// The server's part in hashing codes: without it, a copy of the store could be searched for all 2^40 of them.
pub struct UserCodeKey(hmac::Key);

impl UserCodeKey {
    /// Takes 32 secret bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }
}

impl UserCode {
    /// Makes a code; nothing without a source of random bytes.
    #[must_use]
    pub fn random() -> Option<Self> {
        let mut bytes = [0; LENGTH];
        rand::fill(&mut bytes).ok()?;
        // 256 is a multiple of 32: each character is as likely as any other.
        Some(Self(bytes.map(|byte| ALPHABET[usize::from(byte % 32)])))
    }

    /// Returns what the store keeps.
    #[must_use]
    pub fn hash(&self, key: &UserCodeKey) -> TokenHash {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hmac::sign(&key.0, &self.0).as_ref());
        TokenHash::from_bytes(bytes)
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(..)")
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if index == LENGTH / 2 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*byte))?;
        }
        Ok(())
    }
}

impl FromStr for UserCode {
    type Err = InvalidUserCode;

    fn from_str(text: &str) -> Result<Self, InvalidUserCode> {
        let mut code = [0; LENGTH];
        let mut places = code.iter_mut();
        for character in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let byte = u8::try_from(character.to_ascii_uppercase()).map_err(|_| InvalidUserCode)?;
            let place = places.next().ok_or(InvalidUserCode)?;
            *place = Some(byte).filter(|byte| ALPHABET.contains(byte)).ok_or(InvalidUserCode)?;
        }
        if places.next().is_some() { Err(InvalidUserCode) } else { Ok(Self(code)) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code: UserCode = "WDJB-MJHT".parse().expect("a code");
        for text in ["WDJBMJHT", "wdjb-mjht", " wdjb mjht ", "W-D-J-B-M-J-H-T", "WDJB\u{a0}MJHT", "wdjb\tmjht\n"] {
            assert_eq!(text.parse(), Ok(code.clone()), "{text:?}");
        }
        for text in ["", "WDJB-MJH", "WDJB-MJHTT", "WDJB-MJH0", "WDJB-MJHO", "WDJB_MJHT", "WDJB-MJHß", "-", "ＷDJBMJHT"]
        {
            assert_eq!(text.parse::<UserCode>(), Err(InvalidUserCode), "{text:?}");
        }
        assert_eq!(format!("{code} {code:?}"), "WDJB-MJHT UserCode(..)");
    }

    #[test]
    fn a_hash_depends_on_code_and_key() {
        let (one, other) = (UserCodeKey::new(&[1; 32]), UserCodeKey::new(&[2; 32]));
        let code: UserCode = "WDJB-MJHT".parse().expect("a code");
        let again: UserCode = "wdjbmjht".parse().expect("a code");
        assert!(code.hash(&one).matches(&again.hash(&one)));
        assert!(!code.hash(&one).matches(&code.hash(&other)));
        let second: UserCode = "WDJB-MJHU".parse().expect("a code");
        assert!(!code.hash(&one).matches(&second.hash(&one)));
    }

    #[test]
    fn codes_use_the_whole_alphabet() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..1000 {
            seen.extend(UserCode::random().expect("random bytes").0);
        }
        assert_eq!(seen.len(), ALPHABET.len());
    }

    proptest! {
        #[test]
        fn a_code_is_read_as_it_is_written(text in any::<String>()) {
            let code = UserCode::random().expect("random bytes");
            prop_assert_eq!(code.to_string().parse(), Ok(code));
            if let Ok(read) = text.parse::<UserCode>() {
                prop_assert_eq!(read.to_string().parse(), Ok(read));
            }
        }
    }
}
