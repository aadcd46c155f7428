//! `da server restore`: a backup becomes the store of an empty place (O-05, S-56).

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{
    host,
    rehearsal::rehearse,
    settings::{HostArgs, Values},
};
use crate::{
    cli::{context::Context, error::CliError},
    store::sqlite,
};

const EXAMPLES: &str = "\
Examples:
  da server restore /backups/da-2026-11-22.db
  da server restore nightly.db --data-dir /var/lib/da
  da server restore nightly.db --rehearse";

/// Put a backup in place, with the server stopped
///
/// Checks the backup first, and never overwrites a store: move the old one away before. The master key in force when
/// the backup was made must be in its place.
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
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    if args.rehearse {
        return try_out(ctx, args, &values);
    }
    let dir = host::data_dir(&values)?;
    {
        let _spinner = ctx.ui().spinner("Checking and copying the backup");
        sqlite::restore(&dir, &args.file).map_err(host::said)?;
    }
    let has_key = host::has_master_key(&values, &dir);
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
