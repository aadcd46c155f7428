//! The accept loop of the admin socket, on the server's own host (O-01).
//!
//! Who may open the socket is decided by its file, mode 0600 in a directory of the same user; the kernel's word on the
//! other end is asked beside, so that a mistake with the file's mode opens nothing.

use std::{future::Future, pin::pin, sync::Arc};

use http::{Request, Response};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::watch,
    task::JoinSet,
    time::sleep,
};

use super::{
    Body, EdgeLimits, Peer, RefusalCounts, RequestBody,
    connection::{Shared, speak_http},
    listen::{FIRST_PAUSE, finish, report_panic},
};

/// Connections at once: commands of one operator.
const MAX_CONNECTIONS: usize = 32;

/// Serves HTTP/1.1 on the admin socket until `shutdown` is ready, as [`serve`](super::serve) does on a network's.
/// Only this process's own user and root are answered.
pub async fn serve_host<S, F>(
    listener: UnixListener,
    limits: EdgeLimits,
    refusals: RefusalCounts,
    service: S,
    shutdown: impl Future<Output = ()>,
) where
    S: Fn(Request<RequestBody>, Peer) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let limits = Arc::new(limits);
    let shared = Arc::new(Shared { limits: Arc::clone(&limits), tls: None, refusals, service });
    let (begin_shutdown, shutdown_begun) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = shutdown.as_mut() => break,
            Some(ended) = connections.join_next() => { report_panic(ended); continue }
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let Some(uid) = admitted(&stream) else { continue };
                let (shared, shutdown_begun) = (Arc::clone(&shared), shutdown_begun.clone());
                connections.spawn(async move { speak_http(stream, Peer::Host { uid }, &shared, shutdown_begun).await });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections on the admin socket");
                tokio::select! {
                    () = shutdown.as_mut() => break,
                    () = sleep(FIRST_PAUSE) => {}
                }
            }
        }
    }
    drop(listener);
    let _ = begin_shutdown.send(true);
    finish(connections, limits.shutdown_grace).await;
}

/// Returns the user at the other end, if it is one that may be there.
fn admitted(stream: &UnixStream) -> Option<u32> {
    let uid = match stream.peer_cred() {
        Ok(peer) => peer.uid(),
        Err(error) => {
            tracing::warn!(%error, "a caller of the admin socket is not known, and not answered");
            return None;
        }
    };
    if uid == 0 || uid == rustix::process::geteuid().as_raw() {
        return Some(uid);
    }
    tracing::warn!(uid, "another user opened the admin socket, and is not answered");
    None
}
