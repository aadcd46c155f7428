//! Forged headers: algorithms, keys, and members that ask for other rules.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use super::workshop::{Forgery, Workshop, encoded};

/// Another `alg`, with no signature, the real one, and a fresh one by the true key.
pub(super) fn algorithms(shop: &Workshop) -> Vec<Forgery> {
    let spellings = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "noNe",
        "none ",
        " none",
        "",
        "null",
        "HS256",
        "HS384",
        "HS512",
        "hs256",
        "RS256",
        "RS512",
        "PS256",
        "ES256",
        "ES256K",
        "ES512",
        "EdDSA ",
        "eddsa",
        "EDDSA",
        "Ed25519",
        "Ed448",
        "dir",
        "A256GCM",
        "EdDSA\u{0}",
        "EdDSA,none",
    ];
    let mut values: Vec<Value> = spellings.into_iter().map(Value::from).collect();
    values.extend([json!(0), json!(true), json!(["EdDSA"]), json!({ "alg": "EdDSA" })]);
    let headers = values.into_iter().map(|alg| (format!("alg {alg}"), shop.header_with(json!({ "alg": alg }))));
    let absent = [("alg absent".to_owned(), shop.header_with(json!({ "alg": null })))];
    let null = [("alg null".to_owned(), null_member(&shop.header, "alg"))];
    let mut cases = Vec::new();
    for (name, header) in headers.chain(absent).chain(null) {
        let signed = format!("{}.{}", encoded(header.to_string()), shop.segment(1));
        cases.push(Forgery::generic(format!("{name}, no signature"), format!("{signed}.")));
        cases.push(Forgery::generic(format!("{name}, real signature"), format!("{signed}.{}", shop.segment(2))));
        cases.push(Forgery::generic(format!("{name}, truly signed"), shop.seal(&signed)));
    }
    cases
}

fn null_member(object: &Value, name: &str) -> Value {
    let mut object = object.clone();
    object[name] = Value::Null;
    object
}

/// An HMAC under what everybody knows or might guess: the public key in every form, and the usual secrets.
pub(super) fn shared_secrets(shop: &Workshop) -> Vec<Forgery> {
    let key = &shop.public_key;
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410 section 4).
    let der = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], key].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(key) }).to_string();
    let kid = shop.header["kid"].as_str().unwrap().to_owned();
    let mut secrets: Vec<(&str, Vec<u8>)> = vec![
        ("raw", key.clone()),
        ("hex", hex.to_uppercase().into_bytes()),
        ("lower hex", hex.into_bytes()),
        ("base64", STANDARD.encode(key).into_bytes()),
        ("base64url", URL_SAFE_NO_PAD.encode(key).into_bytes()),
        ("DER", der),
        ("PEM", pem.clone().into_bytes()),
        ("PEM without its last line end", pem.trim_end().as_bytes().to_vec()),
        ("JWK", jwk.into_bytes()),
        ("key id", kid.into_bytes()),
        ("zeros", vec![0; 32]),
    ];
    for text in ["", "secret", "changeme", "password", "your-256-bit-secret", "jwt_secret", "da"] {
        secrets.push((text, text.as_bytes().to_vec()));
    }
    let mut cases = Vec::new();
    for alg in ["HS256", "HS384", "HS512"] {
        for (name, secret) in &secrets {
            cases.push(Forgery::generic(format!("{alg} with `{name}`"), shop.mac(alg, secret)));
        }
    }
    cases
}

