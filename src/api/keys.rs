//! Signing keys: their public halves for those who verify tokens offline (RFC 7517, RFC 8037), and what their operator is
//! told of them (M-22).

use serde::{Deserialize, Serialize};

use super::{Access, Empty, Endpoint, Method, WholeList};
use crate::domain::{KeyId, Timestamp};

/// `GET /.well-known/jwks.json`: the keys whose tokens may live, the active one first.
#[derive(Debug)]
pub struct Jwks;

impl Endpoint for Jwks {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/.well-known/jwks.json";
    const ACCESS: Access = Access::Public;
    type Id = ();
    type Query = Empty;
    type Request = Empty;
    type Response = JwkSet;
}

macro_rules! host_only {
    ($($(#[$doc:meta])* $name:ident: $method:ident $path:literal, $id:ty, $query:ty => $response:ty;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Endpoint for $name {
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: Access = Access::Host;
            type Id = $id;
            type Query = $query;
            type Request = Empty;
            type Response = $response;
        }
    )+};
}

host_only! {
    /// `GET /api/admin/keys`: the signing keys, newest first.
    List: Get "/api/admin/keys", (), WholeList => Vec<KeyItem>;
    /// `POST /api/admin/keys/rotate`: a new key signs from now on.
    Rotate: Post "/api/admin/keys/rotate", (), Empty => Rotated;
    /// `POST /api/admin/keys/{id}/retire`: a former key ends with all that it signed.
    Retire: Post "/api/admin/keys/{id}/retire", KeyId, Empty => Retired;
}

/// A JWK set (RFC 7517 section 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// Newest first; a `kid` is there once.
    pub keys: Vec<Jwk>,
}

/// A public key; there is no field for a private one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `OKP` (RFC 8037 section 2).
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// The public key, base64url without padding.
    pub x: String,
    /// As in the header of its tokens.
    pub kid: String,
    /// `EdDSA`: the one algorithm that this key is good for.
    pub alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub public_key_use: String,
}

impl Jwk {
    /// Describes an Ed25519 key that verifies signatures; `x` is the key in base64url.
    #[must_use]
    pub fn ed25519(kid: String, x: String) -> Self {
        let word = str::to_owned;
        Self { kty: word("OKP"), crv: word("Ed25519"), x, kid, alg: word("EdDSA"), public_key_use: word("sig") }
    }
}

/// A signing key as its operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyItem {
    /// Its name in token headers.
    pub kid: String,
    /// `active` (signs), `verify` (what it signed lives on) or `retired` (nothing of it lives).
    pub status: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was retired.
    pub retired_at: Option<Timestamp>,
    /// How many personal access tokens of its live.
    pub live_tokens: u64,
    /// How many sessions of its live.
    pub live_sessions: u64,
}

/// A new key is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotated {
    /// The key that signs now.
    pub kid: String,
    /// The one before, which goes on verifying.
    pub former: String,
}

/// A key is ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// The key.
    pub kid: String,
    /// Whether it had been retired before; then nothing was ended now.
    pub was_retired: bool,
    /// Personal access tokens that ended with it.
    pub ended_tokens: u64,
    /// Sessions that ended with it.
    pub ended_sessions: u64,
}
