//! Forged encodings: segments, base64url, JSON, and the signature's own bytes.

use super::workshop::{Forgery, Workshop, encoded};

/// Another number of segments, or empty ones.
pub(super) fn segments(shop: &Workshop) -> Vec<Forgery> {
    let (header, claims, signature) = (shop.segment(0), shop.segment(1), shop.segment(2));
    let real = &shop.real;
    let generic = [
        header.to_owned(),
        claims.to_owned(),
        signature.to_owned(),
        format!("{header}.{claims}"),
        format!("{claims}.{signature}"),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{header}.{claims}.{claims}.{signature}"),
        format!("{header}.{claims}.{claims}.{claims}.{signature}"),
        format!("{real}.{real}"),
        format!(".{claims}.{signature}"),
        format!("{header}..{signature}"),
        format!("{header}.{claims}."),
        format!("..{signature}"),
        format!("{header}.."),
        format!(".{claims}."),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "....".to_owned(),
        format!(".{real}"),
        format!("{real}."),
        format!("{real}.."),
        format!("{header}.{signature}.{claims}"),
        format!("{claims}.{header}.{signature}"),
        shop.seal(&format!("{header}.")),
        shop.seal(&format!(".{claims}")),
        shop.seal("."),
    ];
    generic
        .into_iter()
        .enumerate()
        .map(|(n, token)| Forgery::generic(format!("segments {n}: {:.20}", token), token))
        .chain([Forgery::refused("nothing", String::new())])
        .collect()
}

/// The same bytes, spelled as base64 otherwise: the canonical spelling is the token, no other.
pub(super) fn spellings(shop: &Workshop) -> Vec<Forgery> {
    let mut cases = Vec::new();
    for index in 0..3 {
        let with = |segment: String| {
            let mut parts: Vec<&str> = shop.real.split('.').collect();
            parts[index] = &segment;
            parts.join(".")
        };
        let segment = shop.segment(index);
        cases.push(Forgery::generic(format!("segment {index} padded once"), with(format!("{segment}="))));
        cases.push(Forgery::generic(format!("segment {index} padded twice"), with(format!("{segment}=="))));
        cases.push(Forgery::generic(format!("segment {index} padded, escaped"), with(format!("{segment}%3D"))));
        cases.push(Forgery::generic(format!("segment {index} with a tilde"), with(format!("{segment}~"))));
        cases.push(Forgery::generic(format!("segment {index} with a `+`"), with(format!("+{segment}"))));
        cases.push(Forgery::generic(format!("segment {index} with a `/`"), with(format!("/{segment}"))));
        cases.push(Forgery::generic(format!("segment {index} one letter short"), with(segment[1..].to_owned())));
        cases.push(Forgery::refused(
            format!("segment {index} with a blank"),
            with(format!("{} {}", &segment[..9], &segment[9..])),
        ));
        cases.push(Forgery::refused(format!("segment {index} with a tab"), with(format!("\t{segment}"))));
        cases.push(Forgery::refused(format!("segment {index} beyond ASCII"), with(format!("{segment}é"))));
        if let Some(same) = with_trailing_bits(segment) {
            cases.push(Forgery::generic(format!("segment {index} with trailing bits"), with(same)));
        }
    }
    let standard = shop.real.replace('-', "+").replace('_', "/");
    if standard != shop.real {
        cases.push(Forgery::generic("the alphabet of plain base64", standard));
    }
    cases.push(Forgery::generic("quoted", format!("\"{}\"", shop.real)));
    cases.push(Forgery::generic("in upper case", shop.real.to_uppercase()));
    cases.push(Forgery::generic("twice", shop.real.repeat(2)));
    cases
}

/// Returns a spelling whose unused last bits are not zero; nothing where there are none.
fn with_trailing_bits(segment: &str) -> Option<String> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if segment.len().is_multiple_of(4) {
        return None;
    }
    let (rest, last) = segment.split_at(segment.len() - 1);
    let value = ALPHABET.find(last)?;
    Some(format!("{rest}{}", &ALPHABET[value + 1..=value + 1]))
}

