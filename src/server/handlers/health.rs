//! Probes.

use super::Handled;
use crate::{
    api::{
        Empty,
        health::{HEALTHY, HealthResponse, StatusResponse, VersionResponse},
    },
    server::call::Call,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Tells whether the store answers, and the version.
pub fn health(call: &Call, (): (), _: Empty, _: Empty) -> Handled<HealthResponse> {
    call.app().check_store()?;
    Ok(HealthResponse { status: HEALTHY.to_owned(), version: VERSION.to_owned() }.into())
}

/// Tells the version.
pub fn version(_: &Call, (): (), _: Empty, _: Empty) -> Handled<VersionResponse> {
    Ok(VersionResponse { version: VERSION.to_owned() }.into())
}

/// Tells that the process answers.
pub fn live(_: &Call, (): (), _: Empty, _: Empty) -> Handled<StatusResponse> {
    Ok(ok().into())
}

/// Tells whether the store answers.
pub fn ready(call: &Call, (): (), _: Empty, _: Empty) -> Handled<StatusResponse> {
    call.app().check_store()?;
    Ok(ok().into())
}

/// As [`ready`], under the name that some orchestrators ask for.
pub fn healthz(call: &Call, id: (), query: Empty, body: Empty) -> Handled<StatusResponse> {
    ready(call, id, query, body)
}

fn ok() -> StatusResponse {
    StatusResponse { status: "ok".to_owned() }
}
