//! What a forger would like to have: a real token, the installation's own signing key, and a key of their own.

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use da::app::master_key::MasterKey;
use serde_json::Value;

use crate::support::{TestServer, jwt_part};

/// How a token must be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// Without a hint: the server does not know it as its own.
    Generic,
    /// With this code: the server's own signature is on it.
    Specific(&'static str),
    /// With either text, or as no bearer at all.
    Somehow,
}

/// One case of the table.
#[derive(Debug)]
pub(super) struct Forgery {
    pub(super) name: String,
    pub(super) token: String,
    pub(super) expected: Expected,
}

impl Forgery {
    pub(super) fn generic(name: impl Into<String>, token: String) -> Self {
        Self { name: name.into(), token, expected: Expected::Generic }
    }

    pub(super) fn refused(name: impl Into<String>, token: String) -> Self {
        Self { name: name.into(), token, expected: Expected::Somehow }
    }

    pub(super) fn specific(name: impl Into<String>, token: String, code: &'static str) -> Self {
        Self { name: name.into(), token, expected: Expected::Specific(code) }
    }
}

/// The tools.
pub(super) struct Workshop {
    /// A live token.
    pub(super) real: String,
    /// Its header.
    pub(super) header: Value,
    /// Its claims.
    pub(super) claims: Value,
    /// The public part of the key that signed it.
    pub(super) public_key: Vec<u8>,
    true_key: Ed25519KeyPair,
    own_key: Ed25519KeyPair,
}

impl Workshop {
    /// Unwraps the signing key as the docs of [`da::app::master_key`] describe it.
    pub(super) fn open(server: &TestServer, real: &str) -> Self {
        let header = jwt_part(real, 0);
        let kid = header["kid"].as_str().unwrap();
        let store = rusqlite::Connection::open(server.data_dir().join("da.db")).unwrap();
        let query = "SELECT secret_enc FROM signing_keys WHERE kid = ?1";
        let wrapped: Vec<u8> = store.query_row(query, [kid], |row| row.get(0)).unwrap();
        let master = MasterKey::read(&server.data_dir().join("master.key")).unwrap();
        let private = master.unwrap("signing-key", kid, &wrapped).unwrap();
        let true_key = Ed25519KeyPair::from_pkcs8(&private).unwrap();
        let workshop = Self {
            real: real.to_owned(),
            claims: jwt_part(real, 1),
            public_key: true_key.public_key().as_ref().to_vec(),
            own_key: Ed25519KeyPair::generate().unwrap(),
            true_key,
            header,
        };
        // Ed25519 is deterministic: with the true key and the same bytes, the forger makes the very token.
        assert_eq!(workshop.seal(&real[..real.rfind('.').unwrap()]), real);
        workshop
    }

    /// Returns segment 0 (header), 1 (claims) or 2 (signature) of the real token.
    pub(super) fn segment(&self, index: usize) -> &str {
        self.real.split('.').nth(index).unwrap()
    }

    /// Returns the header with some members changed.
    pub(super) fn header_with(&self, members: Value) -> Value {
        merged(&self.header, members)
    }

    /// Returns the claims with some members changed.
    pub(super) fn claims_with(&self, members: Value) -> Value {
        merged(&self.claims, members)
    }

    /// Signs with the server's own key.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(header.to_string(), claims.to_string())
    }

    /// Signs exactly these texts with the server's own key.
    pub(super) fn sign_text(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        self.seal(&format!("{}.{}", encoded(header), encoded(claims)))
    }

    /// Adds the signature of the server's own key.
    pub(super) fn seal(&self, signed: &str) -> String {
        format!("{signed}.{}", encoded(self.true_key.sign(signed.as_bytes())))
    }

    /// Signs with the forger's own key.
    pub(super) fn sign_with_own(&self, header: &Value) -> String {
        let signed = format!("{}.{}", encoded(header.to_string()), self.segment(1));
        let signature = encoded(self.own_key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// Returns the forger's own public key as a JWK.
    pub(super) fn own_jwk(&self) -> Value {
        let x = encoded(self.own_key.public_key());
        serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.header["kid"], "use": "sig" })
    }

    /// Adds an HMAC under a shared secret.
    pub(super) fn mac(&self, alg: &str, secret: &[u8]) -> String {
        let algorithm = match alg {
            "HS384" => hmac::HMAC_SHA384,
            "HS512" => hmac::HMAC_SHA512,
            _ => hmac::HMAC_SHA256,
        };
        let header = self.header_with(serde_json::json!({ "alg": alg }));
        let signed = format!("{}.{}", encoded(header.to_string()), self.segment(1));
        let tag = hmac::sign(&hmac::Key::new(algorithm, secret), signed.as_bytes());
        format!("{signed}.{}", encoded(tag))
    }
}

pub(super) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Changes members; null removes one.
fn merged(object: &Value, members: Value) -> Value {
    let mut object = object.clone();
    let map = object.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => map.shift_remove(name),
            value => map.insert(name.clone(), value.clone()),
        };
    }
    object
}
