//! The metrics (M-25, M-49): on the main listener for neighbours, or on a listener of their own.

use std::sync::Arc;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use crate::{
    api::ErrorCode,
    app::AppError,
    server::{
        Server,
        call::Call,
        edge::{Body, RequestBody},
        error::ServerError,
        headers,
        metrics::{CONTENT_TYPE, access, page},
        mount::PageRequest,
        service,
    },
};

/// Shows the metrics to the machine itself and to private networks, if they ask directly.
pub fn show(call: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    if call.server.metrics_elsewhere {
        return Err(ServerError::NotFound("Not Found", ErrorCode::NotFound));
    }
    if !access::is_near(call.peer) || access::is_forwarded(&call.headers) {
        return Err(ServerError::InternalOnly);
    }
    written(&call.server)
}

/// Answers on the listener that has nothing but the metrics; whoever reaches that may read them.
pub async fn answer_alone(server: Arc<Server>, request: Request<RequestBody>) -> Response<Body> {
    let asked = matches!(*request.method(), Method::GET | Method::HEAD) && request.uri().path() == "/metrics";
    let answered = if asked {
        let written = tokio::task::spawn_blocking(move || written(&server)).await;
        written.unwrap_or(Err(ServerError::Panicked))
    } else {
        Err(ServerError::NotFound("Not Found", ErrorCode::NotFound))
    };
    let request_id = service::fresh_request_id();
    let mut response = answered.unwrap_or_else(|error| error.into_response(&request_id));
    headers::secure(response.headers_mut(), &request_id, false);
    response
}

fn written(server: &Server) -> Result<Response<Body>, ServerError> {
    let text = page(&server.metrics, server.app.figures())
        .map_err(|_| AppError::Internal("the metrics could not be written".to_owned()))?;
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    Ok(response)
}
