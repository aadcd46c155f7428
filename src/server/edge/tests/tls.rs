use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tempfile::TempDir;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::*;

struct Files {
    _home: TempDir,
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    /// Writes a self-signed certificate for `localhost` and its key.
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let files = Self { certificate: home.path().join("cert.pem"), key: home.path().join("key.pem"), _home: home };
        files.renew();
        files
    }

    fn renew(&self) {
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(&self.certificate, pair.cert.pem()).unwrap();
        fs::write(&self.key, pair.signing_key.serialize_pem()).unwrap();
        fs::set_permissions(&self.key, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn load(&self) -> Result<TlsReloader, TlsError> {
        TlsReloader::load(&self.certificate, &self.key)
    }

    /// Connects as a client that trusts this certificate and no other.
    async fn connect(&self, edge: &Edge) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.certificate).unwrap()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, edge.connect().await).await
    }
}

#[tokio::test]
async fn requests_are_served_over_tls() {
    let files = Files::new();
    let edge = Edge::start_with(quick(), Some(files.load().unwrap())).await;
    let mut stream = files.connect(&edge).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    stream.write_all(b"GET /tls HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("true"), "{answer}");
}

#[tokio::test]
async fn clear_text_on_the_tls_port_is_told_so() {
    let files = Files::new();
    let edge = Edge::start_with(quick(), Some(files.load().unwrap())).await;
    let answer = edge.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(status(&answer), "400");
    assert!(answer.contains("HTTPS only"), "{answer}");
}

#[tokio::test]
async fn a_handshake_that_stalls_is_closed_in_time_and_does_not_delay_shutdown() {
    let files = Files::new();
    let edge = Edge::start_with(quick(), Some(files.load().unwrap())).await;
    for part in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        edge.exchange(part).await;
    }
    let _silent = edge.connect().await;
    assert!(edge.stop().await < Duration::from_secs(1));
}

#[tokio::test]
async fn a_new_certificate_is_used_after_reload_and_a_bad_one_never() {
    let files = Files::new();
    let reloader = files.load().unwrap();
    let edge = Edge::start_with(quick(), Some(reloader.clone())).await;
    files.renew();
    assert!(files.connect(&edge).await.is_err(), "the old certificate is still in use");
    reloader.reload().unwrap();
    files.connect(&edge).await.unwrap();

    let good = fs::read(&files.certificate).unwrap();
    fs::write(&files.certificate, "nothing").unwrap();
    assert!(matches!(reloader.reload(), Err(TlsError::NoCertificate(_))));
    fs::write(&files.certificate, good).unwrap();
    files.connect(&edge).await.unwrap();
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (one, other) = (Files::new(), Files::new());
    let error = TlsReloader::load(&one.certificate, &other.key).err().unwrap();
    assert!(matches!(error, TlsError::Mismatch { .. }), "{error:?}");
}

#[test]
fn a_key_that_everybody_can_read_is_refused_with_the_way_out() {
    let files = Files::new();
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o644)).unwrap();
    let error = files.load().err().unwrap().to_string();
    assert!(error.contains("chmod o= '") && error.contains("key.pem"), "{error}");
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(files.load().is_ok());
}

#[test]
fn a_missing_file_is_named() {
    let files = Files::new();
    fs::remove_file(&files.certificate).unwrap();
    assert!(files.load().err().unwrap().to_string().contains("cert.pem"));
    fs::remove_file(&files.key).unwrap();
    assert!(files.load().err().unwrap().to_string().contains("key.pem"));
}
