//! Clients that begin and do not go on, or go on a byte at a time, or never listen (S-40).

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use super::*;

const HALF_OPEN: usize = 400;

/// Where a half-open connection stops: before a word, in the request line, in a header line, before the body, in the
/// body, in a chunk.
pub(super) const BEGINNINGS: [&str; 6] = [
    "",
    "GET /auth/",
    "GET /auth/me HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n",
    "POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n{\"email\": ",
    "POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
];

/// Begins with `start` and goes on a byte each half second, which resets the timer of whoever has only one; returns the
/// answer and how long it lasted.
fn drip(server: &TestServer, start: &str, byte: &[u8]) -> (String, Duration) {
    let begun = Instant::now();
    let mut stream = connect(server);
    stream.write_all(start.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let (mut answer, mut buffer) = (Vec::new(), [0; 1024]);
    while begun.elapsed() < Duration::from_secs(90) {
        let sent = stream.write_all(byte).is_ok();
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) && sent => {}
            Err(_) => break,
        }
    }
    (String::from_utf8_lossy(&answer).into_owned(), begun.elapsed())
}

/// Asks for a large answer again and again and takes none; returns how much was sent until the server had enough.
fn never_listens(server: &TestServer) -> (usize, Duration) {
    let begun = Instant::now();
    let mut stream = connect(server);
    let request = b"GET /cli/install.sh HTTP/1.1\r\nHost: x\r\n\r\n";
    let sent = (0..1_000_000).take_while(|_| stream.write_all(request).is_ok()).count();
    (sent, begun.elapsed())
}

#[test]
fn slow_clients_are_cut_off_in_time_and_keep_nobody_waiting() {
    raise_descriptor_limit();
    let server = TestServer::start();
    let admin = server.admin();
    let what = format!("{HALF_OPEN} half-open connections");
    let (ends, drips, (sent, deaf)) = beside_a_client(&server, &admin, &what, || {
        let mut half_open: Vec<TcpStream> = (0..HALF_OPEN).map(|_| connect(&server)).collect();
        for (n, stream) in half_open.iter_mut().enumerate() {
            stream.write_all(BEGINNINGS[n % BEGINNINGS.len()].as_bytes()).unwrap();
        }
        thread::scope(|scope| {
            let drips: Vec<_> = [(1, "x"), (2, "x"), (4, "x"), (5, "x")]
                .map(|(beginning, byte)| {
                    scope.spawn({
                        let server = &server;
                        move || drip(server, BEGINNINGS[beginning], byte.as_bytes())
                    })
                })
                .into();
            let deaf = scope.spawn(|| never_listens(&server));
            let ends: Vec<_> = half_open.iter_mut().map(rest).collect();
            (ends, drips.into_iter().map(|drip| drip.join().unwrap()).collect::<Vec<_>>(), deaf.join().unwrap())
        })
    });
    for (n, end) in ends.iter().enumerate() {
        match n % BEGINNINGS.len() {
            // Who has not said a word is told none.
            0 => assert_eq!(end, ""),
            _ => assert_eq!(statuses(end), ["408"], "{n}: {end}"),
        }
    }
    for (answer, _) in &drips {
        assert_eq!(statuses(answer), ["408"], "{answer}");
    }
    assert!(sent < 1_000_000, "the server answers for ever");
    let cut: Vec<_> = drips.iter().map(|(_, after)| *after).collect();
    eprintln!("drips cut off after {cut:?}; who never listens after {deaf:?} and {sent} requests");
}

#[test]
fn a_server_that_is_told_to_end_does_not_wait_for_them() {
    raise_descriptor_limit();
    let mut server = TestServer::start();
    let admin = server.admin();
    let mut half_open: Vec<TcpStream> = (0..HALF_OPEN).map(|_| connect(&server)).collect();
    for (n, stream) in half_open.iter_mut().enumerate() {
        stream.write_all(BEGINNINGS[n % BEGINNINGS.len()].as_bytes()).unwrap();
    }
    admin.create_token("last");
    let begun = Instant::now();
    assert_eq!(server.terminate().code(), Some(0), "{}", server.log());
    eprintln!("ended beside {HALF_OPEN} half-open connections after {:?}", begun.elapsed());
    half_open.iter_mut().for_each(|stream| drop(rest(stream)));
    let wal = std::fs::metadata(server.data_dir().join("da.db-wal")).map_or(0, |metadata| metadata.len());
    assert_eq!(wal, 0, "{}", server.log());
}
