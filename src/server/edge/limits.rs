//! The bounds of the edge.

use std::time::Duration;

use crate::server::address::TrustedProxies;

/// Descriptors kept for the store, the logs and the listener, whatever strangers do.
const RESERVED_DESCRIPTORS: u64 = 64;
/// More connections than this serve nobody better, however many descriptors there are.
const MAX_CONNECTIONS: u64 = 16_384;

/// What a connection may cost and how long it may take.
#[derive(Debug, Clone)]
pub struct EdgeLimits {
    /// Open connections in all. A further one is answered 503 at once and closed. Default: what the process's
    /// descriptor limit allows, see [`EdgeLimits::for_this_process`].
    pub max_connections: usize,
    /// Open connections of one address (of one /64 for IPv6). Loopback and `trusted_proxies` are exempt, because many
    /// clients stand behind them. Default: 256.
    pub max_connections_per_address: usize,
    /// The peers that speak for others.
    pub trusted_proxies: TrustedProxies,
    /// From the first byte of a request to the end of its head; also from accepting a connection to its first byte,
    /// and for the TLS handshake. Default: 10 s.
    pub header_timeout: Duration,
    /// Between two requests of a connection. Default: 60 s.
    pub idle_timeout: Duration,
    /// From the end of the head to the end of the body. Default: 30 s.
    pub body_timeout: Duration,
    /// How long a client may take nothing of an answer that is ready. Default: 30 s.
    pub write_timeout: Duration,
    /// Bytes of a request head. Default: 32 KiB.
    pub max_head_bytes: usize,
    /// Bytes of a request target. Default: 8 KiB.
    pub max_target_bytes: usize,
    /// Bytes of a request body. Default: 64 KiB.
    pub max_body_bytes: u64,
    /// How long requests in flight may go on once shutdown has begun. Default: 8 s.
    pub shutdown_grace: Duration,
}

impl Default for EdgeLimits {
    fn default() -> Self {
        Self {
            max_connections: 512,
            max_connections_per_address: 256,
            trusted_proxies: TrustedProxies::default(),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            max_head_bytes: 32 * 1024,
            max_target_bytes: 8 * 1024,
            max_body_bytes: 64 * 1024,
            shutdown_grace: Duration::from_secs(8),
        }
    }
}

impl EdgeLimits {
    /// Returns the defaults for this process, with as many connections as its descriptors allow.
    ///
    /// Raises the soft descriptor limit to the hard one first: the soft one, often 1024, is meant for programs that
    /// still call `select`.
    #[must_use]
    pub fn for_this_process() -> Self {
        Self { max_connections: connections_for(raised_descriptor_limit()), ..Self::default() }
    }
}

impl EdgeLimits {
    /// Divides the connections: seven eighths for the main listener, the rest for another one, so that whoever fills the
    /// one keeps nobody from the other.
    #[must_use]
    pub fn divided(self) -> (Self, Self) {
        let other = (self.max_connections / 8).max(1);
        let main = self.max_connections.saturating_sub(other).max(1);
        (Self { max_connections: main, ..self.clone() }, Self { max_connections: other, ..self })
    }
}

/// Leaves an eighth of the descriptors, and never fewer than the reserve, to everything that is no connection.
fn connections_for(descriptors: u64) -> usize {
    let reserve = (descriptors / 8).max(RESERVED_DESCRIPTORS);
    let connections = descriptors.saturating_sub(reserve).clamp(16, MAX_CONNECTIONS);
    usize::try_from(connections).unwrap_or(16)
}

#[cfg(unix)]
fn raised_descriptor_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    // macOS refuses more than OPEN_MAX (10240) as a soft limit even when the hard one is unlimited.
    let wanted = limit.maximum.unwrap_or(10_240).min(MAX_CONNECTIONS * 2).max(limit.current.unwrap_or(0));
    let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => wanted,
        Err(_) => limit.current.unwrap_or(1024),
    }
}

#[cfg(not(unix))]
fn raised_descriptor_limit() -> u64 {
    MAX_CONNECTIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_everything_else() {
        assert_eq!(connections_for(1024), 896);
        assert_eq!(connections_for(256), 192);
        assert_eq!(connections_for(20), 16);
        assert_eq!(connections_for(u64::MAX), 16_384);
    }

    #[test]
    fn two_listeners_have_no_more_connections_than_one() {
        let divided = |max_connections| {
            let (main, other) = EdgeLimits { max_connections, ..EdgeLimits::default() }.divided();
            (main.max_connections, other.max_connections)
        };
        assert_eq!(divided(16_384), (14_336, 2048));
        assert_eq!(divided(16), (14, 2));
    }

    #[cfg(unix)]
    #[test]
    fn the_soft_descriptor_limit_is_raised() {
        use rustix::process::{Resource, getrlimit};

        let before = getrlimit(Resource::Nofile);
        let limits = EdgeLimits::for_this_process();
        let after = getrlimit(Resource::Nofile);
        assert!(after.current >= before.current && after.maximum == before.maximum);
        let open = usize::try_from(after.current.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        assert!(limits.max_connections < open);
    }
}
