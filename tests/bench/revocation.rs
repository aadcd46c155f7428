//! P-7: no request that began after a revocation was answered is accepted, whatever the load.

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    Options,
    figure::{Bar, Figure},
    load::{self, CONNECTIONS, Connection},
    subject::{Subject, get},
    support::SetOnDrop,
};

const REQUESTS: u64 = 1_000_000;
/// How long a token is used before its revocation, and after.
const SPELL: Duration = Duration::from_millis(20);

/// A token's life, as its users see it.
struct Life {
    request: Vec<u8>,
    /// Set before the revocation is asked for.
    doomed: AtomicBool,
    /// When the revocation was answered.
    revoked: OnceLock<Instant>,
}

#[derive(Default)]
struct Counts {
    asked: AtomicU64,
    /// Began after the answer to the revocation.
    late: AtomicU64,
    /// Of those, accepted.
    accepted: AtomicU64,
}

pub(crate) fn run(_: &Options) -> Vec<Figure> {
    let subject = Subject::start();
    let server = subject.address();
    let counts = Arc::new(Counts::default());
    let current = Arc::new(Mutex::new(new_life(&subject).1));
    let load = {
        let (counts, current) = (Arc::clone(&counts), Arc::clone(&current));
        thread::spawn(move || {
            load::together(CONNECTIONS, |_| {
                let (counts, current) = (Arc::clone(&counts), Arc::clone(&current));
                async move {
                    let mut connection = Connection::open(server).await?;
                    while counts.asked.fetch_add(1, Ordering::Relaxed) < REQUESTS {
                        let life = Arc::clone(&current.lock().unwrap());
                        judge(&counts, &life, Instant::now(), connection.ask(&life.request).await?);
                    }
                    Ok(())
                }
            })
        })
    };
    let mut revocations = 0.0;
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _over = SetOnDrop(&over);
            load.join().unwrap();
        });
        while !over.load(Ordering::Relaxed) {
            let (id, life) = new_life(&subject);
            *current.lock().unwrap() = Arc::clone(&life);
            thread::sleep(SPELL);
            life.doomed.store(true, Ordering::SeqCst);
            subject.session.delete(&format!("/auth/tokens/{id}")).is(204);
            life.revoked.set(Instant::now()).unwrap();
            revocations += 1.0;
            thread::sleep(SPELL);
        }
    });
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
    vec![
        Figure::new("P-7", "accepted after their token's revocation", count(&counts.accepted), "", Bar::AtMost(0.0)),
        Figure::new("P-7", "requests in all", REQUESTS as f64, "", Bar::Told),
        Figure::new("P-7", "of them begun after their token's revocation", count(&counts.late), "", Bar::Told),
        Figure::new("P-7", "revocations", revocations, "", Bar::Told),
    ]
}

fn new_life(subject: &Subject) -> (String, Arc<Life>) {
    let made = subject.session.create_token("revocation");
    let request = get(subject.address(), "/auth/me", made["token"].as_str().unwrap());
    let life = Life { request, doomed: AtomicBool::new(false), revoked: OnceLock::new() };
    (made["id"].as_str().unwrap().to_owned(), Arc::new(life))
}

/// Counts an answer, and holds it against what its token was when the request `began`.
fn judge(counts: &Counts, life: &Life, began: Instant, status: u16) {
    let late = life.revoked.get().is_some_and(|revoked| began > *revoked);
    counts.late.fetch_add(u64::from(late), Ordering::Relaxed);
    match status {
        200 => {
            counts.accepted.fetch_add(u64::from(late), Ordering::Relaxed);
        }
        401 => assert!(life.doomed.load(Ordering::SeqCst), "a live token was refused"),
        other => panic!("answered {other}"),
    }
}
