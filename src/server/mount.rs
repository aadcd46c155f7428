//! Mounting an operation: guard, decode, run, encode. The same for all of them, so that none can forget a step.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{FromRequestParts, RawPathParams, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method as HttpMethod, Request, Response, StatusCode, header, request::Parts,
    },
    routing::{MethodFilter, on},
};
use serde::Serialize;

use super::{
    Server, auth, body,
    call::Call,
    cookie_name::CookieName,
    edge::read_body,
    error::ServerError,
    service::{self, Context},
};
use crate::{
    api::{Access, EXPIRES_HEADER, Endpoint, ErrorCode, Method, PathId, error::Fault},
    app::{
        AppError,
        authz::{authorize, authorize_host},
        error::Rejection,
    },
};

/// An answer of success.
#[derive(Debug)]
pub struct Answer<T> {
    body: T,
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl<T> Answer<T> {
    /// Answers with another status than that of success.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl<T> From<T> for Answer<T> {
    fn from(body: T) -> Self {
        Self { body, status: None, headers: Vec::new() }
    }
}

/// Runs one operation: a few lines that call a use case.
pub type Handler<E> = fn(
    &Call,
    <E as Endpoint>::Id,
    <E as Endpoint>::Query,
    <E as Endpoint>::Request,
) -> Result<Answer<<E as Endpoint>::Response>, ServerError>;

/// What a page is made from.
#[derive(Debug)]
pub struct PageRequest {
    /// The query, undecoded.
    pub query: String,
    /// The posted form; empty for a GET.
    pub form: Bytes,
}

/// Makes one page.
pub type PageHandler = fn(&Call, &PageRequest) -> Result<Response<Body>, ServerError>;

/// A line of the URL map, for those who test it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RouteInfo {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether it is a page or a download, not JSON.
    pub page: bool,
}

/// Where a handler runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Placement {
    /// On the runtime's thread: it does nothing that waits.
    InPlace,
    /// On the bounded pool.
    Pool,
}

/// What a route speaks: the forms of pages carry a token that JSON does not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Api,
    Page,
}

/// The URL map under construction.
#[derive(Default)]
pub struct Routes {
    router: Router<Arc<Server>>,
    table: Vec<RouteInfo>,
}

impl Routes {
    /// Mounts an operation on the pool.
    #[must_use]
    pub fn mount<E: Endpoint + 'static>(self, handler: Handler<E>) -> Self
    where
        E::Query: Send,
        E::Request: Send,
        E::Response: Send,
    {
        self.place::<E>(handler, Placement::Pool)
    }

    /// Mounts an operation that reads nothing but its caller, on the runtime's own thread.
    #[must_use]
    pub fn mount_in_place<E: Endpoint + 'static>(self, handler: Handler<E>) -> Self
    where
        E::Query: Send,
        E::Request: Send,
        E::Response: Send,
    {
        self.place::<E>(handler, Placement::InPlace)
    }

    fn place<E: Endpoint + 'static>(mut self, handler: Handler<E>, placement: Placement) -> Self
    where
        E::Query: Send,
        E::Request: Send,
        E::Response: Send,
    {
        let line = self.table.len();
        self.table.push(RouteInfo { method: E::METHOD, path: E::PATH, access: E::ACCESS, page: false });
        let route =
            on(filter(E::METHOD), move |State(server): State<Arc<Server>>, request: Request<Body>| async move {
                let (parts, body) = request.into_parts();
                let id = entered(&parts, line);
                let answered = answer::<E>(server, handler, placement, parts, body).await;
                answered.unwrap_or_else(|error| error.into_response(&id))
            });
        self.router = self.router.route(E::PATH, route);
        self
    }

    /// Mounts a page or a download.
    #[must_use]
    pub fn page(mut self, method: Method, path: &'static str, access: Access, handler: PageHandler) -> Self {
        let line = self.table.len();
        self.table.push(RouteInfo { method, path, access, page: true });
        let route = on(filter(method), move |State(server): State<Arc<Server>>, request: Request<Body>| async move {
            let (parts, body) = request.into_parts();
            let id = entered(&parts, line);
            let answered = show(server, access, handler, parts, body).await;
            answered.unwrap_or_else(|error| error.into_response(&id))
        });
        self.router = self.router.route(path, route);
        self
    }

    /// Returns the finished map, which answers unknown paths and methods too.
    pub fn finish(self, server: Arc<Server>) -> Router {
        self.router
            .fallback(|State(server): State<Arc<Server>>, request: Request<Body>| async move {
                let unknown = not_found(&request, &server.cookie_name);
                refuse(request, unknown)
            })
            .method_not_allowed_fallback(|request: Request<Body>| async move {
                refuse(request, ServerError::MethodNotAllowed)
            })
            .with_state(server)
    }

    /// Returns every line of the map.
    #[must_use]
    pub fn table(&self) -> &[RouteInfo] {
        &self.table
    }
}

fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}

/// A stranger's browser is asked to sign in first, as for any page: an old bookmark leads somewhere, and nobody learns
/// which pages there are. Everybody else hears the truth.
fn not_found(request: &Request<Body>, cookie_name: &CookieName) -> ServerError {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let anonymous = matches!(auth::present(request.headers(), cookie_name), Ok(None));
    let browses = *request.method() == HttpMethod::GET && !service::is_for_programs(request.uri().path());
    if browses && accepts.contains("text/html") && anonymous {
        ServerError::App(Rejection::Missing.into())
    } else {
        ServerError::NotFound("Not Found", ErrorCode::NotFound)
    }
}

