//! The login name (D-11).
//!
//! One mailbox has one form, in the store and on the wire: the local part in NFC and lower case, the domain in lower case
//! and as A-labels (`xn--bcher-kva.example`). People are shown the domain in their own script ([`Email::shown`]).
//!
//! Lower case is Unicode's default one, without a language: `İ` becomes `i` with a dot above, `ẞ` becomes `ß`, and `Σ`
//! becomes `ς` at the end of a word and `σ` elsewhere. `ı`, `ß` and `ς` are letters of their own and stay. The domain
//! follows UTS 46 without transitional processing, as browsers do.

mod domain_part;
mod local_part;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An e-mail address in its canonical form.
///
/// Case twins were a real vulnerability elsewhere, so text from outside becomes an `Email` only by parsing. The one
/// exception is an address that an earlier version stored in another form, see `Email::from_store`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// Why a text is not an e-mail address that `da` supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// There is no `@`, or nothing before or behind it.
    #[error("an e-mail address has the form `name@domain`")]
    Form,
    /// A character that the part before the `@` must not hold.
    #[error("the character U+{:04X} is not supported before the `@`", u32::from(*.0))]
    Character(char),
    /// The part before the `@` has an empty part between dots, or begins with a combining mark.
    #[error("the part before the `@` is not valid")]
    LocalPart,
    /// The part behind the `@` is not a domain name.
    #[error("the part behind the `@` is not a domain name")]
    Domain,
    /// Longer than [`Email::MAX_BYTES`], or than 64 bytes before the `@`.
    #[error("it is too long: at most 64 bytes before the `@` and {} in all", Email::MAX_BYTES)]
    TooLong,
}

impl Email {
    /// The longest canonical address, in bytes (RFC 5321 section 4.5.3.1.3 less the angle brackets).
    pub const MAX_BYTES: usize = 254;
    /// The longest local part, in bytes (RFC 5321 section 4.5.3.1.1).
    const MAX_LOCAL_BYTES: usize = 64;

    /// Returns the canonical text: the form of the wire and of the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part before the `@`: the default display name (C-32).
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }

    /// Returns the address for people: the domain in its own script where that is safe to display. Parsing it gives this
    /// address again.
    #[must_use]
    pub fn shown(&self) -> String {
        if !self.0.contains("xn--") {
            return self.0.clone();
        }
        let shown = self.0.rsplit_once('@').and_then(|(local, host)| {
            let host = domain_part::to_unicode(host)?;
            Some(format!("{local}@{host}"))
        });
        shown.filter(|text| text.parse().as_ref() == Ok(self)).unwrap_or_else(|| self.0.clone())
    }

    /// Tells whether it has the canonical form, which only an address that an earlier version stored may lack.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        self.0.parse().as_ref() == Ok(self)
    }

    /// Takes an address as the store holds it. An earlier version stored domains as they were typed; where two accounts
    /// would get the same canonical form, the second keeps its stored one.
    ///
    /// # Errors
    /// [`InvalidEmail`], for a text that no version could have stored.
    pub(crate) fn from_store(text: &str) -> Result<Self, InvalidEmail> {
        let has_form = text.rsplit_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
        let plain = text.len() <= Self::MAX_BYTES && !super::text::has_control(text);
        if has_form && plain { Ok(Self(text.to_owned())) } else { Err(InvalidEmail::Form) }
    }

    /// Returns the forms under which the account that `text` names may be stored, the preferred one first: the form in
    /// which an earlier version stored it, where that differs, and the canonical form.
    #[must_use]
    pub fn stored_forms(text: &str) -> Vec<Self> {
        let canonical = text.parse().ok();
        let earlier = text.trim().to_lowercase();
        // The earlier version left all ASCII as it is now, except for A-labels that decode to nothing valid.
        let may_differ = !earlier.is_ascii() || canonical.is_none();
        let earlier = Some(earlier).filter(|_| may_differ).and_then(|text| Self::from_store(&text).ok());
        let earlier = earlier.filter(|earlier| canonical.as_ref() != Some(earlier));
        earlier.into_iter().chain(canonical).collect()
    }
}

/// Returns an address that came as text, from a server or a file, for people; what is no canonical address stays as it is.
#[must_use]
pub fn shown(text: &str) -> String {
    text.parse::<Email>()
        .ok()
        .filter(|email| email.as_str() == text)
        .map_or_else(|| text.to_owned(), |email| email.shown())
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let (local, host) = text.trim().rsplit_once('@').ok_or(InvalidEmail::Form)?;
        if local.is_empty() || host.is_empty() {
            return Err(InvalidEmail::Form);
        }
        // Long before the limit, so that the work for a text of megabytes is bounded too.
        if local.len() > 4 * Self::MAX_BYTES || host.len() > 16 * Self::MAX_BYTES {
            return Err(InvalidEmail::TooLong);
        }
        let local = local_part::canonical(local)?;
        let host = domain_part::to_ascii(host).ok_or(InvalidEmail::Domain)?;
        if local.len() > Self::MAX_LOCAL_BYTES || local.len() + 1 + host.len() > Self::MAX_BYTES {
            return Err(InvalidEmail::TooLong);
        }
        Ok(Self(format!("{local}@{host}")))
    }
}

/// The canonical form. For people use [`Email::shown`].
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
mod tests;
