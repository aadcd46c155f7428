//! Opening an installation on its own host: data directory, master key, store, signing keys.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::settings::Values;
use crate::{
    app::{
        App, Settings,
        keys::{self, SigningKeys},
        master_key::{MasterKey, MasterKeyError},
    },
    cli::{error::CliError, moment::SystemClock},
    domain::{Clock as _, Lifetime, TokenPolicy},
    store::{
        Reader,
        sqlite::{self, DataDir, SqliteStore},
    },
};

/// An opened installation; the data directory is held as long as this lives.
pub(crate) struct Installation {
    pub(crate) dir: DataDir,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) app: Arc<App>,
}

/// Opens the installation that the settings name, making a new one in an empty directory.
pub(crate) fn open(values: &Values) -> Result<Installation, CliError> {
    // Settings first: a wrong one must leave nothing behind.
    let limits = limits(values)?;
    let dir = data_dir(values)?;
    let master = master_key(values, &dir)?;
    let fits = |reader: &dyn Reader| keys::refuse_wrong_master_key(reader, &master);
    let store = SqliteStore::open_checked(&dir, master.chain_key(), &SystemClock, fits).map_err(said)?;
    let store = Arc::new(store);
    let keys = SigningKeys::load(&*store, &master, SystemClock.now()).map_err(said)?;
    let app = App::new(store.clone(), Arc::new(SystemClock), keys, &master, limits);
    Ok(Installation { dir, store, app: Arc::new(app) })
}

/// Opens an installation that must be there: a mistyped directory must not become a new, empty installation, in which
/// whatever the operator did would be of no effect on the server.
pub(crate) fn open_existing(values: &Values) -> Result<Installation, CliError> {
    sqlite::refuse_empty(&data_path(values)?).map_err(said)?;
    open(values)
}

/// Returns where the data directory is.
pub(crate) fn data_path(values: &Values) -> Result<PathBuf, CliError> {
    values.path("data_dir").ok_or_else(|| {
        CliError::usage("There is no home for the server's data", "Name a directory with `--data-dir` or `DA_DATA_DIR`")
    })
}

/// Takes hold of the data directory.
pub(crate) fn data_dir(values: &Values) -> Result<DataDir, CliError> {
    DataDir::open(&data_path(values)?).map_err(said)
}

/// Finds the master key of a store that is there, without taking hold of its directory.
pub(crate) fn existing_master_key(values: &Values, dir: &Path) -> Result<MasterKey, CliError> {
    match set_master_key(values)? {
        Some(key) => Ok(key),
        None => MasterKey::read(&dir.join("master.key")).map_err(said),
    }
}

/// Tells whether a master key is set or in place, without reading it.
pub(crate) fn has_master_key(values: &Values, dir: &DataDir) -> bool {
    let set = ["master_key", "master_key_file"].iter().any(|key| values.text(key).is_some());
    set || dir.master_key().exists()
}

fn set_master_key(values: &Values) -> Result<Option<MasterKey>, CliError> {
    if let Some(text) = values.secret("master_key") {
        return MasterKey::parse(&text, "DA_MASTER_KEY").map(Some).map_err(said);
    }
    values.path("master_key_file").map(|file| MasterKey::read(&file).map_err(said)).transpose()
}

/// Finds the master key: variable, named file, or the file in the data directory, made with the store (D-08).
pub(crate) fn master_key(values: &Values, dir: &DataDir) -> Result<MasterKey, CliError> {
    if let Some(key) = set_master_key(values)? {
        return Ok(key);
    }
    let file = dir.master_key();
    if file.exists() {
        MasterKey::read(&file).map_err(said)
    } else if dir.is_initialised().map_err(said)? {
        Err(said(MasterKeyError::Missing(file)))
    } else {
        MasterKey::create(&file).map_err(said)
    }
}

/// Reads the limits; a switched-off one is said in the log at the start (D-16).
pub(crate) fn limits(values: &Values) -> Result<Settings, CliError> {
    let minutes = |minutes: u64| std::time::Duration::from_secs(minutes * 60);
    let hours = |hours: u64| minutes(hours * 60);
    let days = |days: u64| hours(days * 24);
    let unless_off = |span: std::time::Duration| (!span.is_zero()).then_some(span);
    Ok(Settings {
        session_lifetime: hours(values.number("session_hours", 1, 24)?),
        access_lifetime: minutes(values.number("access_minutes", 1, 24 * 60)?),
        refresh_lifetime: days(values.number("refresh_days", 1, 365)?),
        refresh_idle: unless_off(days(values.number("refresh_idle_days", 0, 365)?)),
        browser_idle: unless_off(hours(values.number("browser_idle_hours", 0, 24)?)),
        sessions_per_user: values.number("sessions_per_user", 0, 10_000)?,
        tokens: TokenPolicy::new(values.number("token_max_days", 0, Lifetime::MAX_DAYS)?),
        reset_lifetime: hours(values.number("reset_hours", 1, 168)?),
        login_limit_per_address: values.number("login_limit_per_address", 0, u32::MAX)?,
        login_limit_per_account: values.number("login_limit_per_account", 0, u32::MAX)?,
        hash_queue: values.number("hash_queue", 0, 10_000)?,
        external_hint: values.switch("external_hint")?,
    })
}

/// Turns an error of the layers below into the one line that a person reads, with what lies behind it.
pub(crate) fn said(error: impl std::error::Error) -> CliError {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        cause = error.source();
    }
    CliError::failed(sentence(&message))
}

/// Errors of the layers below begin in lower case, as they may stand behind a colon.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
