//! The one way to the network: limits, trust, proxies (S-61, S-62, S-66, S-68).

use std::path::Path;

use reqwest::{blocking, redirect, tls};

use super::{CONNECT_TIMEOUT, ClientError, ClientOptions, ServerUrl, trust};

pub(super) fn build(server: &ServerUrl, options: &ClientOptions) -> Result<blocking::Client, ClientError> {
    let mut builder = bounded(options).tls_version_min(tls::Version::TLS_1_2);
    if server.is_loopback() {
        // A proxy would be handed what must not leave the machine.
        builder = builder.no_proxy();
    }
    builder = match (&options.ca_file, server.is_https()) {
        // Reading the system's roots takes longer than the rest of a call; in clear text nobody asks for them.
        (_, false) => builder.tls_certs_only([]),
        (Some(path), true) => builder.tls_backend_preconfigured(trust::config(path)?),
        (None, true) => builder,
    };
    finish(builder, options)
}

/// Everything goes through the socket at `path`; nothing leaves the machine.
#[cfg(unix)]
pub(super) fn build_over_socket(path: &Path, options: &ClientOptions) -> Result<blocking::Client, ClientError> {
    finish(bounded(options).unix_socket(path).no_proxy().tls_certs_only([]), options)
}

fn bounded(options: &ClientOptions) -> blocking::ClientBuilder {
    blocking::Client::builder()
        .user_agent(concat!("da/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT.min(options.timeout))
        .timeout(options.timeout)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
}

fn finish(builder: blocking::ClientBuilder, options: &ClientOptions) -> Result<blocking::Client, ClientError> {
    builder.build().map_err(|error| ClientError::Setup(super::error::readable_cause(&error, options.timeout)))
}
