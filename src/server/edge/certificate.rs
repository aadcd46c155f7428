//! What is known of the server's own certificate: when it ends, and why common clients would refuse it.

use std::{path::Path, time::Duration};

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use super::tls::{TlsError, read_chain};
use crate::domain::{Timestamp, time::SECONDS_PER_DAY};

/// The last second that a certificate can name (RFC 5280 section 4.1.2.5): what ends then has no end.
const LAST_SECOND: u64 = 253_402_300_799;
/// Apple's clients accept no certificate of a server for longer, by whatever authority.
const LONGEST_DAYS: u64 = 825;
/// What a public key of RSA with 2,048 bits takes at least, in DER, and the sign by which one of RSA is known.
const RSA_2048_BYTES: usize = 290;
const RSA_KEY: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// The signs of signatures over SHA-1, by RSA and by ECDSA.
const SHA1_SIGNATURES: [&[u8]; 2] = [
    &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05],
    &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01],
];

/// Returns when the PEM chain in `certificate` ends: when the first of its certificates does. Nothing if none has an end.
///
/// # Errors
/// [`TlsError::Unreadable`], [`TlsError::NoCertificate`].
pub fn ends_at(certificate: &Path) -> Result<Option<Timestamp>, TlsError> {
    Ok(read_chain(certificate)?.iter().filter_map(end).min().and_then(timestamp))
}

/// Returns why common clients would refuse the PEM chain in `certificate` from a server with the name or address `host`,
/// each as a sentence. A passed end is one of them, an end that is near is not.
///
/// # Errors
/// [`TlsError::Unreadable`], [`TlsError::NoCertificate`].
pub fn refusals(certificate: &Path, host: Option<&str>, now: Timestamp) -> Result<Vec<String>, TlsError> {
    let chain = read_chain(certificate)?;
    let Some((leaf, issuers)) = chain.split_first() else { return Ok(Vec::new()) };
    let Ok(parsed) = EndEntityCert::try_from(leaf) else {
        return Ok(vec!["it is damaged, or not of X.509 version 3: clients refuse it".to_owned()]);
    };
    let mut found = dates(leaf, now);
    found.extend(purpose(leaf));
    found.extend(names(&parsed, host));
    found.extend(strength(&parsed, leaf));
    found.extend(links(&parsed, issuers));
    Ok(found)
}

fn dates(leaf: &CertificateDer<'_>, now: Timestamp) -> Vec<String> {
    let mut found = Vec::new();
    let (start, end) = (start(leaf), end(leaf));
    if let Some(start) = start.and_then(timestamp).filter(|start| now < *start) {
        found.push(format!("it is not valid before {start}: check this machine's clock, or wait"));
    }
    if let Some(end) = end.and_then(timestamp).filter(|end| *end <= now) {
        found.push(format!("it expired at {end}: clients refuse it"));
    }
    if end.is_none() {
        found.push(format!("it has no end: clients of Apple accept at most {LONGEST_DAYS} days"));
        return found;
    }
    let days = end.unwrap_or(LAST_SECOND).saturating_sub(start.unwrap_or(0)) / SECONDS_PER_DAY;
    if days > LONGEST_DAYS {
        found.push(format!("it is valid for {days} days: clients of Apple accept at most {LONGEST_DAYS}"));
    }
    found
}

/// Judged at its first second, where only its purpose can be wrong.
fn purpose(leaf: &CertificateDer<'_>) -> Option<String> {
    let refusal = match refusal_at(leaf, start(leaf).unwrap_or(0))? {
        Error::CaUsedAsEndEntity => {
            "it is marked as that of an authority (CA:TRUE), as `openssl req -x509` makes it: many clients refuse it; add \
             `-addext basicConstraints=critical,CA:FALSE`"
        }
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => {
            "its extended key usage does not name servers (serverAuth): clients refuse it"
        }
        _ => return None,
    };
    Some(refusal.to_owned())
}

fn names(parsed: &EndEntityCert<'_>, host: Option<&str>) -> Option<String> {
    // A name that nobody has: the refusal lists the names that are there.
    let wanted = host.unwrap_or("name.invalid");
    let wanted = ServerName::try_from(wanted.trim_start_matches('[').trim_end_matches(']')).ok()?;
    match parsed.verify_is_valid_for_subject_name(&wanted) {
        Err(Error::CertNotValidForName(context)) if context.presented.is_empty() => Some(
            "it has no subject alternative name: clients refuse it; add `-addext subjectAltName=DNS:NAME`".to_owned(),
        ),
        Err(_) => host.map(|host| format!("it is not for `{host}`, the name in the public URL: clients refuse it")),
        Ok(()) => None,
    }
}

fn strength(parsed: &EndEntityCert<'_>, leaf: &CertificateDer<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let key = parsed.subject_public_key_info();
    if holds(&key, RSA_KEY) && key.len() < RSA_2048_BYTES {
        found.push("its RSA key has fewer than 2048 bits: clients refuse it".to_owned());
    }
    if SHA1_SIGNATURES.iter().any(|mark| holds(leaf, mark)) {
        found.push("it is signed with SHA-1: clients refuse it".to_owned());
    }
    found
}

/// Each certificate of a chain is followed by that of its issuer; the root may be left out.
fn links(leaf: &EndEntityCert<'_>, issuers: &[CertificateDer<'_>]) -> Option<String> {
    let is_self_signed = leaf.issuer() == leaf.subject();
    let follows = match issuers.first().map(EndEntityCert::try_from) {
        None => is_self_signed,
        Some(next) => next.is_ok_and(|next| next.subject() == leaf.issuer()) || is_self_signed,
    };
    let text = "the certificate of its issuer does not follow it in the file: clients that know only the root refuse it; append \
                the intermediate certificates";
    (!follows).then(|| text.to_owned())
}

/// The parser has no question for the dates alone, but judges the time before anything else and names the date that was
/// missed: at the last second, whatever has an end has passed it. That nobody is trusted here is of no account.
fn end(certificate: &CertificateDer<'_>) -> Option<u64> {
    match refusal_at(certificate, LAST_SECOND)? {
        Error::CertExpired { not_after, .. } => Some(not_after.as_secs()),
        _ => None,
    }
}

/// As [`end`], at the first second.
fn start(certificate: &CertificateDer<'_>) -> Option<u64> {
    match refusal_at(certificate, 0)? {
        Error::CertNotValidYet { not_before, .. } => Some(not_before.as_secs()),
        _ => None,
    }
}

fn refusal_at(certificate: &CertificateDer<'_>, second: u64) -> Option<Error> {
    let time = UnixTime::since_unix_epoch(Duration::from_secs(second));
    let parsed = EndEntityCert::try_from(certificate).ok()?;
    parsed.verify_for_usage(&[], &[], &[], time, KeyUsage::server_auth(), None, None).err()
}

fn holds(der: &[u8], mark: &[u8]) -> bool {
    der.windows(mark.len()).any(|part| part == mark)
}

fn timestamp(second: u64) -> Option<Timestamp> {
    Some(Timestamp::from_micros(i64::try_from(second).ok()?.checked_mul(1_000_000)?))
}
