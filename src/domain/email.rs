//! The login name (D-11).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An e-mail address in its one canonical form: trimmed, lower-cased, syntactically checked, at most 254 bytes.
///
/// Case twins were a real hole elsewhere, so no other form of an address exists inside `da`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The text is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid e-mail address")]
pub struct InvalidEmail;

impl Email {
    /// The longest address, in bytes (RFC 5321 section 4.5.3.1.3 less the angle brackets).
    pub const MAX_BYTES: usize = 254;

    /// Returns the canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part before the `@`: the default display name (C-32).
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.split_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let canonical = text.trim().to_lowercase();
        let Some((local, host)) = canonical.rsplit_once('@') else { return Err(InvalidEmail) };
        let fits = canonical.len() <= Self::MAX_BYTES && (1..=64).contains(&local.len());
        if fits && is_local_part(local) && is_host(host) { Ok(Self(canonical)) } else { Err(InvalidEmail) }
    }
}

/// An RFC 5321 `Dot-string`, with the letters of RFC 6531 allowed; quoted forms are not.
fn is_local_part(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom.chars().all(|c| {
                if c.is_ascii() {
                    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
                } else {
                    c.is_alphanumeric()
                }
            })
    })
}

/// One or more labels: a local server's users may well live at `admin@localhost`.
fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c == '-' || c.is_alphanumeric())
        })
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;

    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_blanks_do_not_make_a_second_account() {
        let one: Email = " Ann@Example.COM\t".parse().expect("valid");
        assert_eq!(one, "ann@example.com".parse().expect("valid"));
        assert_eq!(one.local_part(), "ann");
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in
            ["", "@", "a@", "@b", "a b@c", "a@b c", "a@-b.c", "a@b..c", ".a@b", "a\0@b", "a@b\n.c", "<a@b>", "a@b,c"]
        {
            assert_eq!(text.parse::<Email>(), Err(InvalidEmail), "{text:?}");
        }
        assert!(format!("{}@b.c", "a".repeat(65)).parse::<Email>().is_err());
        assert!(format!("a@{}c", "b.".repeat(130)).parse::<Email>().is_err());
        assert!("o'neil+tag@sub.example.org".parse::<Email>().is_ok());
        assert!("admin@localhost".parse::<Email>().is_ok());
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(text in any::<String>()) {
            if let Ok(email) = text.parse::<Email>() {
                prop_assert_eq!(email.as_str().parse::<Email>(), Ok(email.clone()));
                prop_assert!(!crate::domain::text::has_control(email.as_str()));
            }
        }
    }
}
