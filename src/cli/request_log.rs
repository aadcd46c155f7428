//! The log of `-v`.

use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Shows the calls of our own client on stderr. The libraries beneath log headers, and so the token: they stay silent
/// at every level (S-65).
pub(crate) fn start() {
    let ours = Targets::new().with_target("da::client", tracing::Level::DEBUG);
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_target(false).without_time();
    // A subscriber that is already there is the caller's choice.
    let _ = tracing_subscriber::registry().with(lines).with(ours).try_init();
}
