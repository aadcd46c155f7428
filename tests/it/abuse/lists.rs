//! Clients that ask for long lists and take them slowly or not at all: issue 11 item 2.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use super::*;
use crate::{lists::add_tokens, support::ADMIN_EMAIL};

const READERS: usize = 100;

/// Asks for a list over a connection whose buffers are small, and reads the beginning of the answer only.
fn slow_reader(server: &TestServer, bearer: &str, path: &str) -> (TcpStream, String) {
    let mut stream = connect(server);
    rustix::net::sockopt::set_socket_recv_buffer_size(&stream, 4_096).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bearer}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut first = [0; 16];
    stream.read_exact(&mut first).unwrap();
    (stream, String::from_utf8_lossy(&first).into_owned())
}

#[test]
fn slow_readers_of_long_lists_take_a_bounded_amount_of_memory_and_keep_nobody_waiting() {
    raise_descriptor_limit();
    let server = TestServer::start();
    let admin = server.admin();
    add_tokens(&server, ADMIN_EMAIL, 40_000);
    let eve = server.user(&admin, "eve@example.com", "viewer");
    eve.create_token("hers");
    for path in ["/auth/tokens", "/auth/admin/tokens"] {
        let what = format!("{READERS} slow readers of {path}");
        let question = || assert_eq!(eve.get("/auth/tokens").is(200).json().as_array().unwrap().len(), 1);
        let readers = beside(&server, &what, question, || {
            thread::scope(|scope| {
                let readers: Vec<_> =
                    (0..READERS).map(|_| scope.spawn(|| slow_reader(&server, admin.bearer(), path))).collect();
                readers.into_iter().map(|reader| reader.join().unwrap()).collect::<Vec<_>>()
            })
        });
        let answered = readers.iter().filter(|(_, first)| first.starts_with("HTTP/1.1 200")).count();
        // The buffers of the sockets may take whole answers; then the server holds none of them, and all are answered.
        assert!(answered >= 5, "{answered} of {READERS}");
        for (mut stream, first) in readers {
            if first.starts_with("HTTP/1.1 200") {
                continue;
            }
            let mut answer = [0; 2_048];
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let length = stream.read(&mut answer).unwrap();
            let answer = first + &String::from_utf8_lossy(&answer[..length]);
            assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after:"), "{answer}");
        }
        // Their room is free again once they have gone.
        assert_eq!(admin.get(path).is(200).json().as_array().unwrap().len(), 1000);
    }
}
