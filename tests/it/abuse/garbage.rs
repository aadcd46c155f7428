//! What is no HTTP, TLS where clear text is spoken, and clear text where TLS is (S-40, S-42).

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    path::PathBuf,
    thread,
};

use super::*;
use crate::support::{TestHome, TlsClient, certify, wait_for};

/// The beginning of a real TLS handshake: a record header, and a `ClientHello` that is cut off.
const HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

/// Bytes without order, the same at each run.
pub(super) fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    (0..length)
        .map(|_| {
            // Marsaglia's xorshift.
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_be_bytes()[1]
        })
        .collect()
}

/// Sends `garbage` and nothing more; returns what comes back.
fn answer_to(server: &TestServer, garbage: &[u8]) -> Vec<u8> {
    let mut stream = connect(server);
    drop(stream.write_all(garbage));
    drop(stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    // A reset is an end, too; whoever waits in vain has a timeout, which is none.
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("no end: {error}"),
        _ => answer,
    }
}

#[test]
fn what_is_no_http_ends_the_connection_and_nothing_else() {
    let server = TestServer::start();
    let admin = server.admin();
    let mut all: Vec<Vec<u8>> = vec![
        [HELLO, &[0x5a; 506]].concat(),
        HELLO.to_vec(),
        b"\x80\x2e\x01\x00\x02".to_vec(),
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
        b"\r\n\r\n\r\n\r\n".to_vec(),
        b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(),
        b"EHLO x\r\nQUIT\r\n".to_vec(),
        b"GET /live\r\n".to_vec(),
        b"GET /live HTTP/0.9\r\n\r\n".to_vec(),
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET /live HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
    ];
    all.extend((0..200).map(|seed| noise(seed, 1 << (seed % 17))));
    beside_a_client(&server, &admin, &format!("{} kinds of garbage", all.len()), || {
        thread::scope(|scope| {
            for part in all.chunks(all.len().div_ceil(4)) {
                let server = &server;
                scope.spawn(move || {
                    for garbage in part {
                        let answer = answer_to(server, garbage);
                        let answer = String::from_utf8_lossy(&answer);
                        let refused = ["", "HTTP/1.1 400 ", "HTTP/1.1 408 ", "HTTP/1.1 431 ", "HTTP/1.1 505 "];
                        assert!(refused.contains(&answer.get(..13).unwrap_or_default()), "{garbage:?}: {answer}");
                    }
                });
            }
        });
    });
}

/// A server that speaks TLS, and where its certificate lies.
fn tls_server() -> (TestServer, PathBuf) {
    let home = TestHome::new();
    let directory = home.path().to_owned();
    certify(&directory);
    let setup = TestServer::with_admin().arg("--tls-cert").arg("cert.pem").arg("--tls-key").arg("key.pem");
    (setup.start_in(home), directory)
}

fn is_ready(client: &TlsClient) -> bool {
    client.get("/ready").is_ok_and(|answer| answer.is_some_and(|answer| answer.status == 200))
}

/// Tells whether these bytes are what a TLS server says before it gives up: nothing, or records of its handshake or of
/// an alert.
fn is_tls_refusal(answer: &[u8]) -> bool {
    answer.is_empty() || matches!(answer, [0x15 | 0x16, 0x03, ..])
}

#[test]
fn clear_text_and_garbage_on_a_tls_port_keep_no_handshake_waiting() {
    raise_descriptor_limit();
    let (server, directory) = tls_server();
    let client = TlsClient::new(server.address(), &directory);
    wait_for("/ready to answer over TLS", || is_ready(&client).then_some(()));
    beside(
        &server,
        "clear text and garbage on a TLS port",
        || assert!(is_ready(&client)),
        || {
            let clear = answer_to(&server, b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
            let clear = String::from_utf8_lossy(&clear);
            assert!(clear.starts_with("HTTP/1.1 400 ") && clear.contains("This port speaks HTTPS only"), "{clear}");

            // These say no more than a beginning and wait; the header time ends them.
            let mut stalled: Vec<TcpStream> = (0..100).map(|_| connect(&server)).collect();
            for (n, stream) in stalled.iter_mut().enumerate() {
                stream.write_all([b"".as_slice(), b"\x16", HELLO, b"\x16\x03\x01\x3f\xff"][n % 4]).unwrap();
            }
            for seed in 0..200 {
                // Garbage as such, and garbage where a handshake is expected.
                let mut garbage = noise(seed, 1 << (seed % 15));
                assert!(!garbage.is_empty());
                let plain = answer_to(&server, &garbage);
                assert!(
                    is_tls_refusal(&plain) || plain.starts_with(b"HTTP/1.1 400 ") || garbage[0] == 0x16,
                    "{plain:?}"
                );
                garbage.splice(0..0, *b"\x16\x03\x03\x40\x00");
                let answer = answer_to(&server, &garbage);
                assert!(is_tls_refusal(&answer), "{answer:?}");
            }
            // A true handshake, then bytes that are no record.
            for seed in 0..20 {
                let mut stream = client.connect().unwrap();
                let _ = stream.conn.complete_io(&mut stream.sock).unwrap();
                drop(stream.sock.write_all(&noise(seed, 4096)));
                let mut answer = Vec::new();
                drop(stream.sock.read_to_end(&mut answer));
                assert!(!answer.windows(5).any(|window| window == b"HTTP/"), "{answer:?}");
            }
            for stream in &mut stalled {
                let mut answer = Vec::new();
                drop(stream.read_to_end(&mut answer));
                assert!(is_tls_refusal(&answer), "{answer:?}");
            }
        },
    );
}
