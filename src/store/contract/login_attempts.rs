//! Claims on failed sign-ins.

use super::*;
use crate::domain::{LoginAttempts, Network};

fn attempts(account: &str, network: &str, failures: u32, first: i64) -> LoginAttempts {
    LoginAttempts {
        account: hash(account),
        network: network.parse().expect("a network"),
        failures,
        first_at: at(first),
        last_at: at(first + 1),
        locked_until: (failures > 4).then(|| at(first + 3_600)),
    }
}

fn put<const N: usize>(store: &dyn Store, rows: [LoginAttempts; N]) {
    for row in rows {
        write(store, move |tx| tx.put_login_attempts(&row));
    }
}

fn rows(store: &dyn Store, since: i64, limit: u32) -> Vec<LoginAttempts> {
    store.read(|tx| tx.login_attempts(at(since), limit)).expect("read")
}

pub(crate) fn failures_come_back_as_written(store: &dyn Store) {
    let all = [
        attempts("ann", "", 9, 10),
        attempts("ann", "203.0.113.9/32", 5, 11),
        attempts("ann", "2001:db8::/48", 4, 12),
        attempts("bob", "", 1, 13),
    ];
    put(store, all.clone());
    assert_eq!(rows(store, 0, 10), all);
    assert_eq!(rows(store, 0, 2), all[..2]);
    assert_eq!(rows(store, 11, 10), all[2..]);
}

pub(crate) fn failures_are_replaced_removed_and_swept(store: &dyn Store) {
    put(store, [attempts("ann", "", 1, 10), attempts("ann", "203.0.113.9/32", 1, 10), attempts("bob", "", 2, 20)]);
    put(store, [attempts("ann", "", 7, 30)]);
    write(store, |tx| tx.remove_login_attempts(&hash("bob"), Network::All));
    write(store, |tx| tx.remove_login_attempts(&hash("nobody"), Network::All));
    assert_eq!(rows(store, 0, 10), [attempts("ann", "", 7, 30), attempts("ann", "203.0.113.9/32", 1, 10)]);
    write(store, |tx| {
        assert_eq!(tx.sweep_login_attempts(at(10))?, 1);
        tx.sweep_login_attempts(at(10)).map(|swept| assert_eq!(swept, 0))
    });
    assert_eq!(rows(store, 0, 10), [attempts("ann", "", 7, 30)]);
}
