//! A certificate for a server of a test, and somebody who trusts it.

use std::{
    fs, io,
    net::{SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};

use super::{
    PATIENCE,
    http::{Answer, exchange_on},
};

/// Writes a new self-signed certificate and its key into `directory`.
pub(crate) fn certify(directory: &Path) {
    write_certified(directory, for_ninety_days(&["127.0.0.1"]));
}

/// As [`certify`]; the certificate ends at this second, and began long before.
pub(crate) fn certify_until(directory: &Path, end: Duration) {
    let mut params = for_ninety_days(&["127.0.0.1"]);
    let ninety_days_before = rcgen::date_time_ymd(1970, 1, 1) + end - Duration::from_secs(90 * 24 * 60 * 60);
    params.not_before = params.not_before.min(ninety_days_before);
    params.not_after = rcgen::date_time_ymd(1970, 1, 1) + end;
    write_certified(directory, params);
}

/// Returns what a certificate for these names says that every client accepts: it began yesterday and lasts for 90 days.
pub(crate) fn for_ninety_days(names: &[&str]) -> rcgen::CertificateParams {
    let mut params =
        rcgen::CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let day = Duration::from_secs(24 * 60 * 60);
    params.not_before = rcgen::date_time_ymd(1970, 1, 1) + (now - day);
    params.not_after = rcgen::date_time_ymd(1970, 1, 1) + (now + 89 * day);
    params
}

/// Writes a certificate and its key, `cert.pem` and `key.pem`.
pub(crate) fn write_certified(directory: &Path, params: rcgen::CertificateParams) {
    let signing_key = rcgen::KeyPair::generate().unwrap();
    fs::write(directory.join("cert.pem"), params.self_signed(&signing_key).unwrap().pem()).unwrap();
    let key = directory.join("key.pem");
    fs::write(&key, signing_key.serialize_pem()).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Somebody who speaks HTTPS with one server.
pub(crate) struct TlsClient {
    server: SocketAddr,
    config: Arc<ClientConfig>,
}

impl TlsClient {
    /// Trusts the certificate that [`certify`] has put into `directory`.
    pub(crate) fn new(server: SocketAddr, directory: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(directory.join("cert.pem")).unwrap()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = builder.with_safe_default_protocol_versions().unwrap();
        Self { server, config: Arc::new(config.with_root_certificates(roots).with_no_client_auth()) }
    }

    /// Opens a connection; its handshake comes with the first bytes.
    pub(crate) fn connect(&self) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let stream = TcpStream::connect_timeout(&self.server, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let name = ServerName::from(self.server.ip());
        let connection = ClientConnection::new(Arc::clone(&self.config), name).map_err(io::Error::other)?;
        Ok(StreamOwned::new(connection, stream))
    }

    /// Asks for `path` on a connection of its own.
    pub(crate) fn get(&self, path: &str) -> io::Result<Option<Answer>> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.server);
        exchange_on(&mut self.connect()?, request.as_bytes())
    }
}
