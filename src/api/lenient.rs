//! Reading the rows of other servers: a field that is null, absent or of another type must not hide the rest of the row,
//! nor the other rows.

use serde::{Deserialize as _, Deserializer};
use serde_json::Value;

use super::RowId;
use crate::domain::Timestamp;

/// Stands for a role that the server does not tell.
pub(crate) const UNKNOWN_ROLE: &str = "unknown";

/// Reads a text; anything else is an empty one.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(optional_text(deserializer)?.unwrap_or_default())
}

/// Reads a text; anything else is none.
pub(super) fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        _ => None,
    })
}

/// Reads a role; anything but a word is unknown.
pub(super) fn role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let role = optional_text(deserializer)?.filter(|role| !role.is_empty());
    Ok(role.unwrap_or_else(unknown_role))
}

/// Returns the word for a role that the server does not tell.
pub(super) fn unknown_role() -> String {
    UNKNOWN_ROLE.to_owned()
}

/// Reads `true`, as JSON or as the number or text that databases make of it; anything else is `false`.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(optional_flag(deserializer)?.unwrap_or(false))
}

/// Reads `true` or `false` in the same forms; anything else is neither.
pub(super) fn optional_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(flag) => Some(flag),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    })
}

/// Reads a time, as text or as seconds since 1970; anything else is none.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(time_of(&Value::deserialize(deserializer)?))
}

/// Reads the time of an event that ended something. Any value but null and `false` says that it happened: if the time
/// cannot be read, it is 1970.
pub(super) fn time_of_end<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null | Value::Bool(false) => None,
        Value::String(text) if text.is_empty() => None,
        value => Some(time_of(&value).unwrap_or(Timestamp::from_micros(0))),
    })
}

fn time_of(value: &Value) -> Option<Timestamp> {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and `from_micros` bounds the rest")]
    let from_seconds = |seconds: f64| Timestamp::from_micros((seconds * 1e6) as i64);
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_f64().map(from_seconds),
        _ => None,
    }
}

/// Reads an id; anything else is none.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RowId>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}
