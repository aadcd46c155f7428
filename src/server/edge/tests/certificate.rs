use std::fs;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};

use crate::{
    domain::Timestamp,
    server::edge::{TlsError, TlsReloader, refusals},
};

/// Made by `openssl`, as rcgen makes nothing so weak: RSA with 1,024 bits; X.509 version 1; ECDSA over SHA-1.
const RSA_1024: &str = "-----BEGIN CERTIFICATE-----
MIICFDCCAX2gAwIBAgIUQhWpbdi45Jm0DP8bO5NZALXNMw8wDQYJKoZIhvcNAQEL
BQAwDzENMAsGA1UEAwwEd2VhazAgFw0yNjEyMDEwMDM0MThaGA8yMTI2MTEwNzAw
MzQxOFowDzENMAsGA1UEAwwEd2VhazCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkC
gYEAt94ReYYhVKIFNwq4WfYCoiEuy5yGV4xtz7eWI/U/VbwuJ4qGBWA2cWjnZn4Q
PZPEJ2HAe239AX5D6PIsQ0xUPeiXb+/b+VByiUt8Ho5IlgnLwCORtvAZ11neB4W8
NB6TY7T1RrkS+LjDUTTsbtnt5VIMZt5woiLE2H859/5kUfECAwEAAaNrMGkwHQYD
VR0OBBYEFOhjHo5dVToPP+ljWze0mNXmf62cMB8GA1UdIwQYMBaAFOhjHo5dVToP
P+ljWze0mNXmf62cMBkGA1UdEQQSMBCCDmlkLmV4YW1wbGUub3JnMAwGA1UdEwEB
/wQCMAAwDQYJKoZIhvcNAQELBQADgYEAdrjazrC3M1/BS16/MRqqR/XyND63jFI2
n68QGfMosK8Ojqduik965RK4ZQ+1/A0KMmOk+Kh0xcIViuEBSOO8UCjC+cteBI8c
Q/MNZIzVU+tOk24FoRXBNDO5FIBd72+V0LXxnQ+tlD/4cfxwEQPmEhQ4Zp9ap7GH
hZ63E9f8yQM=
-----END CERTIFICATE-----
";
const VERSION_1: &str = "-----BEGIN CERTIFICATE-----
MIIBFjCBvQIUFMtfRp6JwRYv1+G6cNJfB8O+xYIwCgYIKoZIzj0EAwIwDTELMAkG
A1UEAwwCdjEwIBcNMjYxMjAxMDAzNDIwWhgPMjEyNjExMDcwMDM0MjBaMA0xCzAJ
BgNVBAMMAnYxMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpIPQvnTiBF0BHGMu
6lXowY/9SBCzk90QeoN5OMKZYFqa+xTh0gv67NR0Npre+1qDQQrwdDORloWMShjW
Z2F0aDAKBggqhkjOPQQDAgNIADBFAiB/VFcPkW4YK+lbelrFjB/3DTmEMvL+3nQP
IMpIyq/BTAIhAMx59bYomDQGEcTiNnc8bv4N0Cy7XNLMvjEjfkPaKpDV
-----END CERTIFICATE-----
";
const SHA_1: &str = "-----BEGIN CERTIFICATE-----
MIIBjzCCATegAwIBAgIUA2LpSozXh2mmiguPz9XJP6AFkt0wCQYHKoZIzj0EATAQ
MQ4wDAYDVQQDDAVub3NhbjAgFw0yNjEyMDEwMDM0MjBaGA8yMTI2MTEwNzAwMzQy
MFowEDEOMAwGA1UEAwwFbm9zYW4wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASk
g9C+dOIEXQEcYy7qVejBj/1IELOT3RB6g3k4wplgWpr7FOHSC/rs1HQ2mt77WoNB
CvB0M5GWhYxKGNZnYXRoo24wbDAdBgNVHQ4EFgQU6D3dvIh6cThX4GQ3nY6V/zfq
wREwHwYDVR0jBBgwFoAU6D3dvIh6cThX4GQ3nY6V/zfqwREwDwYDVR0TAQH/BAUw
AwEB/zAZBgNVHREEEjAQgg5pZC5leGFtcGxlLm9yZzAJBgcqhkjOPQQBA0cAMEQC
IBDaabcluhhTE5/EWoS9sTJP737b9UewKT/lU99iBHnYAiAHyMIgeVZgoVnwNple
ZBPqDSCZ6LL734SDB7HSsyyNhw==
-----END CERTIFICATE-----
";

const HOST: &str = "id.example.org";

fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

fn params(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.not_before = date_time_ymd(2026, 11, 1);
    params.not_after = date_time_ymd(2027, 2, 1);
    params
}

fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> String {
    let mut params = params(&[HOST]);
    change(&mut params);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
}

