//! Keeping the failures in the store, so that a restart gives nobody new tries (M-40).
//!
//! The counters in memory decide; the store only mirrors them. A failed sign-in writes its counters in the transaction of
//! its audit row, which costs no further commit. What has no audit row is written within a second. A store that cannot be
//! written stops nobody: the changes wait in memory, and are written once it can.

use std::{
    collections::{HashMap, HashSet},
    sync::PoisonError,
    time::Instant,
};

use super::{HOUR, Key, LoginThrottle, Tables, counters::TABLE, limits};
use crate::{
    app::{App, AppError},
    domain::{LoginAttempts, Network, Timestamp},
    store::{StoreError, Writer},
};

/// How many counters one transaction writes at most, so that other changes do not wait long.
const BATCH: usize = 1_000;

/// When a window began, and the failures in it.
type Count = (Instant, u32);

/// What of the counters is in the store, and what has changed since.
#[derive(Default)]
pub(super) struct Mirror {
    stored: HashMap<Key, Count>,
    changed: HashSet<Key>,
    is_writing: bool,
}

impl Mirror {
    /// Notes the present count of `key`.
    fn note(&mut self, key: Key, count: Option<Count>) {
        if self.stored.get(&key).copied() == count {
            self.changed.remove(&key);
        } else {
            self.changed.insert(key);
        }
    }
}

/// One change for the store: the row of a count, or none any more.
#[derive(Clone)]
pub(in crate::app) struct Change {
    key: Key,
    row: Option<(Count, LoginAttempts)>,
}

/// Writes changes.
pub(in crate::app) fn write(writer: &dyn Writer, changes: &[Change]) -> Result<(), StoreError> {
    changes.iter().try_for_each(|Change { key: (account, network), row }| match row {
        Some((_, row)) => writer.put_login_attempts(row),
        None => writer.remove_login_attempts(account, *network),
    })
}

impl Tables {
    /// Notes that a count may have changed.
    pub(super) fn note_change(&mut self, key: Key, now: Instant) {
        self.mirror.note(key, self.failures.get(&key, now));
    }

    /// Notes that keys were dropped from a full table.
    pub(super) fn note_dropped(&mut self, now: Instant) {
        let gone = self.mirror.stored.keys().filter(|key| self.failures.get(key, now).is_none());
        self.mirror.changed.extend(gone.copied());
    }

    fn change(&self, key: Key, per_account: u32, now: Instant, at: Timestamp) -> Change {
        let (account, network) = key;
        let row = self.failures.get(&key, now).map(|(since, failures)| {
            let first_at = at.minus(now.duration_since(since));
            let attacked = self.failures.count(&(account, Network::All), now) >= per_account;
            let limit = limit_of(network, attacked);
            let locked_until = limit.filter(|limit| failures >= *limit).map(|_| first_at.plus(HOUR));
            ((since, failures), LoginAttempts { account, network, failures, first_at, last_at: at, locked_until })
        });
        Change { key, row }
    }
}

/// Returns how many tries a network has; all addresses together are never locked.
fn limit_of(network: Network, attacked: bool) -> Option<u32> {
    let Network::Of(net) = network else { return None };
    let level = match net.prefix_len() {
        32 | 64 => 0,
        24 | 56 => 1,
        _ => 2,
    };
    limits(attacked)[level]
}

