//! From a line of the URL map to its answer: judge the caller, read what was sent, run the task.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method, Response, header, request::Parts};
use hyper::body::Bytes;

use super::{
    Server, auth,
    call::Call,
    edge::{Body, RequestBody, read_body},
    error::ServerError,
    mount::{Operation, PageHandler, PageRequest, Placement, Task},
    service::Context,
    url_map::Line,
};
use crate::{
    api::{Access, EXPIRES_HEADER},
    app::{
        AppError,
        authz::{authorize, authorize_host},
        error::Rejection,
    },
    domain::redact::redacted,
};

/// Answers a request that came to `line`, with the id in its path.
///
/// # Errors
/// [`ServerError`], to be answered as its table says.
pub async fn dispatch(
    server: Arc<Server>,
    context: Context,
    line: &Line,
    id: Option<&str>,
    mut parts: Parts,
    body: RequestBody,
) -> Result<Response<Body>, ServerError> {
    let call = admit(server, context, line, &mut parts).await?;
    match &line.task {
        Task::Operation(operation) => operate(call, line, operation, id, parts, body).await,
        Task::Page(handler) => show(call, *handler, parts, body).await,
    }
}

async fn operate(
    call: Call,
    line: &Line,
    operation: &Operation,
    id: Option<&str>,
    parts: Parts,
    body: RequestBody,
) -> Result<Response<Body>, ServerError> {
    let access = line.route.access;
    let run = (operation.prepare)(id, parts.uri.query().unwrap_or_default())?;
    let bytes = if parts.method == Method::GET { Bytes::new() } else { json_bytes(&call.headers, body).await? };
    let expiry = call.principal.as_ref().and_then(|principal| principal.expiry().to_option());
    let reserved = match line.route.list {
        true => Some(call.server.lists.reserve(call.principal.as_ref().map(|principal| principal.user().id)).await?),
        false => None,
    };
    let mut response = match operation.placement {
        Placement::InPlace => run(&call, &bytes)?,
        Placement::Probe => {
            wait_for_checks(&call).await;
            run(&call, &bytes)?
        }
        Placement::Pool => {
            on_pool(move || {
                let answered = run(&call, &bytes);
                // The use case looks again: a caller who is no longer an admin, or who needs a session for this target,
                // is refused and recorded as before it (S-13).
                let is_denied = matches!(
                    answered,
                    Err(ServerError::App(
                        AppError::RoleRequired(_) | AppError::SessionRequired | AppError::AdminSessionRequired
                    ))
                );
                if let (true, Some(principal), Access::Admin) = (is_denied, &call.principal, access) {
                    call.app().record_denied(principal, &route(&parts), &call.origin);
                }
                answered
            })
            .await?
        }
    };
    if let Some(reserved) = reserved {
        response = reserved.hold(response).await?;
    }
    if let Some(value) = expiry.and_then(|at| HeaderValue::from_str(&at.to_string()).ok()) {
        response.headers_mut().insert(EXPIRES_HEADER, value);
    }
    Ok(response)
}

/// Starts the checks of readiness and waits until each has an answer or has used up its time.
async fn wait_for_checks(call: &Call) {
    const LOOK: Duration = Duration::from_millis(2);
    call.server.app.start_checks();
    while call.server.app.findings().is_none() {
        tokio::time::sleep(LOOK).await;
    }
}

async fn show(
    call: Call,
    handler: PageHandler,
    parts: Parts,
    body: RequestBody,
) -> Result<Response<Body>, ServerError> {
    let form = if parts.method == Method::GET { Bytes::new() } else { read_body(body).await? };
    let request = PageRequest { query: parts.uri.query().unwrap_or_default().to_owned(), form };
    on_pool(move || handler(&call, &request)).await
}

async fn on_pool<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ServerError> + Send + 'static,
) -> Result<T, ServerError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(ServerError::Panicked))
}

/// Finds and judges the caller, before anything else of the request is looked at (C-08). The call takes over the
/// request's headers and context.
async fn admit(server: Arc<Server>, context: Context, line: &Line, parts: &mut Parts) -> Result<Call, ServerError> {
    let access = line.route.access;
    let Context { origin, host, peer, base } = context;
    let presented = match auth::present(&parts.headers, &server.cookie_name) {
        Err(ServerError::App(_)) if access == Access::Public => None,
        presented => presented?,
    };
    let (method, headers) = (parts.method.clone(), std::mem::take(&mut parts.headers));
    let mut call = Call { server, origin, host, peer, base, principal: None, presented, method, headers };
    if access == Access::Public {
        return Ok(call);
    }
    // Whoever brings a credential is judged by it, on the host too.
    if call.host.is_some() && call.presented.is_none() {
        return match line.task {
            Task::Operation(_) => authorize_host(access).map(|()| call).map_err(Into::into),
            Task::Page(_) => Err(AppError::PersonRequired.into()),
        };
    }
    let presented = call.presented.as_ref().ok_or(AppError::Rejected(Rejection::Missing))?;
    // One read by primary key, some microseconds: cheaper in place than a hand-over to the pool (D-03).
    let principal = call.app().authenticate(presented.token.expose(), &call.origin)?;
    match line.task {
        _ if !presented.by_cookie => {}
        // The forms of pages carry a token that JSON does not.
        Task::Operation(_) => call.require_same_origin()?,
        Task::Page(_) => call.refuse_cross_origin()?,
    }
    match authorize(access, Some(&principal)) {
        Ok(()) => {
            call.principal = Some(principal);
            Ok(call)
        }
        Err(error) => {
            let route = route(parts);
            on_pool(move || {
                if matches!(access, Access::Admin | Access::Host) {
                    call.app().record_denied(&principal, &route, &call.origin);
                }
                Ok(())
            })
            .await?;
            Err(error.into())
        }
    }
}

/// Names what was asked for, in the audit row of a refusal.
fn route(parts: &Parts) -> String {
    redacted(&format!("{} {}", parts.method, parts.uri.path())).into_owned()
}

async fn json_bytes(headers: &HeaderMap, body: RequestBody) -> Result<Bytes, ServerError> {
    let bytes = read_body(body).await?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if bytes.is_empty() || kind.eq_ignore_ascii_case("application/json") {
        Ok(bytes)
    } else {
        Err(ServerError::NotJson)
    }
}
