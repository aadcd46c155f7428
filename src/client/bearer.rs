//! A credential in the one form that may go into a header and onto a terminal.

use crate::domain::Secret;

/// A bearer token: 1 to [`Bearer::MAX_BYTES`] visible ASCII characters, whatever format they have.
///
/// A token from a hostile server or a damaged file can therefore neither split a header nor drive a terminal (S-63).
#[derive(Debug, Clone)]
pub struct Bearer(Secret);

/// The text is not a bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token: expected one word of visible ASCII characters")]
pub struct InvalidBearer;

impl Bearer {
    /// The longest token; a JWT of ours has some 500 bytes.
    pub const MAX_BYTES: usize = 8192;

    /// Checks a token; blanks and line ends around it are dropped.
    ///
    /// # Errors
    /// When it is empty, too long, or not one visible word.
    pub fn new(secret: &Secret) -> Result<Self, InvalidBearer> {
        let text = secret.expose().trim();
        let fits = (1..=Self::MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(Secret::new(text.to_owned()))) } else { Err(InvalidBearer) }
    }

    /// Returns the token itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Returns the token as a secret, to be stored.
    #[must_use]
    pub fn to_secret(&self) -> Secret {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_visible_word_is_a_bearer() {
        let new = |text: &str| Bearer::new(&Secret::new(text.to_owned()));
        assert_eq!(new(" abc.def\r\n").map(|bearer| bearer.expose().to_owned()), Ok("abc.def".to_owned()));
        for text in ["", "  ", "a b", "a\nb", "a\x1b[31m", "é", &"x".repeat(Bearer::MAX_BYTES + 1)] {
            assert_eq!(new(text).map(drop), Err(InvalidBearer), "{text:?}");
        }
    }

    #[test]
    fn debug_tells_nothing() {
        let bearer = Bearer::new(&Secret::new("hunter2".to_owned()));
        assert!(!format!("{bearer:?}").contains("hunter2"));
    }
}
