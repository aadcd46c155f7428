//! P-4: what signing in takes from everybody else, and how much memory.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Options,
    figure::{Bar, Figure, median},
    load::{self, CONNECTIONS, Connection, Outcome},
    machine::resident_mib,
    subject::{Subject, get, sign_in},
};

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(3);
const LOGINS: usize = 50;
const IDLE: usize = 1_000;

pub(crate) fn run(_: &Options) -> Vec<Figure> {
    let subject = Subject::start();
    let server = subject.address();
    let check = get(server, "/auth/me", subject.token.bearer());
    let checks = |time| load::apply(server, &check, 200, CONNECTIONS, time);
    let (mut rates, mut delays, mut logins) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let alone = checks(TIME);
        let (beside, signed_in) = beside_logins(server, || checks(TIME));
        rates.push(beside.rate() / alone.rate());
        delays.push(beside.p99() / alone.p99());
        logins.push(signed_in.rate());
    }
    vec![
        Figure::new("P-4", "checks beside 50 logins at once / alone", median(rates), "", Bar::AtLeast(0.6)),
        Figure::new("P-4", "their p99 beside logins / alone", median(delays), "", Bar::AtMost(1.5)),
        Figure::new("P-4", "logins beside checks", median(logins), "/s", Bar::Told),
        Figure::new("P-4", "memory, 1,000 idle connections and 50 logins", crowded(), " MiB", Bar::AtMost(64.0)),
    ]
}

/// Runs `work` while 50 clients sign in, each again as soon as it has.
fn beside_logins<T>(server: SocketAddr, work: impl FnOnce() -> T) -> (T, Outcome) {
    const LEAD: Duration = Duration::from_millis(200);
    let logins = thread::spawn(move || load::apply(server, &sign_in(server), 200, LOGINS, TIME + LEAD * 2));
    thread::sleep(LEAD);
    let done = work();
    (done, logins.join().unwrap())
}

/// Returns the most memory that is resident while logins wait and many connections, each used once, are idle.
fn crowded() -> f64 {
    let subject = Subject::start();
    let server = subject.address();
    let check = get(server, "/auth/me", subject.token.bearer());
    let (ready, opened) = std::sync::mpsc::channel();
    let (done, end) = tokio::sync::watch::channel(false);
    let crowd = thread::spawn(move || {
        load::together(IDLE, |_| {
            let (check, ready, mut end) = (check.clone(), ready.clone(), end.clone());
            async move {
                let mut connection = Connection::open(server).await?;
                connection.ask(&check).await?;
                ready.send(()).unwrap();
                let _ = end.wait_for(|end| *end).await;
                Ok(())
            }
        })
    });
    assert_eq!(opened.iter().take(IDLE).count(), IDLE);
    let (most, _) = beside_logins(server, || {
        let end = Instant::now() + TIME;
        let mut most = 0.0_f64;
        while Instant::now() < end {
            most = most.max(resident_mib(subject.server.pid()));
            thread::sleep(Duration::from_millis(20));
        }
        most
    });
    done.send(true).unwrap();
    crowd.join().unwrap();
    most
}
