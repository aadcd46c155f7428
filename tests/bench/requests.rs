//! P-1: a token check over HTTP, with a read of the store on every request.

use std::time::Duration;

use crate::{
    Options,
    figure::{Bar, Figure, median},
    fill::Installation,
    load::{self, CONNECTIONS},
    naive::{Durability, Naive},
    subject::{Subject, answer_bytes, get},
    yardstick::{Echo, Yardstick},
};

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(2);
/// A store of some size, so that the naive build is not measured on an empty one.
const TOKENS: usize = 1_000;

/// What is measured in every round, in this order.
const ECHO: usize = 0;
const EMPTY: usize = 1;
const TOKEN: usize = 2;
const SESSION: usize = 3;
const NAIVE: usize = 4;
const UNSYNCED: usize = 5;

pub(crate) fn run(_: &Options) -> Vec<Figure> {
    let home = tempfile::tempdir().unwrap();
    let (real, copy) = (home.path().join("real"), home.path().join("copy"));
    let stored = Installation::with_tokens(&real, TOKENS).plain.swap_remove(0);
    std::fs::create_dir(&copy).unwrap();
    std::fs::copy(real.join("da.db"), copy.join("da.db")).unwrap();

    let subject = Subject::start_on(&real);
    let server = subject.address();
    let request = |path, bearer: &str| get(server, path, bearer);
    let bytes = answer_bytes(server, &request("/auth/me", subject.token.bearer()));
    let echo = Yardstick::start(Echo::of(bytes));
    let naive = |durability| Yardstick::start(Naive::open(&copy.join("da.db"), durability, bytes));
    let (naive, unsynced) = (naive(Durability::Full), naive(Durability::None));
    let measured = [
        (echo.address, request("/auth/me", subject.token.bearer())),
        // The layers around a route, the access log among them, and a route that does nothing.
        (server, request("/api/version", subject.token.bearer())),
        (server, request("/auth/me", subject.token.bearer())),
        (server, request("/auth/me", subject.session.bearer())),
        (naive.address, request("/auth/me", &stored)),
        (unsynced.address, request("/auth/me", &stored)),
    ];

    let mut rates = vec![Vec::new(); measured.len()];
    for _ in 0..ROUNDS {
        for ((server, request), rates) in measured.iter().zip(&mut rates) {
            rates.push(load::apply(*server, request, 200, CONNECTIONS, TIME).rate());
        }
    }
    let ratio = |one: usize, other: usize| median(rates[one].iter().zip(&rates[other]).map(|(a, b)| a / b).collect());
    let rate = |one: usize, what: &str| Figure::new("P-1", what, median(rates[one].clone()), "/s", Bar::Told);
    vec![
        Figure::new("P-1", "`GET /auth/me` with a token / empty handler", ratio(TOKEN, EMPTY), "", Bar::AtLeast(0.75)),
        Figure::new("P-1", "the same / raw echo", ratio(TOKEN, ECHO), "", Bar::AtLeast(0.5)),
        Figure::new("P-1", "the same / naive build", ratio(TOKEN, NAIVE), "", Bar::AtLeast(3.0)),
        Figure::new("P-1", "the same / naive build whose writes may be lost", ratio(TOKEN, UNSYNCED), "", Bar::Told),
        Figure::new("P-1", "with a session / empty handler", ratio(SESSION, EMPTY), "", Bar::AtLeast(0.75)),
        Figure::new("P-1", "empty handler / raw echo", ratio(EMPTY, ECHO), "", Bar::Told),
        rate(TOKEN, "`GET /auth/me` with a token"),
        rate(ECHO, "raw echo"),
    ]
}
