//! The answers that the edge gives by itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use http::{HeaderValue, Response, StatusCode, header};

use super::{Body, Peer};
use crate::{
    api::{Detail, ErrorBody, ErrorCode, REQUEST_ID_HEADER},
    server::request_id,
};

/// Seconds after which a client that was turned away may try again.
const RETRY_AFTER_SECONDS: &str = "5";

/// Counts the answers that the edge gives by itself, by their status.
#[derive(Debug, Clone, Default)]
pub struct RefusalCounts(Arc<Mutex<BTreeMap<u16, u64>>>);

impl RefusalCounts {
    fn count(&self, status: StatusCode) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(status.as_u16()).or_default() += 1;
    }

    /// Returns the numbers so far.
    #[must_use]
    pub fn get(&self) -> BTreeMap<u16, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Why a request never reaches the service. The connection is closed after each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// What arrived is no HTTP/1.1 request head.
    Malformed,
    /// The bounds of the body can be read in two ways (RFC 9112 section 6).
    AmbiguousFraming,
    /// `Host` is missing, repeated or contradicts the target.
    Host,
    /// The target is not a path.
    Target,
    /// The target is too long.
    TargetTooLong,
    /// The head is too large.
    HeadTooLarge,
    /// The head did not arrive in time.
    HeadTimeout,
    /// An HTTP version that is not spoken here.
    Version,
    /// TRACE or CONNECT.
    Method,
    /// The announced body is too large.
    BodyTooLarge,
    /// Clear text on a TLS port.
    NotTls,
    /// There is no room for another connection.
    Busy,
    /// The service panicked.
    Panic,
}

impl Refusal {
    fn parts(self) -> (StatusCode, ErrorCode, &'static str) {
        use ErrorCode as Code;
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, Code::BadRequest, "Malformed HTTP request"),
            Self::AmbiguousFraming => {
                (StatusCode::BAD_REQUEST, Code::BadRequest, "Ambiguous length of the request body")
            }
            Self::Host => (StatusCode::BAD_REQUEST, Code::InvalidHost, "Missing or invalid Host header"),
            Self::Target => (StatusCode::BAD_REQUEST, Code::BadRequest, "Invalid request target"),
            Self::TargetTooLong => (StatusCode::URI_TOO_LONG, Code::BadRequest, "Request target too long"),
            Self::HeadTooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, Code::BadRequest, "Request header too large")
            }
            Self::HeadTimeout => (StatusCode::REQUEST_TIMEOUT, Code::BadRequest, "Request header not received in time"),
            Self::Version => (StatusCode::HTTP_VERSION_NOT_SUPPORTED, Code::BadRequest, "HTTP version not supported"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed, "Method Not Allowed"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, Code::BodyTooLarge, "Request body too large"),
            Self::NotTls => (StatusCode::BAD_REQUEST, Code::BadRequest, "This port speaks HTTPS only"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, Code::Busy, "Too many connections"),
            Self::Panic => (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, "Internal Server Error"),
        }
    }

    /// Counts, logs and returns the answer: no layer of the service has seen the request.
    pub(super) fn response(self, peer: Peer, counts: &RefusalCounts) -> Response<Body> {
        let (status, code, detail) = self.parts();
        let request_id = request_id::fresh();
        self.note(status, &request_id, peer, counts);
        let mut response = Response::new(Body::from(json(code, detail, &request_id)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        if let Ok(value) = HeaderValue::try_from(request_id) {
            headers.insert(REQUEST_ID_HEADER, value);
        }
        match self {
            Self::Method => headers.insert(header::ALLOW, HeaderValue::from_static("GET, POST, PATCH, DELETE")),
            Self::Busy => headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS)),
            _ => None,
        };
        response
    }

    fn note(self, status: StatusCode, request_id: &str, peer: Peer, counts: &RefusalCounts) {
        counts.count(status);
        let (status, reason) = (status.as_u16(), self.parts().2);
        match self {
            Self::Panic => tracing::error!(request_id, "a request handler panicked"),
            // Too many connections would be too many lines; they are counted.
            Self::Busy => tracing::debug!(target: "da::access", status, reason, %peer, request_id, "refused"),
            _ => tracing::info!(target: "da::access", status, reason, %peer, request_id, "refused"),
        }
    }

    /// Returns the same answer as bytes, for a connection that hyper does not drive.
    pub(super) fn raw_response(self, peer: Peer, counts: &RefusalCounts) -> Vec<u8> {
        let (status, code, detail) = self.parts();
        let request_id = request_id::fresh();
        self.note(status, &request_id, peer, counts);
        let body = json(code, detail, &request_id);
        let retry = if self == Self::Busy { format!("retry-after: {RETRY_AFTER_SECONDS}\r\n") } else { String::new() };
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
             x-content-type-options: nosniff\r\n{REQUEST_ID_HEADER}: {request_id}\r\n{retry}connection: close\r\n\r\n{body}",
            body.len(),
        )
        .into_bytes()
    }
}

fn json(code: ErrorCode, detail: &str, request_id: &str) -> String {
    let body = ErrorBody {
        detail: Detail::Text(detail.to_owned()),
        code: Some(code.to_string()),
        request_id: Some(request_id.to_owned()),
        limit: None,
        error: None,
        error_description: None,
    };
    serde_json::to_string(&body).unwrap_or_default()
}
