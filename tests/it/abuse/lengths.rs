//! Requests whose end can be read in two ways, or lies beyond all bounds, and requests in a row (S-41, S-42).

use std::{io::Write as _, thread};

use super::*;

fn get(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n")
}

/// Header lines that bound a body in no way, or in more than one: 400.
const AMBIGUOUS: &[&str] = &[
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Content-Length: 5\r\nX-Between: x\r\nTRANSFER-ENCODING: Chunked\r\n",
    "Content-Length: 5\r\nContent-Length: 5\r\n",
    "Content-Length: 0\r\nContent-Length: 5\r\n",
    "Content-Length: 5\r\ncontent-length: 0\r\n",
    "Content-Length: 5, 5\r\n",
    "Content-Length: 5,6\r\n",
    "Content-Length: 5 5\r\n",
    "Content-Length: 5;\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: -9223372036854775808\r\n",
    "Content-Length: 0x5\r\n",
    "Content-Length: 5.0\r\n",
    "Content-Length: 5e0\r\n",
    "Content-Length: 1_0\r\n",
    "Content-Length: five\r\n",
    "Content-Length: \"5\"\r\n",
    "Content-Length: ５\r\n",
    "Content-Length:\r\n",
    "Content-Length : 5\r\n",
    "Content-Length\t: 5\r\n",
    "Content-Length 5\r\n",
    " Content-Length: 5\r\n",
    "X: x\r\n Content-Length: 5\r\n",
    "Content-Length: 5\n",
    "Content-Length: 5\rX: x\r\n",
    "Content-Length: 5\0\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding: identity, chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: chunked, chunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: chunked;q=1\r\n",
    "Transfer-Encoding: chunked\u{b}\r\n",
    "Transfer-Encoding: \"chunked\"\r\n",
    "Transfer-Encoding: 'chunked'\r\n",
    "Transfer-Encoding:\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding\r\n: chunked\r\n",
];

/// Lengths beyond the bound of a body: 413.
const ABSURD: &[&str] = &[
    "65537",
    "100000000",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999999999999",
    "0000000000000000000000000000000000000000000000065537",
];

/// Chunked bodies that are none, or too large.
const CHUNKS: &[(&str, &str)] = &[
    ("400", "x\r\n"),
    ("400", "-1\r\n\r\n"),
    ("400", "+3\r\nabc\r\n0\r\n\r\n"),
    ("400", "0x3\r\nabc\r\n0\r\n\r\n"),
    ("400", "3\r\nabcd\r\n0\r\n\r\n"),
    ("400", "3\nabc\n0\n\n"),
    ("400", "\r\n"),
    ("400", "ffffffffffffffff1\r\n"),
    ("400", "fffffffffffffffff\r\n"),
    ("400", "10000000000000000\r\n"),
];

/// Sends a head with these lines, a body, and a request behind; asserts that the first one is refused with `status` and
/// nothing follows.
fn refused(server: &TestServer, status: &str, lines: &str, body: &str) {
    let head = "POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let mut stream = connect(server);
    let request = format!("{head}{lines}\r\n{body}{}", get("/api/version", ""));
    stream.write_all(request.as_bytes()).unwrap();
    let answer = rest(&mut stream);
    assert_eq!(statuses(&answer), [status], "{lines:?} {body:?}: {answer}");
    assert!(answer.contains("connection: close\r\n"), "{lines:?} {body:?}: {answer}");
}

#[test]
fn absurd_duplicate_and_conflicting_lengths_are_refused_and_nothing_follows_them() {
    let server = TestServer::start();
    let admin = server.admin();
    let cases = AMBIGUOUS.len() + ABSURD.len() + CHUNKS.len();
    beside_a_client(&server, &admin, &format!("{cases} impossible lengths"), || {
        for lines in AMBIGUOUS {
            refused(&server, "400", lines, "0\r\n\r\n");
        }
        for length in ABSURD {
            // Only the length is announced: the answer does not wait for a single byte of it.
            refused(&server, "413", &format!("Content-Length: {length}\r\n"), "");
        }
        for (status, body) in CHUNKS {
            refused(&server, status, "Transfer-Encoding: chunked\r\n", body);
        }
    });
}

#[test]
fn pipelined_requests_are_answered_in_order_each_by_its_own_credential() {
    const REQUESTS: usize = 1_000;
    let server = TestServer::start();
    let admin = server.admin();
    let bearer = format!("Authorization: Bearer {}\r\n", admin.bearer());
    let body =
        "POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 35\r\n\r\nGET /live HTTP/1.1\r\nHost: x\r\n\r\n....";
    let kinds = [
        (get("/auth/me", &bearer), "200"),
        (get("/auth/me", ""), "401"),
        (get("/none", "Accept: application/json\r\n"), "404"),
        (body.to_owned(), "415"),
    ];
    let kind = |n: usize| &kinds[n % kinds.len()];
    let last = get("/live", "Connection: close\r\n");
    let pipeline: String =
        (0..REQUESTS).map(|n| kind(n).0.as_str()).chain([last.as_str(), &get("/live", "")]).collect();
    beside_a_client(&server, &admin, &format!("4 pipelines of {REQUESTS} requests"), || {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut stream = connect(&server);
                    let mut writer = stream.try_clone().unwrap();
                    let sent = scope.spawn({
                        let pipeline = &pipeline;
                        move || writer.write_all(pipeline.as_bytes()).is_ok()
                    });
                    let answers = rest(&mut stream);
                    let expected: Vec<_> = (0..REQUESTS).map(|n| kind(n).1).chain(["200"]).collect();
                    assert_eq!(statuses(&answers), expected);
                    drop(sent.join());
                });
            }
        });
    });
}
