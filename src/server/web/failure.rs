//! Errors as pages, for browsers: the same words and the same request id as in JSON.

use askama::Template;
use axum::{
    body::Body,
    http::{Response, header},
};

use super::html;
use crate::server::host::BaseUrl;

#[derive(Template)]
#[template(path = "failure.html", config = ".askama.toml")]
struct FailurePage<'a> {
    prefix: &'a str,
    title: &'a str,
    detail: &'a str,
    request_id: &'a str,
}

/// What an error answer says, kept beside its JSON for [`replace`].
#[derive(Debug, Clone)]
pub struct Told(pub String);

/// Makes a page of an error answer; its status and its headers stay.
pub fn replace(response: &mut Response<Body>, base: &BaseUrl, request_id: &str) {
    let Some(Told(detail)) = response.extensions().get::<Told>().cloned() else { return };
    let title = response.status().canonical_reason().unwrap_or("Error");
    let template = FailurePage { prefix: base.prefix(), title, detail: &detail, request_id };
    if let Ok(text) = template.render() {
        let page = html(response.status(), text);
        let (parts, body) = page.into_parts();
        *response.body_mut() = body;
        // It was the length of the JSON.
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response.headers_mut().extend(parts.headers);
    }
}
