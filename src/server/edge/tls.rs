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
    /// A file cannot be read, or is not PEM.
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
    /// Key and certificate do not belong together, or are of a kind that rustls does not use.
    #[error("the certificate `{}` and the key `{}` do not work together", certificate.display(), key.display())]
    Mismatch {
        /// The certificate file.
        certificate: PathBuf,
        /// The key file.
        key: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
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
    refuse_public(key)?;
    let chain = read_chain(certificate)?;
    let private = read_pem(key)
        .and_then(|pem| PrivateKeyDer::from_pem_slice(&pem))
        .map_err(|source| TlsError::Unreadable { path: key.to_owned(), source })?;
    let mismatch = |source| TlsError::Mismatch { certificate: certificate.to_owned(), key: key.to_owned(), source };
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(mismatch)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(mismatch)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

pub(super) fn read_chain(certificate: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain = read_pem(certificate)
        .and_then(|pem| CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>())
        .map_err(|source| TlsError::Unreadable { path: certificate.to_owned(), source })?;
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
