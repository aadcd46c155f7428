//! `da server backup`: an online, verified copy, and the check of one that lies there already (O-05, S-56).

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    contents::Contents,
    host,
    settings::{HostArgs, Values, refuse_stream},
};
use crate::{
    app::master_key::MasterKey,
    cli::{context::Context, error::CliError},
    store::sqlite,
};

const EXAMPLES: &str = "\
Examples:
  da server backup /backups/da-$(date +%F).db
  da server backup nightly.db --data-dir /var/lib/da
  da server backup verify /backups/da-2026-11-22.db";

/// Copy the store to a new file while the server runs, and check the copy
///
/// The copy holds no usable credential, and it does not hold the master key: keep `master.key` apart from it, as
/// neither is of use without the other.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    command: Option<BackupCommand>,
    /// File to make; it must not exist
    #[arg(required = true)]
    file: Option<PathBuf>,
    #[command(flatten)]
    host: HostArgs,
}

#[derive(Debug, Subcommand)]
enum BackupCommand {
    Verify(VerifyArgs),
}

const VERIFY_EXAMPLES: &str = "\
Examples:
  da server backup verify /backups/da-2026-11-22.db
  da server backup verify nightly.db --data-dir /var/lib/da --json";

/// Check every page and row of a backup, and its audit log with the master key
///
/// Writes nothing, and works while the server runs. `da server restore FILE --rehearse` goes further.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
struct VerifyArgs {
    /// Backup to check
    file: PathBuf,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) fn run(ctx: &Context, args: &BackupArgs) -> Result<(), CliError> {
    match (&args.command, &args.file) {
        (Some(BackupCommand::Verify(args)), _) => verify(ctx, args),
        (None, Some(file)) => make(ctx, file, &args.host),
        (None, None) => Err(CliError::usage("There is no file to make", "Name one: `da server backup FILE`")),
    }
}

fn make(ctx: &Context, file: &Path, host: &HostArgs) -> Result<(), CliError> {
    refuse_stream(file, "The backup")?;
    let values = Values::resolve(host, &[], ctx.environment())?;
    let dir = host::data_path(&values)?;
    {
        let _spinner = ctx.ui().spinner("Copying and checking the store");
        sqlite::backup(&dir, file).map_err(host::said)?;
    }
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "file": file, "data_dir": dir }));
    }
    ctx.ui().note("Keep the master key too, in another place: the copy is of no use without it");
    ctx.ui().line(&format!("Backed up to {}", file.display()))
}

fn verify(ctx: &Context, args: &VerifyArgs) -> Result<(), CliError> {
    refuse_stream(&args.file, "The backup")?;
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    let master = host::existing_master_key(&values, &host::data_path(&values)?)?;
    let contents = {
        let _spinner = ctx.ui().spinner("Checking the backup");
        examine(&args.file, &master)?
    };
    if ctx.ui().is_json() {
        return ctx.ui().json(&contents);
    }
    ctx.ui().line(&format!("{} is sound: {}", args.file.display(), contents.line()))?;
    ctx.ui().note(&format!("Newest change: {}", contents.age(ctx.now())));
    Ok(())
}

/// Checks a backup whole and tells what it holds.
pub(crate) fn examine(file: &Path, master: &MasterKey) -> Result<Contents, CliError> {
    Contents::of(&sqlite::open_backup(file, master.chain_key()).map_err(host::said)?, master)
}