/// Texts that are no plain JSON object, or that name a member twice; truly signed.
pub(super) fn hostile_json(shop: &Workshop) -> Vec<Forgery> {
    let (header, claims) = (shop.header.to_string(), shop.claims.to_string());
    let twice = |text: &str, name: &str, value: &str| text.replacen('{', &format!(r#"{{"{name}":{value},"#), 1);
    let deep = |depth: usize| format!(r#""deep":{}{},"#, "[".repeat(depth), "]".repeat(depth));
    let after_brace = |text: &str, insert: &str| text.replacen('{', &format!("{{{insert}"), 1);
    let headers = [
        twice(&header, "alg", r#""none""#),
        twice(&header, "alg", r#""EdDSA""#),
        twice(&header, "kid", r#""x""#),
        twice(&header, "typ", r#""JWT""#),
        format!("[{header}]"),
        format!("{header}{header}"),
        format!("{header} x"),
        format!("\u{feff}{header}"),
        header.replace('"', "'"),
        header.replace('}', ",}"),
        "\"header\"".to_owned(),
        "null".to_owned(),
        "{}".to_owned(),
        "1".to_owned(),
        String::new(),
    ];
    let bodies = [
        twice(&claims, "jti", r#""6fa459ea-ee8a-4ca4-894e-db77e160355e""#),
        twice(&claims, "sub", r#""6fa459ea-ee8a-4ca4-894e-db77e160355e""#),
        twice(&claims, "typ", r#""pat""#),
        format!("[{claims}]"),
        format!("{claims}{claims}"),
        format!("\u{feff}{claims}"),
        claims.replace('"', "'"),
        "null".to_owned(),
        "{}".to_owned(),
        String::new(),
    ];
    let mut cases = Vec::new();
    for (n, text) in headers.into_iter().enumerate() {
        cases.push(Forgery::generic(format!("header {n}: {text:.40}"), shop.sign_text(&text, &claims)));
    }
    for (n, text) in bodies.into_iter().enumerate() {
        cases.push(Forgery::generic(format!("claims {n}: {text:.40}"), shop.sign_text(&header, &text)));
    }
    for depth in [100, 200, 2_000] {
        // Skipped without recursion; the true signature over other bytes is still no token of ours.
        let (header, claims) = (after_brace(&header, &deep(depth)), after_brace(&claims, &deep(depth)));
        cases.push(Forgery::refused(format!("{depth} levels"), shop.sign_text(header, claims)));
    }
    let broken = [header.as_bytes(), b"\xff"].concat();
    cases.push(Forgery::generic("header not UTF-8", shop.sign_text(broken, &claims)));
    let broken = claims.replacen('@', "\u{1}", 1).into_bytes();
    cases.push(Forgery::generic("a control character in the claims", shop.sign_text(&header, broken)));
    let broken: Vec<u8> = claims.bytes().map(|byte| if byte == b'@' { 0xff } else { byte }).collect();
    cases.push(Forgery::refused("claims not UTF-8", shop.sign_text(&header, broken)));
    for (name, bytes) in [("8 KiB", 8 * 1024), ("20 KiB", 20 * 1024)] {
        let large = after_brace(&claims, &format!(r#""pad":"{}","#, "x".repeat(bytes)));
        cases.push(Forgery::generic(format!("{name} of claims"), shop.sign_text(&header, large)));
    }
    cases.push(Forgery::refused("40 KiB of token", "A".repeat(40 * 1024)));
    cases
}

/// The real header and claims under a signature that is not quite theirs.
pub(super) fn signatures(shop: &Workshop) -> Vec<Forgery> {
    let signed = &shop.real[..shop.real.rfind('.').unwrap()];
    let signature = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, shop.segment(2)).unwrap();
    assert_eq!(signature.len(), 64);
    let mut cases = Vec::new();
    let mut add = |name: String, bytes: &[u8]| {
        cases.push(Forgery::generic(name, format!("{signed}.{}", encoded(bytes))));
    };
    for index in [0, 1, 15, 31, 32, 33, 47, 62, 63] {
        for bit in [0_u8, 7] {
            let mut flipped = signature.clone();
            flipped[index] ^= 1 << bit;
            add(format!("bit {bit} of byte {index}"), &flipped);
        }
    }
    for length in [1, 31, 32, 63] {
        add(format!("cut to {length} bytes"), &signature[..length]);
    }
    add("one byte more".to_owned(), &[&signature[..], &[0]].concat());
    add("twice".to_owned(), &signature.repeat(2));
    add("halves exchanged".to_owned(), &[&signature[32..], &signature[..32]].concat());
    add("reversed".to_owned(), &signature.iter().rev().copied().collect::<Vec<_>>());
    add("zeros".to_owned(), &[0; 64]);
    add("ones".to_owned(), &[0xff; 64]);
    // The neutral element and S = 0: valid under a key of small order, where a verifier does not look (RFC 8032).
    add("neutral element".to_owned(), &[&[1][..], &[0; 63]].concat());
    add("the public key itself".to_owned(), &[&shop.public_key[..], &[0; 32]].concat());
    let other = shop.sign(&shop.header, &shop.claims_with(serde_json::json!({ "x": 1 })));
    let other = other.rsplit('.').next().unwrap();
    cases.push(Forgery::generic("the signature of another token of ours", format!("{signed}.{other}")));
    cases.push(Forgery::generic("half of the text", shop.real[..shop.real.len() - 43].to_owned()));
    cases
}
