//! Opening an installation on its own host: data directory, master key, store, signing keys.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::settings::Values;
use crate::{
    app::{
        App, Settings,
        key_file::KeyFile,
        keys::{self, KeyError, SigningKeys},
        master_key::{MasterKey, MasterKeyError},
        token_limit::TokenLimit,
    },
    cli::{error::CliError, moment::SystemClock},
    domain::{Clock as _, Lifetime, TokenPolicy},
    store::{
        Reader, Store,
        sqlite::{self, DataDir, ReadOnlyStore, SqliteStore},
    },
};

/// An opened installation; the data directory is held as long as this lives.
pub(crate) struct Installation {
    pub(crate) dir: DataDir,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) app: Arc<App>,
    /// The master key that is in force.
    pub(crate) master: MasterKey,
}

/// Opens the installation that the settings name, making a new one in an empty directory.
pub(crate) fn open(values: &Values) -> Result<Installation, CliError> {
    open_by(values, None)
}

/// Opens the installation like [`open`]; the `other` key is tried when the one of the settings is not in force.
pub(crate) fn open_by(values: &Values, other: Option<&MasterKey>) -> Result<Installation, CliError> {
    // Settings first: a wrong one must leave nothing behind.
    let limits = limits(values)?;
    let dir = data_dir(values)?;
    let found = master_key(values, &dir)?;
    let (store, master) = open_store(values, &dir, found, other)?;
    assemble(dir, store, master, limits)
}

/// Opens the installation in `dir` with this key.
pub(crate) fn open_in(dir: DataDir, master: &MasterKey, limits: Settings) -> Result<Installation, CliError> {
    let fits = |reader: &dyn Reader| keys::refuse_unfit_store(reader, master);
    let store = SqliteStore::open_checked(&dir, master.chain_key(), &SystemClock, fits).map_err(said)?;
    assemble(dir, store, master.clone(), limits)
}

fn assemble(dir: DataDir, store: SqliteStore, master: MasterKey, limits: Settings) -> Result<Installation, CliError> {
    let store = Arc::new(store);
    let keys = SigningKeys::load(&*store, &master, SystemClock.now()).map_err(said)?;
    let app = App::new(store.clone(), Arc::new(SystemClock), keys, &master, limits);
    Ok(Installation { dir, store, app: Arc::new(app), master })
}

/// Opens the store with the key that was found, or else with the one that a change of keys, which was cut off, was about
/// to put in its place; ends that change.
fn open_store(
    values: &Values,
    dir: &DataDir,
    found: MasterKey,
    other: Option<&MasterKey>,
) -> Result<(SqliteStore, MasterKey), CliError> {
    let try_with = |key: &MasterKey| {
        let fits = |reader: &dyn Reader| keys::refuse_unfit_store(reader, key);
        SqliteStore::open_checked(dir, key.chain_key(), &SystemClock, fits)
    };
    let file = key_file(values, &dir.master_key());
    match try_with(&found) {
        Ok(store) => {
            file.map_or(Ok(()), |file| file.discard()).map_err(said)?;
            Ok((store, found))
        }
        Err(wrong @ KeyError::MasterKey(MasterKeyError::Wrong(_))) => {
            if let Some(file) = file
                && let Some(next) = file.next().map_err(said)?
                && let Ok(store) = try_with(&next)
            {
                let kept = file.install().map_err(said)?;
                tracing::info!(former = %kept.display(), "the change of the master key is complete");
                return Ok((store, next));
            }
            let opened = other.and_then(|other| try_with(other).ok().map(|store| (store, other.clone())));
            opened.ok_or_else(|| said(wrong))
        }
        Err(error) => Err(said(error)),
    }
}

/// Returns the file that holds the master key and can be replaced: none where the settings say where the key is.
pub(crate) fn key_file(values: &Values, default: &Path) -> Option<KeyFile> {
    (!is_key_set(values)).then(|| KeyFile::at(default))
}

fn is_key_set(values: &Values) -> bool {
    ["master_key", "master_key_file"].iter().any(|key| values.text(key).is_some())
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
    if let Some(key) = set_master_key(values)? {
        return Ok(key);
    }
    let path = dir.join("master.key");
    let key = MasterKey::read(&path).map_err(|error| match &error {
        MasterKeyError::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            said(error).with_hint("Name the data directory with `--data-dir`, or the key alone with DA_MASTER_KEY_FILE")
        }
        _ => said(error),
    })?;
    // A change of keys is going on, or was cut off: the next start ends it.
    let Some(next) = KeyFile::at(&path).next().map_err(said)? else { return Ok(key) };
    let store = ReadOnlyStore::open(dir, next.chain_key()).map_err(said)?;
    let is_next = (&store as &dyn Store).read(|reader| keys::check_master_key(reader, &next)).is_ok();
    Ok(if is_next { next } else { key })
}

/// Reads the master key that is set or lies in the data directory `dir`, if there is one.
pub(crate) fn present_master_key(values: &Values, dir: &Path) -> Result<Option<MasterKey>, CliError> {
    if let Some(key) = set_master_key(values)? {
        return Ok(Some(key));
    }
    let path = dir.join("master.key");
    if path.exists() { MasterKey::read(&path).map(Some).map_err(said) } else { Ok(None) }
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
        token_limit: TokenLimit(values.number("token_limit", 0, 1_000_000)?),
        ended_token_days: Some(values.number("ended_token_days", 0, 3_650)?).filter(|days| *days > 0),
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
