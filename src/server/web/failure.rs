//! Errors as pages, for browsers: the same words and the same request id as in JSON, in the frame of every page.

use askama::Template;
use http::{Response, header};

use super::{Frame, page};
use crate::server::{call::Call, edge::Body};

#[derive(Template)]
#[template(path = "failure.html", config = ".askama.toml")]
struct FailurePage<'a> {
    frame: &'a Frame<'a>,
    title: &'a str,
    detail: &'a str,
    request_id: &'a str,
}

/// What an error answer says, kept beside its JSON for [`replace`].
#[derive(Debug, Clone)]
pub struct Told(pub String);

/// Makes a page of an error answer; its status and its headers stay.
pub fn replace(response: &mut Response<Body>, call: &Call) {
    let Some(Told(detail)) = response.extensions().get::<Told>().cloned() else { return };
    let title = response.status().canonical_reason().unwrap_or("Error");
    let request_id = call.origin.request_id.as_deref().unwrap_or_default();
    let call = call.recognised();
    // Without a frame the JSON stays, which says the same.
    let Ok(frame) = Frame::of(&call, "failure") else { return };
    let Ok(page) = page(&frame, &FailurePage { frame: &frame, title, detail: &detail, request_id }) else { return };
    let (parts, body) = page.into_parts();
    *response.body_mut() = body;
    // It was the length of the JSON.
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().extend(parts.headers);
}
