//! What is wrong with a server's certificate, or with its TLS, in words.

use std::fmt;

use rustls::{CertificateError, Error, pki_types::UnixTime};

use crate::domain::{Timestamp, text::shown};

/// Why the certificate of a server is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateFault {
    /// Its end has passed; nothing if the end is unknown.
    Expired(Option<Timestamp>),
    /// It begins later; nothing if the beginning is unknown.
    NotYetValid(Option<Timestamp>),
    /// It is for other names.
    WrongName(Vec<String>),
    /// No trusted authority vouches for it.
    UnknownIssuer,
    /// It is the certificate of an authority, as `openssl req -x509` makes it.
    Authority,
    /// It is not for servers.
    WrongPurpose,
    /// Its issuer has revoked it, or its state cannot be found out.
    Revoked,
    /// Its signature is wrong, as that of a new certificate under an old name is, or the key or the algorithm is too weak.
    WeakOrWrongSignature,
    /// It is damaged, or uses what TLS clients do not support, such as X.509 version 1.
    Unsupported,
}

impl CertificateFault {
    /// Tells whether naming the certificate, or that of its authority, with `--ca-file` makes it trusted.
    #[must_use]
    pub fn is_about_trust(&self) -> bool {
        matches!(self, Self::UnknownIssuer | Self::Authority)
    }
}

impl From<&CertificateError> for CertificateFault {
    fn from(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired => Self::Expired(None),
            CertificateError::ExpiredContext { not_after, .. } => Self::Expired(timestamp(*not_after)),
            CertificateError::NotValidYet => Self::NotYetValid(None),
            CertificateError::NotValidYetContext { not_before, .. } => Self::NotYetValid(timestamp(*not_before)),
            CertificateError::NotValidForName => Self::WrongName(Vec::new()),
            CertificateError::NotValidForNameContext { presented, .. } => {
                Self::WrongName(presented.iter().map(|name| plain_name(name)).collect())
            }
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => Self::WrongPurpose,
            CertificateError::Revoked
            | CertificateError::UnknownRevocationStatus
            | CertificateError::ExpiredRevocationList
            | CertificateError::ExpiredRevocationListContext { .. } => Self::Revoked,
            CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Self::WeakOrWrongSignature,
            CertificateError::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
                Some(webpki::Error::CaUsedAsEndEntity) => Self::Authority,
                // A purpose list that is there, but empty.
                Some(webpki::Error::EmptyEkuExtension) => Self::WrongPurpose,
                Some(_) => Self::Unsupported,
                // The platform's verifier has an error of its own for the purpose; its type is private.
                None if other.0.to_string().contains("invalid extensions") => Self::WrongPurpose,
                None => Self::Unsupported,
            },
            _ => Self::Unsupported,
        }
    }
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired(Some(end)) => write!(f, "its certificate expired at {end}"),
            Self::Expired(None) => f.write_str("its certificate has expired"),
            Self::NotYetValid(Some(start)) => write!(f, "its certificate is not valid before {start}"),
            Self::NotYetValid(None) => f.write_str("its certificate is not valid yet"),
            Self::WrongName(names) if names.is_empty() => f.write_str(
                "its certificate names no server: it has no subject alternative name, or is for another name",
            ),
            Self::WrongName(names) => write!(f, "its certificate is for another name: {}", shown(&names.join(", "))),
            Self::UnknownIssuer => f.write_str("no trusted authority has signed its certificate"),
            Self::Authority => f.write_str("its certificate is that of an authority (CA:TRUE), not of a server"),
            Self::WrongPurpose => f.write_str("its certificate is not for servers (extended key usage)"),
            Self::Revoked => f.write_str("its certificate was revoked, or whether it was cannot be found out"),
            Self::WeakOrWrongSignature => f.write_str(
                "the trusted authority of that name did not sign its certificate, or its key or algorithm is too weak",
            ),
            Self::Unsupported => {
                f.write_str("its certificate is damaged, or of a kind that is not supported (X.509 version 3 is)")
            }
        }
    }
}

/// Returns in words what a TLS error other than a refused certificate means.
pub(super) fn words(error: &Error) -> &'static str {
    match error {
        Error::InvalidMessage(_) | Error::PeerSentOversizedRecord => "the server does not speak TLS at this port",
        Error::PeerIncompatible(_) | Error::NoApplicationProtocol => {
            "the server and `da` have no TLS version or method in common"
        }
        Error::AlertReceived(_) => "the server refused the TLS connection",
        Error::NoCertificatesPresented => "the server has sent no certificate",
        Error::DecryptError | Error::PeerMisbehaved(_) | Error::InappropriateMessage { .. } => {
            "the TLS connection was disturbed"
        }
        _ => "the TLS connection failed",
    }
}

/// Takes a name out of the parser's notation, as `DnsName("a.example")` or `IpAddress(127.0.0.1)`.
fn plain_name(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"').to_owned()
}

fn timestamp(time: UnixTime) -> Option<Timestamp> {
    Some(Timestamp::from_micros(i64::try_from(time.as_secs()).ok()?.checked_mul(1_000_000)?))
}
