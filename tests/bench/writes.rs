//! P-5: what it brings that changes which come together share one sync of the disk.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use da::app::{InteractiveScope, Principal, tokens::NewToken};
use serde_json::json;

use crate::{
    Options,
    figure::{Bar, Figure, median},
    fill::Installation,
    load,
    subject::{Subject, post},
};

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(2);
const CREATORS: usize = 64;

pub(crate) fn run(_: &Options) -> Vec<Figure> {
    let home = tempfile::tempdir().unwrap();
    let installation = Installation::new(&home.path().join("data"));
    let principal = installation.app.authenticate(&installation.session(), &Installation::origin()).unwrap();
    let (mut ratios, mut shared, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    let mut batches = Vec::new();
    let one_by_one = Mutex::new(());
    for _ in 0..ROUNDS {
        let before = installation.store.stats();
        let together = rate(&installation, &principal, None);
        let after = installation.store.stats();
        let apart = rate(&installation, &principal, Some(&one_by_one));
        ratios.push(together / apart);
        shared.push(together);
        alone.push(apart);
        batches.push((after.jobs - before.jobs) as f64 / (after.commits - before.commits) as f64);
    }
    vec![
        Figure::new("P-5", "64 creators: group commit / a sync for each", median(ratios), "", Bar::AtLeast(5.0)),
        Figure::new("P-5", "tokens made, group commit", median(shared), "/s", Bar::Told),
        Figure::new("P-5", "tokens made, a sync for each", median(alone), "/s", Bar::Told),
        Figure::new("P-5", "changes that share a commit", median(batches), "", Bar::Told),
        Figure::new("P-5", "tokens made over HTTP", over_http(), "/s", Bar::Told),
    ]
}

/// Returns how many tokens a second 64 threads make, all at once or each when it has the `turn`.
fn rate(installation: &Installation, principal: &Principal, turn: Option<&Mutex<()>>) -> f64 {
    let made = AtomicU64::new(0);
    let began = Instant::now();
    let end = began + TIME;
    thread::scope(|scope| {
        for _ in 0..CREATORS {
            scope.spawn(|| {
                while Instant::now() < end {
                    let _turn = turn.map(|turn| turn.lock().unwrap());
                    let by = InteractiveScope::new(Some(principal)).unwrap();
                    let new = NewToken::named("benchmark".parse().unwrap());
                    installation.app.create_token(by, new, &Installation::origin()).unwrap();
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    made.into_inner() as f64 / began.elapsed().as_secs_f64()
}

fn over_http() -> f64 {
    let subject = Subject::start();
    let server = subject.address();
    let create = post(server, "/auth/tokens", Some(subject.session.bearer()), &json!({ "name": "benchmark" }));
    load::apply(server, &create, 201, CREATORS, TIME).rate()
}
