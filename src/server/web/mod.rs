//! The pages: one typed struct and one template each, everything escaped by the engine (D-22, S-34).
//!
//! So far those that signing in and installing need; they work without scripts.

pub mod assets;
pub mod form_token;
pub mod home;
pub mod install;
pub mod login;
pub mod session_cookie;

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};

use super::error::ServerError;
use crate::app::AppError;

/// Renders a page.
fn page(status: StatusCode, template: &impl Template) -> Result<Response<Body>, ServerError> {
    let failed = |error| ServerError::App(AppError::Internal(format!("a page could not be rendered: {error}")));
    let mut response = Response::new(Body::from(template.render().map_err(failed)?));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok(response)
}

/// Sends a browser on to one of our own pages.
fn see(location: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn set_cookie(response: &mut Response<Body>, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Reads a query or a form; a broken one is a 422 like a broken body.
fn read<T: serde::de::DeserializeOwned>(text: &[u8], place: &str) -> Result<T, ServerError> {
    serde_urlencoded::from_bytes(text).map_err(|_| {
        ServerError::Shape(vec![crate::api::error::Fault {
            kind: "value_error".to_owned(),
            loc: vec![place.into()],
            msg: "A field is missing or has the wrong form".to_owned(),
        }])
    })
}
