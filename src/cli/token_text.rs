//! Tokens inside of other text: found by their form, so that they are not repeated in messages.

use std::ops::Range;

/// Stands for a token in a message.
pub(super) const HIDDEN: &str = "[token hidden]";

/// Tells whether the text holds something that looks like a token.
pub(super) fn holds_token(text: &str) -> bool {
    next(text, 0).is_some()
}

/// Returns the text with every token replaced by [`HIDDEN`].
pub(super) fn without_tokens(text: &str) -> String {
    let (mut safe, mut from) = (String::with_capacity(text.len()), 0);
    while let Some(token) = next(text, from) {
        safe.push_str(&text[from..token.start]);
        safe.push_str(HIDDEN);
        from = token.end;
    }
    safe.push_str(&text[from..]);
    safe
}

fn next(text: &str, from: usize) -> Option<Range<usize>> {
    let starts = text[from..].char_indices().map(|(at, _)| from + at);
    starts.into_iter().find_map(|at| jwt(text, at).or_else(|| opaque(text, at)).map(|end| at..end))
}

/// Returns how many bytes of base64url the text begins with.
fn run(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(byte)).count()
}

fn starts_word(text: &str, at: usize) -> bool {
    let before = text[..at].bytes().next_back();
    !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The least length of a JWT's first part that is told from a word in which `eyJ` stands by chance.
const MIN_HEADER: usize = 12;

/// Returns the end of the JWT (RFC 7519) that begins at `at`: three parts or more, or two of which the second is an
/// object as well, as a cut token has.
fn jwt(text: &str, at: usize) -> Option<usize> {
    let rest = text[at..].strip_prefix("eyJ").map(|_| &text[at..])?;
    let header = run(rest);
    if header < MIN_HEADER && !starts_word(text, at) {
        return None;
    }
    let (mut length, mut parts) = (header, 1);
    while rest[length..].starts_with('.') {
        length += 1 + run(&rest[length + 1..]);
        parts += 1;
    }
    let payload = rest.get(header + 1..).unwrap_or_default();
    let is_object = payload.starts_with("ey") || payload.starts_with("e30");
    let is_token =
        parts >= 3 && header > 3 && !payload.starts_with('.') || parts == 2 && header >= MIN_HEADER && is_object;
    is_token.then_some(at + length)
}

/// The least length of the random part of an opaque token.
const MIN_RANDOM: usize = 20;

/// Returns the end of the opaque token that begins at `at`: `da_pat_...`, `da_...`, and the `dar_...`, `dac_...`,
/// `dad_...` of refresh tokens and codes.
fn opaque(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    if !starts_word(text, at) || !rest.starts_with("da") {
        return None;
    }
    let length = run(rest);
    let word = &rest[..length];
    let (kind, body) = word.split_once('_')?;
    if kind.len() > 3 {
        return None;
    }
    let any = |body: &str, test: fn(&u8) -> bool| body.bytes().any(|byte| test(&byte));
    let last = body.rsplit('_').next().unwrap_or_default();
    let is_mixed = any(body, u8::is_ascii_uppercase) && any(body, u8::is_ascii_lowercase);
    let is_token = body.starts_with("pat_") && body.len() >= MIN_RANDOM
        || body.len() >= MIN_RANDOM && is_mixed
        || last.len() >= MIN_RANDOM && any(last, u8::is_ascii_digit);
    is_token.then_some(at + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const JWT: &str = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

    #[test]
    fn tokens_of_every_form_are_found() {
        for token in [
            JWT,
            "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.",
            "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0",
            "eyJh.e30.x",
            "da_pat_0123456789abcdefghij",
            "da_pat_abcdefghijklmnopqrstuvwxyz",
            "da_8fK2mQ9xT4vB7nL1pR6sY3wZ",
            "da_0123456789abcdef0123456789abcdef",
            &format!("dar_{}", "aB3_".repeat(16)),
        ] {
            for text in
                [token.to_owned(), format!("a `{token}` b"), format!("--x={token}"), format!("https://u:{token}@h")]
            {
                assert!(holds_token(&text), "{text}");
                assert!(!without_tokens(&text).contains(token), "{text}");
            }
        }
        assert_eq!(without_tokens(&format!("x{JWT}, {JWT}")), format!("x{HIDDEN}, {HIDDEN}"));
    }

    #[test]
    fn other_words_are_left_alone() {
        for text in [
            "ci",
            "id.example.org",
            "KeyJar.example.org",
            "6fa459ea-ee8a-4ca4-894e-db77e160355e",
            "da_backup_2026_11_30_of_the_house",
            "da_access_token_requests_total",
            "da-server.yaml",
            "agenda_0123456789abcdef0123456789abcdef",
            "eyJ",
        ] {
            assert_eq!(without_tokens(text), text);
        }
    }

    proptest! {
        #[test]
        fn hiding_never_panics_and_is_complete(text in "(eyJ|da_|dar_|[a-zA-Z0-9_.é-]){0,60}") {
            let safe = without_tokens(&text);
            prop_assert!(!holds_token(&safe), "{safe}");
        }
    }
}
