//! Static files, compiled in and named by their content: a browser keeps them for good, and asks for new ones at once.

use std::{fmt::Write as _, sync::LazyLock};

use aws_lc_rs::digest;
use http::{HeaderValue, Response, header};

use crate::server::{call::Call, edge::Body, error::ServerError, mount::PageRequest};

/// The one style sheet.
pub static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::named("style", "css", "text/css; charset=utf-8", include_str!("assets/style.css")));
/// The one script.
pub static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::named("console", "js", "text/javascript; charset=utf-8", include_str!("assets/console.js"))
});
/// The picture of the browser's tab.
pub static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::named("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")));

/// A static file.
#[derive(Debug)]
pub struct Asset {
    path: String,
    kind: &'static str,
    content: &'static str,
}

impl Asset {
    fn named(stem: &str, extension: &str, kind: &'static str, content: &'static str) -> Self {
        let digest = digest::digest(&digest::SHA256, content.as_bytes());
        let hash = digest.as_ref()[..8].iter().fold(String::new(), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}");
            hash
        });
        Self { path: format!("/assets/{stem}.{hash}.{extension}"), kind, content }
    }

    /// Returns the path, which changes with the content.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    fn answer(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.content));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        response
    }
}

/// Returns the style sheet.
pub fn style(_: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    Ok(STYLE.answer())
}

/// Returns the script.
pub fn script(_: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    Ok(SCRIPT.answer())
}

/// Returns the picture.
pub fn icon(_: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    Ok(ICON.answer())
}
