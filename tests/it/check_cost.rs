//! What a credential check, and a server that rests, must not cost: shown by system calls and memory, not by time.

use std::fs;

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

#[test]
fn a_sign_in_leaves_no_memory_behind() {
    /// A hash takes 19 MiB while it is computed.
    const AT_MOST_MIB: u64 = 9;
    let mut server = TestServer::start();
    server.terminate();
    server.restart();
    let before = resident_mib(server.pid());
    server.admin().get("/auth/me").is(200);
    wait_for("the hash's memory to be given back", || {
        (resident_mib(server.pid()) < before + AT_MOST_MIB).then_some(())
    });
}

fn resident_mib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}
