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
        host::Host,
        metrics::{Format, access, page},
        mount::PageRequest,
        request_id,
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
    written(&call.server, Format::accepted(&call.headers))
}

/// Answers on the listener that has nothing but the metrics; whoever reaches that may read them.
pub async fn answer_alone(server: Arc<Server>, request: Request<RequestBody>) -> Response<Body> {
    let asked = matches!(*request.method(), Method::GET | Method::HEAD) && request.uri().path() == "/metrics";
    let answered = match Host::from_headers(request.headers()) {
        Err(_) => Err(ServerError::InvalidHost),
        Ok(host) if !server.allowed_hosts.contains(&host) => Err(ServerError::Misdirected),
        Ok(_) if !asked => Err(ServerError::NotFound("Not Found", ErrorCode::NotFound)),
        Ok(_) => {
            let format = Format::accepted(request.headers());
            let written = tokio::task::spawn_blocking(move || written(&server, format)).await;
            written.unwrap_or(Err(ServerError::Panicked))
        }
    };
    let request_id = request_id::fresh();
    let mut response = answered.unwrap_or_else(|error| error.into_response(&request_id));
    headers::secure(response.headers_mut(), &request_id, false);
    response
}

fn written(server: &Server, format: Format) -> Result<Response<Body>, ServerError> {
    let text = page(&server.metrics, server.app.figures())
        .map_err(|_| AppError::Internal("the metrics could not be written".to_owned()))?;
    let mut response = Response::new(Body::from(format.write(text)));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, format.content_type());
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}
