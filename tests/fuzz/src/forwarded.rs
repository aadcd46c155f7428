//! The headers of proxies. The first character of a line names the header, the rest is its value.

use std::net::{IpAddr, SocketAddr};

use da::server::address::{TrustedProxies, TrustedProxy, client_address, forwarded_https};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::header_lines;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Read by others, never here.
const UNREAD: [HeaderName; 3] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

/// Nobody but a trusted proxy is believed, and of its header nothing but the part that trusted proxies wrote.
pub fn check(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in header_lines(data) {
        let Some((name, value)) = line.as_bytes().split_first() else { continue };
        let name = match name {
            b'f' => FOR,
            b'p' => PROTO,
            other => UNREAD[usize::from(*other) % UNREAD.len()].clone(),
        };
        headers.append(name, HeaderValue::from_bytes(value).expect("a part of a header value"));
    }
    let trusted: TrustedProxies =
        ["10.0.0.0/8", "2001:db8::/32"].iter().map(|text| text.parse::<TrustedProxy>().expect("a network")).collect();
    let (proxy, stranger) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([192, 0, 2, 1]));

    assert_eq!(client_address(stranger, &headers, &trusted), stranger);
    assert!(!forwarded_https(stranger, &headers, &trusted));

    let client = client_address(proxy, &headers, &trusted);
    assert_eq!(client, reference(proxy, &headers, &trusted));
    let https = forwarded_https(proxy, &headers, &trusted);
    assert_eq!(https, items(&headers, &PROTO).last().is_some_and(|item| item.eq_ignore_ascii_case(b"https")));

    appended(&headers, &trusted, proxy);
    for name in UNREAD {
        headers.remove(name);
    }
    assert_eq!(
        (client_address(proxy, &headers, &trusted), forwarded_https(proxy, &headers, &trusted)),
        (client, https)
    );
}

/// Whatever a client sends, the address that a trusted proxy appends is the one that counts (S-12).
fn appended(headers: &HeaderMap, trusted: &TrustedProxies, proxy: IpAddr) {
    let last = headers.get_all(FOR).iter().next_back().map(HeaderValue::as_bytes).unwrap_or_default();
    let line = [last, b", 203.0.113.9"].concat();
    let mut headers = headers.clone();
    headers.append(FOR, HeaderValue::from_bytes(&line).expect("a header value"));
    assert_eq!(client_address(proxy, &headers, trusted), IpAddr::from([203, 0, 113, 9]));
}

/// The first hop from the right that is not trusted, or the last good one before something that is no address.
fn reference(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    let mut client = peer;
    for item in items(headers, &FOR).iter().rev() {
        let address = std::str::from_utf8(item).ok().and_then(|text| {
            let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
            let v6 = bare.and_then(|text| text.parse::<std::net::Ipv6Addr>().ok()).map(IpAddr::V6);
            let plain = text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
            plain.or(v6)
        });
        match address {
            Some(address) if trusted.contains(client) => client = address.to_canonical(),
            _ => break,
        }
    }
    client
}

/// The elements of a list over all its lines.
fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a [u8]> {
    let lines = headers.get_all(name).iter();
    lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii).collect()
}
