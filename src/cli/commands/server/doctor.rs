//! `da server doctor`: everything that an operator should know before it hurts, on the server's host.

mod files;
mod settings;
mod store;

use std::path::Path;

use clap::Args;

use super::{
    admin_socket, host,
    settings::{HostArgs, Values},
};
use crate::{
    api,
    cli::{
        checkup::{Check, Mender, Report},
        context::Context,
        error::{CliError, Doing as _},
    },
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
        let (values, origin) = in_force(ctx, own, &dir);
        let mut checks = vec![origin];
        checks.extend(settings::checks(&values, ctx.now()));
        checks.extend(files::checks(&values, &dir, ctx.now()));
        checks.extend(store::checks(&values, &dir, ctx.now()));
        Report::of(checks.into_iter().map(Check::for_the_operator).collect())
    };
    report.tell(ctx.ui(), Mender::Operator)
}

/// Returns the settings to judge, and whose they are: a server that runs on `dir` is asked for its own, as flags and
/// variables of a service are not those of the shell beside it.
fn in_force(ctx: &Context, own: Values, dir: &Path) -> (Values, Check) {
    const NAME: &str = "settings";
    if !files::is_served(dir).is_ok_and(|served| served) {
        return (own, Check::ok(NAME, "those of this command, as no server runs"));
    }
    let action = "Could not ask the server for its settings";
    let asked = admin_socket::connect(ctx, dir).and_then(|server| server.get::<api::settings::List>(()).doing(action));
    match asked {
        Ok(told) => (own.of_running(told), Check::ok(NAME, "those of the server that runs")),
        Err(error) => {
            let detail = format!("those of this command; the server's may be others: {}", error.message());
            let advice = "Run this as the user of the service, with the same `da` as the server's; until then give this command the service's settings";
            (own, Check::warning(NAME, detail, advice))
        }
    }
}
