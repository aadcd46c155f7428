//! `da server restore`: a backup becomes the store of an empty place (O-05, S-56).

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{
    host,
    rehearsal::rehearse,
    settings::{HostArgs, Values, refuse_stream},
};
use crate::{
    app::{
        SystemScope,
        keys::KeyError,
        master_key::{MasterKey, MasterKeyError},
        restore::{RestoreError, accept_backup},
    },
    cli::{context::Context, error::CliError, moment::SystemClock},
    domain::{Clock as _, audit::ChainKey},
    store::{
        StoreError, Writer,
        sqlite::{self, DataDir},
    },
};

const EXAMPLES: &str = "\
Examples:
  da server restore /backups/da-2026-11-22.db
  da server restore nightly.db --data-dir /var/lib/da
  da server restore nightly.db --rehearse";

/// Put a backup in place, with the server stopped
///
/// Checks the backup first, and never overwrites a store: move the old one away before. A master key that is set or in
/// place must be the one of the backup; without one, put it in place before the server starts. The restore is recorded
/// in the audit log.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RestoreArgs {
    /// Backup to put in place
    file: PathBuf,
    /// Only try it, beside the backup: restore, open as the server would, check, remove; the server may run
    #[arg(long)]
    rehearse: bool,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) fn run(ctx: &Context, args: &RestoreArgs) -> Result<(), CliError> {
    refuse_stream(&args.file, "The backup")?;
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    if args.rehearse {
        return try_out(ctx, args, &values);
    }
    // First, so that a key that cannot be read leaves nothing behind.
    let master = host::present_master_key(&values, &host::data_path(&values)?)?;
    let dir = host::data_dir(&values)?;
    {
        let _spinner = ctx.ui().spinner("Checking and copying the backup");
        put_in_place(&dir, &args.file, master.as_ref())?;
    }
    let has_key = master.is_some();
    if ctx.ui().is_json() {
        let (data_dir, file) = (dir.path(), &args.file);
        return ctx.ui().json(&json!({ "file": file, "data_dir": data_dir, "has_master_key": has_key }));
    }
    if !has_key {
        let key = dir.master_key();
        ctx.ui().warn(&format!("Before the server starts, put the master key of this backup at {}", key.display()));
    }
    ctx.ui().note("What was revoked or switched off after this backup works again: look through tokens and users");
    ctx.ui().line(&format!("Restored {} into {}", args.file.display(), dir.path().display()))
}

/// Restores the backup. Without a master key nobody can tell whether its audit log is whole, or add a row to it.
fn put_in_place(dir: &DataDir, file: &Path, master: Option<&MasterKey>) -> Result<(), CliError> {
    let Some(master) = master else {
        let accepted = |_: &dyn Writer| Ok::<_, StoreError>(());
        return sqlite::restore(dir, file, &ChainKey::new(&[0; 32]), accepted).map_err(host::said);
    };
    let name = file.display().to_string();
    let accept =
        |writer: &dyn Writer| accept_backup(writer, SystemScope::on_the_host(), master, &name, SystemClock.now());
    sqlite::restore(dir, file, &master.chain_key(), accept).map_err(|error| match error {
        RestoreError::Key(KeyError::MasterKey(MasterKeyError::Wrong(_))) => host::said(error).with_hint(
            "Nothing was restored. A backup opens only with the master key of the time when it was made; after `da server \
             rekey`, former keys are in `master.key.old-N`",
        ),
        other => host::said(other),
    })
}

fn try_out(ctx: &Context, args: &RestoreArgs, values: &Values) -> Result<(), CliError> {
    let (before, after) = {
        let _spinner = ctx.ui().spinner("Restoring, opening and checking a copy");
        rehearse(values, &args.file)?
    };
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "backup": before, "restored": after }));
    }
    ctx.ui().line(&format!("{} can be restored: {}", args.file.display(), after.line()))?;
    if before.schema < after.schema {
        ctx.ui().note(&format!("Upgraded from schema {} on the way", before.schema));
    }
    ctx.ui().note(&format!("Newest change: {}", before.age(ctx.now())));
    Ok(())
}
