//! One connection, from accept to close.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
};

use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::Limited;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::timeout,
};

use super::{
    Body, EdgeLimits, Peer, RequestBody, TlsReloader,
    census::Seat,
    gate::{Gate, Handoff},
    refusal::{Refusal, RefusalCounts},
};

/// The first byte of a TLS record that carries a handshake.
const TLS_HANDSHAKE: u8 = 0x16;

/// What all connections of a server share.
pub(super) struct Shared<S> {
    pub(super) limits: Arc<EdgeLimits>,
    pub(super) tls: Option<TlsReloader>,
    pub(super) refusals: RefusalCounts,
    pub(super) service: S,
}

/// Serves `stream` until either side is done, or `shutdown` changes and the request in flight is answered. Keeps the
/// `seat` that long.
pub(super) async fn drive<S, F>(
    stream: TcpStream,
    address: SocketAddr,
    seat: Seat,
    shared: Arc<Shared<S>>,
    shutdown: watch::Receiver<bool>,
) where
    S: Fn(Request<RequestBody>, Peer) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    // Answers are written whole; waiting to fill a packet only costs the last of them 40 ms.
    let _ = stream.set_nodelay(true);
    match &shared.tls {
        None => speak_http(stream, Peer::Network { address, tls: false }, &shared, shutdown).await,
        // Boxed: what a handshake takes is no burden to connections without one.
        Some(tls) => Box::pin(speak_tls(stream, address, tls, &shared, shutdown)).await,
    }
    drop(seat);
}

async fn speak_tls<S, F>(
    stream: TcpStream,
    address: SocketAddr,
    tls: &TlsReloader,
    shared: &Shared<S>,
    mut shutdown: watch::Receiver<bool>,
) where
    S: Fn(Request<RequestBody>, Peer) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let handshake =
        timeout(shared.limits.header_timeout, Box::pin(shake_hands(stream, address, tls, &shared.refusals)));
    let shaken = tokio::select! {
        result = handshake => result.ok().flatten(),
        () = begun(&mut shutdown) => None,
    };
    if let Some(stream) = shaken {
        speak_http(stream, Peer::Network { address, tls: true }, shared, shutdown).await;
    }
}

/// Returns the encrypted stream; a client that speaks clear text is told so.
async fn shake_hands(
    mut stream: TcpStream,
    address: SocketAddr,
    tls: &TlsReloader,
    refusals: &RefusalCounts,
) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? == 0 {
        return None;
    }
    if first[0] != TLS_HANDSHAKE {
        let peer = Peer::Network { address, tls: false };
        let _ = stream.write_all(&Refusal::NotTls.raw_response(peer, refusals)).await;
        let _ = stream.shutdown().await;
        return None;
    }
    match tls.acceptor().accept(stream).await {
        Ok(stream) => Some(stream),
        Err(error) => {
            tracing::debug!(%error, "TLS handshake failed");
            None
        }
    }
}

/// Answers the requests of one connection. hyper is there only while they come: whatever it holds is given back when
/// the connection rests.
pub(super) async fn speak_http<I, S, F>(io: I, peer: Peer, shared: &Shared<S>, mut shutdown: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin,
    S: Fn(Request<RequestBody>, Peer) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let handoff = Arc::new(Handoff::default());
    let mut gate = Gate::new(io, Arc::clone(&shared.limits), Arc::clone(&handoff));
    let ended = loop {
        let begins = tokio::select! {
            begins = gate.request_begins() => begins,
            () = begun(&mut shutdown) => Ok(false),
        };
        match begins {
            Ok(true) => {}
            // Over TLS, the end is said.
            Ok(false) => break gate.shutdown().await,
            Err(error) => break Err(error),
        }
        let answered = Box::pin(answer(&mut gate, &handoff, peer, shared, &mut shutdown)).await;
        if answered.is_err() || !gate.take_rest() {
            break answered.map_err(io::Error::other);
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

/// Has hyper answer what comes through `gate`, until either side is done or the connection rests.
async fn answer<I, S, F>(
    gate: &mut Gate<I>,
    handoff: &Arc<Handoff>,
    peer: Peer,
    shared: &Shared<S>,
    shutdown: &mut watch::Receiver<bool>,
) -> hyper::Result<()>
where
    I: AsyncRead + AsyncWrite + Unpin,
    S: Fn(Request<RequestBody>, Peer) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let max_body = shared.limits.max_body_bytes;
    let service = service_fn(|request: Request<Incoming>| {
        let (handoff, answer, refusals) = (Arc::clone(handoff), shared.service.clone(), &shared.refusals);
        async move {
            let mut response = match handoff.take_refusal() {
                Some(refusal) => refusal.response(peer, refusals),
                None => {
                    let answered = caught(async { answer(prepared(request, max_body), peer).await }).await;
                    answered.unwrap_or_else(|Panicked| Refusal::Panic.response(peer, refusals))
                }
            };
            if handoff.has_input_left() {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .half_close(true)
            .header_read_timeout(None)
            .max_buf_size(shared.limits.max_head_bytes.max(8 * 1024) * 2)
            .serve_connection(TokioIo::new(gate), service)
    );
    tokio::select! {
        result = connection.as_mut() => result,
        () = begun(shutdown) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}

/// Waits until the server shuts down.
async fn begun(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|begun| *begun).await;
}

/// Bounds the body, and brings a target in absolute form, which names this server, to the form all others have.
fn prepared(request: Request<Incoming>, max_body_bytes: u64) -> Request<RequestBody> {
    let limit = usize::try_from(max_body_bytes).unwrap_or(usize::MAX);
    let mut request = request.map(|body| Limited::new(body, limit));
    if request.uri().authority().is_some() {
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    }
    request
}

/// The service panicked.
struct Panicked;

/// Awaits an answer; a panic on the way ends nothing else.
async fn caught(future: impl Future<Output = Response<Body>>) -> Result<Response<Body>, Panicked> {
    let mut future = pin!(future);
    let answer = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => std::task::Poll::Ready(Err(Panicked)),
    });
    answer.await
}
