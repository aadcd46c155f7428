//! Mounting an operation: decode, run, encode. The same for all of them, so that none can forget a step.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use hyper::body::Bytes;
use serde::Serialize;

use super::{
    body,
    call::Call,
    edge::Body,
    error::ServerError,
    headers, query,
    url_map::{Line, RouteInfo, UrlMap},
};
use crate::{
    api::{Access, Endpoint, Method, PathId, Query as _},
    app::AppError,
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

/// Where an operation runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// On the runtime's thread: it does nothing that waits.
    InPlace,
    /// On the bounded pool.
    Pool,
    /// In place, once the checks of readiness have an answer. A probe must not wait for a thread of the pool: when
    /// writes hang, they hold every one of them.
    Probe,
}

/// What a line of the map does.
pub(super) enum Task {
    /// It speaks JSON.
    Operation(Operation),
    /// It shows a page, or hands something out.
    Page(PageHandler),
}

/// An operation, whatever its types are.
pub(super) struct Operation {
    pub(super) placement: Placement,
    pub(super) prepare: Box<Prepare>,
}

/// Reads the id in the path and the query, before a body is waited for.
type Prepare = dyn Fn(Option<&str>, &str) -> Result<Prepared, ServerError> + Send + Sync;

/// Decodes the body, runs the handler, and encodes its answer.
pub(super) type Prepared = Box<dyn FnOnce(&Call, &[u8]) -> Result<Response<Body>, ServerError> + Send>;

/// The URL map under construction.
#[derive(Default)]
pub struct Routes(UrlMap);

impl Routes {
    /// Mounts an operation on the pool.
    #[must_use]
    pub fn mount<E: Endpoint + 'static>(self, handler: Handler<E>) -> Self
    where
        E::Query: Send,
    {
        self.place::<E>(handler, Placement::Pool)
    }

    /// Mounts an operation that reads nothing but its caller, on the runtime's own thread.
    #[must_use]
    pub fn mount_in_place<E: Endpoint + 'static>(self, handler: Handler<E>) -> Self
    where
        E::Query: Send,
    {
        self.place::<E>(handler, Placement::InPlace)
    }

    /// Mounts a probe, whose handler reads what the checks of readiness found.
    #[must_use]
    pub fn mount_probe<E: Endpoint + 'static>(self, handler: Handler<E>) -> Self
    where
        E::Query: Send,
    {
        self.place::<E>(handler, Placement::Probe)
    }

    fn place<E: Endpoint + 'static>(mut self, handler: Handler<E>, placement: Placement) -> Self
    where
        E::Query: Send,
    {
        let prepare = move |id: Option<&str>, query: &str| -> Result<Prepared, ServerError> {
            let (id, query) = (path_id(id)?, query::decode(query)?);
            Ok(Box::new(move |call, bytes| {
                let request = body::decode(bytes).map_err(ServerError::Shape)?;
                encode(E::SUCCESS, handler(call, id, query, request)?)
            }))
        };
        let task = Task::Operation(Operation { placement, prepare: Box::new(prepare) });
        let route =
            RouteInfo { method: E::METHOD, path: E::PATH, access: E::ACCESS, page: false, list: E::Query::OF_LIST };
        self.0.add(Line { route, task });
        self
    }

    /// Mounts a page or a download.
    #[must_use]
    pub fn page(mut self, method: Method, path: &'static str, access: Access, handler: PageHandler) -> Self {
        let route = RouteInfo { method, path, access, page: true, list: false };
        self.0.add(Line { route, task: Task::Page(handler) });
        self
    }

    /// Returns the finished map.
    #[must_use]
    pub fn finish(self) -> UrlMap {
        self.0
    }
}

fn path_id<I: PathId>(segment: Option<&str>) -> Result<I, ServerError> {
    I::parse(segment).ok_or(ServerError::NotFound(I::NOT_FOUND.0, I::NOT_FOUND.1))
}

fn encode<T: Serialize>(success: u16, answer: Answer<T>) -> Result<Response<Body>, ServerError> {
    let unwritable = |_| ServerError::App(AppError::Internal("an answer could not be written".to_owned()));
    let status = answer.status.or(StatusCode::from_u16(success).ok()).unwrap_or(StatusCode::OK);
    let mut response = Response::new(Body::empty());
    headers::make_room(response.headers_mut());
    if status != StatusCode::NO_CONTENT {
        *response.body_mut() = Body::from(serde_json::to_vec(&answer.body).map_err(unwritable)?);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    *response.status_mut() = status;
    response.headers_mut().extend(answer.headers.into_iter().map(|(name, value)| (Some(name), value)));
    Ok(response)
}
