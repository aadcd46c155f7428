//! Counting per key within a time window, in bounded memory.

use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

use crate::app::AppError;

/// The most keys of a table.
pub(super) const TABLE: usize = 65_536;
/// How many keys a full table drops at once, so that the search for them is rare.
const DROPPED_AT_ONCE: usize = TABLE / 8;

/// Counts per key within a window that begins with the key's first count; at most [`TABLE`] keys.
pub(in crate::app) struct Counters<K> {
    window: Duration,
    counts: HashMap<K, (Instant, u32)>,
}

impl<K: Hash + Eq + Copy> Counters<K> {
    pub(in crate::app) fn new(window: Duration) -> Self {
        Self { window, counts: HashMap::new() }
    }

    pub(super) fn count(&self, key: &K, now: Instant) -> u32 {
        self.get(key, now).map_or(0, |(_, count)| count)
    }

    /// Returns when the key's window began and its count, unless the window is over.
    pub(super) fn get(&self, key: &K, now: Instant) -> Option<(Instant, u32)> {
        self.counts.get(key).copied().filter(|(since, _)| now.duration_since(*since) < self.window)
    }

    /// Counts once more; tells whether other keys were dropped to make room.
    pub(super) fn add(&mut self, key: K, now: Instant) -> bool {
        let dropped = self.make_room(&key, now);
        let entry = self.counts.entry(key).or_insert((now, 0));
        if now.duration_since(entry.0) >= self.window {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(1);
        dropped
    }

    /// Counts unless `limit` is reached; 0 is no limit.
    pub(in crate::app) fn admit(&mut self, key: K, limit: u32, now: Instant) -> Result<(), AppError> {
        if limit == 0 {
            return Ok(());
        }
        self.refuse_beyond(&key, limit, now)?;
        self.add(key, now);
        Ok(())
    }

    /// Refuses a key that has reached `limit`, until its window is over.
    pub(super) fn refuse_beyond(&self, key: &K, limit: u32, now: Instant) -> Result<(), AppError> {
        match self.get(key, now) {
            Some((since, count)) if count >= limit => {
                let after = self.window.saturating_sub(now.duration_since(since)).max(Duration::from_secs(1));
                Err(AppError::TooManyAttempts { after })
            }
            _ => Ok(()),
        }
    }

    /// Counts once less. A key without a count has no window.
    pub(in crate::app) fn take_back(&mut self, key: &K) {
        if let Some((_, count)) = self.counts.get_mut(key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(key);
            }
        }
    }

    pub(super) fn forget(&mut self, key: &K) {
        self.counts.remove(key);
    }

    /// Sets a count that was kept elsewhere.
    pub(super) fn restore(&mut self, key: K, since: Instant, count: u32) {
        if self.counts.len() < TABLE {
            self.counts.insert(key, (since, count));
        }
    }

    /// Drops the keys whose window is over.
    pub(super) fn sweep(&mut self, now: Instant) {
        let window = self.window;
        self.counts.retain(|_, (since, _)| now.duration_since(*since) < window);
    }

    /// Makes room in a full table: drops what is over, else the keys with the lowest counts, the oldest first. So nobody
    /// pushes out the counter of an attacked account with many names or addresses that have failed once.
    fn make_room(&mut self, key: &K, now: Instant) -> bool {
        if self.counts.len() < TABLE || self.counts.contains_key(key) {
            return false;
        }
        self.sweep(now);
        let mut surplus = (self.counts.len() + DROPPED_AT_ONCE).saturating_sub(TABLE);
        if surplus > 0 {
            let mut ranks: Vec<(u32, Instant)> = self.counts.values().map(|(since, count)| (*count, *since)).collect();
            let (_, highest, _) = ranks.select_nth_unstable(surplus - 1);
            let highest = *highest;
            self.counts.retain(|_, (since, count)| {
                let drops = surplus > 0 && (*count, *since) <= highest;
                surplus -= usize::from(drops);
                !drops
            });
        }
        true
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_table_stays_bounded_and_keeps_the_highest_counts() {
        let (mut counters, now) = (Counters::new(MINUTE), Instant::now());
        for _ in 0..5 {
            counters.add(usize::MAX, now);
        }
        for n in 0..2 * TABLE {
            counters.add(n, now);
            assert!(counters.len() <= TABLE);
        }
        assert!(counters.len() > TABLE / 2);
        assert_eq!(counters.count(&usize::MAX, now), 5);
    }

    #[test]
    fn a_count_that_is_taken_back_leaves_no_window() {
        let (mut counters, now) = (Counters::new(MINUTE), Instant::now());
        counters.add(1, now);
        counters.take_back(&1);
        counters.add(1, now + MINUTE / 2);
        assert_eq!(counters.count(&1, now + MINUTE), 1);
        assert_eq!(counters.count(&1, now + MINUTE * 3 / 2), 0);
    }
}
