//! `da server doctor`: everything that an operator should know before it hurts, on the server's host.

mod files;
mod settings;
mod store;

use clap::Args;

use super::{
    host,
    settings::{HostArgs, Values},
};
use crate::cli::{
    checkup::{Check, Mender, Report},
    context::Context,
    error::CliError,
};

const EXAMPLES: &str = "\
Examples:
  da server doctor
  da server doctor --data-dir /var/lib/da --json";

/// Check settings, files, store, audit log, disk and clock on the server's host
///
/// Changes nothing, and works beside a running server and without one. Reads the whole store. Run it as the user of the
/// service.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) fn run(ctx: &Context, args: &DoctorArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    let dir = host::data_path(&values)?;
    let report = {
        let _spinner = ctx.ui().spinner("Checking");
        let mut checks = settings::checks(&values, ctx.now());
        checks.extend(files::checks(&values, &dir, ctx.now()));
        checks.extend(store::checks(&values, &dir, ctx.now()));
        Report::of(checks.into_iter().map(Check::for_the_operator).collect())
    };
    report.tell(ctx.ui(), Mender::Operator)
}
