//! Probes answer in time while every thread for use cases is held by a write that hangs.

use std::{
    io::Write as _,
    net::TcpStream,
    time::{Duration, Instant},
};

use rusqlite::Connection;

use crate::support::{Answer, TestServer, wait_for};

#[test]
fn the_probes_answer_in_time_while_every_thread_waits_for_a_write() {
    // 64 threads, and one for each sign-in that may wait.
    const WRITES: usize = 64 + 1 + 16;
    let server = TestServer::with_admin().env("DA_HASH_QUEUE", "1").start();
    let admin = server.admin();
    let lock = Connection::open(server.data_dir().join("da.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = r#"{"name":"n"}"#;
    let hanging: Vec<_> = (0..WRITES)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            write!(
                stream,
                "POST /auth/tokens HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                admin.bearer(),
                body.len()
            )
            .unwrap();
            stream
        })
        .collect();
    // A finding is good for a second. The writes hang for five, the longest that the store waits for a lock.
    let ready = || in_time(&server, "/ready").json();
    wait_for("the check of writes to fail", || {
        (ready()["checks"]["store_write"]["status"] == "degraded").then_some(())
    });
    for path in ["/ready", "/healthz", "/api/health", "/live"] {
        in_time(&server, path);
    }
    assert_eq!(ready()["status"], "degraded");
    drop((hanging, lock));
}

/// Asks a probe, which must answer within a second and what a busy machine adds.
fn in_time(server: &TestServer, path: &str) -> Answer {
    let asked = Instant::now();
    let answer = server.stranger().get(path).is(200);
    let took = asked.elapsed();
    assert!(took < Duration::from_millis(1_900), "{path} took {took:?}");
    answer
}
