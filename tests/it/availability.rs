//! Floods of sign-ins and long lists keep nobody else waiting (S-43, S-44); hostile connections are in `abuse/`.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, SetOnDrop, Setup, TestServer};

/// The bar of S-43 and S-44 for whoever behaves.
const BAR: Duration = Duration::from_secs(2);

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// Returns the server's resident memory in MiB.
fn resident_mib(server: &TestServer) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Prepares a server on which any number of sign-ins may be under way.
fn without_limits() -> Setup {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0");
    server.env("DA_LOGIN_LIMIT_PER_ACCOUNT", "0").env("DA_SESSIONS_PER_USER", "0")
}

#[test]
fn sixty_sign_ins_at_once_keep_no_other_request_waiting() {
    let server = without_limits().start();
    let admin = server.admin();
    let done = AtomicBool::new(false);
    let (checks, memory) = thread::scope(|scope| {
        let sign_ins: Vec<_> =
            (0..60).map(|_| scope.spawn(|| drop(server.stranger().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)))).collect();
        let checks = scope.spawn(|| {
            let mut times = Vec::new();
            while times.is_empty() || !done.load(Ordering::Relaxed) {
                times.push(timed(|| drop(admin.get("/auth/me").is(200))));
            }
            times
        });
        let memory = scope.spawn(|| {
            let mut most = 0;
            while most == 0 || !done.load(Ordering::Relaxed) {
                most = resident_mib(&server).max(most);
                thread::yield_now();
            }
            most
        });
        let end = SetOnDrop(&done);
        sign_ins.into_iter().for_each(|sign_in| sign_in.join().unwrap());
        drop(end);
        (checks.join().unwrap(), memory.join().unwrap())
    });
    let slowest = checks.iter().max().unwrap();
    assert!(*slowest < BAR, "{slowest:?}");
    assert!(memory < 700, "{memory} MiB");
    eprintln!("during 60 sign-ins: {} checks, the slowest {slowest:?}; {memory} MiB at most", checks.len());
}

#[test]
fn sign_ins_beyond_the_queue_are_told_to_come_back_and_are_no_failures() {
    let server = without_limits().env("DA_HASH_QUEUE", "2").start();
    let answers: Vec<_> = thread::scope(|scope| {
        let sign_ins: Vec<_> =
            (0..40).map(|_| scope.spawn(|| server.stranger().try_sign_in(ADMIN_EMAIL, ADMIN_PASSWORD))).collect();
        sign_ins.into_iter().map(|sign_in| sign_in.join().unwrap()).collect()
    });
    let mut busy = 0;
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        answer.clone().refused(503, "busy", &format!("The server is busy. Try again in {seconds} seconds"));
        busy += 1;
    }
    assert!(busy > 0, "the queue never overflowed");
    assert!(answers.iter().any(|answer| answer.status == 200));
    server.admin();
}

#[test]
fn three_hundred_tokens_are_listed_within_the_bar() {
    let server = TestServer::start();
    let admin = server.admin();
    thread::scope(|scope| {
        for thread in 0..10 {
            let admin = &admin;
            scope.spawn(move || (0..30).for_each(|n| drop(admin.create_token(&format!("t{thread}-{n}")))));
        }
    });
    for path in ["/auth/tokens", "/auth/admin/tokens"] {
        let elapsed = timed(|| assert_eq!(admin.get(path).is(200).json().as_array().unwrap().len(), 300, "{path}"));
        assert!(elapsed < BAR, "{path}: {elapsed:?}");
    }
    let elapsed = timed(|| drop(admin.get("/api/admin/audit?limit=300").is(200)));
    assert!(elapsed < BAR, "{elapsed:?}");
}
