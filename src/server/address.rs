//! Who is calling: the client address behind trusted proxies (D-13, S-12).
//!
//! Audit rows and login limits are only as true as this address. A forwarding header is believed only when the
//! connection itself comes from a configured proxy; from anyone else it is what a stranger typed. Whatever the header
//! says, only a parsed address leaves this module.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use http::{HeaderMap, HeaderName};
use ipnet::{IpNet, Ipv4Net};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The networks whose forwarding headers are believed; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Tells whether `address` is one of the proxies.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Tells whether no proxy is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<TrustedProxy> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = TrustedProxy>>(proxies: I) -> Self {
        Self(proxies.into_iter().map(|proxy| proxy.0).collect())
    }
}

/// One trusted network: a CIDR such as `10.0.0.0/8`, or a bare address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// The text is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an address (`10.0.0.7`) nor a network (`10.0.0.0/8`)")]
pub struct InvalidProxy(String);

impl FromStr for TrustedProxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let network = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address),
            Err(_) => text.parse::<IpNet>().map_err(|_| InvalidProxy(text.to_owned()))?,
        };
        Ok(Self(unmapped(network)))
    }
}

impl fmt::Display for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Returns an IPv4-mapped IPv6 network as the IPv4 network it means; peers are compared in that form.
fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    let (Some(address), Some(length)) = (v6.addr().to_ipv4_mapped(), v6.prefix_len().checked_sub(96)) else {
        return network;
    };
    Ipv4Net::new(address, length).map_or(network, IpNet::V4)
}

/// Returns the address of the client.
///
/// That is the peer, unless the peer is trusted: then the rightmost hop over all `X-Forwarded-For` lines that is not
/// trusted itself. A hop that is no address ends the search at the last good one, because everything to its left was
/// written by somebody who is not a proxy of ours. If every hop is trusted, the leftmost one is the client.
#[must_use]
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    let mut client = peer.to_canonical();
    for hop in hops_from_the_right(headers, &FORWARDED_FOR) {
        if !trusted.contains(client) {
            break;
        }
        let Some(address) = hop.and_then(parse_hop) else { break };
        client = address;
    }
    client
}

