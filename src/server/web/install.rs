//! `/install` and what it leads to: the installer and the program itself (A-33..A-35, D-23).

use askama::Template;
use http::{HeaderValue, Response, header};
use serde::Deserialize;

use super::{Frame, form_token, page, read};
use crate::{
    app::{AppError, tokens::NewToken},
    domain::{Secret, agent_setup},
    server::{
        call::Call,
        edge::Body,
        error::ServerError,
        install::{self, Artifact, DownloadError, Part, Platform},
        mount::PageRequest,
    },
};

#[derive(Template)]
#[template(path = "install.html", config = ".askama.toml")]
struct InstallPage<'a> {
    frame: &'a Frame<'a>,
    payload: Option<Secret>,
}

#[derive(Deserialize)]
struct AgentForm {
    #[serde(default)]
    form_token: String,
}

/// Shows how to install, to anyone; who is signed in can also set an agent up.
pub fn show(call: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    render(&call.recognised(), None)
}

/// Makes a token and the text that sets an agent up with it.
pub fn set_up_agent(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let AgentForm { form_token } = read(&request.form, "body")?;
    form_token::check(call, &form_token)?;
    let name = "agent".parse().map_err(AppError::from)?;
    let issued = call.app().create_token(call.interactive()?, NewToken::named(name), &call.origin)?;
    render(call, Some(agent_setup::instructions(call.base.as_str(), &issued.plain)))
}

fn render(call: &Call, payload: Option<Secret>) -> Result<Response<Body>, ServerError> {
    let frame = Frame::of(call, "install")?;
    page(&frame, &InstallPage { frame: &frame, payload })
}

/// Returns the installer with this server's address in it; never cached, as it depends on the `Host` (S-30, S-31).
pub fn script(call: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    Ok(text(install::script(call.base.as_str())))
}

#[derive(Deserialize)]
struct DownloadQuery {
    os: Option<String>,
    arch: Option<String>,
    part: Option<String>,
}

/// Hands out the program, its digest or its signature; without a query, for the system the server itself runs on.
pub fn download(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let DownloadQuery { os, arch, part } = read(request.query.as_bytes(), "query")?;
    let unknown = |_| ServerError::BadRequest("os, arch or part is no name of a system or part; see /install");
    let own = Platform::own();
    let os = os.as_deref().map(install::os).transpose().map_err(unknown)?.or(own.clone().map(|own| own.os));
    let arch = arch.as_deref().map(install::arch).transpose().map_err(unknown)?.or(own.map(|own| own.arch));
    let part = part.as_deref().map_or(Ok(Part::Binary), str::parse::<Part>).map_err(unknown)?;
    let (Some(os), Some(arch)) = (os, arch) else {
        return Err(ServerError::BadRequest("Name the system: /cli/download?os=linux&arch=x86_64"));
    };
    let builds = &call.server.builds;
    let artifact = builds.find(&Platform { os, arch }).map_err(refused)?;
    match part {
        Part::Binary => Ok(attachment(artifact)),
        part => builds.text(artifact, part).map(text).map_err(refused),
    }
}

fn refused(error: DownloadError) -> ServerError {
    match error {
        DownloadError::NoBuild(_) => ServerError::NoBuild(error.to_string()),
        DownloadError::Unreadable { .. } => ServerError::App(AppError::Internal(error.to_string())),
    }
}

fn text(text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn attachment(artifact: Artifact) -> Response<Body> {
    let disposition = format!("attachment; filename=\"{}\"", artifact.file_name);
    let length = artifact.length;
    let mut response = Response::new(Body::pieces(artifact.into_body()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
