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
const SCRIPT: &str = include_str!("assets/console.js");

/// Returns the one style sheet.
pub fn style(_: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    Ok(asset("text/css; charset=utf-8", STYLE))
}

/// Returns the one script.
pub fn script(_: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    Ok(asset("text/javascript; charset=utf-8", SCRIPT))
}

fn asset(kind: &'static str, content: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(content));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}
