//! When a certificate ends, told by the parser that rustls reads it with: browsers refuse it from then on.

use std::{path::Path, time::Duration};

use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use super::tls::{TlsError, read_chain};
use crate::domain::Timestamp;

/// The last second that a certificate can name (RFC 5280 section 4.1.2.5): what ends then has no end.
const LAST_SECOND: u64 = 253_402_300_799;

/// Returns when the PEM chain in `certificate` ends: when the first of its certificates does. Nothing if none has an end.
///
/// # Errors
/// [`TlsError::Unreadable`], [`TlsError::NoCertificate`].
pub fn ends_at(certificate: &Path) -> Result<Option<Timestamp>, TlsError> {
    Ok(read_chain(certificate)?.iter().filter_map(end).min())
}

/// The parser has no question for the end alone, but judges the time before anything else and names the end that was
/// passed: at the last second, whatever has an end has passed it. That nobody is trusted here is of no account.
fn end(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let time = UnixTime::since_unix_epoch(Duration::from_secs(LAST_SECOND));
    let parsed = EndEntityCert::try_from(certificate).ok()?;
    match parsed.verify_for_usage(&[], &[], &[], time, KeyUsage::server_auth(), None, None) {
        Err(Error::CertExpired { not_after, .. }) => {
            Some(Timestamp::from_micros(i64::try_from(not_after.as_secs()).ok()?.saturating_mul(1_000_000)))
        }
        _ => None,
    }
}
