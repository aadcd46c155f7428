//! Probes (A-46, M-47): no sign-in, no redirect, with and without a trailing slash.

use serde::{Deserialize, Serialize};

use super::{Access, Empty, Endpoint, Method};

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
    /// `GET /ready`: 503 while the store does not answer.
    Ready: "/ready" => StatusResponse;
    /// `GET /healthz`: as `/ready`.
    Healthz: "/healthz" => StatusResponse;
}

/// The words of a probe.
pub const HEALTHY: &str = "healthy";

/// State and version; no more, as anyone may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthResponse {
    /// `healthy`; other servers also say `degraded` and `unhealthy`.
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
