//! Backups that the server takes by itself, each checked whole before it counts (O-05).

use std::{
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};

use super::{
    backup::examine,
    host::{self, Installation},
    settings::Values,
};
use crate::{
    app::{App, master_key::MasterKey},
    cli::error::CliError,
    domain::Timestamp,
    store::sqlite::BackupSeries,
};

/// How soon one that failed is tried again.
const AGAIN: Duration = Duration::from_secs(10 * 60);
/// How long to wait at most before looking at the clock again, which may be set meanwhile.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// Returns how far apart they are; nothing when they are off.
pub(crate) fn period(values: &Values) -> Result<Option<Duration>, CliError> {
    let hours: u64 = values.number("backup_hours", 0, 24 * 365)?;
    Ok((hours > 0).then(|| Duration::from_secs(hours * 60 * 60)))
}

/// The thread that takes them; it ends with this, and what it is at counts for nothing then.
pub(crate) struct ScheduledBackups {
    _running: Sender<()>,
}

impl ScheduledBackups {
    /// Starts to take them, if they are on.
    pub(crate) fn start(values: &Values, installation: &Installation) -> Result<Option<Self>, CliError> {
        let Some(period) = period(values)? else { return Ok(None) };
        let master = host::existing_master_key(values, installation.dir.path())?;
        let series = BackupSeries::of(&installation.dir);
        let app = Arc::clone(&installation.app);
        let (running, ended) = channel();
        let take = move || {
            loop {
                let wait =
                    due(&series, &app, period).map_or_else(|| run(&series, &app, &master), |wait| wait.min(LOOK));
                if ended.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        };
        thread::Builder::new().name("da-backup".to_owned()).spawn(take).map_err(host::said)?;
        Ok(Some(Self { _running: running }))
    }
}

/// Returns how long there is until the next; nothing if it is due.
fn due(series: &BackupSeries, app: &App, period: Duration) -> Option<Duration> {
    let now = app.now();
    let newest = series.newest(now).ok().flatten()?;
    app.note_backup_of(newest);
    period.checked_sub(now.since(newest)).filter(|left| !left.is_zero())
}

/// Takes one; returns how long to wait.
fn run(series: &BackupSeries, app: &App, master: &MasterKey) -> Duration {
    let now: Timestamp = app.now();
    let taken = series.take(now, |file| examine(file, master).map(drop).map_err(Failed::Check));
    match taken {
        Ok(path) => {
            app.note_backup(Some(now));
            tracing::info!(backup = %path.display(), "backed up, and checked");
            LOOK
        }
        Err(error) => {
            app.note_backup(None);
            tracing::error!(%error, "the scheduled backup failed");
            AGAIN
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error("the copy is not sound: {0}")]
    Check(CliError),
}
