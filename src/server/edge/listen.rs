//! The accept loop (S-40, S-52).

use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use http::{Request, Response};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinError, JoinSet},
    time::{sleep, timeout},
};

use super::{
    Body, EdgeLimits, Peer, RequestBody, TlsReloader,
    census::Census,
    connection::{Shared, drive},
    refusal::{Refusal, RefusalCounts},
};

/// The pause after an accept error that will not pass by itself at once, such as running out of descriptors.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Serves HTTP/1.1 on `listener`, over TLS if `tls` is given, until `shutdown` is ready.
///
/// Connections are counted in `census`. Every well-formed request goes to `service`, in any order between connections.
/// Then the listener closes, idle and half-open connections end at once, and requests in flight have
/// `limits.shutdown_grace` to finish.
///
/// A connection beyond the limits is answered 503 and closed rather than left waiting in the backlog: waiting would
/// last as long as the strangers who hold the other connections please, while a refusal tells client and load balancer
/// the truth at once.
pub async fn serve<S, F>(
    listener: TcpListener,
    limits: EdgeLimits,
    census: Census,
    tls: Option<TlsReloader>,
    service: S,
    shutdown: impl Future<Output = ()>,
) where
    S: Fn(Request<RequestBody>, Peer) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let limits = Arc::new(limits);
    let shared = Arc::new(Shared { limits: Arc::clone(&limits), tls, refusals: census.refusals().clone(), service });
    let (begin_shutdown, shutdown_begun) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    let mut pause = FIRST_PAUSE;
    loop {
        let accepted = tokio::select! {
            () = shutdown.as_mut() => break,
            Some(ended) = connections.join_next() => { report_panic(ended); continue }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                pause = FIRST_PAUSE;
                match census.admit(address.ip(), &limits) {
                    Ok(seat) => {
                        connections.spawn(drive(stream, address, seat, Arc::clone(&shared), shutdown_begun.clone()));
                    }
                    Err(full) => {
                        tracing::debug!(peer = %address, ?full, "connection refused");
                        if shared.tls.is_none() {
                            turn_away(&stream, address, &shared.refusals);
                        }
                    }
                }
            }
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, pause_ms = pause.as_millis(), "cannot accept connections");
                tokio::select! {
                    () = shutdown.as_mut() => break,
                    () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                }
            }
        }
    }
    drop(listener);
    let _ = begin_shutdown.send(true);
    finish(connections, limits.shutdown_grace).await;
}

/// Waits for the connections to end, and ends them when the grace is over.
pub(super) async fn finish(mut connections: JoinSet<()>, grace: Duration) {
    let all_ended = async {
        while let Some(ended) = connections.join_next().await {
            report_panic(ended);
        }
    };
    if timeout(grace, all_ended).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests cut off at the end of the shutdown grace");
        connections.shutdown().await;
    }
}

pub(super) fn report_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection panicked");
    }
}

/// Tells whether an accept error is over with the connection it came from (`accept(2)`).
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted | Kind::ConnectionReset | Kind::ConnectionRefused | Kind::Interrupted
    )
}

/// Writes 503 as far as the socket takes it without waiting (a fresh one takes it whole), and closes.
fn turn_away(stream: &TcpStream, address: SocketAddr, refusals: &RefusalCounts) {
    let peer = Peer::Network { address, tls: false };
    if let Err(error) = stream.try_write(&Refusal::Busy.raw_response(peer, refusals)) {
        tracing::debug!(peer = %address, %error, "not told that it is refused");
    }
}
