//! What is counted where it happens, and read by whoever watches: relaxed atomics, made once, so that counting costs no
//! lock and no look-up.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only goes up.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts one more.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Counts `more`.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Returns the number so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often a measured value fell between which bounds.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One for each bound, whose bucket it belongs to, and one for what lies above all.
    buckets: Box<[Counter]>,
    sum: Counter,
}

impl Histogram {
    /// Starts empty; `bounds` rise, and each belongs to the bucket below it.
    #[must_use]
    pub fn new(bounds: &'static [u64]) -> Self {
        let buckets = (0..=bounds.len()).map(|_| Counter::default()).collect();
        Self { bounds, buckets, sum: Counter::default() }
    }

    /// Counts a value.
    pub fn observe(&self, value: u64) {
        self.buckets[self.bounds.partition_point(|bound| *bound < value)].increment();
        self.sum.add(value);
    }

    /// Returns what was counted so far.
    #[must_use]
    pub fn snapshot(&self) -> HistogramSnapshot {
        let counts = self.buckets.iter().map(Counter::get).collect();
        HistogramSnapshot { bounds: self.bounds, counts, sum: self.sum.get() }
    }
}

/// A [`Histogram`] at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistogramSnapshot {
    /// The bounds.
    pub bounds: &'static [u64],
    /// How many values fell below each bound and above the one before; the last lay above all.
    pub counts: Vec<u64>,
    /// The sum of all values.
    pub sum: u64,
}

impl HistogramSnapshot {
    /// Returns how many values there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_belongs_to_the_first_bound_that_is_not_below_it() {
        let histogram = Histogram::new(&[1, 10, 100]);
        for value in [0, 1, 2, 10, 11, 100, 101, 5000] {
            histogram.observe(value);
        }
        let snapshot = histogram.snapshot();
        assert_eq!((snapshot.counts.as_slice(), snapshot.sum, snapshot.count()), (&[2, 2, 2, 2][..], 5225, 8));
    }
}
