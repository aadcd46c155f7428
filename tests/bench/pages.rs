//! A page of 300 tokens, beside two empty answers and its query (the console's bar).

use std::time::Instant;

use da::{
    app::{InteractiveScope, OwnerScope, tokens::NewToken},
    domain::AskedLifetime,
    store::TokenFilter,
};

use crate::{
    Options,
    figure::{Bar, Figure, median},
    fill::Installation,
    subject::Subject,
    support::Visitor,
};

const TOKENS: usize = 300;
const RUNS: usize = 301;

/// Fills the admin's list; returns how long it takes to read in process, in microseconds.
fn fill(installation: &Installation) -> f64 {
    let (app, origin) = (&installation.app, Installation::origin());
    let caller = app.authenticate(&installation.session(), &origin).unwrap();
    for number in 0..TOKENS {
        let named = NewToken::named(format!("token number {number}").parse().unwrap());
        let new = NewToken { lifetime: AskedLifetime::Never, ..named };
        app.create_token(InteractiveScope::new(Some(&caller)).unwrap(), new, &origin).unwrap();
    }
    let owner = OwnerScope::new(Some(&caller)).unwrap();
    median(
        (0..RUNS)
            .map(|_| micros(|| assert_eq!(app.tokens(owner, TokenFilter::default()).unwrap().len(), TOKENS)))
            .collect(),
    )
}

fn micros(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64() * 1e6
}

pub(crate) fn run(_: &Options) -> Vec<Figure> {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let query = fill(&Installation::new(&data));
    let subject = Subject::start_on(&data);
    let mut visitor = Visitor::admin(&subject.server);
    let (mut pages, mut empties) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        empties.push(micros(|| drop(visitor.get("/api/version").is(200))));
        pages.push(micros(|| drop(visitor.get("/tokens").is(200))));
    }
    let (page, empty) = (median(pages), median(empties));
    vec![
        Figure::new(
            "page",
            "own tokens, 300 of them / two empty answers and the query",
            page / (2.0 * empty + query),
            "",
            Bar::AtMost(1.0),
        ),
        Figure::new("page", "own tokens, 300 of them", page, " us", Bar::Told),
        Figure::new("page", "empty answer", empty, " us", Bar::Told),
        Figure::new("page", "query of 300 tokens in process", query, " us", Bar::Told),
    ]
}
