//! `da server migrate`: bring the store to this program's schema, or tell whether it needs to be (M-53).

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
  da server migrate --check
  da server migrate --data-dir /var/lib/da";

/// Upgrade the store, with the server stopped
///
/// `da serve` does the same at its start. A backup goes to `backups/` in the data directory first.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MigrateArgs {
    /// Only tell what would be done; exits with 1 when an upgrade is needed
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) fn run(ctx: &Context, args: &MigrateArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    if args.check {
        let schema = sqlite::schema_version(&host::data_path(&values)?).map_err(host::said)?;
        ctx.ui().line(&format!("schema {} of {}", schema.found, schema.known))?;
        return if schema.found < schema.known {
            Err(CliError::failed("The store needs an upgrade; `da server migrate` or `da serve` does it"))
        } else {
            ctx.ui().note("The store is up to date");
            Ok(())
        };
    }
    let installation = host::open_existing(&values)?;
    installation.store.close();
    ctx.ui().line(&format!("The store in {} is up to date", installation.dir.path().display()))
}
