//! The same on the listeners beside the main one: that of the metrics, which a whole network may reach, and the admin
//! socket (S-40..S-42). Whoever abuses them keeps nobody from the main one, nor for long from themselves.

use std::{
    io::{ErrorKind, Read, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    thread,
};

use super::{garbage::noise, slow::BEGINNINGS, *};
use crate::{admin_socket, support::wait_for};

const HALF_OPEN: usize = 400;
/// More than the admin socket serves at once, and fewer than twice as many: whoever comes then waits for one turn.
const HALF_OPEN_ON_THE_HOST: usize = 60;

/// A server whose metrics have a listener of their own, and where that is.
fn with_metrics(setup: crate::support::Setup) -> (TestServer, SocketAddr) {
    let server = setup.arg("--metrics-listen=127.0.0.1:0").start();
    let line = server.stdout().lines().find_map(|line| line.strip_prefix("metrics on http://").map(str::to_owned));
    let address = line.unwrap().strip_suffix("/metrics").unwrap().parse().unwrap();
    (server, address)
}

fn connect_to(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

fn connect_on_the_host(server: &TestServer) -> UnixStream {
    let stream = UnixStream::connect(server.data_dir().join("admin.sock")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Reads to the end; a reset is one, too.
fn rest_of(mut stream: impl Read) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if !matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
            panic!("neither an answer nor an end: {error}")
        }
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// What is no request, or too large a one.
fn nonsense() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = vec![
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
        [b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-A: ".as_slice(), &[b'b'; 1 << 20]].concat(),
        [b"GET /".as_slice(), &[b'a'; 1 << 20]].concat(),
    ];
    all.extend((0..100).map(|seed| noise(seed, 1 << (seed % 17))));
    all
}

fn is_refused(answer: &str, sent: &[u8]) {
    let refused = ["", "400", "408", "414", "431", "505"];
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or_default();
    assert!(
        refused.contains(&status) && answer.matches("HTTP/1.1 ").count() <= 1,
        "{:?}: {answer}",
        &sent[..20.min(sent.len())]
    );
}

fn scrape(metrics: &Api) {
    let answer = metrics.get("/metrics").is(200);
    assert!(answer.text().contains("da_requests_total"));
}

#[test]
fn slow_clients_and_garbage_on_the_metrics_keep_nobody_waiting() {
    raise_descriptor_limit();
    let (server, address) = with_metrics(TestServer::with_admin());
    let (admin, metrics) = (server.admin(), Api::stranger(address));
    let asked = || {
        admin.get("/auth/me").is(200);
        scrape(&metrics);
    };
    let what = format!("{HALF_OPEN} half-open connections and garbage on the listener of the metrics");
    let ends = beside(&server, &what, asked, || {
        let mut half_open: Vec<TcpStream> = (0..HALF_OPEN).map(|_| connect_to(address)).collect();
        for (n, stream) in half_open.iter_mut().enumerate() {
            stream.write_all(BEGINNINGS[n % BEGINNINGS.len()].as_bytes()).unwrap();
        }
        for sent in nonsense() {
            let mut stream = connect_to(address);
            drop(stream.write_all(&sent));
            drop(stream.shutdown(Shutdown::Write));
            is_refused(&rest_of(stream), &sent);
        }
        half_open.into_iter().map(rest_of).collect::<Vec<_>>()
    });
    for (n, end) in ends.iter().enumerate() {
        // There is nothing here to send a body to: who begins one is told so.
        let told: &[&str] = match n % BEGINNINGS.len() {
            0 => &[],
            1 | 2 => &["408"],
            _ => &["404"],
        };
        assert_eq!(statuses(end), told, "{n}: {end}");
    }
}

#[test]
fn whoever_fills_the_listener_of_the_metrics_takes_no_place_of_a_client() {
    let limited = ["/bin/sh", "-c", r#"ulimit -n 96; exec "$@""#, "sh"];
    let (server, address) = with_metrics(TestServer::with_admin().under(limited));
    let (admin, metrics) = (server.admin(), Api::stranger(address));
    beside_a_client(&server, &admin, "200 connections to the metrics where there is room for 4", || {
        let mut greedy: Vec<_> = (0..200).map(|_| connect_to(address)).collect();
        let refused = greedy.split_off(4).into_iter().map(rest_of);
        assert!(refused.filter(|answer| answer.starts_with("HTTP/1.1 503 ")).count() > 150);
        admin.create_token("meanwhile");
    });
    wait_for("the metrics to be read again", || (metrics.get("/metrics").status == 200).then_some(()));
}

#[test]
fn slow_callers_and_garbage_on_the_admin_socket_keep_nobody_waiting() {
    raise_descriptor_limit();
    let server = TestServer::start();
    let admin = server.admin();
    let list = || admin_socket::ask(&server, "GET", "/api/users", "", "").is(200);
    // As many as there is room for beside somebody who behaves.
    beside(
        &server,
        "20 half-open connections and garbage on the admin socket",
        || drop(list()),
        || {
            let mut half_open: Vec<UnixStream> = (0..20).map(|_| connect_on_the_host(&server)).collect();
            for (n, stream) in half_open.iter_mut().enumerate() {
                stream.write_all(BEGINNINGS[n % BEGINNINGS.len()].as_bytes()).unwrap();
            }
            for sent in nonsense() {
                let mut stream = connect_on_the_host(&server);
                drop(stream.write_all(&sent));
                drop(stream.shutdown(Shutdown::Write));
                is_refused(&rest_of(stream), &sent);
            }
        },
    );
    // More than that: the network notices nothing, and the host's turn comes when their time is over.
    let what = format!("{HALF_OPEN_ON_THE_HOST} half-open connections on the admin socket");
    let ends = beside_a_client(&server, &admin, &what, || {
        let mut half_open: Vec<UnixStream> = (0..HALF_OPEN_ON_THE_HOST).map(|_| connect_on_the_host(&server)).collect();
        for (n, stream) in half_open.iter_mut().enumerate() {
            stream.write_all(BEGINNINGS[1 + n % 2].as_bytes()).unwrap();
        }
        let begun = Instant::now();
        thread::scope(|scope| {
            let waits = scope.spawn(|| drop(list()));
            let ends = half_open.into_iter().map(rest_of).collect::<Vec<_>>();
            waits.join().unwrap();
            eprintln!("the host's turn came within {:?}", begun.elapsed());
            ends
        })
    });
    assert!(ends.iter().all(|end| statuses(end) == ["408"]), "{ends:?}");
}
