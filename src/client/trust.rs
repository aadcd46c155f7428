//! Which servers are trusted: those that the system's authorities vouch for, and those of `--ca-file` (S-68).

use std::{path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
};
use rustls_platform_verifier::Verifier;
use webpki::{EndEntityCert, KeyUsage};

use super::ClientError;
use crate::files;

/// Returns the TLS settings of a client that trusts the certificates in `ca_file` beside the system's authorities.
pub(super) fn config(ca_file: &Path) -> Result<ClientConfig, ClientError> {
    let named = read(ca_file)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let failed = |error: Error| ClientError::Setup(error.to_string());
    let authorities = Verifier::new_with_extra_roots(named.clone(), Arc::clone(&provider)).map_err(failed)?;
    let verifier = NamedServers { named, authorities, provider: Arc::clone(&provider) };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let fault = |reason: String| ClientError::CaFile { path: path.to_owned(), reason };
    let pem = std::fs::read(path).map_err(|error| fault(error.to_string()))?;
    let pem = files::without_mark(pem).map_err(|error| fault(error.to_string()))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = read.map_err(|_| fault("it is not PEM".to_owned()))?;
    if !certificates.is_empty() {
        return Ok(certificates);
    }
    let holds_key = pem.windows(12).any(|part| part == b"PRIVATE KEY-");
    Err(fault(
        if holds_key { "it holds a private key, not a certificate" } else { "it holds no certificate" }.to_owned(),
    ))
}

/// Trusts a server whose own certificate is in the file, even if it is marked as an authority, as `openssl req -x509` marks
/// it: the user has named exactly this certificate. Its dates and names still count. Otherwise an authority must vouch.
#[derive(Debug)]
struct NamedServers {
    named: Vec<CertificateDer<'static>>,
    authorities: Verifier,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for NamedServers {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !self.named.iter().any(|named| named == certificate) {
            return self.authorities.verify_server_cert(certificate, intermediates, name, ocsp, now);
        }
        self.check_usable(certificate, now)?;
        verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl NamedServers {
    /// Checks dates and purpose. The parser checks the dates first, then whether this is a server's certificate, and looks
    /// for an authority at the end; none is given here, so the last two refusals mean that the rest is right.
    fn check_usable(&self, certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
        let parsed = EndEntityCert::try_from(certificate).map_err(|_| CertificateError::BadEncoding)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        let refusal = match parsed.verify_for_usage(algorithms, &[], &[], now, KeyUsage::server_auth(), None, None) {
            Ok(_) | Err(webpki::Error::UnknownIssuer | webpki::Error::CaUsedAsEndEntity) => return Ok(()),
            Err(webpki::Error::CertExpired { time, not_after }) => CertificateError::ExpiredContext { time, not_after },
            Err(webpki::Error::CertNotValidYet { time, not_before }) => {
                CertificateError::NotValidYetContext { time, not_before }
            }
            Err(webpki::Error::RequiredEkuNotFoundContext(_) | webpki::Error::EmptyEkuExtension) => {
                CertificateError::InvalidPurpose
            }
            Err(_) => CertificateError::BadEncoding,
        };
        Err(refusal.into())
    }
}
