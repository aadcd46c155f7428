//! What a credential check must not cost: shown by system calls, not by time.

use crate::support::{TestServer, Trace, wait_for};

#[test]
fn a_check_between_changes_takes_no_lock_of_the_system() {
    const CHECKS: usize = 20;
    let trace = Trace::new();
    let server = TestServer::with_admin().under(trace.of(&["trace=fcntl"])).start();
    let admin = server.admin();
    let locks = || trace.lines().iter().filter(|line| line.contains("F_SETLK")).count();
    assert!(locks() > 0, "the trace shows no locks at all");
    // Housekeeping at the start may still be writing.
    wait_for("checks without a lock", || {
        let before = locks();
        (0..CHECKS).for_each(|_| drop(admin.get("/auth/me").is(200)));
        (locks() == before).then_some(())
    });
    admin.create_token("a change");
    let before = locks();
    admin.get("/auth/me").is(200);
    assert_eq!(locks(), before, "after a change, too");
}
