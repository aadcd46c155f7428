//! Failed sign-ins, counted per account and network (C-10, M-40).

use std::{fmt, net::IpAddr, str::FromStr};

use aws_lc_rs::hmac;
use ipnet::{AddrParseError, IpNet};

use super::{Email, Timestamp, TokenHash};

/// Where failed sign-ins came from: one network, or all addresses together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// All addresses.
    All,
    /// One network.
    Of(IpNet),
}

impl Network {
    /// Returns the networks of 32, 24 and 16 bits around an IPv4 address, of 64, 56 and 48 around an IPv6 address: what
    /// one host, one site and one provider usually have. An IPv4-mapped address counts as IPv4.
    #[must_use]
    pub fn around(address: IpAddr) -> [Self; 3] {
        let address = address.to_canonical();
        let lengths = if address.is_ipv4() { [32, 24, 16] } else { [64, 56, 48] };
        lengths.map(|length| Self::Of(IpNet::new_assert(address, length).trunc()))
    }
}

impl fmt::Display for Network {
    /// Writes `203.0.113.0/24`; all addresses are the empty text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::Of(network) => network.fmt(f),
        }
    }
}

impl FromStr for Network {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        if text.is_empty() { Ok(Self::All) } else { text.parse().map(Self::Of) }
    }
}

/// The failures of one account from one network, within a window that begins with the first of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginAttempts {
    /// The account, see [`LoginNameKey::hash`].
    pub account: TokenHash,
    /// Where they came from.
    pub network: Network,
    /// How many.
    pub failures: u32,
    /// The first of them.
    pub first_at: Timestamp,
    /// When the row was last changed.
    pub last_at: Timestamp,
    /// Until when the network gets no further try for the account, if it has used up its tries.
    pub locked_until: Option<Timestamp>,
}

/// Hashes login names for the counters. People type passwords into the wrong field, so a plain hash of what was typed
/// would be open to guessing by a reader of the store.
pub struct LoginNameKey(hmac::Key);

impl LoginNameKey {
    /// Takes 32 secret bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// Returns the same hash for every spelling of one account. Unknown names have one too, so that they are counted
    /// like known ones.
    #[must_use]
    pub fn hash(&self, login_name: &str) -> TokenHash {
        let canonical = match login_name.parse::<Email>() {
            Ok(email) => email.as_str().to_owned(),
            Err(_) => login_name.trim().to_lowercase(),
        };
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hmac::sign(&self.0, canonical.as_bytes()).as_ref());
        TokenHash::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_networks_are_around_an_address() {
        for (address, expected) in [
            ("203.0.113.9", ["203.0.113.9/32", "203.0.113.0/24", "203.0.0.0/16"]),
            ("::ffff:203.0.113.9", ["203.0.113.9/32", "203.0.113.0/24", "203.0.0.0/16"]),
            ("2001:db8:1:2ff:3::4", ["2001:db8:1:2ff::/64", "2001:db8:1:200::/56", "2001:db8:1::/48"]),
            ("::1", ["::/64", "::/56", "::/48"]),
        ] {
            let networks = Network::around(address.parse().expect("an address"));
            assert_eq!(networks.map(|network| network.to_string()), expected, "{address}");
            for network in networks {
                assert_eq!(network.to_string().parse(), Ok(network));
            }
        }
        assert_eq!("".parse(), Ok(Network::All));
    }

    #[test]
    fn spellings_of_an_account_have_one_hash_and_the_key_matters() {
        let (key, other) = (LoginNameKey::new(&[1; 32]), LoginNameKey::new(&[2; 32]));
        for spelling in [" Ann@Example.ORG\t", "ANN@example.org"] {
            assert_eq!(key.hash(spelling), key.hash("ann@example.org"), "{spelling:?}");
        }
        assert_eq!(key.hash(" Not An Address "), key.hash("not an address"));
        assert_ne!(key.hash("ann@example.org"), key.hash("bob@example.org"));
        assert_ne!(key.hash("ann@example.org"), other.hash("ann@example.org"));
        assert_ne!(key.hash("ann"), TokenHash::of("ann"));
    }
}
