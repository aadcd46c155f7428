//! The settings of the server that runs on a data directory: it is asked through its admin socket, as flags and variables
//! of a service are not those of the shell beside it.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use super::admin_socket;
use crate::{
    api::settings::{List, SettingItem},
    cli::{
        context::Context,
        error::{CliError, Doing as _},
    },
};

/// What came of asking.
pub(crate) enum Asked {
    /// No server runs on the directory.
    NoServer,
    /// Every setting of the server.
    Told(Vec<SettingItem>),
    /// A server runs, but does not answer.
    Refused(CliError),
}

/// Asks the server that runs on the data directory `dir`.
pub(crate) fn settings(ctx: &Context, dir: &Path) -> Asked {
    if !is_served(dir).is_ok_and(|served| served) {
        return Asked::NoServer;
    }
    let action = "Could not ask the server for its settings";
    let told = admin_socket::connect(ctx, dir).and_then(|server| server.get::<List>(()).doing(action));
    told.map_or_else(Asked::Refused, Asked::Told)
}

/// Tells whether a server holds the lock file; the question takes it for an instant if nobody does.
pub(crate) fn is_served(dir: &Path) -> io::Result<bool> {
    File::open(dir.join("lock")).and_then(|lock| match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    })
}
