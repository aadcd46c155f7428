//! The names that the server answers to when its public URL is configured.
//!
//! DNS rebinding: a page of another site makes its own name resolve to this server's address. The browser then takes
//! this server for that site, and its scripts read the answers. Such a request carries the other site's name in `Host`,
//! so a server that knows its own name refuses it.

use std::str::FromStr;

use super::{Host, InvalidHost, PublicUrl};

/// A DNS name without a port, in lower case, as A-labels (`xn--...`) and without a final dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

impl FromStr for HostName {
    type Err = InvalidHost;

    /// Accepts Unicode names too, and an IP literal, which is always allowed anyway.
    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let ascii = if text.is_ascii() { text.to_owned() } else { ascii_name(text)? };
        let host: Host = ascii.parse()?;
        if host.port().is_some() { Err(InvalidHost) } else { Ok(Self(host.name().to_owned())) }
    }
}

/// Returns the A-label form of a Unicode name.
pub(super) fn ascii_name(text: &str) -> Result<String, InvalidHost> {
    idna::domain_to_ascii(text).map_err(|_| InvalidHost)
}

/// Decides whether a `Host` names this server.
#[derive(Debug, Clone, Default)]
pub struct AllowedHosts(Option<Vec<String>>);

impl AllowedHosts {
    /// Allows the host of `public_url`, `localhost`, every IP literal and `more`; without a public URL every name.
    #[must_use]
    pub fn new(public_url: Option<&PublicUrl>, more: impl IntoIterator<Item = HostName>) -> Self {
        let Some(url) = public_url else { return Self(None) };
        let mut names = vec![url.host().to_owned(), "localhost".to_owned()];
        names.extend(more.into_iter().map(|HostName(name)| name));
        Self(Some(names))
    }

    /// Tells whether `host` is allowed. Ports are ignored: a proxy may listen on another port than this server, and a
    /// rebound name is refused on every port.
    #[must_use]
    pub fn contains(&self, host: &Host) -> bool {
        match &self.0 {
            None => true,
            Some(names) => host.is_ip() || names.iter().any(|name| name == host.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(public_url: Option<&str>, more: &[&str]) -> AllowedHosts {
        let url = public_url.map(|url| url.parse::<PublicUrl>().expect("a URL"));
        AllowedHosts::new(url.as_ref(), more.iter().map(|name| name.parse().expect("a name")))
    }

    #[test]
    fn a_public_url_allows_its_host_localhost_addresses_and_added_names() {
        let allowed = allowed(Some("https://ID.example.org:8443/da"), &["Other.example", "bücher.example", "a.b."]);
        for (host, expected) in [
            ("id.example.org", true),
            ("ID.Example.ORG", true),
            ("id.example.org.", true),
            ("id.example.org:1", true),
            ("id.example.org.:8443", true),
            ("localhost", true),
            ("LOCALHOST:8000", true),
            ("127.0.0.1", true),
            ("203.0.113.9:8000", true),
            ("[::1]", true),
            ("[2001:DB8::1]:8000", true),
            ("other.example:80", true),
            ("xn--bcher-kva.example", true),
            ("XN--BCHER-KVA.example", true),
            ("a.b", true),
            ("evil.example", false),
            ("id.example.org.evil.example", false),
            ("evil.id.example.org", false),
            ("example.org", false),
            ("xid.example.org", false),
            ("localhost.evil.example", false),
            ("a.localhost", false),
            ("127.0.0.1.evil.example", false),
            ("xn--bcher-kvb.example", false),
            ("id", false),
        ] {
            assert_eq!(allowed.contains(&host.parse().expect("a host")), expected, "{host}");
        }
    }

    #[test]
    fn without_a_public_url_every_name_is_allowed() {
        for host in ["evil.example", "localhost", "127.0.0.1:8000"] {
            assert!(allowed(None, &["other.example"]).contains(&host.parse().expect("a host")), "{host}");
        }
    }

    #[test]
    fn an_added_name_has_no_port_and_no_wildcard() {
        for text in ["", "a:80", "*.example.org", "https://a", "a/b", "a..b", ".", "a b", "xn--", "-a.example"] {
            assert_eq!(text.parse::<HostName>(), Err(InvalidHost), "{text:?}");
        }
    }
}
