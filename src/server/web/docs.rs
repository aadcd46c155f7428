//! `/docs`: what the API is and where to begin, for anyone.

use askama::Template;
use http::Response;

use super::{Frame, page};
use crate::server::{call::Call, edge::Body, error::ServerError, mount::PageRequest};

#[derive(Template)]
#[template(path = "docs.html", config = ".askama.toml")]
struct DocsPage<'a> {
    frame: &'a Frame<'a>,
}

/// Shows the page.
pub fn show(call: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    let call = call.recognised();
    let frame = Frame::of(&call, "docs")?;
    page(&frame, &DocsPage { frame: &frame })
}
