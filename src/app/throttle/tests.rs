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
