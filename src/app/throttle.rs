//! Slowing down the guessing of passwords, before anything is hashed (C-10, S-15).
//!
//! Three counters: tries per address in a minute; failures per (address, account), five of which close that pair for an
//! hour; failures per account over all addresses in an hour, above which each further address has one try instead of
//! five. So a guesser is stopped at every address, and the owner, who knows the password, is never locked out by
//! others: one right try from an address that has not failed suffices.
//!
//! A try counts as a failure from its beginning and is taken back when it turns out right, so that parallel guesses do
//! not slip through; who is refused while others of the pair are not judged yet is asked to come back at once. All tables
//! are bounded; time is monotonic (S-09).

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{AppError, Settings};
use crate::domain::TokenHash;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Failures of one (address, account) before the pair is closed.
const TRIES_PER_PAIR: u32 = 5;
/// The same for an account that is under attack.
const TRIES_UNDER_ATTACK: u32 = 1;
/// When to come back while the tries before are not judged: a hash takes some 20 ms.
const AT_ONCE: Duration = Duration::from_secs(1);
/// Entries per table.
const TABLE: usize = 65_536;

/// An account as the counters know it: a hash of the canonical login name, so that unknown names count too.
type AccountKey = TokenHash;

/// Counts tries and failures.
pub struct LoginThrottle {
    per_address: u32,
    per_account: u32,
    tables: Mutex<Tables>,
}

/// An account as tried from one address.
type Pair = (IpAddr, AccountKey);

struct Tables {
    addresses: Counters<IpAddr>,
    pairs: Counters<Pair>,
    accounts: Counters<AccountKey>,
    /// Tries that are not judged yet; as many as requests are worked on at once.
    in_flight: HashMap<Pair, u32>,
}

impl Tables {
    fn forget_in_flight(&mut self, pair: &Pair) {
        if let Some(count) = self.in_flight.get_mut(pair) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.in_flight.remove(pair);
            }
        }
    }
}

/// A try that was let in; what became of it must be told. One that is dropped untold, because the server was busy, its
/// store did not answer, or a panic came between, is taken back: nobody has learned anything from it.
#[must_use]
pub struct Attempt<'a> {
    throttle: &'a LoginThrottle,
    pair: Pair,
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
    /// Takes the try back, and the pair's failures with it: it was the right password.
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
        let mut tables = self.throttle.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.forget_in_flight(&self.pair);
        match self.outcome {
            Outcome::Wrong => return,
            Outcome::Right => tables.pairs.forget(&self.pair),
            Outcome::Undecided => tables.pairs.take_back(&self.pair),
        }
        tables.accounts.take_back(&self.pair.1);
    }
}

impl LoginThrottle {
    /// Starts with empty tables.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let tables = Tables {
            addresses: Counters::new(MINUTE),
            pairs: Counters::new(HOUR),
            accounts: Counters::new(HOUR),
            in_flight: HashMap::new(),
        };
        Self {
            per_address: settings.login_limit_per_address,
            per_account: settings.login_limit_per_account,
            tables: Mutex::new(tables),
        }
    }

    /// Lets a try in or not.
    ///
    /// # Errors
    /// [`AppError::TooManyAttempts`].
    pub fn begin(&self, address: Option<IpAddr>, account: &str, now: Instant) -> Result<Attempt<'_>, AppError> {
        let pair @ (address, account) = (counted(address), account_key(account));
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.addresses.admit(address, self.per_address, now)?;
        if self.per_account > 0 {
            let under_attack = tables.accounts.count(&account, now) >= self.per_account;
            let tries = if under_attack { TRIES_UNDER_ATTACK } else { TRIES_PER_PAIR };
            if let Err(refused) = tables.pairs.admit(pair, tries, now) {
                let undecided = tables.in_flight.contains_key(&pair);
                return Err(if undecided { AppError::TooManyAttempts { after: AT_ONCE } } else { refused });
            }
            tables.accounts.add(account, now);
            *tables.in_flight.entry(pair).or_default() += 1;
        }
        drop(tables);
        Ok(Attempt { throttle: self, pair, outcome: Outcome::Undecided })
    }

    /// Counts a try of something that names no account: a reset value, a setup code.
    ///
    /// # Errors
    /// [`AppError::TooManyAttempts`].
    pub fn admit_address(&self, address: Option<IpAddr>, now: Instant) -> Result<(), AppError> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.addresses.admit(counted(address), self.per_address, now)
    }
}

