//! Slowing down the guessing of passwords, before anything is hashed (C-10, S-15).
//!
//! Counters: tries per address in a minute; failures per account and network in an hour; failures per account over all
//! networks in an hour. Five failures close an account for one address. An account with a hundred failures is under
//! attack: then an address has one try in an hour, and the networks around it have 10 and 20 together. So a guesser with
//! a large network is stopped too, and the owner, who knows the password, is never locked out for good by others: one
//! right try from a network that has not used up its tries suffices.
//!
//! A try counts as a failure from its beginning and is taken back when it turns out right, so that parallel guesses do
//! not slip through; a caller that is refused while other tries are not judged yet is asked to come back at once. All
//! tables are bounded; time is monotonic (S-09). `record` keeps the failures in the store.

mod counters;
mod record;

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

pub(super) use counters::Counters;
pub(super) use record::write;

use super::{AppError, Settings};
use crate::domain::{LoginNameKey, Network, TokenHash};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Failures of one address before an account is closed for it.
const TRIES_PER_HOST: u32 = 5;
/// Failures of the three [`Network::around`] an address, for an account that is under attack.
const TRIES_UNDER_ATTACK: [u32; 3] = [1, 10, 20];
/// When to come back while the tries before are not judged: a hash takes some 20 ms.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Returns how many failures the three networks around an address may have.
fn limits(attacked: bool) -> [Option<u32>; 3] {
    if attacked { TRIES_UNDER_ATTACK.map(Some) } else { [Some(TRIES_PER_HOST), None, None] }
}

/// An account as tried from a network. The account is a hash of its canonical login name, so that unknown names count
/// too.
type Key = (TokenHash, Network);

/// What anybody may try, so many times per address in a minute. Each is counted for itself: devices that ask for a
/// sign-in keep nobody at the same address from signing in with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tried {
    /// A password at sign-in.
    Password,
    /// A reset value.
    ResetValue,
    /// A setup code.
    SetupCode,
    /// A device's request to be let in.
    DeviceRequest,
}

/// Counts tries and failures.
pub struct LoginThrottle {
    per_address: u32,
    per_account: u32,
    key: LoginNameKey,
    tables: Mutex<Tables>,
}

struct Tables {
    addresses: Counters<(Tried, IpAddr)>,
    failures: Counters<Key>,
    /// Tries that are not judged yet; as many as requests are worked on at once.
    in_flight: HashMap<Key, u32>,
    mirror: record::Mirror,
}

impl Tables {
    /// Counts a try as a failure of the account, unless a network around its address has used up its tries.
    fn begin(
        &mut self,
        account: TokenHash,
        networks: [Network; 3],
        per_account: u32,
        now: Instant,
    ) -> Result<(), AppError> {
        let attacked = self.failures.count(&(account, Network::All), now) >= per_account;
        for (network, limit) in networks.into_iter().zip(limits(attacked)) {
            let (key, Some(limit)) = ((account, network), limit) else { continue };
            if let Err(refused) = self.failures.refuse_beyond(&key, limit, now) {
                let undecided = self.in_flight.contains_key(&key);
                return Err(if undecided { AppError::TooManyAttempts { after: AT_ONCE } } else { refused });
            }
        }
        let mut dropped = false;
        for network in networks {
            dropped |= self.failures.add((account, network), now);
            *self.in_flight.entry((account, network)).or_default() += 1;
        }
        dropped |= self.failures.add((account, Network::All), now);
        if dropped {
            self.note_dropped(now);
        }
        Ok(())
    }

    fn end(&mut self, account: TokenHash, networks: [Network; 3], verdict: Outcome, now: Instant) {
        let [host, ..] = networks;
        for network in networks.into_iter().chain([Network::All]) {
            let key = (account, network);
            self.forget_in_flight(&key);
            match verdict {
                Outcome::Wrong => {}
                Outcome::Right if network == host => self.failures.forget(&key),
                Outcome::Right | Outcome::Undecided => self.failures.take_back(&key),
            }
            self.note_change(key, now);
        }
    }

    fn forget_in_flight(&mut self, key: &Key) {
        if let Some(count) = self.in_flight.get_mut(key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.in_flight.remove(key);
            }
        }
    }
}

/// A try that was let in; what became of it must be told. One that is dropped untold, because the server was busy, its
/// store did not answer, or a panic came between, is taken back: nobody has learned anything from it.
#[must_use]
pub struct Attempt<'a> {
    throttle: &'a LoginThrottle,
    /// The account and the networks that the try counts for; none where the limit is disabled.
    counted: Option<(TokenHash, [Network; 3])>,
    outcome: Outcome,
}

/// What became of a try.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Right,
    Wrong,
    Undecided,
}

impl Attempt<'_> {
    /// Takes the try back, and the failures of its address with it: it was the right password.
    pub fn succeeded(mut self) {
        self.outcome = Outcome::Right;
    }

    /// Leaves the try counted: it was not the password.
    pub fn failed(mut self) {
        self.outcome = Outcome::Wrong;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let Some((account, networks)) = self.counted else { return };
        let mut tables = self.throttle.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.end(account, networks, self.outcome, Instant::now());
    }
}

impl LoginThrottle {
    /// Starts with empty tables; `key` hashes login names.
    #[must_use]
    pub fn new(settings: &Settings, key: LoginNameKey) -> Self {
        let tables = Tables {
            addresses: Counters::new(MINUTE),
            failures: Counters::new(HOUR),
            in_flight: HashMap::new(),
            mirror: record::Mirror::default(),
        };
        Self {
            per_address: settings.login_limit_per_address,
            per_account: settings.login_limit_per_account,
            key,
            tables: Mutex::new(tables),
        }
    }

    /// Lets a sign-in try its password or not.
    ///
    /// # Errors
    /// [`AppError::TooManyAttempts`].
    pub fn begin(&self, address: Option<IpAddr>, account: &str, now: Instant) -> Result<Attempt<'_>, AppError> {
        self.admit_address(Tried::Password, address, now)?;
        self.begin_as_user(address, account, now)
    }

    /// Lets a signed-in user try the own password or not. It is not counted for the address, which others share.
    ///
    /// # Errors
    /// [`AppError::TooManyAttempts`].
    pub fn begin_as_user(&self, address: Option<IpAddr>, account: &str, now: Instant) -> Result<Attempt<'_>, AppError> {
        let mut attempt = Attempt { throttle: self, counted: None, outcome: Outcome::Undecided };
        if self.per_account > 0 {
            let (account, networks) = (self.key.hash(account), Network::around(known(address)));
            let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
            tables.begin(account, networks, self.per_account, now)?;
            drop(tables);
            attempt.counted = Some((account, networks));
        }
        Ok(attempt)
    }

    /// Counts a try for its address alone.
    ///
    /// # Errors
    /// [`AppError::TooManyAttempts`].
    pub fn admit_address(&self, tried: Tried, address: Option<IpAddr>, now: Instant) -> Result<(), AppError> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.addresses.admit((tried, counted(address)), self.per_address, now)
    }
}

/// Returns the address, or one that stands for callers without any.
fn known(address: Option<IpAddr>) -> IpAddr {
    address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
}

/// Returns the address that is counted: an IPv6 network of 64 bits is one household, not 2^64 clients.
pub(super) fn counted(address: Option<IpAddr>) -> IpAddr {
    match known(address).to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests;
