//! `da profile ...`: several servers and accounts (O-08).

mod list;
mod rules;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    cli::{
        config_file::ConfigFile,
        context::Context,
        error::CliError,
        profiles::{Profiles, change},
    },
    client::ServerUrl,
    credentials::{CredentialStore, PrivateDir, ProfileName, StoreChoice},
};

/// Keep several servers and accounts apart
///
/// A profile is a server and an account on it. In force is the one of `--profile`, else of `DA_PROFILE`, else of a rule
/// for the server that the call names or for the directory it is made in, else of `da profile use`, else `default`.
/// `da login --profile NAME --server URL` makes one and signs in.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da profile list
  da login --profile work --server https://id.example.org
  DA_PROFILE=work da whoami
  da profile rules add work --dir ~/work")]
pub(crate) struct ProfileArgs {
    #[command(subcommand)]
    pub(super) command: ProfileCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    List(list::ListArgs),
    Show(list::ShowArgs),
    Add(AddArgs),
    Use(UseArgs),
    Remove(RemoveArgs),
    Rules(rules::RulesArgs),
}

/// Make a profile for the server of `--server`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da profile add work --server https://id.example.org")]
pub(crate) struct AddArgs {
    /// Its name: `a-z`, `0-9`, `.`, `_` and `-`
    name: ProfileName,
}

/// Choose the profile that is in force where nothing else chooses one
///
/// It changes what every shell and job of yours uses. A script rather sets `DA_PROFILE`, which only counts for itself;
/// without a terminal this asks for `--yes`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da profile use work\n  da profile use default --yes")]
pub(crate) struct UseArgs {
    /// Name of the profile
    name: ProfileName,
    /// Change it without a terminal, too
    #[arg(long, short)]
    yes: bool,
}

/// Remove a profile that nobody is signed in to, and the rules that lead to it
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da profile remove work")]
pub(crate) struct RemoveArgs {
    /// Name of the profile
    name: ProfileName,
    /// Remove it without a terminal, too
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(ctx: &Context, command: &ProfileCommand) -> Result<(), CliError> {
    match command {
        ProfileCommand::List(_) => list::list(ctx),
        ProfileCommand::Show(args) => list::show(ctx, args),
        ProfileCommand::Add(args) => add(ctx, &args.name),
        ProfileCommand::Use(args) => choose(ctx, args),
        ProfileCommand::Remove(args) => remove(ctx, args),
        ProfileCommand::Rules(args) => rules::run(ctx, args),
    }
}

fn add(ctx: &Context, name: &ProfileName) -> Result<(), CliError> {
    let Some(server) = &ctx.globals().server else {
        return Err(CliError::usage("The profile has no server", "Name it with `--server URL`"));
    };
    ConfigFile::change(&ctx.config_dir()?, |edit| {
        match edit.profiles()?.get(name).map(|profile| profile.server.as_ref()) {
            None => Ok(edit.remember_server(name, server)?),
            Some(known) if known == Some(server) => Ok(()),
            Some(_) => {
                let message = format!("There is a profile `{name}` for another server");
                let hint = format!("`da login --profile {name} --server {server}` gives it this one");
                Err(CliError::failed(message).with_hint(hint))
            }
        }
    })?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "name": name, "server": server }));
    }
    ctx.ui().line(&format!("The profile `{name}` is for {server}"))?;
    ctx.ui().note(&format!("Sign in with `da login --profile {name}`"));
    Ok(())
}

fn choose(ctx: &Context, args: &UseArgs) -> Result<(), CliError> {
    let name = &args.name;
    let (dir, file) = ctx.config_file()?;
    must_be_known(&file.profiles()?, name)?;
    must_be_meant(ctx, args.yes, or_for_this_job(name))?;
    ConfigFile::change(&dir, |edit| {
        must_be_known(&edit.profiles()?, name)?;
        change::in_use(edit.content(), name);
        Ok::<_, CliError>(())
    })?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "name": name }));
    }
    ctx.ui().line(&format!("The profile `{name}` is used where nothing else chooses one"))
}

fn remove(ctx: &Context, args: &RemoveArgs) -> Result<(), CliError> {
    let name = &args.name;
    if name.is_default() {
        let error = CliError::failed("The profile `default` is always there");
        return Err(
            error.with_hint("`da logout` forgets its token, `da setup init --server URL` gives it another server")
        );
    }
    let (dir, file) = ctx.config_file()?;
    let may_be_removed = |profiles: &Profiles| {
        must_be_known(profiles, name)?;
        if saved(ctx, &dir, name, None).holds_any()? {
            let hint = format!("Run `da logout --profile {name}` first");
            return Err(CliError::failed(format!("A token is saved for the profile `{name}`")).with_hint(hint));
        }
        Ok(())
    };
    may_be_removed(&file.profiles()?)?;
    must_be_meant(ctx, args.yes, IF_MEANT.to_owned())?;
    let rules = ConfigFile::change(&dir, |edit| {
        // A sign-in that has ended meanwhile counts.
        may_be_removed(&edit.profiles()?)?;
        Ok::<_, CliError>(change::remove(edit.content(), name))
    })?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "name": name, "rules_removed": rules }));
    }
    let with = match rules {
        0 => String::new(),
        1 => " and the rule that led to it".to_owned(),
        many => format!(" and {many} rules that led to it"),
    };
    ctx.ui().line(&format!("Removed the profile `{name}`{with}"))
}

/// Returns the saved tokens of any profile.
fn saved<'a>(
    ctx: &'a Context,
    dir: &PrivateDir,
    name: &ProfileName,
    configured: Option<ServerUrl>,
) -> CredentialStore<'a> {
    CredentialStore::new(dir, name.clone(), StoreChoice::Auto, configured, ctx.keyring())
}

fn must_be_known(profiles: &Profiles, name: &ProfileName) -> Result<(), CliError> {
    if profiles.get(name).is_some() {
        return Ok(());
    }
    let hint = format!("`da login --profile {name} --server URL` makes it; `da profile list` shows those there are");
    Err(CliError::failed(format!("There is no profile `{name}`")).with_hint(hint))
}

/// The way on where something is taken away.
const IF_MEANT: &str = "Say `--yes` if that is meant";

/// Returns the way on where a profile is chosen.
fn or_for_this_job(name: &ProfileName) -> String {
    format!("Set `DA_PROFILE={name}` for this job alone, or say `--yes`")
}

/// A job or an agent does not change what everybody else uses, unless it says that it means that.
fn must_be_meant(ctx: &Context, yes: bool, hint: String) -> Result<(), CliError> {
    if yes || ctx.ui().is_interactive() {
        return Ok(());
    }
    let message = "Nothing was changed: it would count for every shell and job of yours, and there is no terminal";
    Err(CliError::usage(message, hint))
}
