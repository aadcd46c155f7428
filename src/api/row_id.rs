//! The id of a row, as the server that sends it writes it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::PathId;
use crate::domain::{SessionId, TokenId, UserId};

/// The id of a row in an answer. A `da` server sends UUIDs; other servers also use numbers and words, and a client can
/// act on such a row as long as it sends the same text back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct RowId(String);

/// The text cannot be the id of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct InvalidRowId;

impl RowId {
    /// The longest id, in bytes.
    const MAX_BYTES: usize = 200;

    /// Returns the first 8 characters: what people see and type.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.0.chars().take(8).collect()
    }

    /// Returns the whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text as one path segment: everything but letters, digits, `-`, `_`, `.` and `~` is percent-encoded.
    fn segment(&self) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        self.0
            .bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RowId {
    type Err = InvalidRowId;

    /// Refuses an empty text, and `.` and `..`, which would lead to another path.
    fn from_str(text: &str) -> Result<Self, InvalidRowId> {
        let fits = (1..=Self::MAX_BYTES).contains(&text.len()) && text != "." && text != "..";
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidRowId) }
    }
}

impl<'de> Deserialize<'de> for RowId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            _ => return Err(D::Error::custom(InvalidRowId)),
        };
        text.parse().map_err(D::Error::custom)
    }
}

/// What a client may put into a path in the place of an id.
pub trait FillPath<Id> {
    /// Returns the path with the id in place.
    fn fill_path(&self, path: &str) -> String;
}

impl<Id: PathId> FillPath<Id> for Id {
    fn fill_path(&self, path: &str) -> String {
        self.fill(path)
    }
}

macro_rules! row_ids {
    ($($name:ident),+) => {$(
        impl From<$name> for RowId {
            fn from(id: $name) -> Self {
                Self(id.to_string())
            }
        }

        impl FillPath<$name> for &RowId {
            fn fill_path(&self, path: &str) -> String {
                path.replace("{id}", &self.segment())
            }
        }
    )+};
}

row_ids!(UserId, TokenId, SessionId);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<RowId> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn ids_of_every_server_are_read_and_written_alike() {
        for (json, text) in [(r#""seed-admin""#, "seed-admin"), ("7", "7"), (r#""a b/c""#, "a b/c")] {
            assert_eq!(read(json).map(|id| id.to_string()).as_deref(), Some(text));
        }
        let id = TokenId::random();
        assert_eq!(serde_json::to_string(&RowId::from(id)).ok(), serde_json::to_string(&id).ok());
        assert_eq!(RowId::from(id).prefix(), id.prefix());
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for json in ["null", "true", "[]", "{}", r#""""#, r#"".""#, r#""..""#, &format!("\"{}\"", "x".repeat(201))] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn an_id_stays_one_segment_of_the_path() {
        let path = |text: &str| {
            let id: RowId = text.parse().expect("an id");
            FillPath::<UserId>::fill_path(&&id, "/api/users/{id}/activate")
        };
        assert_eq!(path("seed-admin"), "/api/users/seed-admin/activate");
        assert_eq!(path("../x?y#z%2e é"), "/api/users/..%2Fx%3Fy%23z%252e%20%C3%A9/activate");
    }
}
