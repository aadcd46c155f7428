//! From which networks a token is used, and how many of the new ones are recorded.

use std::{net::IpAddr, time::Duration};

use super::Timestamp;

/// How many networks of a token are remembered. A new one takes the place of the one that was used longest ago.
pub const REMEMBERED: u32 = 16;

/// Audit rows about new networks of one token, and the time in which there may be so many.
const ROWS: u32 = 60;
const WINDOW: Duration = Duration::from_secs(60 * 60);

/// The network of a client: an IPv4 address, or an IPv6 /64, in which one host may take any address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// An IPv4 address.
    V4([u8; 4]),
    /// The first half of an IPv6 address.
    V6([u8; 8]),
}

impl Network {
    /// Returns the network of an address. An IPv4 address that is written as IPv6 counts as IPv4.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }

    /// Returns its bytes: 4 or 8.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::V4(bytes) => bytes,
            Self::V6(bytes) => bytes,
        }
    }
}

/// Counts the audit rows about new networks of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkRows {
    /// When the present window began.
    pub since: Timestamp,
    /// Rows that were written in it.
    pub written: u32,
    /// New networks that got no row since the last row.
    pub left_out: u32,
}

impl NetworkRows {
    /// Begins to count.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self { since: at, written: 0, left_out: 0 }
    }

    /// Counts a new network. Returns how many were left out since the last row, if this one gets a row.
    pub fn admit(&mut self, at: Timestamp) -> Option<u32> {
        if at < self.since || at.since(self.since) >= WINDOW {
            (self.since, self.written) = (at, 0);
        }
        if self.written < ROWS {
            self.written += 1;
            return Some(std::mem::take(&mut self.left_out));
        }
        self.left_out = self.left_out.saturating_add(1);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_an_ipv4_address_or_half_an_ipv6_address() {
        let same = |a: &str, b: &str| {
            Network::of(a.parse().expect("an address")) == Network::of(b.parse().expect("an address"))
        };
        assert!(same("203.0.113.1", "203.0.113.1"));
        assert!(same("203.0.113.1", "::ffff:203.0.113.1"));
        assert!(!same("203.0.113.1", "203.0.113.2"));
        assert!(same("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert!(!same("2001:db8:0:1::1", "2001:db8:0:2::1"));
    }

    #[test]
    fn sixty_rows_an_hour_are_written_and_the_next_one_says_how_many_were_left_out() {
        let at = |seconds: u64| Timestamp::from_micros(0).plus(Duration::from_secs(seconds));
        let mut rows = NetworkRows::new(at(0));
        let admitted: Vec<_> = (0..100).map(|second| rows.admit(at(second))).collect();
        assert!(admitted[..60].iter().all(|left_out| *left_out == Some(0)));
        assert!(admitted[60..].iter().all(Option::is_none));
        assert_eq!(rows.admit(at(3599)), None);
        assert_eq!(rows.admit(at(3600)), Some(41));
        assert_eq!(rows.admit(at(3601)), Some(0));
        // A clock that was set back does not stop the rows until it has caught up.
        assert_eq!(rows.admit(at(10)), Some(0));
    }
}
