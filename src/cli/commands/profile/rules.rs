use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{IF_MEANT, must_be_known, must_be_meant, or_for_this_job};
use crate::{
    cli::{
        config_file::ConfigFile,
        context::Context,
        error::CliError,
        profiles::{Rule, When, change},
        table::Table,
    },
    credentials::ProfileName,
};

/// List, add and remove the rules by which a directory or a server chooses a profile
///
/// In a directory and below it the longest rule counts; a rule for a server counts where a call names that server.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da profile rules
  da profile rules add work --dir ~/work
  da profile rules remove --dir ~/work")]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    command: Option<RulesCommand>,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    Add(AddArgs),
    Remove(RemoveArgs),
}

/// Choose a profile by directory (`--dir`), or by the server of a call (`--server`)
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da profile rules add work --dir ~/work
  da profile rules add work --server https://id.example.org")]
struct AddArgs {
    /// Name of the profile
    name: ProfileName,
    /// Directory in and below which it is used
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Add it without a terminal, too
    #[arg(long, short)]
    yes: bool,
}

/// Remove the rule for a directory (`--dir`) or for a server (`--server`)
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da profile rules remove --dir ~/work
  da profile rules remove --server https://id.example.org")]
struct RemoveArgs {
    /// Directory of the rule
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Remove it without a terminal, too
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(ctx: &Context, args: &RulesArgs) -> Result<(), CliError> {
    match &args.command {
        None => list(ctx),
        Some(RulesCommand::Add(args)) => add(ctx, args),
        Some(RulesCommand::Remove(args)) => remove(ctx, args),
    }
}

fn list(ctx: &Context) -> Result<(), CliError> {
    let (_, file) = ctx.config_file()?;
    let rules = file.profiles()?.rules;
    if ctx.ui().is_json() {
        let rules: Vec<_> = rules
            .iter()
            .map(|rule| json!({ "dir": rule.when.dir(), "server": rule.when.server(), "profile": rule.profile }))
            .collect();
        return ctx.ui().json(&rules);
    }
    let mut table = Table::new(&[("PROFILE", 12), ("WHEN", 0)]);
    for rule in &rules {
        table.row(vec![rule.profile.to_string(), written(&rule.when)]);
    }
    table.print(ctx.ui())
}

/// Returns the flag that would make it.
pub(super) fn written(when: &When) -> String {
    match when {
        When::Dir(dir) => format!("--dir {}", dir.display()),
        When::Server(server) => format!("--server {server}"),
    }
}

fn add(ctx: &Context, args: &AddArgs) -> Result<(), CliError> {
    let (dir, file) = ctx.config_file()?;
    must_be_known(&file.profiles()?, &args.name)?;
    let when = condition(ctx, args.dir.as_ref(), true)?;
    must_be_meant(ctx, args.yes, or_for_this_job(&args.name))?;
    let rule = Rule { when, profile: args.name.clone() };
    ConfigFile::change(&dir, |edit| {
        must_be_known(&edit.profiles()?, &args.name)?;
        change::add_rule(edit.content(), &rule);
        Ok::<_, CliError>(())
    })?;
    if ctx.ui().is_json() {
        let when = &rule.when;
        return ctx.ui().json(&json!({ "dir": when.dir(), "server": when.server(), "profile": rule.profile }));
    }
    ctx.ui().line(&format!("{} now chooses the profile `{}`", rule.when, rule.profile))
}

fn remove(ctx: &Context, args: &RemoveArgs) -> Result<(), CliError> {
    let (dir, file) = ctx.config_file()?;
    let when = condition(ctx, args.dir.as_ref(), false)?;
    let rules = file.profiles()?.rules;
    if rules.iter().all(|rule| rule.when != when) {
        return Err(CliError::failed(format!("There is no rule for {when}")).with_hint("`da profile rules` lists them"));
    }
    must_be_meant(ctx, args.yes, IF_MEANT.to_owned())?;
    ConfigFile::change(&dir, |edit| {
        change::remove_rule(edit.content(), &when);
        Ok::<_, CliError>(())
    })?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "dir": when.dir(), "server": when.server(), "removed": true }));
    }
    ctx.ui().line(&format!("Removed the rule for {when}"))
}

/// Returns what the rule is about. A directory is written down without links; one that is gone can still be removed.
fn condition(ctx: &Context, dir: Option<&PathBuf>, must_be_there: bool) -> Result<When, CliError> {
    match (dir, &ctx.globals().server) {
        (Some(dir), None) => match dir.canonicalize() {
            // What is no text cannot be written down.
            Ok(real) if real.is_dir() && real.to_str().is_some() => Ok(When::Dir(real)),
            Ok(_) => Err(CliError::failed(format!("`{}` is not a directory with a readable name", dir.display()))),
            Err(error) if must_be_there => {
                Err(CliError::failed(format!("Cannot look at `{}`: {error}", dir.display())))
            }
            Err(_) => Ok(When::Dir(dir.clone())),
        },
        (None, Some(server)) => Ok(When::Server(server.clone())),
        _ => Err(CliError::usage(
            "A rule is for a directory or for a server",
            "Name one, with `--dir DIR` or with `--server URL`",
        )),
    }
}
