//! `da server doctor`: everything that an operator should know before it hurts, on the server's host.

mod files;
mod settings;
mod store;

use std::path::Path;

use clap::Args;

use super::{
    host,
    running::{self, Asked},
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
/// Changes nothing, and works beside a running server and without one. Beside one it judges the settings of that server,
/// whatever flags and variables it was started with. Reads the whole store. Run it as the user of the service.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) fn run(ctx: &Context, args: &DoctorArgs) -> Result<(), CliError> {
    let own = Values::resolve(&args.host, &[], ctx.environment())?;
    let dir = host::data_path(&own)?;
    let report = {
        let _spinner = ctx.ui().spinner("Checking");
        let InForce { values, origin, has_hidden_key } = in_force(ctx, own, &dir);
        let mut checks = vec![origin];
        checks.extend(settings::checks(&values, ctx.now()));
        checks.extend(files::checks(&values, &dir, ctx.now()));
        if has_hidden_key {
            let advice = "Give this command the server's DA_MASTER_KEY, to check the store, its key and the audit log";
            checks.push(Check::warning(
                "master_key",
                "the server has it from its environment, and tells nobody",
                advice,
            ));
        } else {
            checks.extend(store::checks(&values, &dir, ctx.now()));
        }
        Report::of(checks.into_iter().map(Check::for_the_operator).collect())
    };
    report.tell(ctx.ui(), Mender::Operator)
}

/// The settings to judge.
struct InForce {
    values: Values,
    /// Whose they are.
    origin: Check,
    /// Whether the running server has a master key that only it knows.
    has_hidden_key: bool,
}

/// Returns the settings to judge: a server that runs on `dir` is asked for its own, as flags and variables of a service
/// are not those of the shell beside it.
fn in_force(ctx: &Context, own: Values, dir: &Path) -> InForce {
    const NAME: &str = "settings";
    match running::settings(ctx, dir) {
        Asked::NoServer => {
            let origin = Check::ok(NAME, "those of this command, as no server runs");
            InForce { values: own, origin, has_hidden_key: false }
        }
        Asked::Told(told) => {
            let has_key = told.iter().any(|item| item.key == "master_key" && item.value.is_some());
            let values = own.of_running(&told);
            let has_hidden_key = has_key && values.secret("master_key").is_none();
            InForce { values, origin: Check::ok(NAME, "those of the server that runs"), has_hidden_key }
        }
        Asked::Refused(error) => {
            let detail = format!("those of this command; the server's may be others: {}", error.message());
            let advice = "Run this as the user of the service, with the same `da` as the server's; until then give this command the service's settings";
            InForce { values: own, origin: Check::warning(NAME, detail, advice), has_hidden_key: false }
        }
    }
}
