//! A disk that fails: nothing is acknowledged that it did not take, nobody is refused for what it did not give, and what
//! works again is used again, without a restart (S-50, S-54).
//!
//! `strace` makes the system calls of the real server fail. It counts for each thread; the bounds below let every start
//! pass.

use std::{sync::Mutex, thread};

use serde_json::json;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Api, TestServer, Trace};

/// How often an operation is asked for until the disk fails, at most.
const ATTEMPTS: usize = 400;

/// Starts a server that meets these faults.
fn failing(trace: &Trace, calls: &str, fault: &str) -> TestServer {
    let expressions = [format!("trace={calls}"), format!("inject={calls}:{fault}")];
    let expressions: Vec<_> = expressions.iter().map(String::as_str).collect();
    TestServer::with_admin().under(trace.of(&expressions)).start()
}

fn failed(trace: &Trace) -> usize {
    trace.lines().iter().filter(|line| line.contains("EIO") || line.contains("ENOSPC")).count()
}

/// What became of changes while the disk failed.
#[derive(Default)]
struct Ledger {
    acknowledged: Vec<String>,
    refused: usize,
}

impl Ledger {
    /// Creates a token; a refusal must be one of the storage.
    fn create(&mut self, admin: &Api) -> bool {
        let answer = admin.post("/auth/tokens", &json!({ "name": "n" }));
        if answer.status == 201 {
            self.acknowledged.push(answer.json()["token"].as_str().unwrap().to_owned());
            return true;
        }
        assert!(answer.header("retry-after").is_some());
        match answer.status {
            507 => answer.refused_as(507, "store_full"),
            _ => answer.refused(503, "store_unavailable", "The server's store does not answer; try again"),
        }
        self.refused += 1;
        false
    }

    /// Asserts that a server which starts anew on the same files knows exactly what was acknowledged.
    fn holds(self, mut server: TestServer) {
        let listed = |api: &Api| api.get("/auth/tokens").is(200).json().as_array().unwrap().len();
        assert_eq!(listed(&server.admin()), self.acknowledged.len(), "before the restart");
        server.kill9();
        let again = TestServer::with_admin().data_in(&server.data_dir()).start();
        for token in &self.acknowledged {
            again.stranger().with(token).get("/auth/me").is(200);
        }
        assert_eq!(listed(&again.stranger().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)), self.acknowledged.len());
        again.on_host(["server", "audit", "verify"]).run().exits(0);
    }
}

/// Changes until some were refused and then one was acknowledged again, while credentials are checked as ever.
fn change_through(trace: &Trace, server: &TestServer) -> Ledger {
    let (admin, mut ledger) = (server.admin(), Ledger::default());
    for _ in 0..ATTEMPTS {
        let works = ledger.create(&admin);
        admin.get("/auth/me").is(200);
        if works && ledger.refused > 0 {
            break;
        }
    }
    let faults = failed(trace);
    assert!(faults > 0 && ledger.refused > 0, "{} refused, {faults} calls failed", ledger.refused);
    (0..10).for_each(|_| assert!(ledger.create(&admin), "the writer does not recover"));
    eprintln!("{faults} calls failed: {} refused, {} acknowledged", ledger.refused, ledger.acknowledged.len());
    ledger
}

#[test]
fn a_change_whose_sync_fails_is_not_acknowledged_and_the_next_is() {
    let trace = Trace::new();
    let server = failing(&trace, "fsync,fdatasync", "error=EIO:when=40..41");
    change_through(&trace, &server).holds(server);
}

#[test]
fn of_changes_that_share_a_failing_sync_none_is_acknowledged() {
    const CREATORS: usize = 16;
    let trace = Trace::new();
    // A failure that takes 20 ms finds others waiting when it comes.
    let server = failing(&trace, "fsync,fdatasync", "error=EIO:delay_enter=20000:when=40..43");
    let (admin, all) = (server.admin(), Mutex::new(Ledger::default()));
    thread::scope(|scope| {
        for _ in 0..CREATORS {
            scope.spawn(|| {
                let mut own = Ledger::default();
                for _ in 0..30 {
                    own.create(&admin);
                }
                let mut all = all.lock().unwrap();
                all.acknowledged.extend(own.acknowledged);
                all.refused += own.refused;
            });
        }
    });
    let (mut all, faults) = (all.into_inner().unwrap(), failed(&trace));
    assert!(all.refused > faults && faults > 0, "{faults} syncs failed, {} changes refused", all.refused);
    (0..10).for_each(|_| assert!(all.create(&admin), "the writer does not recover"));
    eprintln!("{faults} syncs failed: {} refused, {} acknowledged", all.refused, all.acknowledged.len());
    all.holds(server);
}

#[test]
fn a_change_whose_write_fails_is_not_acknowledged_and_the_next_is() {
    for fault in ["error=EIO:when=150..155", "error=ENOSPC:when=150..155"] {
        let trace = Trace::new();
        let server = failing(&trace, "pwrite64", fault);
        let (admin, mut ledger) = (server.admin(), Ledger::default());
        for _ in 0..80 {
            ledger.create(&admin);
            admin.get("/auth/me").is(200);
        }
        let faults = failed(&trace);
        assert!(faults > 0 && ledger.refused > 0, "{fault}: {} refused, {faults} calls failed", ledger.refused);
        (0..10).for_each(|_| assert!(ledger.create(&admin), "{fault}: the writer does not recover"));
        eprintln!("{fault}: {} refused, {} acknowledged", ledger.refused, ledger.acknowledged.len());
        ledger.holds(server);
    }
}

#[test]
fn a_credential_that_cannot_be_read_is_not_called_wrong() {
    let trace = Trace::new();
    let server = failing(&trace, "pread64", "error=EIO:when=100+7");
    let (admin, mut ledger, mut unread) = (server.admin(), Ledger::default(), 0);
    let stranger = server.stranger();
    for _ in 0..ATTEMPTS {
        // A change makes the readers read anew.
        ledger.create(&admin);
        let answer = admin.get("/auth/me");
        if answer.status != 200 {
            answer.refused(503, "store_unavailable", "The server's store does not answer; try again");
            unread += 1;
        }
        let answer = stranger.with("nonsense").get("/auth/me");
        assert_eq!(answer.status, 401, "{}", answer.text());
        if unread >= 5 {
            break;
        }
    }
    assert!(unread > 0 && failed(&trace) > 0, "{unread} checks unanswered, {} calls failed", failed(&trace));
    stranger.get("/live").is(200);
    crate::support::wait_for("the store to be read again", || (admin.get("/auth/me").status == 200).then_some(()));
    crate::support::wait_for("a change to be taken again", || ledger.create(&admin).then_some(()));
    assert!(!server.log().contains("panicked"), "{}", server.log());
    eprintln!("{} reads failed: {unread} checks unanswered, {} changes refused", failed(&trace), ledger.refused);
}
