//! The running server: runtime, signals, housekeeping, orderly end (S-52).

#[cfg(unix)]
use std::os::unix::net::UnixListener;
use std::{
    error::Error as _,
    io,
    net::{SocketAddr, TcpListener as StdListener},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::TcpListener,
    sync::watch,
    time::{interval, sleep},
};

use super::{
    Server,
    edge::{self, Census, EdgeLimits, TlsReloader},
    handlers::metrics::answer_alone,
    router::url_map,
    service,
};
use crate::app::App;

/// Threads for use cases: the sign-ins that wait for their turn to hash, and room for everything else beside them.
const EXTRA_BLOCKING_THREADS: usize = 64;
/// How often ended sessions are swept and the head of the audit log is noted.
const HOUSEKEEPING: Duration = Duration::from_secs(60 * 60);

/// Connections that may wait to be accepted. The standard library has 128 wait: behind a burst of more, whoever comes is
/// not heard by the system, and tries again after a second.
#[cfg(unix)]
const BACKLOG: i32 = 1024;

/// A bound socket, not yet served.
pub struct Bound {
    listener: StdListener,
    /// Has the metrics and nothing else (M-49).
    metrics: Option<StdListener>,
    tls: Option<TlsReloader>,
    limits: EdgeLimits,
    #[cfg(unix)]
    admin_socket: Option<UnixListener>,
}

impl Bound {
    /// Binds `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// Those of the system.
    pub fn new(address: SocketAddr, tls: Option<TlsReloader>, limits: EdgeLimits) -> io::Result<Self> {
        Ok(Self {
            listener: bind(address)?,
            metrics: None,
            tls,
            limits,
            #[cfg(unix)]
            admin_socket: None,
        })
    }

    /// Serves on the admin socket too (O-01).
    ///
    /// # Errors
    /// Those of the system.
    #[cfg(unix)]
    pub fn with_admin_socket(self, listener: UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { admin_socket: Some(listener), ..self })
    }

    /// Binds `address` for the metrics too.
    ///
    /// # Errors
    /// Those of the system.
    pub fn with_metrics(self, address: SocketAddr) -> io::Result<Self> {
        Ok(Self { metrics: Some(bind(address)?), ..self })
    }

    /// Returns where the metrics have a listener of their own.
    ///
    /// # Errors
    /// Those of the system.
    pub fn metrics_url(&self) -> io::Result<Option<String>> {
        let url = |listener: &StdListener| Ok(format!("http://{}/metrics", listener.local_addr()?));
        self.metrics.as_ref().map(url).transpose()
    }

    /// Returns where clients reach it, on this machine.
    ///
    /// # Errors
    /// Those of the system.
    pub fn url(&self) -> io::Result<String> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}", self.listener.local_addr()?))
    }

    /// Serves until the process is told to end, then finishes what is in flight. Calls `announce` once a signal to end
    /// is heeded: whoever reads where the server is may tell it to end at once.
    ///
    /// # Errors
    /// Those of the system and of `announce`.
    pub fn serve(self, server: Arc<Server>, announce: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let waiting = server.app.settings().hash_queue;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_name("da-http")
            .max_blocking_threads(waiting + EXTRA_BLOCKING_THREADS)
            .build()?;
        let served = runtime.block_on(self.run(server, announce));
        // Work whose client was cut off may still wait for a lock; it is not acknowledged, and not waited for (S-52).
        runtime.shutdown_timeout(Duration::from_secs(1));
        served
    }

    async fn run(self, server: Arc<Server>, announce: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let listener = TcpListener::from_std(self.listener)?;
        let shutdown = told_to_end()?;
        tokio::spawn(keep_house(Arc::clone(&server.app)));
        tokio::spawn(watch_endings(Arc::clone(&server.app)));
        tokio::spawn(store_login_limits(Arc::clone(&server.app)));
        #[cfg(unix)]
        tokio::spawn(reload_on_hangup(self.tls.clone())?);
        announce()?;
        let map = Arc::new(url_map());
        let (census, metrics_of) = (server.metrics.connections().clone(), Arc::clone(&server));
        let service = move |request, peer| service::respond(Arc::clone(&server), Arc::clone(&map), request, peer);
        let (end, ended) = watch::channel(());
        tokio::spawn(async move {
            shutdown.await;
            drop(end);
        });
        let until = |mut ended: watch::Receiver<()>| async move { drop(ended.changed().await) };
        #[cfg(unix)]
        let host = {
            let socket = self.admin_socket.map(tokio::net::UnixListener::from_std).transpose()?;
            let (limits, service, ended) = (self.limits.clone(), service.clone(), until(ended.clone()));
            let refusals = census.refusals().clone();
            async move {
                if let Some(socket) = socket {
                    edge::serve_host(socket, limits, refusals, service, ended).await;
                }
            }
        };
        #[cfg(not(unix))]
        let host = async {};
        let metrics = self.metrics.map(TcpListener::from_std).transpose()?;
        let (limits, metrics_limits) = match &metrics {
            Some(_) => self.limits.divided(),
            None => (self.limits.clone(), self.limits),
        };
        let metrics = serve_metrics(metrics, metrics_limits, metrics_of, until(ended.clone()));
        let network = edge::serve(listener, limits, census, self.tls, service, until(ended));
        tokio::join!(network, host, metrics);
        Ok(())
    }
}

