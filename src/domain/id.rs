//! Identifiers: random UUIDv4, text on the wire, 16 bytes in the store (D-10).
//!
//! They stay random on purpose: the displayed prefix of a token is the start of its id, and time-ordered ids would
//! make all prefixes equal.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// Returns a new random id.
            #[must_use]
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// Returns the id stored as 16 bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Returns the 16 bytes that the store keeps.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Returns the first 8 hexadecimal digits: what people see and type.
            #[must_use]
            pub fn prefix(&self) -> String {
                let mut text = self.to_string();
                text.truncate(8);
                text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Accepts only the canonical form, so that one object has one path.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 36 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    )+};
}

ids! {
    /// Identifies a user.
    UserId,
    /// Identifies a personal access token; it is the `jti` of the token.
    TokenId,
    /// Identifies an interactive session; it is the `sid` and `jti` of its token.
    SessionId,
    /// Identifies a row of the audit log.
    AuditId,
    /// Identifies a grant: what a client exchanges for a credential once a person has approved.
    GrantId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_and_parse_round_trip() {
        let id = TokenId::random();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(TokenId::from_bytes(*id.as_bytes()), id);
    }

    #[test]
    fn only_the_canonical_form_is_an_id() {
        for text in [
            "",
            "x",
            "6FA459EA-EE8A-3CA4-894E-DB77E160355E",
            "{6fa459ea-ee8a-3ca4-894e-db77e160355e}",
            "6fa459eaee8a3ca4894edb77e160355e",
            "urn:uuid:6fa459ea-ee8a-3ca4-894e-db77e160355e",
            "6fa459ea-ee8a-3ca4-894e-db77e160355e\n",
        ] {
            assert_eq!(text.parse::<UserId>(), Err(InvalidId), "{text:?}");
        }
    }

    #[test]
    fn prefixes_of_ids_made_together_differ() {
        let prefixes: std::collections::HashSet<_> = (0..50).map(|_| TokenId::random().prefix()).collect();
        assert!(prefixes.len() > 48);
    }
}
