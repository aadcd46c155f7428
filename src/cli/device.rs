//! What this machine tells a server of itself (K-05): a name for people, and a word by which it is known again.

use super::{context::Context, error::CliError};
use crate::domain::{Device, text::shown};

/// The file with the word, below the directory for caches and locks.
const FILE: &str = "device";

/// Returns the device as it signs in. Where nothing can be kept, as on a read-only home, it has no fingerprint.
pub(super) fn this(ctx: &Context) -> Result<Device, CliError> {
    Ok(Device::new(&label(ctx), fingerprint(ctx)?.as_deref()))
}

fn label(ctx: &Context) -> String {
    let os = std::env::consts::OS;
    match host(ctx) {
        Some(host) if !host.is_empty() => format!("{} ({os})", shown(&host)),
        _ => os.to_owned(),
    }
}

#[cfg(unix)]
fn host(_: &Context) -> Option<String> {
    Some(rustix::system::uname().nodename().to_string_lossy().into_owned())
}

#[cfg(not(unix))]
fn host(ctx: &Context) -> Option<String> {
    ctx.environment().text("COMPUTERNAME").ok().flatten().map(str::to_owned)
}

/// Returns the word, made at the first sign-in: random, so that it tells nothing about the machine.
pub(super) fn fingerprint(ctx: &Context) -> Result<Option<String>, CliError> {
    let Ok(dir) = ctx.settings()?.saved() else { return Ok(None) };
    Ok(dir.random_word(FILE, Device::MAX_FINGERPRINT_CHARS).ok())
}
