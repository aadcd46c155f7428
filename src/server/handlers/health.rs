//! Probes.

use http::{HeaderValue, StatusCode, header};

use super::Handled;
use crate::{
    api::{
        Detail, Empty, ErrorBody, ErrorCode,
        health::{CheckResponse, DEGRADED, HEALTHY, HealthResponse, ReadyResponse, StatusResponse, VersionResponse},
    },
    app::readiness::{Finding, Health, overall},
    server::{call::Call, error::ServerError, mount::Answer},
    store::StoreError,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// When to ask again, in seconds.
const AGAIN: HeaderValue = HeaderValue::from_static("5");

/// Tells whether the server can do its work, and the version.
pub fn health(call: &Call, (): (), _: Empty, _: Empty) -> Handled<HealthResponse> {
    let status = if working(call)? == Health::Ok { HEALTHY } else { DEGRADED };
    Ok(HealthResponse { status: status.to_owned(), version: VERSION.to_owned() }.into())
}

/// Tells the version.
pub fn version(_: &Call, (): (), _: Empty, _: Empty) -> Handled<VersionResponse> {
    Ok(VersionResponse { version: VERSION.to_owned() }.into())
}

/// Tells that the process answers.
pub fn live(_: &Call, (): (), _: Empty, _: Empty) -> Handled<StatusResponse> {
    Ok(ok().into())
}

/// Tells what works. Only what keeps credentials from being checked makes it a 503: a balancer that turned away from a
/// server with a full disk would stop the checks, too.
pub fn ready(call: &Call, (): (), _: Empty, _: Empty) -> Handled<ReadyResponse> {
    let findings = findings(call);
    let health = overall(&findings);
    let checks = findings.iter().map(|finding| (finding.name.to_owned(), checked(finding))).collect();
    let status = health.as_str().to_owned();
    if health < Health::Error {
        return Ok(ReadyResponse { status, checks, error: None }.into());
    }
    let error = ErrorBody {
        detail: Detail::Text(format!("Not ready: {}", broken(&findings))),
        code: Some(ErrorCode::StoreUnavailable.as_str().to_owned()),
        request_id: call.origin.request_id.clone(),
        limit: None,
        error: None,
        error_description: None,
    };
    let answer = Answer::from(ReadyResponse { status, checks, error: Some(error) });
    Ok(answer.status(StatusCode::SERVICE_UNAVAILABLE).with(header::RETRY_AFTER, AGAIN))
}

/// As [`ready`], in one word, under the name that some orchestrators ask for.
pub fn healthz(call: &Call, (): (), _: Empty, _: Empty) -> Handled<StatusResponse> {
    working(call)?;
    Ok(ok().into())
}

/// Refuses while credentials cannot be checked.
fn working(call: &Call) -> Result<Health, ServerError> {
    let findings = findings(call);
    match overall(&findings) {
        Health::Error => Err(ServerError::App(StoreError::Unavailable(broken(&findings)).into())),
        health => Ok(health),
    }
}

/// Returns what the checks found. A check that began anew in this very moment is not waited for: what it found last is
/// not a second old.
fn findings(call: &Call) -> Vec<Finding> {
    call.server.app.findings().unwrap_or_else(|| call.server.app.last_findings())
}

/// Names the checks that fail worst.
fn broken(findings: &[Finding]) -> String {
    let broken = findings.iter().filter(|finding| finding.health == Health::Error).map(|finding| finding.name);
    broken.collect::<Vec<_>>().join(", ")
}

fn checked(finding: &Finding) -> CheckResponse {
    // Microseconds are as exact as anybody can use.
    let duration_ms = (finding.took.as_secs_f64() * 1e6).round() / 1e3;
    CheckResponse { status: finding.health.as_str().to_owned(), duration_ms }
}

fn ok() -> StatusResponse {
    StatusResponse { status: "ok".to_owned() }
}
