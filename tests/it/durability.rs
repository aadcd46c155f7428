//! An acknowledged change is on the disk (S-51), shown by the system calls of the server.

use std::{sync::Barrier, thread};

use serde_json::json;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, TestServer, Trace};

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

#[test]
fn a_change_whose_sync_fails_is_not_acknowledged_and_the_next_is() {
    let trace = Trace::new();
    // `strace` counts for each thread: two syncs of the writer fail, while the start of the server takes fewer than 30.
    let failing = ["trace=fsync,fdatasync", "inject=fdatasync,fsync:error=EIO:when=30..31"];
    let mut server = TestServer::with_admin().under(trace.of(&failing)).start();
    let admin = server.admin();
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for n in 0..60 {
        let answer = admin.post("/auth/tokens", &json!({ "name": format!("t{n}") }));
        if answer.status == 201 {
            acknowledged.push(answer.json()["token"].as_str().unwrap().to_owned());
        } else {
            assert!(answer.header("retry-after").is_some());
            answer.refused(503, "store_unavailable", "The server's store does not answer; try again");
            refused += 1;
            admin.get("/auth/me").is(200);
        }
    }
    let failed = trace.lines().iter().filter(|line| line.contains("EIO")).count();
    assert!(refused > 0 && failed > 0, "{refused} refused, {failed} syncs failed");
    assert_eq!(acknowledged.len() + refused, 60);
    assert_eq!(admin.get("/auth/tokens").is(200).json().as_array().unwrap().len(), acknowledged.len());

    server.kill9();
    let again = TestServer::with_admin().data_in(&server.data_dir()).start();
    for token in &acknowledged {
        again.stranger().with(token).get("/auth/me").is(200);
    }
    again.stranger().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    again.on_host(["server", "audit", "verify"]).run().exits(0);
}
