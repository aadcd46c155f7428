use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    cli::{config_file::ConfigFile, context::Context, error::CliError, settings::KeepChoice},
    credentials::{Keyring as _, Place, StoreChoice},
};

/// Show or change where the saved token rests
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StorageArgs {
    #[command(subcommand)]
    pub(super) command: StorageCommand,
}

const EXAMPLES: &str = "\
Examples:
  da auth storage show
  da auth storage move keyring";

#[derive(Debug, Subcommand)]
pub(crate) enum StorageCommand {
    Show(ShowArgs),
    Move(MoveArgs),
}

/// Show where the saved token rests, and where the next one will
#[derive(Debug, Args)]
#[command(after_help = SHOW_EXAMPLES)]
pub(crate) struct ShowArgs {}

const SHOW_EXAMPLES: &str = "\
Examples:
  da auth storage show
  da auth storage show --json";

/// Move the saved token into the keyring or into the file
///
/// The token is written and read in the new place before it leaves the old one; if that fails, the old one stays as it
/// is. Renewals and later sign-ins keep to the place that was chosen. Nothing happens if the token is there already.
#[derive(Debug, Args)]
#[command(after_help = MOVE_EXAMPLES)]
pub(crate) struct MoveArgs {
    /// `keyring`, or `file`: in clear text, readable only by you
    #[arg(value_name = "PLACE")]
    place: Place,
}

const MOVE_EXAMPLES: &str = "\
Examples:
  da auth storage move keyring
  da auth storage move file";

pub(super) fn run(ctx: &Context, command: &StorageCommand) -> Result<(), CliError> {
    match command {
        StorageCommand::Show(_) => show(ctx),
        StorageCommand::Move(args) => move_to(ctx, args.place),
    }
}

fn show(ctx: &Context) -> Result<(), CliError> {
    let ui = ctx.ui();
    let settings = ctx.settings()?;
    let (server, store) = (ctx.server()?, ctx.credentials()?);
    // A place that cannot be read is part of what is shown.
    let (storage, unreadable) = match store.load(server) {
        Ok(loaded) => (loaded.map(|loaded| loaded.storage), None),
        Err(error) => (None, Some(CliError::from(error))),
    };
    let keyring = ctx.keyring().status().err().map(|reason| reason.to_string());
    if ui.is_json() {
        let source = match settings.keep {
            KeepChoice::Variable(_) => "environment",
            KeepChoice::Config(_) => "config",
            KeepChoice::Default => "default",
        };
        return ui.json(&json!({
            "server": server,
            "profile": settings.profile.name,
            "storage": storage.as_ref().map(|storage| storage.place()),
            "storage_error": unreadable.as_ref().map(CliError::message),
            "file": store.file_storage().path(),
            "choice": settings.keep.choice().as_str(),
            "choice_source": source,
            "keyring_available": keyring.is_none(),
            "keyring_reason": keyring,
        }));
    }
    match (&storage, &unreadable) {
        (_, Some(error)) => ui.line(&format!("Token: unknown: {error}"))?,
        (Some(storage), None) => ui.line(&format!("Token: saved in the {storage}{}", storage.place().remark()))?,
        (None, None) => ui.line(&format!("Token: none is saved for `{server}`"))?,
    }
    let choice = match settings.keep.choice() {
        StoreChoice::Auto => "in the keyring if it can be used, else in the file",
        StoreChoice::Keyring => "in the keyring",
        StoreChoice::File => "in the file",
    };
    let source = match settings.keep {
        KeepChoice::Variable(_) => "`DA_CREDENTIAL_STORE`",
        KeepChoice::Config(_) => "chosen before",
        KeepChoice::Default => "the default",
    };
    ui.line(&format!("New ones: {choice} ({source})"))?;
    match keyring {
        None => ui.line("Keyring: available")?,
        Some(reason) => ui.line(&format!("Keyring: cannot be used: {reason}"))?,
    }
    if let Some(hint) = unreadable.and_then(|error| error.hint()) {
        ui.note(&hint);
    }
    Ok(())
}

fn move_to(ctx: &Context, place: Place) -> Result<(), CliError> {
    let settings = ctx.settings()?;
    let server = ctx.server()?;
    if let KeepChoice::Variable(choice) = settings.keep
        && ![StoreChoice::Auto, place.into()].contains(&choice)
    {
        let message = format!("`DA_CREDENTIAL_STORE` is `{}`, and wins over what is chosen here", choice.as_str());
        return Err(CliError::usage(message, "Unset it, and run this again"));
    }
    let store = ctx.credentials()?;
    // No renewal comes in between: what it had just received would be lost.
    let _turn = store.turn(server)?;
    let Some(copied) = store.copy_to(server, place)? else { return Err(ctx.not_signed_in()?) };
    let from = if copied.from == copied.to { None } else { Some(&copied.from) };
    ConfigFile::choose_store(settings.saved()?, &settings.profile.name, place).inspect_err(|_| {
        // The token stays where it was alone.
        if from.is_some() {
            let _ = store.leave(server, place);
        }
    })?;
    if let Err(error) = store.leave(server, place.other()) {
        let message = format!("The token is in the {}, but could not be removed from where it was", copied.to);
        return Err(CliError::failed(format!("{message}: {error}")).with_hint("Run this again"));
    }
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({
            "server": server,
            "profile": settings.profile.name,
            "storage": place,
            "file": store.file_storage().path(),
            "moved": from.is_some(),
        }));
    }
    match from {
        Some(from) => ctx.ui().line(&format!("Moved the token from the {from} to the {}", copied.to)),
        None => ctx.ui().line(&format!("The token is in the {} already", copied.to)),
    }
}