/// Another `kid`, truly signed: none of them names a key of ours.
pub(super) fn key_ids(shop: &Workshop) -> Vec<Forgery> {
    let kid = shop.header["kid"].as_str().unwrap();
    let texts = [
        "unknown",
        "",
        " ",
        "0",
        "active",
        "../../../../dev/null",
        "/dev/null",
        "master.key",
        "' OR 1=1 --",
        "' UNION SELECT secret_enc FROM signing_keys --",
        "%",
        "*",
        "http://127.0.0.1:1/key",
        "file:///dev/null",
        "$(id)",
        "a\u{0}b",
        "\u{202e}",
    ];
    let mut values: Vec<Value> = texts.into_iter().map(Value::from).collect();
    values.extend([
        json!(format!("{kid}\u{0}")),
        json!(format!(" {kid}")),
        json!(format!("{kid} ")),
        json!(kid.to_lowercase() + kid),
        json!(kid[1..]),
        json!("k".repeat(2_000)),
        json!(0),
        json!(true),
        json!([kid]),
        json!({ "kid": kid }),
    ]);
    let mut cases: Vec<Forgery> = values
        .into_iter()
        .enumerate()
        .map(|(n, value)| {
            let token = shop.sign(&shop.header_with(json!({ "kid": value })), &shop.claims);
            Forgery::generic(format!("kid {n}: {value:.40}"), token)
        })
        .collect();
    cases.push(Forgery::generic("kid absent", shop.sign(&shop.header_with(json!({ "kid": null })), &shop.claims)));
    cases.push(Forgery::generic("kid null", shop.sign(&null_member(&shop.header, "kid"), &shop.claims)));
    cases.push(Forgery::generic("our kid, another key", shop.sign_with_own(&shop.header)));
    cases.push(Forgery::generic(
        "another kid, another key",
        shop.sign_with_own(&shop.header_with(json!({ "kid": "mine" }))),
    ));
    cases
}

/// Members that name another type, demand extensions, or bring a key along. What carries the true signature is told
/// apart, for it is another token than the one that was handed out.
pub(super) fn members(shop: &Workshop) -> Vec<Forgery> {
    let mut cases = Vec::new();
    for typ in ["", "jwt", " JWT", "JWT ", "at+jwt", "application/jwt", "JWE", "dpop+jwt", "logout+jwt", "secevent+jwt"]
    {
        let token = shop.sign(&shop.header_with(json!({ "typ": typ })), &shop.claims);
        cases.push(Forgery::generic(format!("typ `{typ}`"), token));
    }
    for typ in [json!(1), json!(["JWT"]), json!(false)] {
        let token = shop.sign(&shop.header_with(json!({ "typ": typ })), &shop.claims);
        cases.push(Forgery::generic(format!("typ {typ}"), token));
    }
    cases.push(Forgery::generic("typ absent", shop.sign(&shop.header_with(json!({ "typ": null })), &shop.claims)));
    let extensions = [
        json!({ "crit": ["exp"] }),
        json!({ "crit": ["b64"], "b64": false }),
        json!({ "crit": [] }),
        json!({ "crit": "exp" }),
        json!({ "crit": ["urn:example:unknown"], "urn:example:unknown": true }),
        json!({ "zip": "DEF" }),
        json!({ "cty": "JWT" }),
        json!({ "enc": "A256GCM" }),
        json!({ "jwk": shop.own_jwk() }),
        json!({ "x5c": ["MIIB"] }),
    ];
    for members in extensions {
        let header = shop.header_with(members.clone());
        let token = shop.sign(&header, &shop.claims);
        cases.push(Forgery::specific(format!("{members:.40}, truly signed"), token, "token_mismatch"));
        cases.push(Forgery::generic(format!("{members:.40}, another key"), shop.sign_with_own(&header)));
    }
    cases
}

/// Members that point to a key elsewhere.
pub(super) fn addresses(shop: &Workshop, url: &str) -> Vec<Forgery> {
    let mut cases = Vec::new();
    for (name, value) in [
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("kid", json!(url)),
        ("iss", json!(url)),
        ("jwk", json!({ "kty": "OKP", "crv": "Ed25519", "x5u": url })),
        ("x5c", json!([url])),
    ] {
        let header = shop.header_with(json!({ name: value }));
        cases.push(Forgery::generic(format!("{name} with another key"), shop.sign_with_own(&header)));
        let code = if name == "kid" { "invalid_token" } else { "token_mismatch" };
        cases.push(Forgery::specific(format!("{name} truly signed"), shop.sign(&header, &shop.claims), code));
    }
    let foreign = shop.claims_with(json!({ "iss": url, "aud": url }));
    cases.push(Forgery::specific("iss in the claims", shop.sign(&shop.header, &foreign), "token_mismatch"));
    cases
}