/// Tells whether the client spoke HTTPS to the trusted proxy that is the peer.
///
/// The last value counts: it is the one which that proxy wrote. An untrusted peer's word counts for nothing.
#[must_use]
pub fn forwarded_https(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> bool {
    trusted.contains(peer)
        && hops_from_the_right(headers, &FORWARDED_PROTO)
            .next()
            .flatten()
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

/// Returns the elements of a list header from the last to the first; `None` stands for one that is no text.
///
/// Each is read by itself: a client may put any bytes in front of the address that a proxy appends to the same line, and
/// must not hide that address by them.
fn hops_from_the_right<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = Option<&'a str>> {
    let lines = headers.get_all(name).iter().rev();
    let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    hops.map(|hop| std::str::from_utf8(hop.trim_ascii()).ok())
}

/// Reads `1.2.3.4`, `1.2.3.4:5`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:5`.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = match bare {
        Some(inside) => IpAddr::V6(inside.parse().ok()?),
        None => match hop.parse::<IpAddr>() {
            Ok(address) => address,
            Err(_) => hop.parse::<SocketAddr>().ok()?.ip(),
        },
    };
    Some(address.to_canonical())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn trusted(networks: &[&str]) -> TrustedProxies {
        networks.iter().map(|text| text.parse::<TrustedProxy>().unwrap()).collect()
    }

    fn forwarded(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (FORWARDED_FOR, HeaderValue::from_str(line).unwrap())).collect()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_rightmost_untrusted_hop_is_the_client() {
        let proxies = trusted(&["10.0.0.0/8", "fd00::/8"]);
        let cases: &[(&[&str], &str)] = &[
            (&[], "10.0.0.1"),
            (&["203.0.113.9"], "203.0.113.9"),
            (&["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
            (&["6.6.6.6, 203.0.113.9, 10.0.0.7"], "203.0.113.9"),
            (&["6.6.6.6", "203.0.113.9 , 10.2.3.4", "fd00::7"], "203.0.113.9"),
            (&["203.0.113.9:4711"], "203.0.113.9"),
            (&["[2001:db8::1]:4711, [fd00::7]"], "2001:db8::1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["::ffff:203.0.113.9"], "203.0.113.9"),
            (&["::ffff:10.0.0.7"], "10.0.0.7"),
            (&["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        ];
        for (lines, client) in cases {
            assert_eq!(client_address(ip("10.0.0.1"), &forwarded(lines), &proxies), ip(client), "{lines:?}");
        }
    }

    #[test]
    fn garbage_ends_the_search_at_the_last_good_hop() {
        let proxies = trusted(&["10.0.0.0/8"]);
        for garbage in ["unknown", "", "203.0.113.9 evil", "1.2.3", "[1.2.3.4]", "<script>", "999.1.1.1"] {
            let headers = forwarded(&["6.6.6.6", garbage, "10.0.0.7"]);
            assert_eq!(client_address(ip("10.0.0.1"), &headers, &proxies), ip("10.0.0.7"), "{garbage:?}");
        }
        let mut headers = forwarded(&["6.6.6.6"]);
        headers.append(FORWARDED_FOR, HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(client_address(ip("10.0.0.1"), &headers, &proxies), ip("10.0.0.1"));
    }

    #[test]
    fn a_mapped_peer_is_its_ipv4_self() {
        let headers = forwarded(&["203.0.113.9"]);
        for network in ["10.0.0.0/8", "::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "10.0.0.1"] {
            let client = client_address(ip("::ffff:10.0.0.1"), &headers, &trusted(&[network]));
            assert_eq!(client, ip("203.0.113.9"), "{network}");
        }
        let client = client_address(ip("::ffff:10.0.0.1"), &headers, &TrustedProxies::default());
        assert_eq!(client, ip("10.0.0.1"));
    }

    #[test]
    fn the_scheme_is_the_last_one_of_a_trusted_peer() {
        let proxies = trusted(&["10.0.0.1"]);
        let cases: &[(&str, &[&str], bool)] = &[
            ("10.0.0.1", &["https"], true),
            ("10.0.0.1", &["HTTPS"], true),
            ("10.0.0.1", &["http, https"], true),
            ("10.0.0.1", &["https, http"], false),
            ("10.0.0.1", &["https", "http"], false),
            ("10.0.0.1", &["https x"], false),
            ("10.0.0.1", &[], false),
            ("10.0.0.2", &["https"], false),
        ];
        for (peer, lines, https) in cases {
            let headers: HeaderMap =
                lines.iter().map(|line| (FORWARDED_PROTO, HeaderValue::from_str(line).unwrap())).collect();
            assert_eq!(forwarded_https(ip(peer), &headers, &proxies), *https, "{peer} {lines:?}");
        }
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for text in ["", "proxy.example.org", "10.0.0.0/33", "10.0.0.0/", "10.0.0.1,10.0.0.2", "*"] {
            assert!(text.parse::<TrustedProxy>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn an_untrusted_peer_is_the_client_whatever_it_says(peer: u32, lines: Vec<Vec<u8>>) {
            let headers: HeaderMap = lines
                .iter()
                .filter_map(|line| Some((FORWARDED_FOR, HeaderValue::from_bytes(line).ok()?)))
                .collect();
            let peer = IpAddr::from(std::net::Ipv4Addr::from(peer));
            let outside = trusted(&["fd00::/8"]);
            prop_assert_eq!(client_address(peer, &headers, &outside), peer);
            prop_assert!(!forwarded_https(peer, &headers, &outside));
            let _ = client_address(peer, &headers, &trusted(&["0.0.0.0/0", "::/0"]));
        }

        #[test]
        fn a_forged_left_part_never_changes_the_client(forged: Vec<u8>) {
            let line = [&forged, b", 203.0.113.9".as_slice()].concat();
            let Ok(line) = HeaderValue::from_bytes(&line) else { return Ok(()) };
            let headers: HeaderMap = [(FORWARDED_FOR, line)].into_iter().collect();
            prop_assert_eq!(client_address(ip("10.0.0.1"), &headers, &trusted(&["10.0.0.1"])), ip("203.0.113.9"));
        }
    }
}
