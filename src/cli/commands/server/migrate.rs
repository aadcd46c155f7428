//! `da server migrate`: bring the store to this program's schema, or tell whether it needs to be (M-53).

use clap::Args;
use serde_json::json;

use super::{
    host,
    settings::{HostArgs, Values},
};
use crate::{
    cli::{context::Context, error::CliError},
    store::sqlite::{self, SchemaVersion},
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
    let dir = host::data_path(&values)?;
    let before = sqlite::schema_version(&dir);
    if args.check {
        return tell_check(ctx, &before.map_err(host::said)?);
    }
    let installation = host::open_existing(&values)?;
    installation.store.close();
    if ctx.ui().is_json() {
        let after = sqlite::schema_version(&dir).map_err(host::said)?;
        return tell_json(ctx, &after, before.is_ok_and(|before| before.found < after.found));
    }
    ctx.ui().line(&format!("The store in {} is up to date", installation.dir.path().display()))
}

fn tell_check(ctx: &Context, schema: &SchemaVersion) -> Result<(), CliError> {
    if ctx.ui().is_json() {
        tell_json(ctx, schema, false)?;
    } else {
        ctx.ui().line(&format!("schema {} of {}", schema.found, schema.known))?;
    }
    if schema.found < schema.known {
        return Err(CliError::failed("The store needs an upgrade; `da server migrate` or `da serve` does it"));
    }
    ctx.ui().note("The store is up to date");
    Ok(())
}

/// Tells the schema of the store and that of this program, and whether this call changed the store.
fn tell_json(ctx: &Context, schema: &SchemaVersion, changed: bool) -> Result<(), CliError> {
    let SchemaVersion { found: schema, known } = schema;
    ctx.ui()
        .json(&json!({ "schema": schema, "known_schema": known, "up_to_date": schema == known, "changed": changed }))
}
