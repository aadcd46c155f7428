//! A restore that is only tried: everything that a real one and the next start of the server do, beside the backup.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{backup::examine, contents::Contents, host, settings::Values};
use crate::{
    app::{
        master_key::MasterKey,
        readiness::{Health, overall},
    },
    cli::error::CliError,
    store::{
        StoreError, Writer,
        file_owner::give_to_owner_beside,
        sqlite::{self, DataDir, ReadOnlyStore},
    },
};

/// A directory that is gone, with all in it, when this is dropped.
struct Stage(PathBuf);

impl Stage {
    /// Makes it beside `backup`, where there is room for a copy.
    fn beside(backup: &Path) -> Result<Self, CliError> {
        let mut name = backup.file_name().unwrap_or_default().to_owned();
        name.push(".rehearsal");
        let path = backup.with_file_name(name);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let failed = |error| {
            CliError::failed(format!("Cannot make the directory `{}`: {error}", path.display()))
                .with_hint("The rehearsal takes place beside the backup: put a copy of that where there is room")
        };
        builder.create(&path).map_err(failed)?;
        // A crash leaves it there.
        let parent = backup.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(&path).and_then(|dir| give_to_owner_beside(backup, parent, &dir)).map_err(failed)?;
        Ok(Self(path))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "the rehearsal's directory stays");
        }
    }
}

/// Restores `backup`, opens it as the server would, pending upgrades included, checks what came of it, and removes it.
/// Returns what the backup and what the opened store hold.
pub(crate) fn rehearse(values: &Values, backup: &Path) -> Result<(Contents, Contents), CliError> {
    let limits = host::limits(values)?;
    let master = host::existing_master_key(values, &host::data_path(values)?)?;
    let before = examine(backup, &master)?;
    let stage = Stage::beside(backup)?;
    let after = play(&stage.0, backup, &master, limits)?;
    if (after.rows.users, after.rows.tokens) != (before.rows.users, before.rows.tokens) {
        return Err(CliError::failed(format!("The restored store differs: {}, not {}", after.line(), before.line())));
    }
    Ok((before, after))
}

fn play(stage: &Path, backup: &Path, master: &MasterKey, limits: crate::app::Settings) -> Result<Contents, CliError> {
    let dir = DataDir::open(stage).map_err(host::said)?;
    let accepted = |_: &dyn Writer| Ok::<_, StoreError>(());
    sqlite::restore(&dir, backup, &master.chain_key(), accepted).map_err(host::said)?;
    let installation = host::open_in(dir, master, limits)?;
    let findings = installation.app.readiness();
    installation.app.finish();
    installation.store.close();
    if overall(&findings) == Health::Error {
        let failed = findings.iter().filter(|finding| finding.health == Health::Error).map(|finding| finding.name);
        let failed = failed.collect::<Vec<_>>().join(", ");
        return Err(CliError::failed(format!("The restored store does not serve: {failed}")));
    }
    Contents::of(&ReadOnlyStore::open(stage, master.chain_key()).map_err(host::said)?, master)
}
