//! Signing keys.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, header};

use super::Handled;
use crate::{
    api::{
        Empty, WholeList,
        keys::{Jwk, JwkSet, KeyItem, Retired, Rotated},
    },
    app::keys::{KeyInfo, PublicKey, Retirement, Rotation},
    domain::KeyId,
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

/// Lists the signing keys.
pub fn list(call: &Call, (): (), _: WholeList, _: Empty) -> Handled<Vec<KeyItem>> {
    let keys = call.app().signing_keys(call.system()?)?.into_iter();
    Ok(keys.map(item).collect::<Vec<_>>().into())
}

/// Puts a new signing key in use.
pub fn rotate(call: &Call, (): (), _: Empty, _: Empty) -> Handled<Rotated> {
    Ok(rotated(call.app().rotate_signing_key(call.system()?, &call.origin)?).into())
}

/// Ends a former signing key.
pub fn retire(call: &Call, kid: KeyId, _: Empty, _: Empty) -> Handled<Retired> {
    Ok(retired(kid, call.app().retire_signing_key(call.system()?, kid, &call.origin)?).into())
}

/// Returns the wire form of a key.
#[must_use]
pub fn item(key: KeyInfo) -> KeyItem {
    let KeyInfo { kid, status, created_at, retired_at, live_tokens, live_sessions } = key;
    KeyItem { kid, status: status.as_str().to_owned(), created_at, retired_at, live_tokens, live_sessions }
}

/// Returns the wire form of a rotation.
#[must_use]
pub fn rotated(rotation: Rotation) -> Rotated {
    let Rotation { kid, former } = rotation;
    Rotated { kid, former }
}

/// Returns the wire form of the retirement of `kid`.
#[must_use]
pub fn retired(kid: KeyId, retirement: Retirement) -> Retired {
    let Retirement { was_retired, ended_tokens, ended_sessions } = retirement;
    Retired { kid: kid.to_string(), was_retired, ended_tokens, ended_sessions }
}
