//! The form of secrets that only we read: a prefix, the id of a row and 32 secret bytes.
//!
//! The id leads to the row by its primary key, so that no hash needs an index (D-10); the prefix lets leak scanners know
//! what they have found.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::Secret;

const ID_BYTES: usize = 16;
/// How many of the bytes are secret.
pub(super) const SECRET_BYTES: usize = 32;

/// The secret part.
pub(super) type SecretBytes = Zeroizing<[u8; SECRET_BYTES]>;

/// Makes a secret part; nothing without a source of random bytes.
pub(super) fn random() -> Option<SecretBytes> {
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    rand::fill(secret.as_mut_slice()).ok()?;
    Some(secret)
}

/// Reads a text in its one canonical form; nothing if it is none.
pub(super) fn read(prefix: &str, text: &Secret) -> Option<([u8; ID_BYTES], SecretBytes)> {
    let encoded = text.expose().strip_prefix(prefix)?;
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).ok()?);
    let (id, rest) = bytes.split_first_chunk::<ID_BYTES>()?;
    Some((*id, Zeroizing::new(<[u8; SECRET_BYTES]>::try_from(rest).ok()?)))
}

/// Writes it.
pub(super) fn write(prefix: &str, id: &[u8; ID_BYTES], secret: &SecretBytes) -> Secret {
    let bytes = Zeroizing::new([id.as_slice(), secret.as_slice()].concat());
    Secret::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(&*bytes)))
}
