//! `da server backup`: an online, verified copy (O-05, S-56).

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
  da server backup /backups/da-$(date +%F).db
  da server backup nightly.db --data-dir /var/lib/da";

/// Copy the store to a new file while the server runs, and check the copy
///
/// The copy holds no usable credential, and it does not hold the master key: keep `master.key` apart from it, as
/// neither is of use without the other.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BackupArgs {
    /// File to make; it must not exist
    file: PathBuf,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) fn run(ctx: &Context, args: &BackupArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    let dir = host::data_path(&values)?;
    {
        let _spinner = ctx.ui().spinner("Copying and checking the store");
        sqlite::backup(&dir, &args.file).map_err(host::said)?;
    }
    ctx.ui().note("Keep the master key too, in another place: the copy is of no use without it");
    ctx.ui().line(&format!("Backed up to {}", args.file.display()))
}
