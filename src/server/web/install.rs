//! `/install` and what it leads to: the installer and the program itself (A-33..A-35, D-23).

use askama::Template;
use axum::{
    body::Body,
    http::{Response, StatusCode},
};

use super::page;
use crate::server::{
    error::ServerError,
    mount::{Call, PageRequest},
};

#[derive(Template)]
#[template(path = "install.html", config = ".askama.toml")]
struct InstallPage<'a> {
    prefix: &'a str,
    base: &'a str,
}

/// Shows how to install.
pub fn show(call: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    page(StatusCode::OK, &InstallPage { prefix: call.base.prefix(), base: call.base.as_str() })
}
