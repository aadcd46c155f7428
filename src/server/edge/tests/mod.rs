//! The edge over loopback sockets, by hand: what no HTTP client would send.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

mod bodies;
mod certificate;
mod lifecycle;
mod requests;
mod rest;
mod slow;
mod tls;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use http::{Request, Response, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

use super::*;

/// A server under test and the way to end it.
struct Edge {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Edge {
    async fn start(limits: EdgeLimits) -> Self {
        Self::start_with(limits, None).await
    }

    async fn start_with(limits: EdgeLimits, tls: Option<TlsReloader>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, limits, Census::default(), tls, answer, async {
            let _ = stopped.await;
        }));
        Self { address, stop: Some(stop), task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `bytes` and returns everything that comes back until the server closes.
    async fn exchange(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.unwrap();
        read_to_end(&mut stream).await
    }

    /// Begins the shutdown and returns how long it took.
    async fn stop(mut self) -> Duration {
        let begun = Instant::now();
        self.stop.take().unwrap().send(()).unwrap();
        timeout(Duration::from_secs(10), &mut self.task).await.unwrap().unwrap();
        begun.elapsed()
    }
}

/// Limits short enough for a test; the ones a test is about are set by it.
fn quick() -> EdgeLimits {
    EdgeLimits {
        header_timeout: Duration::from_millis(300),
        idle_timeout: Duration::from_millis(600),
        body_timeout: Duration::from_millis(300),
        write_timeout: Duration::from_millis(500),
        max_body_bytes: 1024,
        shutdown_grace: Duration::from_secs(2),
        ..EdgeLimits::default()
    }
}

/// The service: `/echo` returns the body, the others what their names say.
async fn answer(request: Request<RequestBody>, peer: Peer) -> Response<Body> {
    let path = request.uri().to_string();
    match path.as_str() {
        "/echo" => echo(request).await,
        "/panic" => panic!("on purpose"),
        "/slow" => {
            tokio::time::sleep(Duration::from_millis(400)).await;
            Response::new(Body::from("slow"))
        }
        "/stuck" => std::future::pending().await,
        "/large" => Response::new(Body::from(vec![b'x'; 64 << 20])),
        "/tls" => Response::new(Body::from(matches!(peer, Peer::Network { tls: true, .. }).to_string())),
        _ => Response::new(Body::from(format!("{} {path}", request.method()))),
    }
}

async fn echo(request: Request<RequestBody>) -> Response<Body> {
    let (status, body) = match read_body(request.into_body()).await {
        Ok(bytes) => (StatusCode::OK, Body::from(bytes)),
        Err(BodyError::TooLarge) => (StatusCode::PAYLOAD_TOO_LARGE, Body::from("too large")),
        Err(BodyError::Timeout) => (StatusCode::REQUEST_TIMEOUT, Body::from("timeout")),
        Err(BodyError::Aborted(_)) => (StatusCode::BAD_REQUEST, Body::from("aborted")),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

/// Reads until the server closes; a server that does not fails the test. A reset counts as closing.
async fn read_to_end(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let read = timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes)).await;
    assert!(read.is_ok(), "still open after {:?}", String::from_utf8_lossy(&bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads one answer whose body is `body`, and leaves the connection open.
async fn expect_answer(stream: &mut TcpStream, body: &str) {
    let mut bytes = Vec::new();
    while !bytes.ends_with(format!("\r\n\r\n{body}").as_bytes()) {
        let mut byte = [0];
        let count = timeout(Duration::from_secs(5), stream.read(&mut byte)).await.unwrap().unwrap();
        assert_eq!(count, 1, "closed after {:?}", String::from_utf8_lossy(&bytes));
        bytes.push(byte[0]);
    }
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}
