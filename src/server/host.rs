//! The name the server is called by (S-30).
//!
//! `Host` is written by the client and ends up in scripts, links and cookies, so it is parsed strictly and rebuilt from
//! its parts; a configured public URL wins over it. `X-Forwarded-Host` is never read.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use http::{HeaderMap, header::HOST};

mod allowed;

pub use allowed::{AllowedHosts, HostName};

/// The longest `Host` that is accepted, in bytes.
const MAX_HOST_BYTES: usize = 255;
/// The longest path prefix of a public URL, in bytes.
const MAX_PREFIX_BYTES: usize = 255;

/// A checked `host[:port]`, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host(String);

/// The `Host` is missing, repeated or no `host[:port]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid host")]
pub struct InvalidHost;

impl Host {
    /// Returns the host that the request names; exactly one `Host` must be there.
    ///
    /// # Errors
    /// [`InvalidHost`], to be answered by 400.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, InvalidHost> {
        let mut lines = headers.get_all(HOST).iter();
        match (lines.next(), lines.next()) {
            (Some(host), None) => host.to_str().map_err(|_| InvalidHost)?.parse(),
            _ => Err(InvalidHost),
        }
    }

    /// Returns the text, `host` or `host:port`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name or address without the port and without the final dot of a fully qualified name.
    #[must_use]
    pub fn name(&self) -> &str {
        let (name, _) = split_port(&self.0).unwrap_or((&self.0, None));
        name.strip_suffix('.').unwrap_or(name)
    }

    /// Returns the port, if the text has one.
    #[must_use]
    pub fn port(&self) -> Option<&str> {
        split_port(&self.0).ok().and_then(|(_, port)| port)
    }

    /// Tells whether this is an IP literal: nobody else's DNS leads to it.
    #[must_use]
    pub fn is_ip(&self) -> bool {
        self.0.starts_with('[') || self.name().parse::<Ipv4Addr>().is_ok()
    }
}

impl FromStr for Host {
    type Err = InvalidHost;

    /// Accepts a DNS name (with underscores, as container networks have them, and with a final dot), an IPv4 address or
    /// a bracketed IPv6 address, and a port from 1 to 65535.
    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        if text.len() > MAX_HOST_BYTES || !text.is_ascii() {
            return Err(InvalidHost);
        }
        let (name, port) = split_port(text)?;
        let known = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
            None => is_name_or_ipv4(name),
        };
        if !known || port.is_some_and(|digits| !is_port(digits)) {
            return Err(InvalidHost);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Splits at the colon before the port; colons inside brackets belong to the address.
fn split_port(text: &str) -> Result<(&str, Option<&str>), InvalidHost> {
    let end = match text.starts_with('[') {
        true => text.find(']').ok_or(InvalidHost)? + 1,
        false => text.find(':').unwrap_or(text.len()),
    };
    let (name, rest) = text.split_at(end);
    match rest.strip_prefix(':') {
        Some(port) => Ok((name, Some(port))),
        None if rest.is_empty() => Ok((name, None)),
        None => Err(InvalidHost),
    }
}

/// Accepts 1 to 65535 without leading zeros: a port has one spelling, as browsers write it into `Origin`.
fn is_port(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0') && digits.parse::<u16>().is_ok()
}

/// Returns scheme, host and port as a browser writes them: without the port that the scheme implies.
fn origin(https: bool, host: &Host) -> String {
    let (scheme, implied) = if https { ("https", ":443") } else { ("http", ":80") };
    // The brackets of an IPv6 address keep its groups apart from the port.
    let host = host.as_str().strip_suffix(implied).unwrap_or(host.as_str());
    format!("{scheme}://{host}")
}

fn is_name_or_ipv4(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    // Browsers read a name whose last label is a number as an IPv4 address, so it has to be one.
    if !last.is_empty() && is_number(last) {
        return name.parse::<Ipv4Addr>().is_ok();
    }
    // A final dot marks a name as fully qualified; of an address it is no part.
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    !is_number(last) && name.split('.').all(is_label)
}

/// Tells whether browsers take a label for a number, also a hexadecimal one.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// The configured address of the server: `https://id.example.org`, also with a path prefix, never with a final slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// The text is no public URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a URL of the form `https://host[:port][/prefix]`")]
pub struct InvalidPublicUrl;

impl PublicUrl {
    /// Returns the URL without a final slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the path in front of every route, such as `/da`; empty if there is none.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let authority = self.0.find("://").map_or(0, |colon| colon + 3);
        self.0[authority..].find('/').map_or("", |slash| &self.0[authority + slash..])
    }

    /// Returns the name or address without port and final dot.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.0.find("://").map_or(0, |colon| colon + 3);
        let authority = self.0[authority..].split('/').next().unwrap_or_default();
        let (name, _) = split_port(authority).unwrap_or((authority, None));
        name.strip_suffix('.').unwrap_or(name)
    }

    /// Tells whether clients reach the server by TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidPublicUrl)?;
        if !matches!(scheme, "http" | "https") {
            return Err(InvalidPublicUrl);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host: Host = if authority.is_ascii() { authority.parse() } else { unicode_host(authority) }
            .map_err(|_| InvalidPublicUrl)?;
        let prefix = path.strip_suffix('/').unwrap_or(path);
        if prefix.len() > MAX_PREFIX_BYTES || !prefix.split('/').skip(1).all(is_segment) {
            return Err(InvalidPublicUrl);
        }
        Ok(Self(format!("{}{prefix}", origin(scheme == "https", &host))))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a host with letters beyond ASCII, in the form in which clients send it.
fn unicode_host(text: &str) -> Result<Host, InvalidHost> {
    let (name, port) = split_port(text)?;
    let name = allowed::ascii_name(name)?;
    port.map_or_else(|| name.parse(), |port| format!("{name}:{port}").parse())
}

/// Only unreserved characters (RFC 3986 section 2.3), and no way up or in place.
fn is_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..")
        && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// The address to put into links, scripts and cookies of one answer; without a final slash.
///
/// Every character of it comes from a checked [`Host`] or [`PublicUrl`]. An answer that depends on it is not cacheable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Returns the configured public URL, else the one that the request itself used.
    #[must_use]
    pub fn from_request(host: &Host, https: bool, public_url: Option<&PublicUrl>) -> Self {
        match public_url {
            Some(url) => Self(url.0.clone()),
            None => Self(origin(https, host)),
        }
    }

    /// Returns the URL without a final slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns scheme, host and port: what a browser sends as `Origin`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.0[..self.0.len() - self.prefix().len()]
    }

    /// Returns the path below which the server is reached: empty, or `/` and a name.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let host = self.0.find("://").map_or(0, |scheme| scheme + 3);
        self.0[host..].find('/').map_or("", |slash| &self.0[host + slash..])
    }

    /// Tells whether clients reach the server by TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
