//! More connections than there is room for, and very many short ones (S-40).

use std::{
    io::Write as _,
    net::TcpStream,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use serde_json::json;

use super::*;
use crate::support::{Answer, Run, exchange_on, wait_for};

const LIVE: &[u8] = b"GET /live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// A client that keeps its connection.
struct Kept(TcpStream, Api);

impl Kept {
    fn new(server: &TestServer, client: &Api) -> Self {
        let mut kept = Self(connect(server), client.clone());
        kept.ask("GET /auth/me", "").is(200);
        kept
    }

    fn ask(&mut self, line: &str, body: &str) -> Answer {
        let (bearer, length) = (self.1.bearer(), body.len());
        let head = format!("{line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bearer}\r\n");
        let request = format!("{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}");
        exchange_on(&mut self.0, request.as_bytes()).unwrap().expect("closed without an answer")
    }
}

#[test]
fn ten_thousand_short_connections_leave_nothing_behind() {
    const CONNECTIONS: usize = 10_000;
    // Were as much as one descriptor in ten left behind, there would be none for the last.
    let limited = ["/bin/sh", "-c", r#"ulimit -n 1024; exec "$@""#, "sh"];
    let server = TestServer::with_admin().under(limited).start();
    let admin = server.admin();
    let (next, served) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let short = || {
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= CONNECTIONS {
                break;
            }
            let mut stream = connect(&server);
            match n % 5 {
                // Gone at once; in the middle of a head; without taking the answer, which resets the connection; after a
                // refusal.
                0 => {}
                1 => drop(stream.write_all(b"GET /live HTTP/1.1\r\nHo")),
                2 => drop(stream.write_all(LIVE)),
                3 => {
                    drop(stream.write_all(b"nonsense\r\n\r\n"));
                    assert_eq!(statuses(&rest(&mut stream)), ["400"]);
                }
                _ => {
                    drop(stream.write_all(LIVE));
                    assert_eq!(statuses(&rest(&mut stream)), ["200"]);
                    served.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    };
    beside_a_client(&server, &admin, &format!("{CONNECTIONS} short connections"), || {
        thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(short))));
    });
    assert_eq!(served.into_inner(), CONNECTIONS / 5);
    admin.create_token("after");
}

#[test]
fn a_server_that_is_full_serves_who_is_in_tells_the_others_and_recovers() {
    let limited = ["/bin/sh", "-c", r#"ulimit -n 96; exec "$@""#, "sh"];
    let server = TestServer::with_admin().under(limited).start();
    let admin = server.admin();
    for _ in 0..3 {
        let mut kept = Kept::new(&server, &admin);
        let mut greedy: Vec<_> = (0..200).map(|_| connect(&server)).collect();
        for stream in &mut greedy {
            drop(stream.write_all(LIVE));
        }
        kept.ask("GET /auth/me", "").is(200);
        // Whoever was let in is served, whoever was not is told so, and nobody hangs.
        let answers: Vec<_> = greedy.iter_mut().map(rest).collect();
        let served = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 200 ")).count();
        let refused = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 503 ")).count();
        assert!(served >= 16, "{served} served, {refused} refused");
        assert!(refused > 0 && served + refused <= 200, "{served} served, {refused} refused");
        kept.ask("POST /auth/tokens", &json!({ "name": "meanwhile" }).to_string()).is(201);
        drop((greedy, kept));
        wait_for("the server to answer again", || (server.stranger().get("/ready").status == 200).then_some(()));
        beside_a_client(&server, &admin, "after 200 connections where there is room for 32", || {});
        admin.create_token("after");
    }
}

/// Reads, or with a value sets, how many descriptors the server may open; from outside, while it runs.
fn descriptor_limit(server: &TestServer, soft: Option<&str>) -> String {
    let mut command = Command::new("prlimit");
    command.args(["--pid", &server.pid().to_string()]);
    match soft {
        Some(soft) => command.arg(format!("--nofile={soft}:")),
        None => command.args(["--nofile", "--output=SOFT", "--noheadings"]),
    };
    Run::of(&mut command, b"").exits(0).stdout.trim().to_owned()
}

#[test]
fn a_server_without_a_free_descriptor_goes_on_for_who_is_in_and_recovers() {
    raise_descriptor_limit();
    let server = TestServer::start();
    let admin = server.admin();
    let mut kept = Kept::new(&server, &admin);
    let usual = descriptor_limit(&server, None);
    // Fewer than are open already: from here on each attempt to open one more fails with EMFILE.
    descriptor_limit(&server, Some("8"));
    // More than the 128 that wait by default; the next one would not be heard.
    let mut waiting: Vec<_> = (0..400).map(|_| connect(&server)).collect();
    waiting.iter_mut().for_each(|stream| stream.write_all(LIVE).unwrap());
    server.wait_for_log("cannot accept connections");
    for n in 0..5 {
        kept.ask("GET /auth/me", "").is(200);
        kept.ask("POST /auth/tokens", &json!({ "name": format!("t{n}") }).to_string()).is(201);
    }
    descriptor_limit(&server, Some(&usual));
    for stream in &mut waiting {
        assert_eq!(statuses(&rest(stream)), ["200"], "not answered after the lack was over");
    }
    beside_a_client(&server, &admin, "after a lack of descriptors", || {});
    assert_eq!(admin.get("/auth/tokens").is(200).json().as_array().unwrap().len(), 5);
}
