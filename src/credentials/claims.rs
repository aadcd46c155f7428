//! What a token says of itself.

use base64::{Engine as _, alphabet, engine};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::domain::{Secret, Timestamp};

/// The claims of a JWT, unverified: good for showing and for choosing a request, never for a decision.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Claims {
    /// The account's login name at the time of issue.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub email: Option<String>,
    /// The account's role at the time of issue.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub role: Option<String>,
    /// `session` or `pat`.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub typ: Option<String>,
    /// The authority that issued it.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub iss: Option<String>,
    /// The token's id.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub jti: Option<String>,
    /// The end, in seconds since 1970.
    #[serde(default, deserialize_with = "number_or_nothing")]
    exp: Option<f64>,
}

/// The text is not a JWT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not three parts of base64 with a JSON object in the middle")]
pub struct NotAJwt;

/// Some issuers pad, some do not.
const BASE64: engine::GeneralPurpose = engine::GeneralPurpose::new(
    &alphabet::URL_SAFE,
    engine::GeneralPurposeConfig::new().with_decode_padding_mode(engine::DecodePaddingMode::Indifferent),
);

impl Claims {
    /// Reads the claims of `token` without verifying anything.
    ///
    /// # Errors
    /// When it is not a JWT in compact form (RFC 7519 section 3).
    pub fn decode(token: &Secret) -> Result<Self, NotAJwt> {
        let mut parts = token.expose().trim().split('.');
        let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(NotAJwt);
        };
        let json = Zeroizing::new(BASE64.decode(payload).map_err(|_| NotAJwt)?);
        // By way of a map: the derived reader would take an array for a struct.
        let claims: serde_json::Map<_, _> = serde_json::from_slice(&json).map_err(|_| NotAJwt)?;
        serde_json::from_value(claims.into()).map_err(|_| NotAJwt)
    }

    /// Returns the end of the token, if it names one.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        // Floats saturate when cast, and `from_micros` bounds the rest.
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        self.exp.map(|seconds| Timestamp::from_micros((seconds * 1e6) as i64))
    }
}

/// A claim of an unexpected type is as good as an absent one.
fn text_or_nothing<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().filter(|text| !text.is_empty()).map(str::to_owned))
}

fn number_or_nothing<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(serde_json::Value::deserialize(deserializer)?.as_f64())
}

#[cfg(test)]
mod unit {
    use proptest::prelude::*;

    use super::*;

    fn decode(payload: &str) -> Result<Claims, NotAJwt> {
        Claims::decode(&Secret::new(format!("e30.{}.sig", BASE64.encode(payload))))
    }

    #[test]
    fn claims_of_both_servers_are_read() {
        let claims = decode(r#"{"sub":"x","email":"a@b.c","role":"admin","typ":"pat","jti":"j","exp":1802999701}"#);
        let claims = claims.unwrap_or_default();
        assert_eq!((claims.email.as_deref(), claims.role.as_deref()), (Some("a@b.c"), Some("admin")));
        assert_eq!((claims.typ.as_deref(), claims.jti.as_deref()), (Some("pat"), Some("j")));
        assert_eq!(claims.expires_at(), Some(Timestamp::from_micros(1_802_999_701_000_000)));
        assert_eq!(decode("{}").map(|claims| claims.expires_at()), Ok(None));
        assert_eq!(decode(r#"{"email":7,"role":"","exp":"x"}"#), Ok(Claims::default()));
        assert!(decode(r#"{"exp":1e300}"#).is_ok_and(|claims| claims.expires_at().is_some()));
    }

    #[test]
    fn what_is_no_jwt_is_refused() {
        for token in ["", "abc", "a.b", "a.!.c", "a.e30.c.d", "a..c", "da_0123456789"] {
            assert_eq!(Claims::decode(&Secret::new(token.to_owned())), Err(NotAJwt), "{token}");
        }
        assert_eq!(decode("[]").map(drop), Err(NotAJwt));
    }

    proptest! {
        #[test]
        fn decoding_never_panics(token in any::<String>(), payload in any::<String>()) {
            let _ = Claims::decode(&Secret::new(token));
            let _ = decode(&payload).map(|claims| claims.expires_at());
        }
    }
}
