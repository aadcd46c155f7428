//! Signing keys.

use axum::http::{HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Handled;
use crate::{
    api::{
        Empty,
        keys::{Jwk, JwkSet},
    },
    app::keys::PublicKey,
    server::{call::Call, mount::Answer},
};

/// How long a verifier may hold on to the keys: a retired one is believed by nobody for longer.
const CACHE: &str = "public, max-age=300";

/// Shows the public keys.
pub fn jwks(call: &Call, (): (), _: Empty, _: Empty) -> Handled<JwkSet> {
    let jwk = |key: PublicKey| Jwk::ed25519(key.kid, URL_SAFE_NO_PAD.encode(key.bytes));
    let keys = call.app().public_keys().into_iter().map(jwk).collect();
    Ok(Answer::from(JwkSet { keys }).with(header::CACHE_CONTROL, HeaderValue::from_static(CACHE)))
}
