//! Requests of 20 MB where a few bytes are due (S-41).

use std::{io::Write as _, net::TcpStream, thread};

use super::*;

const FLOOD: usize = 20_000_000;
/// How many send the same at once.
const AT_ONCE: usize = 4;

/// A request that goes on for ever: what it begins with, what it repeats, and the statuses with which it may be refused.
struct Flood {
    name: &'static str,
    head: String,
    piece: Vec<u8>,
    refusals: &'static [&'static str],
}

fn floods() -> Vec<Flood> {
    let flood = |name, head: &str, piece: &[u8], refusals| {
        let piece = piece.repeat((64 * 1024 / piece.len()).max(1));
        Flood { name, head: head.to_owned(), piece, refusals }
    };
    let chunked =
        "POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    vec![
        flood("a header line", "GET /live HTTP/1.1\r\nHost: x\r\nX-A: ", b"b", &["431"]),
        flood("a credential", "GET /auth/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ", b"b", &["431"]),
        flood("a header name", "GET /live HTTP/1.1\r\nHost: x\r\n", b"b", &["431"]),
        flood("header lines", "GET /live HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n", &["431"]),
        flood("cookies", "GET /auth/me HTTP/1.1\r\nHost: x\r\nCookie: a=b", b"; a=b", &["431"]),
        flood("a target", "GET /", b"a", &["414", "431"]),
        flood("a method", "", b"A", &["400", "431"]),
        flood("empty lines", "", b"\r\n", &["400"]),
        flood("a chunked body", chunked, chunk.as_bytes(), &["413"]),
        flood("one-byte chunks", chunked, b"1\r\nx\r\n", &["413"]),
        flood("a chunk extension", &format!("{chunked}1;"), b"e", &["400"]),
        flood("trailers", &format!("{chunked}0\r\n"), b"X-A: b\r\n", &["400", "413"]),
        flood("a chunk size", chunked, b"0", &["400"]),
    ]
}

/// Sends the flood until it is over or the server has enough; returns the answer and how many bytes were taken.
fn send(mut stream: TcpStream, flood: &Flood) -> (String, usize) {
    let mut taken = 0;
    if stream.write_all(flood.head.as_bytes()).is_ok() {
        while taken < FLOOD && stream.write_all(&flood.piece).is_ok() {
            taken += flood.piece.len();
        }
    }
    (rest(&mut stream), taken)
}

#[test]
fn a_flood_of_headers_or_body_is_refused_and_takes_no_memory() {
    let server = TestServer::start();
    let admin = server.admin();
    for flood in floods() {
        let answers = beside_a_client(&server, &admin, &format!("{AT_ONCE} x 20 MB of {}", flood.name), || {
            thread::scope(|scope| {
                let senders: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(|| send(connect(&server), &flood))).collect();
                senders.into_iter().map(|sender| sender.join().unwrap()).collect::<Vec<_>>()
            })
        });
        for (answer, taken) in answers {
            assert!(taken < FLOOD, "20 MB of {} were taken: {answer}", flood.name);
            assert_eq!(statuses(&answer).len(), 1, "{}: {answer}", flood.name);
            assert!(flood.refusals.contains(&statuses(&answer)[0]), "{}: {answer}", flood.name);
        }
    }
}

#[test]
fn heads_just_beyond_their_bounds_are_told_so() {
    let server = TestServer::start();
    let admin = server.admin();
    beside_a_client(&server, &admin, "heads beyond their bounds", || {
        let many = format!("GET /live HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-A: b\r\n".repeat(101));
        let long = format!("GET /live HTTP/1.1\r\nHost: x\r\nX-A: {}\r\n\r\n", "b".repeat(33 * 1024));
        let target = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(8 * 1024));
        for (request, status) in [(many, "431"), (long, "431"), (target, "414")] {
            let mut stream = connect(&server);
            stream.write_all(request.as_bytes()).unwrap();
            assert_eq!(statuses(&rest(&mut stream)), [status]);
        }
    });
}