/// Returns the address that is counted: an IPv6 network of 64 bits is one household, not 2^64 strangers.
pub(super) fn counted(address: Option<IpAddr>) -> IpAddr {
    match address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        },
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn account_key(account: &str) -> AccountKey {
    TokenHash::of(&account.trim().to_lowercase())
}

/// Counts per key within a window that begins with the key's first count; at most [`TABLE`] keys.
pub(super) struct Counters<K> {
    window: Duration,
    counts: HashMap<K, (Instant, u32)>,
    /// When a full table was last searched for what is over.
    swept: Option<Instant>,
}

impl<K: Hash + Eq + Copy> Counters<K> {
    pub(super) fn new(window: Duration) -> Self {
        Self { window, counts: HashMap::new(), swept: None }
    }

    fn count(&self, key: &K, now: Instant) -> u32 {
        self.counts
            .get(key)
            .filter(|(since, _)| now.duration_since(*since) < self.window)
            .map_or(0, |(_, count)| *count)
    }

    fn add(&mut self, key: K, now: Instant) {
        self.make_room(&key, now);
        let entry = self.counts.entry(key).or_insert((now, 0));
        if now.duration_since(entry.0) >= self.window {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(1);
    }

    /// Counts unless `limit` is reached; 0 is no limit.
    pub(super) fn admit(&mut self, key: K, limit: u32, now: Instant) -> Result<(), AppError> {
        if limit == 0 {
            return Ok(());
        }
        if self.count(&key, now) >= limit {
            let passed = self.counts.get(&key).map_or(Duration::ZERO, |(since, _)| now.duration_since(*since));
            let after = self.window.saturating_sub(passed).max(Duration::from_secs(1));
            return Err(AppError::TooManyAttempts { after });
        }
        self.add(key, now);
        Ok(())
    }

    pub(super) fn take_back(&mut self, key: &K) {
        if let Some((_, count)) = self.counts.get_mut(key) {
            *count = count.saturating_sub(1);
        }
    }

    fn forget(&mut self, key: &K) {
        self.counts.remove(key);
    }

    /// A full table forgets what is over, looked for once a second at most, else the oldest of a few: it never grows and
    /// never refuses a newcomer.
    fn make_room(&mut self, key: &K, now: Instant) {
        if self.counts.len() < TABLE || self.counts.contains_key(key) {
            return;
        }
        let window = self.window;
        if self.swept.is_none_or(|swept| now.duration_since(swept) >= Duration::from_secs(1)) {
            self.counts.retain(|_, (since, _)| now.duration_since(*since) < window);
            self.swept = Some(now);
        }
        if self.counts.len() >= TABLE {
            let oldest = self.counts.iter().take(8).min_by_key(|(_, (since, _))| *since).map(|(key, _)| *key);
            if let Some(oldest) = oldest {
                self.counts.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> LoginThrottle {
        LoginThrottle::new(&Settings {
            login_limit_per_address: 20,
            login_limit_per_account: 100,
            ..Settings::default()
        })
    }

    fn ip(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn the_sixth_failure_of_a_pair_waits_an_hour_and_the_owner_elsewhere_does_not() {
        let (throttle, now) = (throttle(), Instant::now());
        for _ in 0..5 {
            throttle.begin(ip(1), "ann@example.org", now).expect("let in").failed();
        }
        for spelling in ["ann@example.org", " ANN@example.org"] {
            let refused = throttle.begin(ip(1), spelling, now);
            assert!(matches!(refused, Err(AppError::TooManyAttempts { after }) if after == HOUR), "{spelling}");
        }
        assert!(throttle.begin(ip(2), "ann@example.org", now).is_ok());
        assert!(throttle.begin(ip(1), "ann@example.org", now + HOUR).is_ok());
    }

    #[test]
    fn an_address_has_twenty_tries_a_minute_whatever_it_names() {
        let (throttle, now) = (throttle(), Instant::now());
        for n in 0..20 {
            throttle.begin(ip(1), &format!("user{n}"), now).expect("let in").failed();
        }
        assert!(throttle.begin(ip(1), "other", now).is_err());
        assert!(throttle.admit_address(ip(1), now).is_err());
        assert!(throttle.begin(ip(1), "other", now + MINUTE).is_ok());
    }

    #[test]
    fn an_attacked_account_leaves_each_address_one_try_and_the_owner_gets_in() {
        let (throttle, now) = (throttle(), Instant::now());
        for n in 0..100 {
            throttle.begin(ip(n / 5), "ann", now).expect("let in").failed();
        }
        let owner = throttle.begin(ip(200), "ann", now).expect("the owner is let in");
        owner.succeeded();
        assert!(throttle.begin(ip(200), "ann", now).is_ok());
        throttle.begin(ip(201), "ann", now).expect("one try").failed();
        assert!(throttle.begin(ip(201), "ann", now).is_err());
    }

    #[test]
    fn success_and_busy_are_no_failures() {
        let (throttle, now) = (throttle(), Instant::now());
        for n in 0..19 {
            let attempt = throttle.begin(ip(1), "ann", now).expect("let in");
            if n % 2 == 0 { attempt.succeeded() } else { drop(attempt) }
        }
    }

    #[test]
    fn who_comes_beside_five_tries_that_are_not_judged_is_asked_back_at_once() {
        let (throttle, now) = (throttle(), Instant::now());
        let mut tries: Vec<_> = (0..5).map(|_| throttle.begin(ip(1), "ann", now).expect("let in")).collect();
        let refused = |throttle: &LoginThrottle| match throttle.begin(ip(1), "ann", now) {
            Err(AppError::TooManyAttempts { after }) => Some(after),
            _ => None,
        };
        assert_eq!(refused(&throttle), Some(AT_ONCE));
        let last = tries.pop().expect("five");
        tries.into_iter().for_each(Attempt::failed);
        assert_eq!(refused(&throttle), Some(AT_ONCE));
        last.failed();
        assert_eq!(refused(&throttle), Some(HOUR));
        assert!(none_in_flight(&throttle));
    }

    #[test]
    fn a_try_that_panics_is_taken_back_and_leaves_nobody_waiting() {
        let (throttle, now) = (throttle(), Instant::now());
        for _ in 0..10 {
            let panicked = std::panic::catch_unwind(|| {
                let _attempt = throttle.begin(ip(1), "ann", now).expect("let in");
                std::panic::resume_unwind(Box::new("in the middle of a try"));
            });
            assert!(panicked.is_err());
        }
        assert!(none_in_flight(&throttle));
        throttle.begin(ip(1), "ann", now).expect("let in").succeeded();
    }

    fn none_in_flight(throttle: &LoginThrottle) -> bool {
        throttle.tables.lock().unwrap_or_else(PoisonError::into_inner).in_flight.is_empty()
    }

    #[test]
    fn zero_is_no_limit() {
        let settings = Settings { login_limit_per_address: 0, login_limit_per_account: 0, ..Settings::default() };
        let (throttle, now) = (LoginThrottle::new(&settings), Instant::now());
        for _ in 0..1000 {
            throttle.begin(ip(1), "ann", now).expect("let in").failed();
        }
    }

    #[test]
    fn tables_stay_bounded() {
        let (mut counters, now) = (Counters::new(MINUTE), Instant::now());
        for n in 0..TABLE + 1000 {
            counters.add(n, now);
        }
        assert_eq!(counters.counts.len(), TABLE);
    }

    #[test]
    fn a_v6_network_counts_as_one() {
        let address = |text: &str| counted(Some(text.parse().expect("an address")));
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    }
}
