//! From bytes to a [`Principal`]: the only way (D-07, S-01..S-06).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{
    App, AppError, Credential, Origin, Principal,
    authz::{absent, judge},
    error::Rejection,
};
use crate::{
    domain::{TokenHash, UserId},
    store::StoredCredential,
};

/// The longest bearer that is looked at, in bytes (S-03).
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

impl App {
    /// Checks a bearer token against the store: one read by primary key, one SHA-256, one comparison.
    ///
    /// The stored hash of the whole token decides. A signature is verified only when it did not match, to tell a token
    /// of ours that ended (a specific text) from everything else (a generic one).
    ///
    /// # Errors
    /// [`AppError::Rejected`]; [`AppError::Store`] when the store does not answer, never a 401 then (I-28).
    pub fn authenticate(&self, token: &str, origin: &Origin) -> Result<Principal, AppError> {
        let presented = PresentedToken::parse(token);
        let checked = match &presented {
            Some(presented) => self.check(presented, token, origin),
            None => Err(Rejection::Invalid.into()),
        };
        self.metrics.checked(presented.map(|presented| presented.credential), &checked);
        checked
    }

    fn check(&self, presented: &PresentedToken, token: &str, origin: &Origin) -> Result<Principal, AppError> {
        if !self.keys.accepts(&presented.kid) {
            return Err(Rejection::Invalid.into());
        }
        let stored = self.store.check_with(|reader| presented.credential.stored(reader))?;
        let now = self.clock.now();
        match stored {
            Some(stored) if stored.hash.matches(&TokenHash::of(token)) => {
                judge(&stored, now)?;
                self.note_use(presented.credential, &stored, now, origin);
                let StoredCredential { user, expiry, created_via, .. } = stored;
                Ok(Principal { user, credential: presented.credential, expiry, created_via })
            }
            stored => Err(self.explain(presented, token, stored.as_ref())?.into()),
        }
    }

    /// Finds the text for a token that is not the stored one.
    fn explain(
        &self,
        presented: &PresentedToken,
        token: &str,
        stored: Option<&StoredCredential>,
    ) -> Result<Rejection, AppError> {
        let Some((signed, signature)) = token.rsplit_once('.') else { return Ok(Rejection::Invalid) };
        if !self.keys.signed(&presented.kid, signed, signature) {
            return Ok(Rejection::Invalid);
        }
        match stored {
            Some(stored) => Ok(judge(stored, self.clock.now()).err().unwrap_or(Rejection::Mismatch)),
            None => self.store.read(|reader| absent(reader, presented.user)),
        }
    }
}

/// What a bearer says of itself: where to look, never what to believe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedToken {
    /// The key that shall have signed it.
    pub kid: String,
    /// The row to read.
    pub credential: Credential,
    /// The account it claims to be of.
    pub user: UserId,
}

#[derive(Deserialize)]
struct PresentedHeader<'a> {
    #[serde(borrow)]
    alg: &'a str,
    #[serde(borrow)]
    kid: &'a str,
    #[serde(borrow)]
    typ: &'a str,
}

#[derive(Deserialize)]
struct PresentedClaims<'a> {
    #[serde(borrow)]
    typ: &'a str,
    #[serde(borrow)]
    jti: &'a str,
    #[serde(borrow)]
    sub: &'a str,
}

impl PresentedToken {
    /// Reads a token of exactly three canonical base64url segments (RFC 7515 section 3.1); duplicate members are
    /// refused by the parser.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let mut segments = token.split('.');
        let (header, claims, _signature) = (segments.next()?, segments.next()?, segments.next()?);
        if segments.next().is_some() {
            return None;
        }
        let header = URL_SAFE_NO_PAD.decode(header).ok()?;
        let header: PresentedHeader<'_> = serde_json::from_slice(&header).ok()?;
        if header.alg != "EdDSA" || header.typ != "JWT" {
            return None;
        }
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        let claims: PresentedClaims<'_> = serde_json::from_slice(&claims).ok()?;
        let credential = match claims.typ {
            "session" => Credential::Session(claims.jti.parse().ok()?),
            "pat" => Credential::Token(claims.jti.parse().ok()?),
            _ => return None,
        };
        Some(Self { kid: header.kid.to_owned(), credential, user: claims.sub.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bearer_makes_the_parser_panic(token in any::<String>(), header in any::<Vec<u8>>(), claims in any::<Vec<u8>>()) {
            let _ = PresentedToken::parse(&token);
            let made = format!("{}.{}.x", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
            prop_assert!(PresentedToken::parse(&made).is_none());
        }
    }

    fn token(header: &str, claims: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn only_our_shape_is_looked_up() {
        const HEADER: &str = r#"{"typ":"JWT","alg":"EdDSA","kid":"k"}"#;
        const ID: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
        let claims = |typ: &str| format!(r#"{{"typ":"{typ}","jti":"{ID}","sub":"{ID}"}}"#);
        assert!(PresentedToken::parse(&token(HEADER, &claims("pat"))).is_some());
        for typ in ["", "PAT", "service", "refresh", "pat "] {
            assert!(PresentedToken::parse(&token(HEADER, &claims(typ))).is_none(), "{typ}");
        }
        for header in [
            r#"{"typ":"JWT","alg":"none","kid":"k"}"#,
            r#"{"typ":"JWT","alg":"HS256","kid":"k"}"#,
            r#"{"typ":"JWT","alg":"EdDSA"}"#,
            r#"{"typ":"JWT","alg":"EdDSA","kid":"k","kid":"k"}"#,
            r#"{"typ":"at+jwt","alg":"EdDSA","kid":"k"}"#,
            r#"{"typ":"JWT","alg":"EdDSA","kid":["k"]}"#,
        ] {
            assert!(PresentedToken::parse(&token(header, &claims("pat"))).is_none(), "{header}");
        }
        let good = token(HEADER, &claims("pat"));
        assert!(PresentedToken::parse(&format!("{good}.")).is_none());
        assert!(PresentedToken::parse(&format!("{good}{}", "A".repeat(MAX_TOKEN_BYTES))).is_none());
        assert!(PresentedToken::parse(&good.replacen('.', "=.", 1)).is_none());
    }
}
