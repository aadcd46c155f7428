//! Which certificates a client trusts, and in which words it refuses the others.

use std::{
    fs,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
};

use super::*;

static NAMES: AtomicU32 = AtomicU32::new(0);

struct Identity {
    pem: String,
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

fn identity(change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    // A name of its own: else one would pass for the authority of another.
    let name = format!("test {}", NAMES.fetch_add(1, Ordering::Relaxed));
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Identity { pem: certificate.pem(), certificate: certificate.der().clone(), key }
}

/// As `openssl req -x509` makes it.
fn authority(change: impl FnOnce(&mut CertificateParams)) -> Identity {
    identity(|params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(params);
    })
}

/// Answers one call over TLS.
fn serve(identity: &Identity) -> ServerUrl {
    let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);
        let _ = stream.read(&mut [0; 2048]);
        let _ = stream.write_all(b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 0\r\n\r\n");
        let _ = stream.flush();
    });
    url
}

fn call(server: &Identity, trusted: &str) -> ClientError {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), trusted).unwrap();
    let ca_file = Some(file.path().to_owned());
    let options = ClientOptions { ca_file, timeout: Duration::from_secs(10), ..ClientOptions::default() };
    Client::new(serve(server), None, &options).unwrap().get::<logins::Me>(()).unwrap_err()
}

#[test]
fn a_certificate_that_is_in_the_file_is_trusted_as_leaf_or_authority() {
    let others = identity(|_| {}).pem;
    for server in [identity(|_| {}), authority(|_| {})] {
        for file in [server.pem.clone(), format!("{others}{}", server.pem)] {
            let error = call(&server, &file);
            assert_eq!(error.status(), Some(418), "{error}");
        }
    }
}

#[test]
fn a_certificate_of_a_trusted_authority_is_trusted() {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let server = Identity { pem: leaf.pem(), certificate: leaf.der().clone(), key };
    assert_eq!(call(&server, &issuer.pem()).status(), Some(418));
}

#[test]
fn every_refusal_is_said_in_words() {
    let past = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 2);
    let ahead = |params: &mut CertificateParams| params.not_before = date_time_ymd(2090, 1, 2);
    let elsewhere = |params: &mut CertificateParams| {
        params.subject_alt_names = CertificateParams::new(["a.example".to_owned()]).unwrap().subject_alt_names;
    };
    let nameless = |params: &mut CertificateParams| params.subject_alt_names.clear();
    let for_clients =
        |params: &mut CertificateParams| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let none: fn(&mut CertificateParams) = |_| {};
    for (server, is_named, words) in [
        (identity(none), false, "no trusted authority has signed its certificate"),
        (authority(past), true, "its certificate expired at 2020-01-02T00:00:00"),
        (identity(past), true, "its certificate expired at 2020-01-02T00:00:00"),
        (authority(ahead), true, "its certificate is not valid before 2090-01-02T00:00:00"),
        (authority(elsewhere), true, "its certificate is for another name: a.example"),
        (identity(elsewhere), true, "its certificate is for another name: a.example"),
        (authority(nameless), true, "its certificate names no server"),
        (identity(for_clients), true, "its certificate is not for servers"),
        (identity(for_clients), false, "its certificate is not for servers"),
        (authority(none), false, "its certificate is that of an authority"),
    ] {
        let other = identity(none).pem;
        let error = call(&server, if is_named { &server.pem } else { &other });
        assert!(matches!(error, ClientError::Untrusted { .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.contains(words), "{said}");
        for debug in ["Other(", "UnknownIssuer", "CaUsed", "Context", "CertificateError", "{"] {
            assert!(!said.contains(debug), "{said}");
        }
    }
}

#[test]
fn what_is_no_certificate_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    let key = KeyPair::generate().unwrap().serialize_pem();
    for (text, words) in [
        ("", "it holds no certificate"),
        ("hello", "it holds no certificate"),
        (key.as_str(), "it holds a private key"),
        ("-----BEGIN CERTIFICATE-----\n@\n-----END CERTIFICATE-----\n", "it is not PEM"),
    ] {
        fs::write(&file, text).unwrap();
        let options = ClientOptions { ca_file: Some(file.clone()), ..ClientOptions::default() };
        let error = Client::new("https://127.0.0.1:1".parse().unwrap(), None, &options).unwrap_err().to_string();
        assert!(error.contains("ca.pem") && error.contains(words), "{error}");
    }
}