impl LoginThrottle {
    /// Takes the changes that the store does not have yet; [`LoginThrottle::settle`] must be told what became of them.
    /// Nothing while others are being written: two writes could overtake each other.
    pub(in crate::app) fn take_changes(&self, now: Instant, at: Timestamp) -> Option<Vec<Change>> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if tables.mirror.is_writing || tables.mirror.changed.is_empty() {
            return None;
        }
        tables.mirror.is_writing = true;
        let keys: Vec<Key> = tables.mirror.changed.iter().take(BATCH).copied().collect();
        for key in &keys {
            tables.mirror.changed.remove(key);
        }
        Some(keys.into_iter().map(|key| tables.change(key, self.per_account, now, at)).collect())
    }

    /// Notes whether changes were written; those that were not stay to be written.
    pub(in crate::app) fn settle(&self, changes: &[Change], written: bool, now: Instant) {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.mirror.is_writing = false;
        for Change { key, row } in changes {
            let stored = &mut tables.mirror.stored;
            let _before = match row {
                _ if !written => None,
                Some((count, _)) => stored.insert(*key, *count),
                None => stored.remove(key),
            };
            tables.note_change(*key, now);
        }
    }

    fn restore(&self, rows: Vec<LoginAttempts>, now: Instant, at: Timestamp) {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            let key = (row.account, row.network);
            // A row from the future was written before the clock was set back: its window begins now.
            let since = now.checked_sub(at.since(row.first_at)).unwrap_or(now);
            tables.failures.restore(key, since, row.failures);
            if row.first_at <= at {
                tables.mirror.stored.insert(key, (since, row.failures));
            }
            tables.note_change(key, now);
        }
    }

    /// Drops what is over, here and among what is known of the store, from where the caller removes it.
    fn sweep(&self, now: Instant) {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let Tables { failures, mirror, .. } = &mut *tables;
        failures.sweep(now);
        mirror.stored.retain(|key, _| failures.get(key, now).is_some());
        mirror.changed.retain(|key| failures.get(key, now).is_some());
    }
}

impl App {
    /// Goes on with the counters of failed sign-ins that an earlier run has stored; call it before requests are served.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn restore_login_limits(&self) -> Result<(), AppError> {
        let (now, at) = (Instant::now(), self.clock.now());
        let limit = u32::try_from(TABLE).unwrap_or(u32::MAX);
        let rows = self.store.read(|reader| Ok::<_, AppError>(reader.login_attempts(at.minus(HOUR), limit)?))?;
        self.throttle.restore(rows, now, at);
        Ok(())
    }

    /// Tells whether counters of failed sign-ins have changed since they were stored.
    #[must_use]
    pub fn has_login_limits_to_store(&self) -> bool {
        let tables = self.throttle.tables.lock().unwrap_or_else(PoisonError::into_inner);
        !tables.mirror.changed.is_empty()
    }

    /// Stores the counters of failed sign-ins that have changed, if there are any.
    ///
    /// # Errors
    /// [`AppError::Store`]; the changes stay to be stored.
    pub fn store_login_limits(&self) -> Result<(), AppError> {
        while let Some(changes) = self.throttle.take_changes(Instant::now(), self.clock.now()) {
            let rows = changes.clone();
            let written = self.store.write(move |writer| Ok::<_, AppError>(write(writer, &rows)?));
            self.throttle.settle(&changes, written.is_ok(), Instant::now());
            written?;
        }
        Ok(())
    }

    /// Removes the counters of failed sign-ins whose hour is over.
    pub(in crate::app) fn sweep_login_limits(&self) -> Result<(), AppError> {
        let before = self.clock.now().minus(HOUR);
        self.throttle.sweep(Instant::now());
        self.store.write(move |writer| Ok::<_, AppError>(writer.sweep_login_attempts(before).map(drop)?))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::TRIES_PER_HOST, *};

    #[test]
    fn a_network_is_locked_at_the_limit_of_its_size() {
        let limit = |text: &str, attacked| limit_of(text.parse().expect("a network"), attacked);
        for (network, calm, attacked) in [
            ("203.0.113.9/32", Some(TRIES_PER_HOST), Some(1)),
            ("203.0.113.0/24", None, Some(10)),
            ("203.0.0.0/16", None, Some(20)),
            ("2001:db8::/64", Some(TRIES_PER_HOST), Some(1)),
            ("2001:db8::/56", None, Some(10)),
            ("2001:db8::/48", None, Some(20)),
            ("", None, None),
        ] {
            assert_eq!((limit(network, false), limit(network, true)), (calm, attacked), "{network}");
        }
    }
}
