//! Clients that are slow, greedy or hostile cost a bounded amount and keep nobody else waiting (S-40..S-44).

use std::{
    fs,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Api, SetOnDrop, Setup, TestServer, exchange, wait_for};

/// The bar of S-40, S-43 and S-44 for whoever behaves.
const BAR: Duration = Duration::from_secs(2);

fn connect(server: &TestServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Reads to the end; a reset is one, too.
fn rest(stream: &mut TcpStream) -> String {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => break,
            Err(error) => panic!("neither an answer nor an end: {error}"),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Asserts that ten well-behaved requests are each answered within the bar; returns the slowest.
#[track_caller]
fn ten_normal_clients_are_answered(api: &Api) -> Duration {
    let slowest = (0..10).map(|_| timed(|| drop(api.get("/auth/me").is(200)))).max().unwrap();
    assert!(slowest < BAR, "{slowest:?}");
    slowest
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// Returns the server's resident memory in MiB.
fn resident_mib(server: &TestServer) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
fn slow_clients_are_cut_off_in_time_and_keep_nobody_waiting() {
    let server = TestServer::start();
    let admin = server.admin();
    let begun = Instant::now();
    let half_open: Vec<_> = (0..200)
        .map(|n| {
            let mut stream = connect(&server);
            // A third each: silent, within a header, within a body.
            let start = ["", "GET /auth/me HTTP/1.1\r\nHost: x\r\nX-Slow: ", &body_of(100_000 / 2)][n % 3].to_owned();
            stream.write_all(start.as_bytes()).unwrap();
            stream
        })
        .collect();
    let slowest = ten_normal_clients_are_answered(&admin);

    let mut header = connect(&server);
    header.write_all(b"GET /live HTTP/1.1\r\n").unwrap();
    let mut body = connect(&server);
    body.write_all(body_of(64).as_bytes()).unwrap();
    let drip = |stream: &mut TcpStream, begun: Instant| {
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let (mut answer, mut buffer) = (Vec::new(), [0; 1024]);
        // A byte each half second, which resets the timer of whoever has only one.
        loop {
            let sent = stream.write_all(b"x").is_ok();
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => answer.extend_from_slice(&buffer[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) && sent => {}
                Err(_) => break,
            }
        }
        (String::from_utf8_lossy(&answer).into_owned(), begun.elapsed())
    };
    let (header, body) = thread::scope(|scope| {
        let header = scope.spawn(|| drip(&mut header, begun));
        let body = scope.spawn(|| drip(&mut body, begun));
        (header.join().unwrap(), body.join().unwrap())
    });
    assert!(header.0.starts_with("HTTP/1.1 408 ") && header.1 < Duration::from_secs(13), "{header:?}");
    assert!(body.0.starts_with("HTTP/1.1 408 ") && body.1 < Duration::from_secs(35), "{body:?}");

    half_open.into_iter().for_each(|mut stream| drop(rest(&mut stream)));
    assert!(begun.elapsed() < Duration::from_secs(35), "{:?}", begun.elapsed());
    ten_normal_clients_are_answered(&admin);
    eprintln!(
        "beside 200 half-open connections: {slowest:?} at most; header cut off after {:?}, body after {:?}",
        header.1, body.1
    );
}

/// Returns the head of a request whose body of `length` bytes never comes whole.
fn body_of(length: usize) -> String {
    format!(
        "POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{"
    )
}

#[test]
fn a_flood_of_headers_or_body_is_refused_and_takes_no_memory() {
    let server = TestServer::start();
    let admin = server.admin();
    let before = resident_mib(&server);
    let refused = |request: &[u8]| exchange(server.address(), request).unwrap().status;
    let many = format!("GET /live HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-A: b\r\n".repeat(10_000));
    assert_eq!(refused(many.as_bytes()), 431);
    let long = format!("GET /live HTTP/1.1\r\nHost: x\r\nX-A: {}\r\n\r\n", "b".repeat(1_000_000));
    assert_eq!(refused(long.as_bytes()), 431);
    let target = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(9_000));
    assert_eq!(refused(target.as_bytes()), 414);

    // Only the length is announced: the answer does not wait for a single byte of it.
    for length in ["65537", "10000000000", "9223372036854775807"] {
        let head = format!("POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        let elapsed = timed(|| assert_eq!(refused(head.as_bytes()), 413));
        assert!(elapsed < BAR, "{elapsed:?}");
    }

    let mut endless = connect(&server);
    let head =
        "POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    endless.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let taken = (0..1000).take_while(|_| endless.write_all(chunk.as_bytes()).is_ok()).count();
    assert!(taken < 1000, "64 MiB of a body of at most 64 KiB were taken");
    let grown = resident_mib(&server).saturating_sub(before);
    assert!(grown < 48, "{grown} MiB");
    ten_normal_clients_are_answered(&admin);
}

#[test]
fn pipelined_requests_are_answered_in_order_and_nothing_follows_an_ambiguous_one() {
    let server = TestServer::start();
    let mut stream = connect(&server);
    let get = |path: &str, more: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n");
    let requests =
        [get("/live", ""), get("/api/version", ""), get("/none", "Accept: application/json\r\nConnection: close\r\n")];
    stream.write_all(requests.concat().as_bytes()).unwrap();
    let answers = rest(&mut stream);
    let statuses: Vec<_> = answers.match_indices("HTTP/1.1 ").map(|(at, _)| &answers[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["200", "200", "404"], "{answers}");

    for ambiguous in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        "Content-Length: +0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Content-Length : 0\r\n\r\n",
    ] {
        let mut stream = connect(&server);
        let request = format!("POST /auth/token HTTP/1.1\r\nHost: x\r\n{ambiguous}{}", get("/api/version", ""));
        stream.write_all(request.as_bytes()).unwrap();
        let answer = rest(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{ambiguous:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{ambiguous:?}: {answer}");
    }
}

#[test]
fn what_is_no_http_ends_the_connection_and_nothing_else() {
    let server = TestServer::start();
    let admin = server.admin();
    let hello = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), &[0x5a; 506]].concat();
    let noise: Vec<u8> = (0..100_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    for garbage in
        [hello.as_slice(), &noise, b"\0\0\0\0\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n\r\n\r\n\r\n"]
    {
        let mut stream = connect(&server);
        drop(stream.write_all(garbage));
        drop(stream.shutdown(std::net::Shutdown::Write));
        let answer = rest(&mut stream);
        let refused = ["", "HTTP/1.1 400 ", "HTTP/1.1 431 ", "HTTP/1.1 505 "];
        assert!(refused.contains(&answer.get(..13).unwrap_or_default()), "{answer}");
    }
    ten_normal_clients_are_answered(&admin);
}

/// Prepares a server on which any number of sign-ins may be under way.
fn without_limits() -> Setup {
    TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").env("DA_LOGIN_LIMIT_PER_ACCOUNT", "0")
}

#[test]
fn sixty_sign_ins_at_once_keep_no_other_request_waiting() {
    let server = without_limits().start();
    let admin = server.admin();
    let done = AtomicBool::new(false);
    let (checks, memory) = thread::scope(|scope| {
        let sign_ins: Vec<_> =
            (0..60).map(|_| scope.spawn(|| drop(server.stranger().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)))).collect();
        let checks = scope.spawn(|| {
            let mut times = Vec::new();
            while times.is_empty() || !done.load(Ordering::Relaxed) {
                times.push(timed(|| drop(admin.get("/auth/me").is(200))));
            }
            times
        });
        let memory = scope.spawn(|| {
            let mut most = 0;
            while most == 0 || !done.load(Ordering::Relaxed) {
                most = resident_mib(&server).max(most);
                thread::yield_now();
            }
            most
        });
        let end = SetOnDrop(&done);
        sign_ins.into_iter().for_each(|sign_in| sign_in.join().unwrap());
        drop(end);
        (checks.join().unwrap(), memory.join().unwrap())
    });
    let slowest = checks.iter().max().unwrap();
    assert!(*slowest < BAR, "{slowest:?}");
    assert!(memory < 700, "{memory} MiB");
    eprintln!("during 60 sign-ins: {} checks, the slowest {slowest:?}; {memory} MiB at most", checks.len());
}

#[test]
fn sign_ins_beyond_the_queue_are_told_to_come_back_and_are_no_failures() {
    let server = without_limits().env("DA_HASH_QUEUE", "2").start();
    let answers: Vec<_> = thread::scope(|scope| {
        let sign_ins: Vec<_> =
            (0..40).map(|_| scope.spawn(|| server.stranger().try_sign_in(ADMIN_EMAIL, ADMIN_PASSWORD))).collect();
        sign_ins.into_iter().map(|sign_in| sign_in.join().unwrap()).collect()
    });
    let mut busy = 0;
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        answer.clone().refused(503, "busy", &format!("The server is busy. Try again in {seconds} seconds"));
        busy += 1;
    }
    assert!(busy > 0, "the queue never overflowed");
    assert!(answers.iter().any(|answer| answer.status == 200));
    server.admin();
}

#[test]
fn three_hundred_tokens_are_listed_within_the_bar() {
    let server = TestServer::start();
    let admin = server.admin();
    thread::scope(|scope| {
        for thread in 0..10 {
            let admin = &admin;
            scope.spawn(move || (0..30).for_each(|n| drop(admin.create_token(&format!("t{thread}-{n}")))));
        }
    });
    for path in ["/auth/tokens", "/auth/admin/tokens"] {
        let elapsed = timed(|| assert_eq!(admin.get(path).is(200).json().as_array().unwrap().len(), 300, "{path}"));
        assert!(elapsed < BAR, "{path}: {elapsed:?}");
    }
    let elapsed = timed(|| drop(admin.get("/api/admin/audit?limit=300").is(200)));
    assert!(elapsed < BAR, "{elapsed:?}");
}

#[test]
fn a_server_that_runs_out_of_descriptors_recovers() {
    let limited = ["/bin/sh", "-c", r#"ulimit -n 96; exec "$@""#, "sh"];
    let server = TestServer::with_admin().under(limited).start();
    let admin = server.admin();
    for _ in 0..3 {
        let mut greedy: Vec<_> = (0..200).map(|_| connect(&server)).collect();
        // Whoever was let in is served, whoever was not is told so, and nobody hangs.
        for stream in &mut greedy {
            drop(stream.write_all(b"GET /live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        }
        let answers: Vec<_> = greedy.iter_mut().map(rest).collect();
        let served = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 200 ")).count();
        let refused = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 503 ")).count();
        assert!(served >= 16, "{served} served, {refused} refused");
        assert!(refused > 0 && served + refused <= 200, "{served} served, {refused} refused");
        drop(greedy);
        wait_for("the server to answer again", || (server.stranger().get("/ready").status == 200).then_some(()));
        ten_normal_clients_are_answered(&admin);
        admin.create_token("after");
    }
}
