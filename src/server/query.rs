//! Decoding the query of a request: what it does not declare is refused, and every fault names its parameter.
//!
//! A misspelt parameter that is ignored gives the wrong answer without a word: a filter that does not filter, or
//! `DELETE /api/sessions?exept=current` that ends the calling session too.

use serde::{
    de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Unexpected, Visitor, value::MapDeserializer},
    forward_to_deserialize_any,
};

use super::{
    body::{Mismatch, fault},
    error::ServerError,
};
use crate::api::{self, Query, error::Fault};

/// The most characters of an unknown parameter's name that an answer repeats.
const MAX_NAME_CHARS: usize = 64;

/// Decodes the query of an operation.
///
/// # Errors
/// [`ServerError::UnknownParameter`], and [`ServerError::Shape`] for a value of the wrong form or a repeated parameter.
pub fn decode<Q: Query>(query: &str) -> Result<Q, ServerError> {
    read(query.as_bytes(), "query", Q::STRICT)
}

/// Decodes the query or the form of a page, in which unknown fields are ignored; `place` is `query` or `body`.
///
/// # Errors
/// [`ServerError::Shape`].
pub fn decode_fields<T: DeserializeOwned>(text: &[u8], place: &str) -> Result<T, ServerError> {
    read(text, place, false)
}

fn read<T: DeserializeOwned>(text: &[u8], place: &str, strict: bool) -> Result<T, ServerError> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(text).unwrap_or_default();
    serde_path_to_error::deserialize(Pairs { pairs: &pairs, strict }).map_err(|error| {
        let parameter = error.path().iter().find_map(|segment| match segment {
            serde_path_to_error::Segment::Map { key } => Some(key.clone()),
            _ => None,
        });
        match error.into_inner() {
            Refused::Unknown { name, known } => ServerError::UnknownParameter { name, known },
            Refused::Value(Mismatch { kind, msg, member }) => {
                let parameter = parameter.or(member.map(str::to_owned));
                let place = [place.to_owned()].into_iter().chain(parameter).map(Into::into).collect();
                ServerError::Shape(vec![fault(kind, place, &msg)])
            }
        }
    })
}

/// Returns the number of rows to answer: at most [`api::MAX_LIMIT`], and `absent` when the query does not say.
///
/// # Errors
/// A fault of `limit` when it is 0.
pub fn rows(asked: Option<u32>, absent: u32) -> Result<u32, ServerError> {
    match asked {
        Some(0) => Err(refused("limit", &format!("Input should be from 1 to {}", api::MAX_LIMIT))),
        asked => Ok(asked.unwrap_or(absent).min(api::MAX_LIMIT)),
    }
}

/// Refuses the value of a parameter.
#[must_use]
pub fn refused(parameter: &str, msg: &str) -> ServerError {
    ServerError::Shape(vec![Fault {
        kind: "value_error".to_owned(),
        loc: vec!["query".into(), parameter.into()],
        msg: msg.to_owned(),
    }])
}

/// Why a query is refused.
#[derive(Debug)]
enum Refused {
    Unknown { name: String, known: &'static [&'static str] },
    Value(Mismatch),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown { .. } => f.write_str("an unknown parameter"),
            Self::Value(mismatch) => mismatch.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Value(Mismatch::custom(message))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::Value(Mismatch::invalid_type(unexpected, expected))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::Value(Mismatch::invalid_value(unexpected, expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Value(Mismatch::missing_field(field))
    }
}

/// The pairs of a query as a deserializer.
struct Pairs<'a> {
    pairs: &'a [(String, String)],
    strict: bool,
}

impl<'de> Deserializer<'de> for Pairs<'_> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_map(MapDeserializer::new(self.pairs.iter().map(|(name, value)| (name.as_str(), Part(value)))))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        if self.strict
            && let Some((name, _)) = self.pairs.iter().find(|(name, _)| !fields.contains(&name.as_str()))
        {
            return Err(Refused::Unknown { name: name.chars().take(MAX_NAME_CHARS).collect(), known: fields });
        }
        let times = |field: &str| self.pairs.iter().filter(|(name, _)| name == field).count();
        if let Some(field) = fields.iter().find(|field| times(field) > 1) {
            let repeated = Mismatch::of("value_error", "The parameter occurs more than once");
            return Err(Refused::Value(Mismatch { member: Some(field), ..repeated }));
        }
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The value of one parameter as a deserializer.
struct Part<'a>(&'a str);

