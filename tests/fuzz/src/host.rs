//! The `Host` header, and the configured address of the server: one a line.

use std::net::Ipv6Addr;

use da::server::host::{BaseUrl, Host, PublicUrl};
use http::{HeaderMap, HeaderValue, header};
use url::Url;

/// An accepted name is one name, written in one way, and a browser finds the same server behind it.
pub fn check(data: &[u8]) {
    for line in data.split(|byte| *byte == b'\n') {
        let mut headers = HeaderMap::new();
        let Ok(value) = HeaderValue::from_bytes(line) else { continue };
        headers.insert(header::HOST, value.clone());
        let host = Host::from_headers(&headers).ok();
        headers.append(header::HOST, value);
        assert!(Host::from_headers(&headers).is_err(), "two hosts are none");

        if let Some(host) = host {
            assert!(host.as_str().bytes().all(|byte| byte.is_ascii_graphic() && !b"'\"\\<>`$/@?#%".contains(&byte)));
            assert_eq!(host.as_str().parse(), Ok(host.clone()));
            assert!(host.as_str().eq_ignore_ascii_case(std::str::from_utf8(line).expect("ASCII")));
            for https in [false, true] {
                is_found(&BaseUrl::from_request(&host, https, None));
            }
        }
        if let Some(url) = std::str::from_utf8(line).ok().and_then(|text| text.parse::<PublicUrl>().ok()) {
            assert_eq!(url.as_str().parse(), Ok(url.clone()));
            let base = BaseUrl::from_request(&"ignored".parse().expect("a host"), true, Some(&url));
            assert_eq!((base.as_str(), base.prefix()), (url.as_str(), url.prefix()));
            is_found(&base);
        }
    }
}

/// A browser reads the address as we do: the same origin, and the path below which the server is reached.
fn is_found(base: &BaseUrl) {
    assert_eq!(format!("{}{}", base.origin(), base.prefix()), base.as_str());
    let Ok(url) = Url::parse(base.as_str()) else {
        // A label that claims to be punycode and is not: no browser goes there.
        assert!(base.origin().contains("xn--"), "{base}");
        return;
    };
    assert_eq!(url.path().trim_end_matches('/'), base.prefix());
    assert!(url.username().is_empty() && url.password().is_none() && url.query().is_none());
    let origin = url.origin().ascii_serialization();
    match base.origin().split_once("://[").and_then(|(_, rest)| rest.split_once(']')) {
        // An IPv6 address has many spellings, and they name one host.
        Some((v6, port)) => {
            let address: Ipv6Addr = v6.parse().expect("an address");
            assert_eq!(origin, format!("{}://[{}]{port}", url.scheme(), v6_of(&url)));
            assert_eq!(v6_of(&url).parse(), Ok(address));
        }
        None => assert_eq!(origin, base.origin()),
    }
}

fn v6_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned()
}
