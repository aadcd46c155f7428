//! The server under test: the real binary, its log in a file as a service's would be.

use std::{net::SocketAddr, path::Path};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    load,
    support::{Api, Setup, TestServer},
};

/// A running server with an admin who is signed in and has a token.
pub(crate) struct Subject {
    pub(crate) server: TestServer,
    pub(crate) session: Api,
    pub(crate) token: Api,
    _log: TempDir,
}

impl Subject {
    pub(crate) fn start() -> Self {
        Self::start_with(TestServer::with_admin())
    }

    /// Starts the server on data that are there and have the tests' first admin.
    pub(crate) fn start_on(data: &Path) -> Self {
        Self::start_with(TestServer::empty().data_in(data))
    }

    /// Starts a server without limits on signing in, which one address would run into at once.
    pub(crate) fn start_with(setup: Setup) -> Self {
        let (server, log) = start_logging_to_a_file(setup);
        let session = server.admin();
        let token = session.with_new_token("benchmark");
        Self { server, session, token, _log: log }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }
}

/// Starts a server whose log nobody reads meanwhile: reading it would cost the time that is measured.
pub(crate) fn start_logging_to_a_file(setup: Setup) -> (TestServer, TempDir) {
    let log = tempfile::tempdir().unwrap();
    let script = format!("exec \"$0\" \"$@\" 2>'{}'", log.path().join("log").display());
    let setup = setup
        .env("DA_LOGIN_LIMIT_PER_ADDRESS", "0")
        .env("DA_LOGIN_LIMIT_PER_ACCOUNT", "0")
        .env("DA_SESSIONS_PER_USER", "0")
        .under(["/bin/sh", "-c", &script]);
    (setup.start(), log)
}

/// Returns the bytes of a request as a client library sends it.
pub(crate) fn get(server: SocketAddr, path: &str, bearer: &str) -> Vec<u8> {
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {server}\r\nUser-Agent: da-bench\r\nAccept: */*\r\n\
         Authorization: Bearer {bearer}\r\n\r\n"
    );
    head.into_bytes()
}

/// Returns the bytes of a request with a JSON body.
pub(crate) fn post(server: SocketAddr, path: &str, bearer: Option<&str>, body: &serde_json::Value) -> Vec<u8> {
    let bearer = bearer.map_or_else(String::new, |bearer| format!("Authorization: Bearer {bearer}\r\n"));
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {server}\r\nUser-Agent: da-bench\r\nAccept: */*\r\n{bearer}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    head.into_bytes()
}

/// Returns the bytes of a sign-in of the tests' first admin.
pub(crate) fn sign_in(server: SocketAddr) -> Vec<u8> {
    use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD};
    post(server, "/auth/token", None, &json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD }))
}

/// Returns how many bytes the answer to `request` has, head included.
pub(crate) fn answer_bytes(server: SocketAddr, request: &[u8]) -> usize {
    let request = request.to_vec();
    let lengths = load::together(1, move |_| {
        let request = request.clone();
        async move {
            let mut connection = load::Connection::open(server).await?;
            connection.ask(&request).await?;
            Ok(connection.last_answer().len())
        }
    });
    lengths[0]
}
