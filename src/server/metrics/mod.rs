//! What the server counts, and the page that shows it to a Prometheus (M-25, M-49).
//!
//! Each line of the URL map has its counters from the start, found by the line's number: a request costs three relaxed
//! additions, no lock and no look-up. [`page`] writes them down, with those of the use cases and the store.

pub mod access;
mod families;
mod format;
mod page;
mod process;

use std::time::Duration;

use http::{Method as HttpMethod, StatusCode};

pub use format::Format;
pub use page::page;

use super::{edge::Census, url_map::RouteInfo};
use crate::{
    api::{ErrorCode, Method},
    domain::metrics::{Counter, Histogram},
};

/// The statuses that this server answers with, rising; any other is counted as `other`.
const STATUSES: [u16; 26] = [
    200, 201, 202, 204, 302, 303, 304, 400, 401, 403, 404, 405, 408, 409, 410, 413, 414, 415, 421, 422, 429, 431, 500,
    503, 505, 507,
];

/// Upper bounds of the time that an answer takes, in microseconds.
const MICROS: &[u64] = &[
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];

/// The methods of requests that no line of the map takes; others are `other`.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

/// The route of what no line of the map takes: a path is what a stranger typed, and no label.
const NO_ROUTE: &str = "none";

/// What is counted of one method of one route.
#[derive(Debug)]
struct Answers {
    method: &'static str,
    route: &'static str,
    statuses: [Counter; STATUSES.len() + 1],
    micros: Histogram,
}

impl Answers {
    fn new(method: &'static str, route: &'static str) -> Self {
        Self { method, route, statuses: Default::default(), micros: Histogram::new(MICROS) }
    }

    fn count(&self, status: StatusCode, took: Duration) {
        self.statuses[STATUSES.binary_search(&status.as_u16()).unwrap_or(STATUSES.len())].increment();
        self.micros.observe(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

/// Counts what the server answers.
#[derive(Debug)]
pub struct Metrics {
    /// For each line of the map, and beside it for HEAD, which GET's lines take too.
    lines: Box<[[Answers; 2]]>,
    unmatched: [Answers; METHODS.len()],
    refusals: [Counter; ErrorCode::ALL.len()],
    connections: Census,
}

impl Metrics {
    /// Prepares the counters of every line of the map.
    #[must_use]
    pub fn new(table: &[RouteInfo]) -> Self {
        let line = |line: &RouteInfo| {
            [Answers::new(line.method.as_str(), line.path), Answers::new(head_of(line.method), line.path)]
        };
        Self {
            lines: table.iter().map(line).collect(),
            unmatched: METHODS.map(|method| Answers::new(method, NO_ROUTE)),
            refusals: std::array::from_fn(|_| Counter::default()),
            connections: Census::default(),
        }
    }

    /// Returns the count of open connections of clients.
    #[must_use]
    pub fn connections(&self) -> &Census {
        &self.connections
    }

    /// Counts an answer to a request that came to a line of the map, or to none.
    pub(super) fn answered(&self, line: Option<usize>, method: &HttpMethod, status: StatusCode, took: Duration) {
        let answers = match line.and_then(|number| self.lines.get(number)) {
            Some(line) => &line[usize::from(method == HttpMethod::HEAD)],
            None => &self.unmatched[METHODS.iter().position(|known| *known == method).unwrap_or(METHODS.len() - 1)],
        };
        answers.count(status, took);
    }

    /// Counts a request that was refused for who sent it (M-25).
    pub(super) fn refused(&self, code: ErrorCode) {
        self.refusals[code as usize].increment();
    }

    fn answers(&self) -> impl Iterator<Item = &Answers> {
        self.lines.iter().flatten().chain(&self.unmatched)
    }
}

fn head_of(method: Method) -> &'static str {
    if method == Method::Get { "HEAD" } else { method.as_str() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_finds_its_place() {
        assert!(STATUSES.is_sorted());
        let answers = Answers::new("GET", "/");
        for status in [200, 507, 418, 599] {
            answers.count(StatusCode::from_u16(status).expect("a status"), Duration::from_micros(3));
        }
        let counted: Vec<u64> = answers.statuses.iter().map(Counter::get).collect();
        assert_eq!((counted[0], counted[25], counted[26]), (1, 1, 2));
        assert_eq!(answers.micros.snapshot().counts[0], 4);
    }
}
