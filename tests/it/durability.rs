//! An acknowledged change is on the disk (S-51), shown by the system calls of the server.

use std::{sync::Barrier, thread};

use crate::support::{TestServer, Trace};

#[test]
fn each_change_is_synced_before_it_is_acknowledged() {
    let trace = Trace::new();
    let server = TestServer::with_admin().under(trace.of(&["trace=fsync,fdatasync"])).start();
    let admin = server.admin();
    for n in 0..20 {
        let before = trace.syncs();
        let created = admin.create_token(&format!("t{n}"));
        let between = trace.syncs();
        assert!(between > before, "token {n} was acknowledged without a sync");
        admin.delete(&format!("/auth/tokens/{}", created["id"].as_str().unwrap())).is(204);
        assert!(trace.syncs() > between, "the revocation of token {n} was acknowledged without a sync");
    }
}

#[test]
fn changes_that_come_together_share_a_sync() {
    const CREATORS: usize = 64;
    const EACH: usize = 4;
    let trace = Trace::new();
    // On a disk whose syncs take 20 ms, changes come together.
    let slow = ["trace=fsync,fdatasync", "inject=fdatasync,fsync:delay_exit=20000"];
    let server = TestServer::with_admin().under(trace.of(&slow)).start();
    let admin = server.admin();
    let (before, begin) = (trace.syncs(), Barrier::new(CREATORS));
    thread::scope(|scope| {
        for creator in 0..CREATORS {
            let (admin, begin) = (&admin, &begin);
            scope.spawn(move || {
                begin.wait();
                (0..EACH).for_each(|n| drop(admin.create_token(&format!("t{creator}-{n}"))));
            });
        }
    });
    let (syncs, creates) = (trace.syncs() - before, CREATORS * EACH);
    assert_eq!(admin.get("/auth/tokens").is(200).json().as_array().unwrap().len(), creates);
    assert!(syncs * 4 <= creates, "{syncs} syncs for {creates} creates");
    eprintln!("{creates} creates by {CREATORS} at once: {syncs} syncs");
}
