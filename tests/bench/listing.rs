//! P-8: an admin's list of all tokens, page by page.

use std::time::Instant;

use serde_json::Value;

use crate::{
    Options,
    figure::{Bar, Figure, median},
    fill::{Installation, MILLION},
    subject::Subject,
};

const PAGE: usize = 100;
const FEW: usize = 10_000;
const RUNS: usize = 101;

/// A served installation.
struct Listed {
    subject: Subject,
    _home: tempfile::TempDir,
}

impl Listed {
    fn of(tokens: usize) -> Self {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        drop(Installation::with_tokens(&data, tokens));
        Self { subject: Subject::start_on(&data), _home: home }
    }

    /// Returns the page behind `cursor`.
    fn page(&self, cursor: &str) -> Vec<Value> {
        let page = self.subject.session.get(&format!("/auth/admin/tokens?limit={PAGE}{cursor}")).is(200).json();
        page.as_array().unwrap().clone()
    }

    /// Returns how long the first page takes, in milliseconds.
    fn first_page(&self) -> f64 {
        let began = Instant::now();
        assert_eq!(self.page("").len(), PAGE);
        began.elapsed().as_secs_f64() * 1e3
    }

    /// Walks through all pages; returns how many tokens there are.
    fn walk(&self) -> usize {
        let (mut count, mut cursor) = (0, String::new());
        loop {
            let page = self.page(&cursor);
            count += page.len();
            let Some(last) = page.last() else { return count };
            cursor = format!("&cursor={}", last["id"].as_str().unwrap());
        }
    }
}

pub(crate) fn run(_: &Options) -> Vec<Figure> {
    let (few, many) = (Listed::of(FEW), Listed::of(MILLION));
    let (mut ratios, mut millis) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (short, long) = (few.first_page(), many.first_page());
        ratios.push(long / short);
        millis.push(long);
    }
    let began = Instant::now();
    let walked = few.walk();
    let walk = began.elapsed().as_secs_f64() * 1e3;
    assert!(walked >= FEW, "{walked}");
    vec![
        Figure::new("P-8", "first page at 1,000,000 tokens / at 10,000", median(ratios), "", Bar::AtMost(1.2)),
        Figure::new("P-8", "first page (100) at 1,000,000", median(millis), " ms", Bar::Told),
        Figure::new("P-8", "all 101 pages of 10,000 tokens", walk, " ms", Bar::Told),
    ]
}
