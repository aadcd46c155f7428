//! How a token's row names the key that signed it.

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
