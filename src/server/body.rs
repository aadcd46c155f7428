//! Decoding a JSON body, strictly, with faults in the form that clients of the original know (D-06, C-35, S-25).
//!
//! The parser's own errors are sentences; clients want `type`, `loc` and `msg`. So the text is first read into a tree
//! that refuses duplicate members, and the tree is decoded with an error type that keeps what was wrong.

use std::fmt;

use serde::{
    Deserialize,
    de::{self, DeserializeOwned, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor},
    forward_to_deserialize_any,
};
use serde_json::{Map, Number, Value};
use serde_path_to_error::Segment;

use crate::api::error::Fault;

/// Decodes `bytes`; nothing at all stands for an object without members.
///
/// # Errors
/// The faults of the answer 422; none of them repeats what was sent.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Vec<Fault>> {
    let tree = if bytes.is_empty() { Value::Object(Map::new()) } else { parse(bytes)? };
    if !tree.is_object() {
        return Err(vec![fault("dict_type", vec!["body".into()], "Input should be a valid dictionary")]);
    }
    serde_path_to_error::deserialize(Node(&tree)).map_err(|error| {
        let mut loc: Vec<Value> = vec!["body".into()];
        if !bytes.is_empty() {
            loc.extend(error.path().iter().filter_map(place));
        }
        let Mismatch { kind, msg, member } = error.into_inner();
        if let (Some(member), false) = (member, bytes.is_empty()) {
            loc.push(member.into());
        }
        vec![fault(kind, loc, &msg)]
    })
}

fn parse(bytes: &[u8]) -> Result<Value, Vec<Fault>> {
    let unreadable = |error: serde_json::Error| {
        let position = Value::from(error.column());
        vec![fault("json_invalid", vec!["body".into(), position], "JSON decode error")]
    };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Tree(tree) = Tree::deserialize(&mut reader).map_err(unreadable)?;
    reader.end().map_err(unreadable)?;
    Ok(tree)
}

