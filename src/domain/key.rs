//! How signing keys are named.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The `kid` of a signing key: 12 bytes of the SHA-256 of its public half, 16 characters of base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 12]);

/// The text is no `kid` of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected the 16 characters that `da server keys list` shows")]
pub struct InvalidKeyId;

impl KeyId {
    /// Names the key with this public half.
    #[must_use]
    pub fn of(public_key: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public_key);
        let mut bytes = [0; 12];
        bytes.copy_from_slice(&digest.as_ref()[..12]);
        Self(bytes)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for KeyId {
    type Err = InvalidKeyId;

    fn from_str(text: &str) -> Result<Self, InvalidKeyId> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(InvalidKeyId)
    }
}

/// The number of a signing key within its store, from 0: two bytes in the row of a token where its `kid` would take
/// seventeen (P-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KeyNumber(u32);

impl KeyNumber {
    /// Returns the number of the next key, while there is one.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

impl From<u32> for KeyNumber {
    fn from(number: u32) -> Self {
        Self(number)
    }
}

impl From<KeyNumber> for u32 {
    fn from(number: KeyNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kid_is_read_as_it_is_written_and_nothing_else_is() {
        let id = KeyId::of(&[7; 32]);
        assert_eq!((id.to_string().len(), id.to_string().parse()), (16, Ok(id)));
        for text in ["", "short", "6fa459ea-ee8a-4ca4-894e-db77e160355e", "abcdefghijklmno=", "abcdefghijklm/o+"] {
            assert_eq!(text.parse::<KeyId>(), Err(InvalidKeyId), "{text}");
        }
    }
}
