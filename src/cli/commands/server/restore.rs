//! `da server restore`: a backup becomes the store of an empty place (O-05, S-56).

use std::path::PathBuf;

use clap::Args;

use super::{
    host,
    settings::{HostArgs, Values},
};
use crate::{
    cli::{context::Context, error::CliError},
    store::sqlite,
};

const EXAMPLES: &str = "\
Examples:
  da server restore /backups/da-2026-11-22.db
  da server restore nightly.db --data-dir /var/lib/da";

/// Put a backup in place, with the server stopped
///
/// Checks the backup first, and never overwrites a store: move the old one away before. The master key in force when
/// the backup was made must be in its place.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RestoreArgs {
    /// Backup to put in place
    file: PathBuf,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) fn run(ctx: &Context, args: &RestoreArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    let dir = host::data_dir(&values)?;
    {
        let _spinner = ctx.ui().spinner("Checking and copying the backup");
        sqlite::restore(&dir, &args.file).map_err(host::said)?;
    }
    if !host::has_master_key(&values, &dir) {
        let key = dir.master_key();
        ctx.ui().warn(&format!("Before the server starts, put the master key of this backup at {}", key.display()));
    }
    ctx.ui().note("What was revoked or switched off after this backup works again: look through tokens and users");
    ctx.ui().line(&format!("Restored {} into {}", args.file.display(), dir.path().display()))
}
