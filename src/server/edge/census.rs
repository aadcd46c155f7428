//! How many connections are open, in all and by whom.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{EdgeLimits, RefusalCounts};

/// Counts open connections; bounded itself, because only open connections have an entry.
#[derive(Debug, Clone, Default)]
pub struct Census(Arc<Mutex<Counts>>, RefusalCounts);

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    turned_away: u64,
    by_address: HashMap<IpAddr, usize>,
}

/// The right to one connection, given back when dropped.
pub(super) struct Seat {
    census: Census,
    counted: Option<IpAddr>,
}

/// There is no seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// Too many connections.
    Server,
    /// Too many connections of this address.
    Address,
}

impl Census {
    /// Returns an own count of connections, whose refused requests are counted together with `refusals`.
    #[must_use]
    pub fn beside(refusals: &RefusalCounts) -> Self {
        Self(Arc::default(), refusals.clone())
    }

    /// Returns the counts of requests that were refused before the service saw them.
    #[must_use]
    pub fn refusals(&self) -> &RefusalCounts {
        &self.1
    }

    /// Returns how many connections are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.counts().all
    }

    /// Returns how many found no seat.
    #[must_use]
    pub fn turned_away(&self) -> u64 {
        self.counts().turned_away
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a seat for a connection from `address`, if there is one.
    pub(super) fn admit(&self, address: IpAddr, limits: &EdgeLimits) -> Result<Seat, Full> {
        let counted = source(address, limits);
        let mut counts = self.counts();
        if counts.all >= limits.max_connections {
            counts.turned_away += 1;
            return Err(Full::Server);
        }
        if let Some(key) = counted {
            let open = counts.by_address.entry(key).or_default();
            if *open >= limits.max_connections_per_address {
                counts.turned_away += 1;
                return Err(Full::Address);
            }
            *open += 1;
        }
        counts.all += 1;
        Ok(Seat { census: self.clone(), counted })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.census.counts();
        counts.all -= 1;
        let Some(key) = self.counted else { return };
        if let Entry::Occupied(mut open) = counts.by_address.entry(key) {
            *open.get_mut() -= 1;
            if *open.get() == 0 {
                open.remove();
            }
        }
    }
}

/// Returns whom a connection counts for: an IPv4 address, an IPv6 /64 (what one host easily has), nobody if exempt.
fn source(address: IpAddr, limits: &EdgeLimits) -> Option<IpAddr> {
    let address = address.to_canonical();
    if address.is_loopback() || limits.trusted_proxies.contains(address) {
        return None;
    }
    Some(match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    fn limits() -> EdgeLimits {
        EdgeLimits {
            max_connections: 5,
            max_connections_per_address: 2,
            trusted_proxies: ["10.0.0.0/8".parse().unwrap()].into_iter().collect(),
            ..EdgeLimits::default()
        }
    }

    fn admit(census: &Census, address: &str) -> Result<Seat, Full> {
        census.admit(address.parse().unwrap(), &limits())
    }

    #[test]
    fn one_address_gets_its_share_and_no_more() {
        let census = Census::default();
        let first = admit(&census, "203.0.113.9").unwrap();
        let _second = admit(&census, "::ffff:203.0.113.9").unwrap();
        assert_eq!(admit(&census, "203.0.113.9").err(), Some(Full::Address));
        let _other = admit(&census, "203.0.113.10").unwrap();
        drop(first);
        assert!(admit(&census, "203.0.113.9").is_ok());
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        let census = Census::default();
        let _seats = [admit(&census, "2001:db8::1").unwrap(), admit(&census, "2001:db8::2").unwrap()];
        assert_eq!(admit(&census, "2001:db8::3").err(), Some(Full::Address));
        assert!(admit(&census, "2001:db8:0:1::3").is_ok());
    }

    #[test]
    fn loopback_and_proxies_are_bounded_by_the_whole_only() {
        let census = Census::default();
        let seats: Vec<_> = ["127.0.0.1", "127.0.0.1", "::1", "10.0.0.1", "10.0.0.1"]
            .iter()
            .map(|address| admit(&census, address).unwrap())
            .collect();
        assert_eq!(admit(&census, "127.0.0.1").err(), Some(Full::Server));
        drop(seats);
        let counts = census.0.lock().unwrap();
        assert_eq!((counts.all, counts.by_address.len()), (0, 0));
    }
}
