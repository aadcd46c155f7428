//! `da server config show`: what was really understood (M-52).

use clap::{Args, Subcommand};
use serde_json::{Map, json};

use super::settings::{HostArgs, Values};
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
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    let lines = values.shown();
    if ctx.ui().is_json() {
        let line = |(key, value, source): (&str, Option<String>, String)| {
            (key.to_owned(), json!({ "value": value, "source": source }))
        };
        return ctx.ui().json(&lines.into_iter().map(line).collect::<Map<_, _>>());
    }
    for (key, value, source) in lines {
        let value = value.map_or_else(|| "-".to_owned(), |value| format!("{value:?}"));
        ctx.ui().line(&format!("{key:<24} {value:<28} {source}"))?;
    }
    Ok(())
}