fn found(pem: &str, host: Option<&str>) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), pem).unwrap();
    refusals(file.path(), host, now()).unwrap()
}

#[test]
fn what_common_clients_refuse_is_named() {
    for (pem, words) in [
        (self_signed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)), "CA:TRUE"),
        (self_signed(|params| params.subject_alt_names.clear()), "no subject alternative name"),
        (self_signed(|params| params.not_after = date_time_ymd(2026, 11, 29)), "expired at 2026-11-29T00:00:00"),
        (self_signed(|params| params.not_before = date_time_ymd(2026, 12, 2)), "not valid before 2026-12-02T00:00:00"),
        (self_signed(|params| params.not_after = date_time_ymd(2029, 6, 1)), "valid for 943 days"),
        (
            self_signed(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            "does not name servers",
        ),
        (
            params(&["other.example.org"]).self_signed(&KeyPair::generate().unwrap()).unwrap().pem(),
            "not for `id.example.org`",
        ),
        (RSA_1024.to_owned(), "fewer than 2048 bits"),
        (VERSION_1.to_owned(), "not of X.509 version 3"),
        (SHA_1.to_owned(), "signed with SHA-1"),
    ] {
        let found = found(&pem, Some(HOST));
        assert!(found.iter().any(|refusal| refusal.contains(words)), "{words}: {found:?}");
    }
}

#[test]
fn a_sound_certificate_is_named_for_nothing() {
    let sound = self_signed(|_| {});
    assert_eq!(found(&sound, Some(HOST)), [""; 0]);
    assert_eq!(found(&sound, None), [""; 0]);
    let addresses = params(&["127.0.0.1", "::1"]).self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
    for host in [None, Some("127.0.0.1"), Some("[::1]")] {
        assert_eq!(found(&addresses, host), [""; 0], "{host:?}");
    }
    assert_eq!(found(&addresses, Some("127.0.0.2")).len(), 1);
}

#[test]
fn a_chain_without_its_intermediate_is_named() {
    let mut authority = params(&[]);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(rcgen::DnType::CommonName, "the authority");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let leaf = params(&[HOST]).signed_by(&KeyPair::generate().unwrap(), &authority).unwrap().pem();
    let alone = found(&leaf, Some(HOST));
    assert!(alone.len() == 1 && alone[0].contains("append the intermediate certificates"), "{alone:?}");
    assert_eq!(found(&format!("{leaf}{}", authority.pem()), Some(HOST)), [""; 0]);
    assert_eq!(found(&format!("{leaf}{}", self_signed(|_| {})), Some(HOST)).len(), 1);
}

#[test]
fn files_that_were_mixed_up_are_named_as_such() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    let pair = KeyPair::generate().unwrap();
    let pem = params(&[HOST]).self_signed(&pair).unwrap().pem();
    let certificate = write("cert.pem", &pem);
    // Everybody may read a certificate: its rights are no reason to speak of a key.
    fs::set_permissions(&certificate, fs::Permissions::from_mode(0o644)).unwrap();
    let key = write("key.pem", &pair.serialize_pem());
    let other = write("other.pem", &KeyPair::generate().unwrap().serialize_pem());
    let both = write("both.pem", &format!("{pem}{}", pair.serialize_pem()));
    let empty = write("empty.pem", "");
    let encrypted =
        write("encrypted.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    let old = write(
        "old.pem",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
    );
    let damaged = write("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let garbled = write("garbled.pem", "-----BEGIN CERTIFICATE-----\n@@\n-----END CERTIFICATE-----\n");
    let no_key = write("no-key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    for (certificate, key, words) in [
        (&key, &certificate, "swapped"),
        (&certificate, &certificate, "no private key in"),
        (&key, &key, "no certificate in"),
        (&certificate, &other, "does not belong to the certificate"),
        (&certificate, &encrypted, "is encrypted; decrypt it with `openssl pkey"),
        (&certificate, &old, "is encrypted"),
        (&encrypted, &certificate, "swapped"),
        (&damaged, &key, "damaged"),
        (&certificate, &no_key, "damaged"),
        (&empty, &key, "no certificate in"),
        (&certificate, &empty, "no private key in"),
        (&garbled, &key, "is not valid PEM"),
    ] {
        let error = TlsReloader::load(certificate, key).err().unwrap();
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert!(!format!("{error}").contains("KeyMismatch"), "{error}");
    }
    let absent = home.path().join("absent.pem");
    assert!(matches!(TlsReloader::load(&absent, &key), Err(TlsError::Unreadable { .. })));
    for (certificate, key) in [(&certificate, &key), (&both, &both), (&both, &key)] {
        assert!(TlsReloader::load(certificate, key).is_ok());
    }
}