fn bind(address: SocketAddr) -> io::Result<StdListener> {
    let listener = StdListener::bind(address)?;
    listener.set_nonblocking(true)?;
    #[cfg(unix)]
    rustix::net::listen(&listener, BACKLOG)?;
    Ok(listener)
}

/// Serves the metrics on a listener of their own, if there is one: scrapes are short, none of them is waited for long.
/// Their connections are no clients', and not counted with them.
async fn serve_metrics(
    listener: Option<TcpListener>,
    limits: EdgeLimits,
    server: Arc<Server>,
    shutdown: impl Future<Output = ()>,
) {
    let Some(listener) = listener else { return };
    let limits = EdgeLimits { shutdown_grace: Duration::from_secs(1), ..limits };
    let census = Census::beside(server.metrics.connections().refusals());
    let service = move |request, _| answer_alone(Arc::clone(&server), request);
    edge::serve(listener, limits, census, None, service, shutdown).await;
}

/// Counts the tokens that end soon, over and over, and rests a thousand times as long as it took, a minute at least: it
/// never costs more than a thousandth of a core, however many tokens there are.
async fn watch_endings(app: Arc<App>) {
    loop {
        let (began, counting) = (Instant::now(), Arc::clone(&app));
        let counted = tokio::task::spawn_blocking(move || counting.count_tokens_ending()).await;
        if let Ok(Err(error)) = counted {
            tracing::warn!(%error, "tokens that end soon were not counted");
        }
        sleep((began.elapsed() * 1000).max(Duration::from_secs(60))).await;
    }
}

/// Stores failed sign-ins within a second. A store that cannot be written is tried again after a minute: until then
/// memory knows the failures, and sign-ins go on.
async fn store_login_limits(app: Arc<App>) {
    loop {
        sleep(Duration::from_secs(1)).await;
        if !app.has_login_limits_to_store() {
            continue;
        }
        let app = Arc::clone(&app);
        let stored = tokio::task::spawn_blocking(move || app.store_login_limits()).await;
        if let Ok(Err(error)) = stored {
            // The store itself warns of a change that it could not write.
            tracing::debug!(%error, "failed sign-ins were not stored: a restart now would forget them");
            sleep(Duration::from_secs(60)).await;
        }
    }
}

/// Sweeps what has ended, and notes the head of the audit log outside of the store (D-12), at the start and hourly.
async fn keep_house(app: Arc<App>) {
    let mut ticks = interval(HOUSEKEEPING);
    loop {
        ticks.tick().await;
        let app = Arc::clone(&app);
        let done = tokio::task::spawn_blocking(move || tidy(&app)).await;
        if let Err(error) = done {
            tracing::error!(%error, "housekeeping failed");
        }
    }
}

fn tidy(app: &App) {
    match app.sweep() {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "swept ended sessions"),
        Err(error) => tracing::warn!(%error, "ended sessions were not swept"),
    }
    match app.sweep_tokens() {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "removed ended tokens"),
        Err(error) => tracing::warn!(%error, "ended tokens were not removed"),
    }
    note_audit_head(app);
}

/// Writes the head of the audit log to the log, where whoever changes the store does not reach it.
pub fn note_audit_head(app: &App) {
    match app.audit_head() {
        Ok(Some(head)) if head.seq == 0 => {}
        Ok(Some(head)) => tracing::info!(%head, "audit log"),
        Ok(None) => tracing::error!("the head of the audit log is missing; run `da server audit verify`"),
        Err(error) => tracing::warn!(%error, "the head of the audit log is not known"),
    }
}

#[cfg(unix)]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        let signal = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal, "ending: finishing what is in flight");
    })
}

#[cfg(not(unix))]
fn told_to_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
        tracing::info!("ending: finishing what is in flight");
    })
}

/// Heeds SIGHUP without a certificate too: it would end the server, and whoever asks for a reload does not want that.
#[cfg(unix)]
fn reload_on_hangup(tls: Option<TlsReloader>) -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            match tls.as_ref().map(TlsReloader::reload) {
                Some(Ok(())) => tracing::info!("certificate and key reloaded"),
                Some(Err(error)) => {
                    let cause = error.source().map(ToString::to_string);
                    tracing::error!(%error, cause, "certificate and key not reloaded; the old ones stay in use");
                }
                None => tracing::info!("SIGHUP: there is no certificate to reload; other settings need a restart"),
            }
        }
    })
}
