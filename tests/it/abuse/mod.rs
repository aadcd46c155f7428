//! Clients that are slow, greedy or hostile, over raw sockets: they cost a bounded amount and keep nobody waiting
//! (S-40..S-42).
//!
//! Each test is the same experiment: while the abuse goes on, somebody who behaves asks again and again and is answered
//! each time, and the server's memory stays within a bound.

mod connections;
mod floods;
mod garbage;
mod lengths;
mod listeners;
mod lists;
mod slow;

use std::{
    fs,
    io::{ErrorKind, Read as _},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::{Api, SetOnDrop, TestServer};

/// How much more memory than before the abuse the server may ever hold during it (S-41), in KiB.
const MORE_MEMORY: u64 = 48 * 1024;
/// How often at least somebody who behaves asks.
const QUESTIONS: usize = 10;
/// Who behaves pauses between two questions: it is the abuse that shall load the server.
const PAUSE: Duration = Duration::from_millis(10);

/// Does `abuse` while somebody who behaves asks `question` again and again; both end the test by a panic. Tells under
/// `what` how it went.
fn beside<T>(server: &TestServer, what: &str, question: impl Fn() + Sync, abuse: impl FnOnce() -> T) -> T {
    let (before, done) = (memory(server, "VmRSS"), AtomicBool::new(false));
    let (outcome, times) = thread::scope(|scope| {
        let somebody = scope.spawn(|| {
            let mut times = Vec::new();
            while times.len() < QUESTIONS || !done.load(Ordering::Relaxed) {
                let begun = Instant::now();
                question();
                times.push(begun.elapsed());
                thread::sleep(PAUSE);
            }
            times
        });
        let end = SetOnDrop(&done);
        let outcome = abuse();
        drop(end);
        (outcome, somebody.join().unwrap())
    });
    let (now, peak, slowest) = (memory(server, "VmRSS"), memory(server, "VmHWM"), times.iter().max().unwrap());
    eprintln!(
        "{what}: {} questions answered, the slowest after {slowest:?}; {before} KiB before, {peak} at most, {now} after",
        times.len()
    );
    assert!(peak < before + MORE_MEMORY, "{what}: {before} KiB before, {peak} KiB at most");
    assert!(!server.log().contains("panicked"), "{what}: {}", server.log());
    outcome
}

/// As [`beside`], where the one who behaves asks who they are.
fn beside_a_client<T>(server: &TestServer, client: &Api, what: &str, abuse: impl FnOnce() -> T) -> T {
    beside(server, what, || drop(client.get("/auth/me").is(200)), abuse)
}

/// Returns a line of the server's `/proc/PID/status`, in KiB.
fn memory(server: &TestServer, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Makes room for hundreds of connections in the test's own process, whose soft limit is often 1024.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
}

fn connect(server: &TestServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
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

/// Returns the statuses of the answers in `text`, in order.
fn statuses(text: &str) -> Vec<&str> {
    text.match_indices("HTTP/1.1 ").map(|(at, _)| &text[at + 9..at + 12]).collect()
}