fn place(segment: &Segment) -> Option<Value> {
    match segment {
        Segment::Seq { index } => Some(Value::from(*index)),
        Segment::Map { key } => Some(Value::from(key.as_str())),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// Describes one fault at a place.
pub(super) fn fault(kind: &str, loc: Vec<Value>, msg: &str) -> Fault {
    Fault { kind: kind.to_owned(), loc, msg: msg.to_owned() }
}

/// A JSON value whose objects name each member once.
struct Tree(Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor).map(Self)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Tree(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let Tree(value) = members.next_value()?;
            if object.insert(name, value).is_some() {
                return Err(de::Error::custom("a member occurs twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

/// What is wrong with a value.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub(super) kind: &'static str,
    pub(super) msg: String,
    /// The member that is missing, which the path to the object around it does not name.
    pub(super) member: Option<&'static str>,
}

impl Mismatch {
    pub(super) fn of(kind: &'static str, msg: &str) -> Self {
        Self { kind, msg: msg.to_owned(), member: None }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.msg)
    }
}

impl std::error::Error for Mismatch {}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::of("value_error", &message.to_string())
    }

    /// Never repeats the unexpected value: it may be a password in the wrong place.
    fn invalid_type(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        match expected.to_string().as_str() {
            "a string" => Self::of("string_type", "Input should be a valid string"),
            "a boolean" => Self::of("bool_type", "Input should be a valid boolean"),
            text if is_integer(text) => Self::of("int_type", "Input should be a valid integer"),
            _ => Self::of("type_error", "Input has the wrong type"),
        }
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        if is_integer(&expected.to_string()) {
            Self::of("int_type", "Input should be a valid integer")
        } else {
            Self::of("value_error", "Input has no valid value")
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { member: Some(field), ..Self::of("missing", "Field required") }
    }
}

fn is_integer(expected: &str) -> bool {
    matches!(expected, "i64" | "u64" | "u32" | "i32")
}

/// A value of the tree as a deserializer that fails with [`Mismatch`].
struct Node<'a>(&'a Value);

impl<'de> IntoDeserializer<'de, Mismatch> for Node<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::String(value) => visitor.visit_str(value),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => visitor.visit_i64(value),
                (None, Some(value)) => visitor.visit_u64(value),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or_default()),
            },
            Value::Array(items) => visitor.visit_seq(de::value::SeqDeserializer::new(items.iter().map(Node))),
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.as_str(), Node(value)));
                visitor.visit_map(de::value::MapDeserializer::new(members))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        api::{tokens::CreateRequest, users::UpdateRequest},
        domain::AskedLifetime,
    };

    fn fault_of(body: &str) -> (String, String) {
        match decode::<CreateRequest>(body.as_bytes()) {
            Ok(request) => panic!("accepted {request:?}"),
            Err(faults) => {
                let loc = serde_json::to_string(&faults[0].loc).expect("JSON");
                (faults[0].kind.clone(), loc)
            }
        }
    }

    #[test]
    fn faults_name_the_kind_and_the_place() {
        let table = [
            ("{}", "missing", r#"["body","name"]"#),
            ("", "missing", r#"["body"]"#),
            ("[]", "dict_type", r#"["body"]"#),
            ("nonsense", "json_invalid", r#"["body",2]"#),
            (r#"{"name":1}"#, "string_type", r#"["body","name"]"#),
            (r#"{"name":true}"#, "string_type", r#"["body","name"]"#),
            (r#"{"name":null}"#, "string_type", r#"["body","name"]"#),
            (r#"{"name":"a","expires_in_days":"30"}"#, "int_type", r#"["body","expires_in_days"]"#),
            (r#"{"name":"a","expires_in_days":1.5}"#, "int_type", r#"["body","expires_in_days"]"#),
            (r#"{"name":"a","expires_in_days":true}"#, "int_type", r#"["body","expires_in_days"]"#),
            (r#"{"name":"a","expires_in_days":18446744073709551615}"#, "int_type", r#"["body","expires_in_days"]"#),
        ];
        for (body, kind, loc) in table {
            assert_eq!(fault_of(body), (kind.to_owned(), loc.to_owned()), "{body}");
        }
    }

    #[test]
    fn hostile_json_is_refused() {
        let deep = format!(r#"{{"name":{}"#, "[".repeat(200));
        for body in [
            r#"{"name":"a","name":"b"}"#,
            r#"{"name":"a","x":{"y":1,"y":2}}"#,
            r#"{"name":"a","x":NaN}"#,
            r#"{"name":"a","x":1e400}"#,
            r#"{"name":"\ud800"}"#,
            r#"{"name":"a"}x"#,
            &deep,
        ] {
            assert_eq!(fault_of(body).0, "json_invalid", "{body}");
        }
        assert!(decode::<CreateRequest>(b"{\"name\":\"\xff\"}").is_err());
    }

    #[test]
    fn absent_null_and_unknown_members_mean_what_the_contract_says() {
        let days = |body: &str| decode::<CreateRequest>(body.as_bytes()).map(|r| r.expires_in_days).ok();
        assert_eq!(days(r#"{"name":"a"}"#), Some(AskedLifetime::Absent));
        assert_eq!(days(r#"{"name":"a","expires_in_days":null,"id":"mine"}"#), Some(AskedLifetime::Never));
        assert_eq!(days(r#"{"name":"a","expires_in_days":7}"#), Some(AskedLifetime::Days(7)));
        assert!(decode::<UpdateRequest>(b"").is_ok_and(|request| request.role.is_none()));
        assert!(decode::<UpdateRequest>(br#"{"role":null}"#).is_ok_and(|request| request.role.is_none()));
    }

    proptest! {
        #[test]
        fn no_body_makes_the_decoder_panic(body in any::<Vec<u8>>()) {
            let _ = decode::<UpdateRequest>(&body);
        }

        #[test]
        fn a_fault_never_repeats_what_was_sent(value in "[a-z]{12,20}") {
            let body = format!(r#"{{"name":{{"{value}":"{value}"}},"expires_in_days":"{value}"}}"#);
            let faults = decode::<CreateRequest>(body.as_bytes()).expect_err("wrong types");
            prop_assert!(!serde_json::to_string(&faults).expect("JSON").contains(&value));
        }
    }
}
