//! Restrictions that a client can ask for with a new token.
//!
//! This server does not restrict tokens yet. A token without the restriction that its client asked for would be able to do
//! more than its owner expects, so such a request is refused instead of ignored.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The members by which clients restrict tokens, in every request that makes one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restrictions {
    /// What the token may be used for.
    #[serde(default, skip_serializing_if = "Restriction::is_absent")]
    pub scopes: Restriction,
    /// The same as one text (RFC 6749 section 3.3).
    #[serde(default, skip_serializing_if = "Restriction::is_absent")]
    pub scope: Restriction,
    /// The resources that it may reach.
    #[serde(default, skip_serializing_if = "Restriction::is_absent")]
    pub allowed_resources: Restriction,
    /// The tools that it may call.
    #[serde(default, skip_serializing_if = "Restriction::is_absent")]
    pub allowed_tools: Restriction,
    /// Who may accept it.
    #[serde(default, skip_serializing_if = "Restriction::is_absent")]
    pub audience: Restriction,
    /// The part of the API that it may reach; `all` is no restriction.
    #[serde(default, skip_serializing_if = "Restriction::is_absent", deserialize_with = "surface")]
    pub surface: Restriction,
}

impl Restrictions {
    /// Returns the name of a restriction that is asked for.
    #[must_use]
    pub fn first(&self) -> Option<&'static str> {
        let all = [
            ("scopes", self.scopes),
            ("scope", self.scope),
            ("allowed_resources", self.allowed_resources),
            ("allowed_tools", self.allowed_tools),
            ("audience", self.audience),
            ("surface", self.surface),
        ];
        all.into_iter().find_map(|(name, restriction)| (!restriction.is_absent()).then_some(name))
    }
}

/// Whether a restriction is asked for. Null and empty text ask for none; an empty list asks for a token that can do
/// nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Restriction {
    is_asked: bool,
}

impl Restriction {
    /// Tells whether no restriction is asked for.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        !self.is_asked
    }

    fn of(value: &Value) -> Self {
        let is_empty = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
        Self { is_asked: !is_empty }
    }
}

impl<'de> Deserialize<'de> for Restriction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self::of(&value))
    }
}

impl Serialize for Restriction {
    /// What was asked for is not kept: it is only refused.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(self.is_asked)
    }
}

fn surface<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Restriction, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(if value == "all" { Restriction::default() } else { Restriction::of(&value) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(json: Value) -> Option<&'static str> {
        serde_json::from_value::<Restrictions>(json).expect("any value is read").first()
    }

    #[test]
    fn everything_but_null_and_empty_text_is_a_restriction() {
        use serde_json::json;
        for name in ["scopes", "scope", "allowed_resources", "allowed_tools", "audience", "surface"] {
            for absent in [json!(null), json!(""), json!("  ")] {
                assert_eq!(first(json!({ name: absent })), None, "{name}");
            }
            for asked in [json!([]), json!(["read"]), json!("read"), json!({}), json!(false), json!(0), json!("stack")]
            {
                assert_eq!(first(json!({ name: asked })), Some(name), "{asked}");
            }
        }
        assert_eq!(first(json!({ "surface": "all" })), None);
        assert_eq!(first(json!({ "scopes": "all" })), Some("scopes"));
        assert_eq!(first(json!({})), None);
    }
}
