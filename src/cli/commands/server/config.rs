//! `da server config show`: what was really understood (M-52).

use clap::{Args, Subcommand};
use serde_json::{Map, json};

use super::{
    running::{self, Asked},
    settings::{HostArgs, Values},
};
use crate::cli::{context::Context, error::CliError};

const EXAMPLES: &str = "\
Examples:
  da server config show
  da server config show --json";

/// Look at the server's settings
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    Show(ShowArgs),
}

/// Show every setting with its value and where that comes from, secrets masked
///
/// While a server runs on the data directory, these are the settings of that server, whatever flags and variables it was
/// started with. Otherwise they are those that a server would have which is started now with the same flags.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct ShowArgs {
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) fn run(ctx: &Context, args: &ConfigArgs) -> Result<(), CliError> {
    match &args.command {
        ConfigCommand::Show(args) => show(ctx, args),
    }
}

fn show(ctx: &Context, args: &ShowArgs) -> Result<(), CliError> {
    let own = Values::resolve(&args.host, &[], ctx.environment())?;
    // A setting that the server would refuse is shown too; only without a directory there is no server to ask.
    let lines = match own.path("data_dir").map(|dir| (running::settings(ctx, &dir), dir)) {
        Some((Asked::Told(told), dir)) => {
            ctx.ui().note(&format!("These are the settings of the server that runs on {}", dir.display()));
            told.into_iter().map(|item| (item.key, item.value, item.source)).collect()
        }
        Some((Asked::Refused(error), dir)) => {
            let whose = "these are the settings of this command, those of the server may differ";
            ctx.ui().warn(&format!("A server runs on {}, but {whose}: {}", dir.display(), error.message()));
            shown(&own)
        }
        Some((Asked::NoServer, _)) | None => shown(&own),
    };
    if ctx.ui().is_json() {
        let line = |(key, value, source): Line| (key, json!({ "value": value, "source": source }));
        return ctx.ui().json(&lines.into_iter().map(line).collect::<Map<_, _>>());
    }
    for (key, value, source) in lines {
        let value = value.map_or_else(|| "-".to_owned(), |value| format!("{value:?}"));
        ctx.ui().line(&format!("{key:<24} {value:<28} {source}"))?;
    }
    Ok(())
}

/// Key, value and source.
type Line = (String, Option<String>, String);

fn shown(values: &Values) -> Vec<Line> {
    values.shown().into_iter().map(|(key, value, source)| (key.to_owned(), value, source)).collect()
}
