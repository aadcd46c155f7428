//! Static files, compiled in.

use axum::{
    body::Body,
    http::{HeaderValue, Response, header},
};

use crate::server::{
    error::ServerError,
    mount::{Call, PageRequest},
};

const STYLE: &str = include_str!("assets/style.css");

/// Returns the one style sheet.
pub fn style(_: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    let mut response = Response::new(Body::from(STYLE));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    Ok(response)
}
