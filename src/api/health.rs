//! Probes (A-46, M-47): no sign-in, no redirect, with and without a trailing slash.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Access, Empty, Endpoint, ErrorBody, Method};

macro_rules! probes {
    ($($(#[$doc:meta])* $name:ident: $path:literal => $response:ty;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Endpoint for $name {
            const METHOD: Method = Method::Get;
            const PATH: &'static str = $path;
            const ACCESS: Access = Access::Public;
            type Id = ();
            type Query = Empty;
            type Request = Empty;
            type Response = $response;
        }
    )+};
}

probes! {
    /// `GET /api/health`: 503 while the store does not answer.
    Health: "/api/health" => HealthResponse;
    /// `GET /api/version`: which program this is.
    Version: "/api/version" => VersionResponse;
    /// `GET /live`: the process answers.
    Live: "/live" => StatusResponse;
    /// `GET /ready`: what works; 503 while credentials cannot be checked.
    Ready: "/ready" => ReadyResponse;
    /// `GET /healthz`: as `/ready`, in one word.
    Healthz: "/healthz" => StatusResponse;
}

/// `GET /api/health/detailed`: as `/api/health`, for callers with a credential.
#[derive(Debug)]
pub struct DetailedHealth;

impl Endpoint for DetailedHealth {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/health/detailed";
    const ACCESS: Access = Access::Any;
    type Id = ();
    type Query = Empty;
    type Request = Empty;
    type Response = HealthResponse;
}

/// All is well.
pub const HEALTHY: &str = "healthy";
/// The same, as other servers say it.
pub const OK: &str = "ok";

/// Tells whether a server's word for its state means that all is well.
#[must_use]
pub fn is_healthy(status: &str) -> bool {
    [HEALTHY, OK].iter().any(|word| status.eq_ignore_ascii_case(word))
}

/// Credentials are checked; something else is not done.
pub const DEGRADED: &str = "degraded";

/// What works (M-48).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadyResponse {
    /// `ok`; `degraded`: credentials are checked, and something else is not done; `error`: they cannot be checked.
    pub status: String,
    /// Each check by its name.
    pub checks: BTreeMap<String, CheckResponse>,
    /// What every error has, when it is one.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorBody>,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckResponse {
    /// `ok`, `degraded` or `error`.
    pub status: String,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
}

/// State and version; no more, as anyone may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthResponse {
    /// `healthy` or `degraded`; other servers also say `unhealthy`.
    pub status: String,
    /// The program's version.
    #[serde(default)]
    pub version: String,
}

/// The version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionResponse {
    /// The program's version.
    pub version: String,
}

/// State.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusResponse {
    /// `ok`.
    pub status: String,
}
