//! The master key, and what is wrapped under it (D-08).
//!
//! The master key is 32 random bytes, never in the database. From it come, by HKDF-SHA256 (RFC 5869):
//!
//! | key | salt | info |
//! |---|---|---|
//! | audit chain (HMAC-SHA256) | none | `da/audit-chain/v1` |
//! | chain of refresh tokens (HMAC-SHA256) | none | `da/refresh/v1` |
//! | login names in counters (HMAC-SHA256) | none | `da/login-name/v1` |
//! | wrapping (AES-256-GCM) | 16 random bytes, in the record | `da/wrap/v1/` + purpose |
//!
//! A wrapped secret is the concatenation of one version byte (`0x01`), the salt (16), the nonce (12, random), and the
//! ciphertext with its 16-byte tag. The associated data is the purpose, a zero byte, and the id of the record, so that
//! a wrapped value cannot be moved to another row. Purposes in use: `signing-key` (id: the `kid`; plaintext: PKCS#8)
//! and `canary` (id: `canary`; plaintext: `da`).
//!
//! [`rekey`](super::keys::rekey) changes it: everything in this list is made anew with the next key.
//!
//! In files and variables the master key is standard base64 with padding, or 64 hexadecimal digits.

use std::{
    io,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    constant_time,
    hkdf::{HKDF_SHA256, KeyType, Salt},
    rand,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::{Zeroize, Zeroizing};

use super::private_file;
use crate::domain::{LoginNameKey, RefreshKey, Secret, UserCodeKey, audit::ChainKey};

const VERSION: u8 = 1;
const SALT_BYTES: usize = 16;
const KEY_BYTES: usize = 32;

/// Why there is no usable master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or made.
    #[error("cannot use the master key file `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The text is not a key.
    #[error("the master key in {0} is not 32 bytes in base64 or hexadecimal")]
    Malformed(String),
    /// A store is there, its key is not.
    #[error(
        "`{}` is missing, but the store beside it was made with it; put the file back, or set DA_MASTER_KEY or \
         DA_MASTER_KEY_FILE", .0.display()
    )]
    Missing(PathBuf),
    /// The store was made with another key.
    #[error("the master key in {0} is not the one this store was made with; put the right key back")]
    Wrong(String),
}

/// A wrapped value does not open: another key, another record, or damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a wrapped secret does not open: wrong master key or damaged record")]
pub struct UnwrapError;

/// The key from which all others come.
#[derive(Clone)]
pub struct MasterKey {
    key: Zeroizing<[u8; KEY_BYTES]>,
    /// Where it was found, for whoever must put another one there.
    place: String,
}

impl MasterKey {
    /// Reads the key from text.
    ///
    /// # Errors
    /// [`MasterKeyError::Malformed`], naming `place`.
    pub fn parse(text: &Secret, place: &str) -> Result<Self, MasterKeyError> {
        let text = text.expose().trim();
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        let decoded = Zeroizing::new(if text.len() == 2 * KEY_BYTES { hex(text) } else { STANDARD.decode(text).ok() });
        match decoded.as_deref() {
            Some(bytes) if bytes.len() == KEY_BYTES => key.copy_from_slice(bytes),
            _ => return Err(MasterKeyError::Malformed(place.to_owned())),
        }
        Ok(Self { key, place: place.to_owned() })
    }

    /// Reads the key from a file that only its owner may read.
    ///
    /// # Errors
    /// [`MasterKeyError::File`], also when others may read it; [`MasterKeyError::Malformed`].
    pub fn read(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
        Self::parse(&private_file::read(path).map_err(failed)?, &place(path))
    }

    /// Makes a new key and writes it to `path`, mode 0600, which must not exist.
    ///
    /// # Errors
    /// [`MasterKeyError::File`].
    pub fn create(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
        let key = Self::random(&place(path)).map_err(failed)?;
        key.write(path)?;
        Ok(key)
    }

