//! The API from outside: base URL, bearer, limits, and one error for each way a call can go wrong.
//!
//! The server may be hostile, foreign, old, or dead (S-61, S-62, S-66): nothing is followed, everything is bounded, and
//! no answer makes this module panic. A call is sent once: only the caller knows whether it may be repeated.

pub mod answer;
mod bearer;
mod error;
mod server_url;
#[cfg(test)]
mod tests;
mod tls_fault;
mod transport;
mod trust;

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub use bearer::{Bearer, InvalidBearer};
pub use error::{ClientError, HttpFailure};
pub use server_url::{InvalidServerUrl, ServerUrl};
pub use tls_fault::CertificateFault;

use crate::{
    api::{self, Empty, Endpoint, FillPath, Method},
    domain::Timestamp,
};

/// How long a connection may take to come about (S-66).
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a call may take in all, when nothing else is said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: u64 = 10 * 1024 * 1024;

/// What a [`Client`] may do and must respect.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// The whole of a call: connecting, sending, and reading the answer.
    pub timeout: Duration,
    /// PEM certificates to trust beside the system's (S-68).
    pub ca_file: Option<PathBuf>,
    /// Whether clear text may leave this machine (S-61).
    pub insecure_http: bool,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self { timeout: DEFAULT_TIMEOUT, ca_file: None, insecure_http: false }
    }
}

/// A server, and who calls it.
#[derive(Debug)]
pub struct Client {
    server: ServerUrl,
    bearer: Option<Bearer>,
    http: reqwest::blocking::Client,
    timeout: Duration,
    /// What the last answer's [`api::EXPIRES_HEADER`] said (O-04).
    token_expires: Cell<Option<Timestamp>>,
    /// Where the next page of the last answer's list begins, as its `Link` header said.
    next_cursor: RefCell<Option<String>>,
    /// What the last answer's `Date` said, for the clock check of `da diagnose`.
    server_time: Cell<Option<Timestamp>>,
    /// How many rows of answers could not be read and were left out.
    unreadable_rows: Cell<usize>,
}

impl Client {
    /// Prepares calls to `server`; nothing is sent yet.
    ///
    /// # Errors
    /// When clear text would leave the machine without leave, or the CA file or the system's roots cannot be used.
    pub fn new(server: ServerUrl, bearer: Option<Bearer>, options: &ClientOptions) -> Result<Self, ClientError> {
        if !server.is_https() && !server.is_loopback() && !options.insecure_http {
            return Err(ClientError::ClearText { server });
        }
        let http = transport::build(&server, options)?;
        let timeout = options.timeout;
        Ok(Self {
            server,
            bearer,
            http,
            timeout,
            token_expires: Cell::default(),
            next_cursor: RefCell::default(),
            server_time: Cell::default(),
            unreadable_rows: Cell::default(),
        })
    }

    /// Prepares calls through the admin socket at `path`, which carry no credential (O-01).
    ///
    /// # Errors
    /// When the call cannot be prepared.
    #[cfg(unix)]
    pub fn over_socket(path: &Path, options: &ClientOptions) -> Result<Self, ClientError> {
        let http = transport::build_over_socket(path, options)?;
        Ok(Self {
            server: ServerUrl::localhost(),
            bearer: None,
            http,
            timeout: options.timeout,
            token_expires: Cell::default(),
            next_cursor: RefCell::default(),
            server_time: Cell::default(),
            unreadable_rows: Cell::default(),
        })
    }

    /// Returns the server that is called.
    #[must_use]
    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// Returns the end of the calling token, if an answer told it.
    #[must_use]
    pub fn token_expires(&self) -> Option<Timestamp> {
        self.token_expires.get()
    }

    /// Returns where the next page of the last answer's list begins; nothing if it was the last page.
    #[must_use]
    pub fn next_cursor(&self) -> Option<String> {
        self.next_cursor.borrow().clone()
    }

    /// Returns the server's time as of the last answer, to the second.
    #[must_use]
    pub fn server_time(&self) -> Option<Timestamp> {
        self.server_time.get()
    }

    /// Returns how many rows of the answers so far could not be read and were left out.
    #[must_use]
    pub fn unreadable_rows(&self) -> usize {
        self.unreadable_rows.get()
    }

    /// Calls an endpoint without a query or a body.
    ///
    /// # Errors
    /// Those of [`Client::call`].
    pub fn get<E>(&self, id: impl FillPath<E::Id>) -> Result<E::Response, ClientError>
    where
        E: Endpoint<Query: Default, Request = Empty>,
    {
        self.call::<E>(id, &E::Query::default(), &Empty {})
    }

    /// Calls an endpoint with a body.
    ///
    /// # Errors
    /// Those of [`Client::call`].
    pub fn send<E>(&self, id: impl FillPath<E::Id>, request: &E::Request) -> Result<E::Response, ClientError>
    where
        E: Endpoint<Query = Empty>,
    {
        self.call::<E>(id, &Empty {}, request)
    }

    /// Calls an endpoint, once, and returns its answer.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses, has moved, or answers something that is not the contract's.
    pub fn call<E: Endpoint>(
        &self,
        id: impl FillPath<E::Id>,
        query: &E::Query,
        request: &E::Request,
    ) -> Result<E::Response, ClientError> {
        let path = id.fill_path(E::PATH);
        let started = Instant::now();
        let result = self.exchange(E::METHOD, &path, query, request);
        let took = started.elapsed().as_millis();
        match &result {
            Ok((status, _)) => tracing::debug!(method = E::METHOD.as_str(), path, status, took_ms = took, "answered"),
            Err(error) => tracing::debug!(method = E::METHOD.as_str(), path, took_ms = took, %error, "failed"),
        }
        let (status, body) = result?;
        let (answer, unreadable) = answer::decode_rows(status, &body)?;
        self.unreadable_rows.set(self.unreadable_rows.get() + unreadable);
        Ok(answer)
    }

    fn exchange<Q: serde::Serialize, R: serde::Serialize>(
        &self,
        method: Method,
        path: &str,
        query: &Q,
        request: &R,
    ) -> Result<(u16, Vec<u8>), ClientError> {
        let method = match method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        // The timeout is set on the request: only there does it cover the reading of the body, too.
        let mut builder = self.http.request(method, self.server.join(path)).query(query).timeout(self.timeout);
        if let Some(bearer) = &self.bearer {
            builder = builder.bearer_auth(bearer.expose());
        }
        let body = serde_json::to_vec(request).map_err(|error| ClientError::Setup(error.to_string()))?;
        if body != b"{}" {
            builder = builder.header(reqwest::header::CONTENT_TYPE, "application/json").body(body);
        }
        let response = builder.send().map_err(|error| self.unreachable(&error))?;
        self.note_headers(response.headers());
        answer::read(response).map_err(|fault| match fault {
            answer::Fault::Transfer(error) => self.unreachable(&error),
            answer::Fault::Answer(error) => error,
        })
    }

    fn unreachable(&self, error: &(dyn std::error::Error + 'static)) -> ClientError {
        let server = self.server.clone();
        match error::certificate_fault(error) {
            Some(fault) => ClientError::Untrusted { server, fault },
            None => ClientError::Unreachable { server, cause: error::readable_cause(error, self.timeout) },
        }
    }

    fn note_headers(&self, headers: &reqwest::header::HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(time) = text(api::EXPIRES_HEADER).and_then(answer::parse_time) {
            self.token_expires.set(Some(time));
        }
        *self.next_cursor.borrow_mut() = text("link").and_then(answer::next_cursor);
        self.server_time.set(text("date").and_then(answer::parse_http_date));
    }
}
