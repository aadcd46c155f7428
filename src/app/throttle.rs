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
//! tables are bounded; time is monotonic (S-09). [`record`] keeps the failures in the store.

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
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    fn throttle() -> LoginThrottle {
        with_limits(20, 100)
    }

    fn with_limits(login_limit_per_address: u32, login_limit_per_account: u32) -> LoginThrottle {
        let settings = Settings { login_limit_per_address, login_limit_per_account, ..Settings::default() };
        LoginThrottle::new(&settings, LoginNameKey::new(&[1; 32]))
    }

    fn try_from(throttle: &LoginThrottle, address: &str, now: Instant) -> bool {
        let address = Some(address.parse().expect("an address"));
        throttle.begin(address, "ann", now).map(Attempt::failed).is_ok()
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
        for other in [Tried::ResetValue, Tried::SetupCode, Tried::DeviceRequest] {
            assert!(throttle.admit_address(other, ip(1), now).is_ok(), "{other:?} is counted for itself");
        }
        assert!(throttle.begin_as_user(ip(1), "other", now).is_ok(), "a user is not held by others at the address");
        assert!(throttle.begin(ip(1), "other", now + MINUTE).is_ok());
    }

    /// An account that has failed 100 times, from networks that no test uses.
    fn attacked(now: Instant) -> LoginThrottle {
        let throttle = with_limits(0, 100);
        for n in 0..100 {
            assert!(try_from(&throttle, &format!("10.{}.0.1", n / 5), now));
        }
        throttle
    }

    #[test]
    fn an_attacked_account_leaves_each_address_one_try_and_the_owner_gets_in() {
        let now = Instant::now();
        let throttle = attacked(now);
        for _ in 0..3 {
            throttle.begin(ip(200), "ann", now).expect("the owner is let in").succeeded();
        }
        throttle.begin(ip(201), "ann", now).expect("one try").failed();
        assert!(throttle.begin(ip(201), "ann", now).is_err());
        assert!(throttle.begin(ip(201), "ann", now + HOUR).is_ok());
    }

    #[test]
    fn an_attacked_account_leaves_the_networks_around_an_address_ten_and_twenty_tries() {
        let now = Instant::now();
        let hosts = |format: &dyn Fn(u32, u32) -> String| {
            let throttle = attacked(now);
            let admitted = |site: u32| (0..30).filter(|host| try_from(&throttle, &format(site, *host), now)).count();
            (0..4).map(admitted).collect::<Vec<_>>()
        };
        assert_eq!(hosts(&|site, host| format!("198.51.{site}.{host}")), [10, 10, 0, 0]);
        assert_eq!(hosts(&|site, host| format!("::ffff:198.51.{site}.{host}")), [10, 10, 0, 0]);
        assert_eq!(hosts(&|site, host| format!("2001:db8:0:{site:x}{host:02x}::1")), [10, 10, 0, 0]);
        assert_eq!(hosts(&|site, host| format!("2001:db8:{site}:{host}::1")), [10, 10, 10, 10]);
        assert_eq!(hosts(&|_, host| format!("2001:db8::{host}")), [1, 0, 0, 0]);
    }

    #[test]
    fn right_tries_use_up_nothing_of_the_networks_around() {
        let now = Instant::now();
        let throttle = attacked(now);
        for host in 0..200 {
            throttle.begin(ip(host), "ann", now).expect("let in").succeeded();
        }
        assert!(try_from(&throttle, "192.0.2.1", now));
    }

    #[test]
    fn failures_are_stored_and_restored() {
        let (now, at) = (Instant::now(), Timestamp::from_micros(1_700_000_000_000_000));
        let throttle = throttle();
        for _ in 0..5 {
            assert!(try_from(&throttle, "192.0.2.1", now));
        }
        let changes = throttle.take_changes(now, at).expect("changes");
        assert_eq!(changes.len(), 4);
        assert!(throttle.take_changes(now, at).is_none(), "others are being written");
        throttle.settle(&changes, false, now);
        let changes = throttle.take_changes(now, at).expect("they were not written");
        throttle.settle(&changes, true, now);
        assert!(throttle.take_changes(now, at).is_none());
        throttle.begin(ip(7), "bob", now).expect("let in").succeeded();
        assert!(throttle.take_changes(now, at).is_none(), "a right try without failures writes nothing");
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
        let (throttle, now) = (with_limits(0, 0), Instant::now());
        for _ in 0..1000 {
            throttle.begin(ip(1), "ann", now).expect("let in").failed();
        }
    }

    #[test]
    fn a_v6_network_counts_as_one() {
        let address = |text: &str| counted(Some(text.parse().expect("an address")));
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    }
}