    /// Makes a new key, which will be found at `place`.
    ///
    /// # Errors
    /// Without random bytes.
    pub fn random(place: &str) -> io::Result<Self> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        rand::fill(key.as_mut_slice()).map_err(|_| io::Error::other("no random bytes"))?;
        Ok(Self { key, place: place.to_owned() })
    }

    /// Writes the key to `path`, mode 0600, which must not exist.
    ///
    /// # Errors
    /// [`MasterKeyError::File`].
    pub fn write(&self, path: &Path) -> Result<(), MasterKeyError> {
        let text = Zeroizing::new(format!("{}\n", STANDARD.encode(self.key.as_slice())));
        let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
        private_file::write_new(path, text.as_bytes()).map_err(failed)
    }

    /// Tells whether this is the same key, wherever it was found.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(self.key.as_slice(), other.key.as_slice()).is_ok()
    }

    /// Returns where the key was found.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Returns the key of the audit chain.
    #[must_use]
    pub fn chain_key(&self) -> ChainKey {
        ChainKey::new(&self.derive(&[], &["da/audit-chain/v1"]))
    }

    /// Returns the key that derives refresh tokens.
    #[must_use]
    pub fn refresh_key(&self) -> RefreshKey {
        RefreshKey::new(&self.derive(&[], &["da/refresh/v1"]))
    }

    /// Returns the key that hashes the codes people type.
    #[must_use]
    pub fn user_code_key(&self) -> UserCodeKey {
        UserCodeKey::new(&self.derive(&[], &["da/user-code/v1"]))
    }

    /// Returns the key that hashes login names for the counters of failures.
    #[must_use]
    pub fn login_name_key(&self) -> LoginNameKey {
        LoginNameKey::new(&self.derive(&[], &["da/login-name/v1"]))
    }

    /// Wraps `plaintext` for the record `id`.
    ///
    /// # Panics
    /// Never in practice: only without a source of random bytes.
    #[must_use]
    pub fn wrap(&self, purpose: &str, id: &str, plaintext: &[u8]) -> Vec<u8> {
        let mut salt = [0; SALT_BYTES];
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut salt).expect("the system gives random bytes");
        rand::fill(&mut nonce).expect("the system gives random bytes");
        let mut sealed = plaintext.to_vec();
        self.wrapping_key(&salt, purpose)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(purpose, id), &mut sealed)
            .expect("a short plaintext can be sealed");
        [&[VERSION][..], &salt, &nonce, &sealed].concat()
    }

    /// Opens what [`MasterKey::wrap`] made for the same purpose and record.
    ///
    /// # Errors
    /// [`UnwrapError`].
    pub fn unwrap(&self, purpose: &str, id: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
        let rest = wrapped.strip_prefix(&[VERSION]).ok_or(UnwrapError)?;
        let (salt, rest) = rest.split_at_checked(SALT_BYTES).ok_or(UnwrapError)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN).ok_or(UnwrapError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| UnwrapError)?;
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let opened = self
            .wrapping_key(salt, purpose)
            .open_in_place(nonce, aad(purpose, id), &mut buffer)
            .map_err(|_| UnwrapError)?
            .len();
        buffer.truncate(opened);
        Ok(buffer)
    }

    fn wrapping_key(&self, salt: &[u8], purpose: &str) -> LessSafeKey {
        let bytes = self.derive(salt, &["da/wrap/v1/", purpose]);
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes.as_slice()).expect("32 bytes are an AES-256 key"))
    }

    fn derive(&self, salt: &[u8], info: &[&str]) -> Zeroizing<[u8; KEY_BYTES]> {
        let info: Vec<&[u8]> = info.iter().map(|part| part.as_bytes()).collect();
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        Salt::new(HKDF_SHA256, salt)
            .extract(self.key.as_slice())
            .expand(&info, Length)
            .and_then(|okm| okm.fill(bytes.as_mut_slice()))
            .expect("32 bytes are within HKDF's bounds");
        bytes
    }
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

fn place(path: &Path) -> String {
    format!("`{}`", path.display())
}

fn aad(purpose: &str, id: &str) -> Aad<Vec<u8>> {
    Aad::from([purpose.as_bytes(), &[0], id.as_bytes()].concat())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(KEY_BYTES);
    for pair in text.as_bytes().chunks(2) {
        match std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => bytes.push(byte),
            None => {
                bytes.zeroize();
                return None;
            }
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> MasterKey {
        MasterKey { key: Zeroizing::new([byte; KEY_BYTES]), place: "a test".to_owned() }
    }

    #[test]
    fn wrapped_values_open_only_with_their_key_purpose_and_record() {
        let wrapped = key(1).wrap("signing-key", "k1", b"private");
        assert_eq!(key(1).unwrap("signing-key", "k1", &wrapped).as_deref().map(Vec::as_slice), Ok(&b"private"[..]));
        assert!(key(2).unwrap("signing-key", "k1", &wrapped).is_err());
        assert!(key(1).unwrap("signing-key", "k2", &wrapped).is_err());
        assert!(key(1).unwrap("canary", "k1", &wrapped).is_err());
        for index in 0..wrapped.len() {
            let mut damaged = wrapped.clone();
            damaged[index] ^= 1;
            assert!(key(1).unwrap("signing-key", "k1", &damaged).is_err(), "byte {index}");
            assert!(key(1).unwrap("signing-key", "k1", &wrapped[..index]).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn both_spellings_are_read_and_nothing_else() {
        let parse = |text: &str| MasterKey::parse(&Secret::new(text.to_owned()), "DA_MASTER_KEY");
        let bytes = |key: Result<MasterKey, MasterKeyError>| key.map(|key| *key.key).ok();
        assert_eq!(bytes(parse(&"ab".repeat(32))), Some([0xab; 32]));
        assert_eq!(bytes(parse(&format!("{}\n", STANDARD.encode([7; 32])))), Some([7; 32]));
        for text in ["", "ab", &"zz".repeat(32), &"é".repeat(32), &STANDARD.encode([7; 31]), &"ab".repeat(33)] {
            assert!(matches!(parse(text), Err(MasterKeyError::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn a_made_file_is_private_and_reads_back() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("master.key");
        let made = MasterKey::create(&path).expect("made");
        assert_eq!(*MasterKey::read(&path).expect("read").key, *made.key);
        assert!(matches!(MasterKey::create(&path), Err(MasterKeyError::File { .. })), "never overwritten");
        #[cfg(unix)]
        {
            use std::{fs, os::unix::fs::PermissionsExt as _};
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
            let refused = MasterKey::read(&path).map(drop).expect_err("exposed");
            let MasterKeyError::File { source, .. } = refused else { unreachable!("{refused}") };
            assert!(source.to_string().contains("can be read by others (mode 0640); run `chmod 600"), "{source}");
        }
    }
}