fn refuse(request: Request<Body>, error: ServerError) -> Response<Body> {
    let (parts, _) = request.into_parts();
    error.into_response(&request_id(&parts))
}

/// Notes which line of the map a request came to; returns the id of the request.
fn entered(parts: &Parts, line: usize) -> String {
    if let Some(context) = parts.extensions.get::<Context>() {
        context.line.set(line);
    }
    request_id(parts)
}

fn request_id(parts: &Parts) -> String {
    let context = parts.extensions.get::<Context>();
    context.and_then(|context| context.origin.request_id.clone()).unwrap_or_default()
}

async fn answer<E: Endpoint + 'static>(
    server: Arc<Server>,
    handler: Handler<E>,
    placement: Placement,
    mut parts: Parts,
    body: Body,
) -> Result<Response<Body>, ServerError>
where
    E::Query: Send,
    E::Request: Send,
    E::Response: Send,
{
    let call = admit(server, E::ACCESS, Kind::Api, &mut parts).await?;
    let id = path_id::<E::Id>(&mut parts).await?;
    let query = serde_urlencoded::from_str(parts.uri.query().unwrap_or_default()).map_err(|_| invalid_query())?;
    let bytes = if parts.method == HttpMethod::GET { Bytes::new() } else { json_bytes(&call.headers, body).await? };
    let request = body::decode::<E::Request>(&bytes).map_err(ServerError::Shape)?;
    let expiry = call.principal.as_ref().and_then(|principal| principal.expiry().to_option());
    let route = (E::ACCESS == Access::Admin).then(|| route(&parts));
    let work = move || {
        let answered = handler(&call, id, query, request);
        // The writer looks again: who is no admin any more by then is refused as at the door (S-13).
        if let (Err(ServerError::App(AppError::RoleRequired(_))), Some(principal), Some(route)) =
            (&answered, &call.principal, &route)
        {
            call.app().record_denied(principal, route, &call.origin);
        }
        answered.and_then(|answer| encode(E::SUCCESS, answer))
    };
    let mut response = match placement {
        Placement::InPlace => work()?,
        Placement::Pool => on_pool(work).await?,
    };
    if let Some(value) = expiry.and_then(|at| HeaderValue::from_str(&at.to_string()).ok()) {
        response.headers_mut().insert(EXPIRES_HEADER, value);
    }
    Ok(response)
}

async fn show(
    server: Arc<Server>,
    access: Access,
    handler: PageHandler,
    mut parts: Parts,
    body: Body,
) -> Result<Response<Body>, ServerError> {
    let call = admit(server, access, Kind::Page, &mut parts).await?;
    let form = if parts.method == HttpMethod::GET { Bytes::new() } else { read_body(body).await? };
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
async fn admit(server: Arc<Server>, access: Access, kind: Kind, parts: &mut Parts) -> Result<Call, ServerError> {
    let Context { origin, host, peer, base, .. } =
        parts.extensions.remove::<Context>().ok_or(ServerError::BadRequest("No request context"))?;
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
        return match kind {
            Kind::Api => authorize_host(access).map(|()| call).map_err(Into::into),
            Kind::Page => Err(AppError::PersonRequired.into()),
        };
    }
    let presented = call.presented.as_ref().ok_or(AppError::Rejected(Rejection::Missing))?;
    // One read by primary key, some microseconds: cheaper in place than a hand-over to the pool (D-03).
    let principal = call.app().authenticate(presented.token.expose(), &call.origin)?;
    match kind {
        _ if !presented.by_cookie => {}
        Kind::Api => call.require_same_origin()?,
        Kind::Page => call.refuse_cross_origin()?,
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
    format!("{} {}", parts.method, parts.uri.path())
}

async fn path_id<I: PathId>(parts: &mut Parts) -> Result<I, ServerError> {
    let missing = || ServerError::NotFound(I::NOT_FOUND.0, I::NOT_FOUND.1);
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| missing())?;
    let segment = params.iter().find(|(name, _)| *name == "id").map(|(_, value)| value.to_owned());
    I::parse(segment.as_deref()).ok_or_else(missing)
}

async fn json_bytes(headers: &HeaderMap, body: Body) -> Result<Bytes, ServerError> {
    let bytes = read_body(body).await?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if bytes.is_empty() || kind.eq_ignore_ascii_case("application/json") {
        Ok(bytes)
    } else {
        Err(ServerError::NotJson)
    }
}

fn invalid_query() -> ServerError {
    let fault = Fault {
        kind: "value_error".to_owned(),
        loc: vec!["query".into()],
        msg: "A query value has the wrong form".to_owned(),
    };
    ServerError::Shape(vec![fault])
}

fn encode<T: Serialize>(success: u16, answer: Answer<T>) -> Result<Response<Body>, ServerError> {
    let unwritable = |_| ServerError::App(AppError::Internal("an answer could not be written".to_owned()));
    let status = answer.status.or(StatusCode::from_u16(success).ok()).unwrap_or(StatusCode::OK);
    let mut response = Response::new(Body::empty());
    if status != StatusCode::NO_CONTENT {
        *response.body_mut() = Body::from(serde_json::to_vec(&answer.body).map_err(unwritable)?);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    *response.status_mut() = status;
    response.headers_mut().extend(answer.headers.into_iter().map(|(name, value)| (Some(name), value)));
    Ok(response)
}
