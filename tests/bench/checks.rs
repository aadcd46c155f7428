//! P-2: one check in process, by the number of tokens in the store.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crate::{
    Options,
    figure::{Bar, Figure, median},
    fill::{Installation, MILLION},
    machine,
};

const ROUNDS: usize = 7;
const TIME: Duration = Duration::from_millis(700);

pub(crate) fn run(options: &Options) -> Vec<Figure> {
    let few = micros(1_000);
    let many = micros(MILLION);
    let mut figures = vec![
        Figure::new("P-2", "one check in process at 1,000 tokens", few, " µs", Bar::AtMost(4.0)),
        Figure::new("P-2", "at 1,000,000 / at 1,000", many / few, "", Bar::AtMost(2.6)),
    ];
    if options.ten_million {
        let ratio = micros(10 * MILLION) / few;
        figures.push(Figure::new("P-2", "at 10,000,000 / at 1,000", ratio, "", Bar::AtMost(4.0)));
    }
    figures
}

/// Returns how much of a processor's time a check takes among `tokens`, each time another one's, from all over the store.
/// It waits for nothing, so that is how long it takes where nobody else wants the processor.
fn micros(tokens: usize) -> f64 {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let installation = Installation::with_tokens(&data, tokens);
    installation.mark_used();
    let origin = Installation::origin();
    let mut presented = installation.plain.iter().cycle();
    let mut check = || {
        let token = presented.next().unwrap();
        black_box(installation.app.authenticate(black_box(token), &origin).unwrap());
    };
    for _ in 0..installation.plain.len() {
        check();
    }
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let (began, busy, mut count) = (Instant::now(), machine::busy_seconds(), 0_u32);
        while began.elapsed() < TIME {
            (0..100).for_each(|_| check());
            count += 100;
        }
        rounds.push((machine::busy_seconds() - busy) * 1e6 / f64::from(count));
    }
    median(rounds)
}
