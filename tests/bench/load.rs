//! The load generator: connections that stay open, each with one request on its way at any time.
//!
//! It runs on one thread, spends a system call on each request and one on each answer, and looks into an answer no
//! further than it must, so that the server and not its client is measured.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

/// How many connections ask at once where nothing else is said.
pub(crate) const CONNECTIONS: usize = 32;

/// What came of a load.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How long each answer took, in microseconds.
    micros: Vec<u32>,
    elapsed: Duration,
}

impl Outcome {
    /// Returns the requests per second.
    pub(crate) fn rate(&self) -> f64 {
        self.micros.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// Returns the time within which 99 of 100 were answered, in microseconds.
    pub(crate) fn p99(mut self) -> f64 {
        self.micros.sort_unstable();
        f64::from(self.micros[self.micros.len() * 99 / 100])
    }
}

/// Sends `request` over and over for `time`; every answer must have `status`.
pub(crate) fn apply(server: SocketAddr, request: &[u8], status: u16, connections: usize, time: Duration) -> Outcome {
    let began = Instant::now();
    let end = began + time;
    let results = together(connections, |_| {
        let request = request.to_vec();
        async move {
            let mut connection = Connection::open(server).await?;
            let mut micros = Vec::with_capacity(64 * 1024);
            let mut asked = Instant::now();
            while asked < end {
                let answered = connection.ask(&request).await?;
                assert_eq!(answered, status, "{}", connection.last_answer());
                let now = Instant::now();
                micros.push(u32::try_from((now - asked).as_micros()).unwrap_or(u32::MAX));
                asked = now;
            }
            Ok(micros)
        }
    });
    Outcome { micros: results.concat(), elapsed: began.elapsed() }
}

/// Runs one `client` per connection on this thread, until all are done; none may fail.
pub(crate) fn together<T, F>(connections: usize, client: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let clients: JoinSet<io::Result<T>> = (0..connections).map(client).collect();
        clients.join_all().await.into_iter().map(|done| done.expect("the server answers")).collect()
    })
}

/// A connection that is kept open.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
    /// The length of the answer before: most are alike, and need not be taken apart again.
    usual: usize,
}

impl Connection {
    pub(crate) async fn open(server: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(16 * 1024), usual: 0 })
    }

    /// Sends `request` and returns the status of its answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        while !self.is_whole() {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.usual = self.answer.len();
        let status = self.answer.strip_prefix(b"HTTP/1.1 ").and_then(|rest| std::str::from_utf8(&rest[..3]).ok());
        status.and_then(|digits| digits.parse().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Returns the answer to the request before.
    pub(crate) fn last_answer(&self) -> String {
        String::from_utf8_lossy(&self.answer).into_owned()
    }

    fn is_whole(&self) -> bool {
        !self.answer.is_empty() && (self.answer.len() == self.usual || length(&self.answer) == Some(self.answer.len()))
    }
}

/// Returns how long the answer at the start of `bytes` is in all, once its head is there.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..end]).ok()?.to_ascii_lowercase();
    let digits = head.split("\r\n").find_map(|line| line.strip_prefix("content-length:"));
    Some(end + digits.map_or(Ok(0), |digits| digits.trim().parse::<usize>()).ok()?)
}
