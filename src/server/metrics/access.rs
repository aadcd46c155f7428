//! Who may read the metrics on the main listener: neighbours on the machine or a private network, who ask by themselves.

use std::net::IpAddr;

use http::HeaderMap;

use crate::server::edge::Peer;

/// What a proxy says of whom it speaks for.
const FORWARDING: [&str; 7] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via", "x-forwarded-server"];

/// Tells whether the other end is a neighbour; whoever comes by the admin socket is one.
#[must_use]
pub fn is_near(peer: Peer) -> bool {
    match peer {
        Peer::Network { address, .. } => is_internal(address.ip()),
        Peer::Host { .. } => true,
    }
}

/// Tells whether a connection comes from the machine itself or a private network: loopback, 10/8, 172.16/12,
/// 192.168/16, `fc00::/7`, and the link-local 169.254/16 and `fe80::/10`.
fn is_internal(peer: IpAddr) -> bool {
    match peer.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Tells whether a proxy passes the request on. Then the peer says nothing of who asks: behind a proxy on loopback the
/// whole world has an internal peer.
#[must_use]
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDING.iter().any(|name| headers.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_private_networks_are_internal_and_their_neighbours_are_not() {
        let internal = |address: &str| is_internal(address.parse().expect("an address"));
        for inside in [
            "127.0.0.1",
            "127.255.255.254",
            "10.0.0.0",
            "10.255.255.255",
            "172.16.0.0",
            "172.17.0.2",
            "172.31.255.255",
            "192.168.0.1",
            "192.168.255.255",
            "169.254.1.1",
            "::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "::ffff:172.20.0.1",
        ] {
            assert!(internal(inside), "{inside}");
        }
        for outside in [
            "0.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "169.253.1.1",
            "169.255.0.0",
            "203.0.113.9",
            "::",
            "fe00::1",
            "fec0::1",
            "2001:db8::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(!internal(outside), "{outside}");
        }
    }
}
