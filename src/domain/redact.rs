//! Keeping credentials out of logs and answers.
//!
//! People put tokens where they do not belong: into a path, a query, a program's name. What is written down, or shown to
//! somebody else, goes through [`redacted`] first.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Stands for a credential.
pub const REDACTED: &str = "[redacted]";
/// No credential is shorter.
const SHORTEST: usize = 13;
/// How many characters of a token follow its marking prefix at least.
const SHORTEST_REST: usize = 10;
/// So many characters without a mark between them are a secret of some kind: an id has 36.
const LONG: usize = 40;
/// Prefixes that mark a token: a JWT begins with the encoding of `{"`.
const MARKS: [&str; 2] = ["eyJ", "da_"];
/// How often a text may be percent-encoded.
const DEEPEST: usize = 4;

/// Returns `text` with every word that holds a credential replaced by [`REDACTED`]; also percent-encoded credentials,
/// however often they were encoded.
#[must_use]
pub fn redacted(text: &str) -> Cow<'_, str> {
    if text.len() < SHORTEST || !words(text).any(holds_credential) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_separator) {
        let word = piece.strip_suffix(is_separator).unwrap_or(piece);
        shown.push_str(if holds_credential(word) { REDACTED } else { word });
        shown.push_str(&piece[word.len()..]);
    }
    Cow::Owned(shown)
}

/// A separator of words is what a credential, encoded or not, has no use for.
fn is_separator(character: char) -> bool {
    !(character.is_ascii_alphanumeric() || "-_.%~+".contains(character))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_separator)
}

fn holds_credential(word: &str) -> bool {
    if word.len() < SHORTEST {
        return false;
    }
    let mut word = Cow::Borrowed(word);
    for _ in 0..DEEPEST {
        if words(&word).any(is_credential) {
            return true;
        }
        let decoded = percent_decode_str(&word).decode_utf8_lossy().into_owned();
        if decoded == word {
            return false;
        }
        word = Cow::Owned(decoded);
    }
    // Nobody encodes so often what may be read.
    true
}

fn is_credential(word: &str) -> bool {
    let is_marked = |mark: &str| word.match_indices(mark).any(|(at, _)| word.len() - at - mark.len() >= SHORTEST_REST);
    MARKS.iter().any(|mark| is_marked(mark)) || word.split(['.', '%', '~', '+']).any(is_random)
}

/// Tells whether a run is as long and as mixed as random bytes in base64 are.
fn is_random(run: &str) -> bool {
    run.len() >= LONG
        && run.bytes().any(|byte| byte.is_ascii_digit())
        && run.bytes().any(|byte| byte.is_ascii_lowercase())
        && run.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const JWT: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
    const OPAQUE: &str = "da_pat_0123456789abcdefghijABCDEFGHIJ";

    #[test]
    fn credentials_are_redacted_and_the_rest_stays() {
        let encoded: String = JWT.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let twice = encoded.replace('%', "%25");
        let reset_value = "Zx9-Zx9-Zx9_Zx9aZx9bZx9cZx9dZx9eZx9fZx9gZx9";
        for credential in [
            JWT,
            OPAQUE,
            reset_value,
            &JWT.replace('.', "%2E"),
            &JWT.replacen("eyJ", "%65yJ", 1),
            &OPAQUE.replace('_', "%5F"),
            &encoded,
            &twice,
            &JWT[..40],
            &format!("{JWT}%"),
            &format!("x{JWT}"),
            &format!("Bearer%20{JWT}"),
        ] {
            for (before, after) in [
                ("/auth/tokens/", ""),
                ("/", "/more"),
                ("GET /x/", ""),
                ("unknown parameter `", "`"),
                ("/x?token=", "&a=b"),
            ] {
                let text = format!("{before}{credential}{after}");
                assert_eq!(redacted(&text), format!("{before}{REDACTED}{after}"), "{text}");
            }
        }
    }

    #[test]
    fn ordinary_paths_and_sentences_stay() {
        for text in [
            "",
            "/",
            "/auth/tokens/6f1c0f0e-0000-4000-8000-000000000001",
            "/api/admin/permissions/reports.report.read_all",
            "/assets/style.3f0a9c11.css",
            "GET /api/users/6F1C0F0E-0000-4000-8000-000000000001",
            "/%E4%BD%A0%E5%A5%BD/%2e%2e/a%20b",
            "/api/resources/skill/a-very-long-name-of-a-resource-without-any-capital-letter-1",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
            "Too many attempts. Try again in 3600 seconds",
            "da_form",
            "/100%-of-everything/%zz/%",
            "/keys/da_backup",
        ] {
            assert!(matches!(redacted(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_around_a_credential_saves_it(before in "[ -~]{0,20}", after in "[ -~]{0,20}") {
            let text = format!("{before}{OPAQUE}{after}");
            prop_assert!(!redacted(&text).contains(OPAQUE), "{}", text);
        }

        #[test]
        fn redacting_never_panics_and_twice_is_once(text: String) {
            let once = redacted(&text).into_owned();
            prop_assert_eq!(redacted(&once), once.as_str());
        }
    }
}
