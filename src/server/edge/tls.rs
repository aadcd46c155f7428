//! The certificate of the built-in TLS, loaded and re-loaded (D-15).

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};
use tokio_rustls::TlsAcceptor;

use crate::files;

/// Why a certificate and its key cannot be used. The texts name the file and the way out.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// The certificate file holds no certificate.
    #[error("no certificate in `{}`; it needs at least one `BEGIN CERTIFICATE` block", .0.display())]
    NoCertificate(PathBuf),
    /// The blocks of a file are damaged.
    #[error("`{}` is not valid PEM: base64 between `-----BEGIN ...-----` and `-----END ...-----` lines", .0.display())]
    NotPem(PathBuf),
    /// The key file holds no key.
    #[error("no private key in `{}`; it needs one `BEGIN PRIVATE KEY` block", .0.display())]
    NoKey(PathBuf),
    /// Each file holds what belongs into the other.
    #[error(
        "certificate and key are swapped: `{}` holds a private key, and `{}` a certificate",
        certificate.display(), key.display()
    )]
    Swapped {
        /// The file that was given as the certificate.
        certificate: PathBuf,
        /// The file that was given as the key.
        key: PathBuf,
    },
    /// The server cannot ask for a passphrase.
    #[error(
        "the private key `{path}` is encrypted; decrypt it with `openssl pkey -in '{path}' -out KEY`",
        path = .0.display()
    )]
    EncryptedKey(PathBuf),
    /// The key cannot be examined.
    #[error("cannot examine `{}`", path.display())]
    Unexamined {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Everybody on the machine can read the key (S-58).
    #[error("the private key `{path}` can be read by every user; run `chmod o= '{path}'`", path = .0.display())]
    KeyIsPublic(PathBuf),
    /// The key is that of another certificate.
    #[error("the private key `{}` does not belong to the certificate `{}`", key.display(), certificate.display())]
    Mismatch {
        /// The certificate file.
        certificate: PathBuf,
        /// The key file.
        key: PathBuf,
    },
    /// The certificate is damaged, or too old.
    #[error("the certificate `{}` is damaged, or not of X.509 version 3", .0.display())]
    UnusableCertificate(PathBuf),
    /// The key is damaged, or of a kind that TLS here does not use.
    #[error("the private key `{}` is damaged, or neither RSA (2048 bits or more), ECDSA nor Ed25519", .0.display())]
    UnusableKey(PathBuf),
}

/// A certificate in use, and where to get its successor. Clones share it.
#[derive(Clone)]
pub struct TlsReloader {
    certificate: PathBuf,
    key: PathBuf,
    current: Arc<RwLock<Arc<ServerConfig>>>,
}

impl TlsReloader {
    /// Loads and checks a PEM certificate chain and its PEM key. TLS 1.2 and 1.3, HTTP/1.1 by ALPN.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let config = read_config(certificate, key)?;
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            current: Arc::new(RwLock::new(Arc::new(config))),
        })
    }

    /// Reads both files again, for connections from now on; call it on SIGHUP.
    ///
    /// # Errors
    /// See [`TlsError`]; the certificate in use stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let config = Arc::new(read_config(&self.certificate, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

fn read_config(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    refuse_wrong_content(certificate, key)?;
    refuse_public(key)?;
    let chain = read_chain(certificate)?;
    let private =
        read_pem(key).and_then(|pem| PrivateKeyDer::from_pem_slice(&pem)).map_err(|error| unreadable(key, error))?;
    let unusable = |error| match error {
        rustls::Error::InconsistentKeys(_) => {
            TlsError::Mismatch { certificate: certificate.to_owned(), key: key.to_owned() }
        }
        rustls::Error::InvalidCertificate(_) => TlsError::UnusableCertificate(certificate.to_owned()),
        _ => TlsError::UnusableKey(key.to_owned()),
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn unreadable(path: &Path, error: pem::Error) -> TlsError {
    match error {
        pem::Error::Io(_) => TlsError::Unreadable { path: path.to_owned(), source: error },
        pem::Error::NoItemsFound => TlsError::NoKey(path.to_owned()),
        // The parser names its own states.
        _ => TlsError::NotPem(path.to_owned()),
    }
}

/// What the blocks of a PEM file are.
#[derive(Default)]
struct Content {
    certificate: bool,
    key: bool,
    encrypted_key: bool,
}

impl Content {
    /// A file that cannot be read has no content here: the one who reads it next names the reason.
    fn of(path: &Path) -> Self {
        let pem = read_pem(path).unwrap_or_default();
        let pem = String::from_utf8_lossy(&pem);
        let mut found = Self::default();
        for block in pem.lines().filter_map(|line| line.trim().strip_prefix("-----BEGIN ")) {
            found.certificate |= block.contains("CERTIFICATE-");
            found.encrypted_key |= block.starts_with("ENCRYPTED PRIVATE KEY-");
            found.key |= block.contains("PRIVATE KEY-") && !block.starts_with("ENCRYPTED");
        }
        // The older form of an encrypted key has its mark in a header.
        found.encrypted_key |= pem.contains("Proc-Type: 4,ENCRYPTED");
        found
    }
}

/// Names files that were mixed up, before anything is said of their rights: a certificate may be readable by everybody.
fn refuse_wrong_content(certificate: &Path, key: &Path) -> Result<(), TlsError> {
    let (first, second) = (Content::of(certificate), Content::of(key));
    if !first.certificate && (first.key || first.encrypted_key) && second.certificate && !second.key {
        return Err(TlsError::Swapped { certificate: certificate.to_owned(), key: key.to_owned() });
    }
    if second.encrypted_key {
        return Err(TlsError::EncryptedKey(key.to_owned()));
    }
    if second.certificate && !second.key {
        return Err(TlsError::NoKey(key.to_owned()));
    }
    Ok(())
}

pub(super) fn read_chain(certificate: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain = read_pem(certificate)
        .and_then(|pem| CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>())
        .map_err(|error| unreadable(certificate, error))?;
    if chain.is_empty() { Err(TlsError::NoCertificate(certificate.to_owned())) } else { Ok(chain) }
}

fn read_pem(path: &Path) -> Result<Vec<u8>, pem::Error> {
    let bytes = std::fs::read(path).map_err(pem::Error::Io)?;
    files::without_mark(bytes).map_err(|error| pem::Error::Io(error.into()))
}

/// Groups may read the key, as packaged certificate tools arrange it; the world may not.
#[cfg(unix)]
fn refuse_public(key: &Path) -> Result<(), TlsError> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = std::fs::metadata(key).map_err(|source| TlsError::Unexamined { path: key.to_owned(), source })?;
    if metadata.permissions().mode() & 0o007 != 0 {
        return Err(TlsError::KeyIsPublic(key.to_owned()));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_public(_: &Path) -> Result<(), TlsError> {
    Ok(())
}
