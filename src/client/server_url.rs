//! The base URL of a server.

use std::{fmt, net::IpAddr, str::FromStr};

use reqwest::Url;
use serde::{Deserialize, Serialize};

/// The address of a server: `http` or `https`, a host, perhaps a port and a path prefix; never credentials, a query or
/// a fragment. It is written without a trailing slash, so that equal servers are equal texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerUrl(String);

/// Why a text is not the address of a server. The text itself is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServerUrl {
    /// Not a URL at all.
    #[error("not a server URL: expected one such as `https://id.example.org`")]
    NotAUrl,
    /// Another scheme.
    #[error("not a server URL: the scheme must be `https` or `http`")]
    Scheme,
    /// A user name or password in it.
    #[error("a server URL must not hold a user name or password")]
    Credentials,
    /// More than scheme, host, port and path.
    #[error("a server URL must not hold a query or fragment")]
    Extra,
}

impl ServerUrl {
    /// Returns the name by which a server is called through its admin socket.
    #[cfg(unix)]
    pub(super) fn localhost() -> Self {
        Self("http://localhost".to_owned())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns scheme, host and port: the part in front of any path prefix.
    #[must_use]
    pub fn origin(&self) -> &str {
        let host = self.0.find("://").map_or(0, |scheme| scheme + 3);
        let end = self.0[host..].find('/').map_or(self.0.len(), |slash| host + slash);
        &self.0[..end]
    }

    /// Returns the host, without the brackets of an IPv6 address.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.origin().split_once("://").map_or("", |(_, authority)| authority);
        match authority.strip_prefix('[') {
            Some(rest) => rest.split_once(']').map_or(rest, |(host, _)| host),
            None => authority.split_once(':').map_or(authority, |(host, _)| host),
        }
    }

    /// Returns the URL of `path`, which begins with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Tells whether the connection is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Tells whether the server is on this machine: a literal loopback address, or the name `localhost`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.host().parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host() == "localhost",
        }
    }
}

impl FromStr for ServerUrl {
    type Err = InvalidServerUrl;

    fn from_str(text: &str) -> Result<Self, InvalidServerUrl> {
        let text = text.trim();
        // The URL standard drops control characters silently and reads `http:host` and `\`; here they are mistakes.
        if text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') || !text.contains("://") {
            return Err(InvalidServerUrl::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| InvalidServerUrl::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidServerUrl::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidServerUrl::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidServerUrl::Extra);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidServerUrl::NotAUrl);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ServerUrl {
    type Error = InvalidServerUrl;

    fn try_from(text: String) -> Result<Self, InvalidServerUrl> {
        text.parse()
    }
}

impl From<ServerUrl> for String {
    fn from(url: ServerUrl) -> Self {
        url.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_servers_are_equal_texts() {
        for (text, expected) in [
            ("https://ID.example.org/", "https://id.example.org"),
            ("https://id.example.org:443", "https://id.example.org"),
            ("http://127.0.0.1:8000//", "http://127.0.0.1:8000"),
            (" http://[::1]:8000/da_1/ ", "http://[::1]:8000/da_1"),
            ("http://127.1:80", "http://127.0.0.1"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().unwrap().as_str(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        use InvalidServerUrl::{Credentials, Extra, NotAUrl, Scheme};
        for (text, expected) in [
            ("", NotAUrl),
            ("id.example.org", NotAUrl),
            ("localhost:8000", NotAUrl),
            ("http:\\\\host", NotAUrl),
            ("http://", NotAUrl),
            ("http://a b", NotAUrl),
            ("http://a\n.b", NotAUrl),
            ("ftp://host", Scheme),
            ("file:///etc/passwd", Scheme),
            ("https://ann:secret@host", Credentials),
            ("https://ann@host", Credentials),
            ("https://host/?x=1", Extra),
            ("https://host/#top", Extra),
        ] {
            assert_eq!(text.parse::<ServerUrl>(), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn an_error_never_repeats_the_text() {
        let error = "https://ann:hunter2@host".parse::<ServerUrl>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn parts_are_told_apart() {
        let url: ServerUrl = "https://[2001:db8::1]:8443/da/x".parse().unwrap();
        assert_eq!((url.origin(), url.host()), ("https://[2001:db8::1]:8443", "2001:db8::1"));
        assert_eq!(url.join("/auth/me"), "https://[2001:db8::1]:8443/da/x/auth/me");
        let url: ServerUrl = "http://id.example.org:8080".parse().unwrap();
        assert_eq!((url.origin(), url.host(), url.is_https()), ("http://id.example.org:8080", "id.example.org", false));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for text in ["http://127.0.0.1", "http://127.9.9.9:1", "http://[::1]", "http://localhost", "http://LOCALHOST"] {
            assert!(text.parse::<ServerUrl>().unwrap().is_loopback(), "{text}");
        }
        for text in [
            "http://localhost.evil.org",
            "http://127.0.0.1.evil.org",
            "http://128.0.0.1",
            "http://[::2]",
            "http://0.0.0.0",
            "http://notlocalhost",
            "http://10.0.0.1",
        ] {
            assert!(!text.parse::<ServerUrl>().unwrap().is_loopback(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_idempotent(text in "(https?://)?[ -~é]{0,40}") {
            if let Ok(url) = text.parse::<ServerUrl>() {
                prop_assert_eq!(url.as_str().parse::<ServerUrl>(), Ok(url.clone()));
                prop_assert!(url.as_str().starts_with(url.origin()));
                prop_assert!(url.origin().contains(url.host()));
                prop_assert!(!url.as_str().contains('@') || !url.origin().contains('@'));
            }
        }
    }
}
