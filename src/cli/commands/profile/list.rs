use clap::Args;
use serde::Serialize;

use super::{must_be_known, saved};
use crate::{
    cli::{
        context::Context,
        error::CliError,
        profiles::{Profile, Profiles},
        table::Table,
    },
    client::ServerUrl,
    credentials::{Place, PrivateDir, ProfileName},
};

/// List the profiles, and who is signed in where
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da profile list\n  da profile list --json")]
pub(crate) struct ListArgs {}

/// Show one profile: the one in force, and why, or the one that is named
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da profile show\n  da profile show work --json")]
pub(crate) struct ShowArgs {
    /// Name of the profile
    name: Option<ProfileName>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: ProfileName,
    /// Nothing if the profile `default` has none.
    server: Option<ServerUrl>,
    /// Who is signed in; nothing if nobody is, or if the saved token cannot be read now.
    account: Option<String>,
    storage: Option<Place>,
    in_force: bool,
}

pub(super) fn list(ctx: &Context) -> Result<(), CliError> {
    let (dir, file) = ctx.config_file()?;
    let profiles = file.profiles()?;
    let rows: Vec<_> = profiles.iter().map(|(name, profile)| row(ctx, &dir, name, profile)).collect();
    if ctx.ui().is_json() {
        return ctx.ui().json(&rows);
    }
    let mut table = Table::new(&[("", 1), ("NAME", 12), ("SERVER", 30), ("ACCOUNT", 24), ("TOKEN", 0)]);
    for row in rows {
        table.row(vec![
            if row.in_force { "*" } else { "" }.to_owned(),
            row.name.to_string(),
            row.server.map_or_else(|| "-".to_owned(), |server| server.to_string()),
            row.account.unwrap_or_else(|| "-".to_owned()),
            row.storage.map_or("-", Place::as_str).to_owned(),
        ]);
    }
    table.print(ctx.ui())
}

pub(super) fn show(ctx: &Context, args: &ShowArgs) -> Result<(), CliError> {
    let (dir, file) = ctx.config_file()?;
    let profiles = file.profiles()?;
    let (name, why) = match &args.name {
        Some(name) => (name.clone(), None),
        None => (ctx.settings()?.profile.name.clone(), Some(&ctx.settings()?.profile.source)),
    };
    must_be_known(&profiles, &name)?;
    let profile = profiles.get(&name).cloned().unwrap_or_default();
    let row = row(ctx, &dir, &name, &profile);
    let rules = rules_of(&profiles, &name);
    let ui = ctx.ui();
    if ui.is_json() {
        return ui.json(&serde_json::json!({
            "name": row.name,
            "source": why.map(|why| why.as_str()),
            "server": row.server,
            "account": row.account,
            "storage": row.storage,
            "in_force": row.in_force,
            "rules": rules,
        }));
    }
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    ui.line(&format!("Profile: {name}{why}"))?;
    match &row.server {
        Some(server) => ui.line(&format!("Server: {server}"))?,
        None => ui.line("Server: none")?,
    }
    match (&row.account, row.storage) {
        (Some(account), Some(place)) => ui.line(&format!("Account: {account}, token in the {}", place.as_str()))?,
        _ => ui.line("Account: not logged in")?,
    }
    rules.iter().try_for_each(|rule| ui.line(&format!("Rule: {rule}")))
}

fn rules_of(profiles: &Profiles, name: &ProfileName) -> Vec<String> {
    profiles.rules.iter().filter(|rule| rule.profile == *name).map(|rule| super::rules::written(&rule.when)).collect()
}

fn row(ctx: &Context, dir: &PrivateDir, name: &ProfileName, profile: &Profile) -> Row {
    // Settings that do not hold together are told by every other command; this one helps to mend them.
    let in_force = ctx.settings().ok().filter(|settings| settings.profile.name == *name);
    let (server, configured) = match in_force {
        Some(settings) => (settings.server.as_ref().map(|(server, _)| server.clone()), &settings.configured_server),
        None => (profile.server.clone(), &profile.server),
    };
    let store = saved(ctx, dir, name, configured.clone());
    let loaded = server.as_ref().map_or(Ok(None), |server| store.load(server));
    let unreadable = loaded.is_err();
    let loaded = loaded.ok().flatten();
    Row {
        name: name.clone(),
        account: if unreadable {
            Some("(cannot be read)".to_owned())
        } else {
            loaded.as_ref().map(|loaded| loaded.credential.email.clone())
        },
        storage: loaded.map(|loaded| loaded.storage.place()),
        in_force: in_force.is_some(),
        server,
    }
}