impl<'de> IntoDeserializer<'de, Refused> for Part<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Part<'_> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Refused::Value(Mismatch::of("bool_type", "Input should be true or false"))),
        }
    }

    /// A number beyond the type counts as its largest one: all numbers of queries are bounds.
    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        if self.0.is_empty() || !self.0.bytes().all(|byte| byte.is_ascii_digit()) {
            let msg = "Input should be a whole number that is not negative";
            return Err(Refused::Value(Mismatch::of("int_type", msg)));
        }
        visitor.visit_u32(self.0.parse().unwrap_or(u32::MAX))
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let number = self.0.parse().map_err(|_| Mismatch::of("int_type", "Input should be a whole number"));
        visitor.visit_i64(number.map_err(Refused::Value)?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::api::{Empty, audit, sessions::RevokeAllQuery, tokens::AdminListQuery};

    fn limit(query: &str) -> Result<Option<u32>, String> {
        decode::<AdminListQuery>(query).map(|query| query.limit).map_err(said)
    }

    fn said(error: ServerError) -> String {
        match error {
            ServerError::Shape(faults) => crate::api::Detail::Faults(faults).to_string(),
            error => error.to_string(),
        }
    }

    #[test]
    fn numbers_are_digits_and_large_ones_are_cut() {
        assert_eq!(limit(""), Ok(None));
        for (text, value) in [("0", 0), ("7", 7), ("007", 7), ("4294967295", u32::MAX), ("99999999999999", u32::MAX)] {
            assert_eq!(limit(&format!("limit={text}")), Ok(Some(value)), "{text}");
        }
        for text in ["", "-1", "-0", "+1", "%2B1", "1.0", "1e3", "0x1", "%201", "ten", "\u{0661}"] {
            let refused = limit(&format!("limit={text}")).expect_err("no number");
            assert_eq!(refused, "query.limit: Input should be a whole number that is not negative", "{text}");
        }
    }

    #[test]
    fn every_fault_names_its_parameter() {
        let refused = |query: &str| decode::<audit::ListQuery>(query).map(drop).map_err(said).expect_err("refused");
        assert_eq!(refused("since=yesterday"), "query.since: not a valid time");
        assert_eq!(refused("limit=1&limit=2"), "query.limit: The parameter occurs more than once");
        assert!(refused("actoin=login").starts_with("Unknown query parameter `actoin`"));
        assert!(refused("offset=1").contains("`cursor`"), "the known ones are named");
        assert!(refused(&format!("{}=1", "x".repeat(5_000))).len() < 300);
        assert!(decode::<RevokeAllQuery>("exept=current").is_err(), "it would end the calling session too");
        assert!(decode::<Empty>("anything=goes").is_ok(), "an operation without parameters ignores them");
    }

    #[test]
    fn the_fields_of_a_page_are_read_and_named_when_they_are_wrong() {
        #[derive(Debug, serde::Deserialize)]
        struct Fields {
            before: Option<i64>,
            action: String,
        }
        let read = |text: &str| decode_fields::<Fields>(text.as_bytes(), "body").map_err(said);
        let fields = read("before=106&action=x&unknown=1").expect("good");
        assert_eq!((fields.before, fields.action.as_str()), (Some(106), "x"));
        assert_eq!(read("before=soon&action=x").expect_err("bad"), "body.before: Input should be a whole number");
        assert_eq!(read("before=1").expect_err("bad"), "body.action: Field required");
    }

    #[test]
    fn a_page_has_at_least_one_row_and_at_most_a_thousand() {
        assert_eq!(rows(None, 50).ok(), Some(50));
        assert_eq!((rows(Some(1), 50).ok(), rows(Some(1000), 50).ok()), (Some(1), Some(1000)));
        assert_eq!((rows(Some(1001), 50).ok(), rows(Some(u32::MAX), 50).ok()), (Some(1000), Some(1000)));
        assert_eq!(rows(Some(0), 50).map_err(said), Err("query.limit: Input should be from 1 to 1000".to_owned()));
    }

    proptest! {
        #[test]
        fn no_query_makes_the_decoder_panic(query in any::<String>()) {
            let _ = decode::<AdminListQuery>(&query);
            let _ = decode::<audit::ListQuery>(&query);
        }
    }
}
