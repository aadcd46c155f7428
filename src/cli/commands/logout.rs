use clap::Args;
use serde_json::json;

use crate::{
    api::{
        Empty, logins,
        sessions::{self, RevokeAllQuery},
    },
    cli::{context::Context, error::CliError, helper_token, moment},
    credentials::{Claims, CredentialError, StoredCredential},
};

/// End the session and forget the saved token
///
/// The session ends on the server, too, if it can be reached. A personal access token that was imported is forgotten
/// here, but goes on working elsewhere.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LogoutArgs {
    /// End every sign-in of yours, on every machine
    #[arg(long)]
    all: bool,
}

const EXAMPLES: &str = "\
Examples:
  da logout
  da logout --all
  da logout --server https://id.example.org";

pub(crate) fn run(ctx: &Context, args: &LogoutArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let (server, profile) = (ctx.server()?, &ctx.settings()?.profile);
    let store = ctx.credentials()?;
    // Before the session ends: a token that stays here must not be one that works no longer.
    store.check_removable()?;
    if args.all {
        // It must be seen to work: what is forgotten here could not be ended any more.
        let signed_in = ctx.signed_in()?;
        let (query, action) = (RevokeAllQuery::default(), "Could not end the sessions");
        signed_in.call::<sessions::RevokeAll>(action, (), &query, &Empty {})?;
    }
    let saved = match store.load(server) {
        Ok(loaded) => loaded.map(|loaded| loaded.credential),
        Err(error @ (CredentialError::Damaged { .. } | CredentialError::File(_))) => {
            ui.warn(&format!("{error}; it is removed"));
            None
        }
        Err(error) => return Err(error.into()),
    };
    // Made with the sign-in, it ends with it.
    if let Some(Err(error)) = saved.as_ref().map(|saved| helper_token::forget(ctx, saved, None)) {
        ui.warn(&format!("The token of the credential helpers is still kept: {}", error.message()));
    }
    let ended = match &saved {
        Some(_) if args.all => true,
        Some(credential) => end_session(ctx, credential),
        None => false,
    };
    let removed = {
        let _turn = store.turn(server)?;
        store.remove(server)?
    };
    if !removed {
        match store.server_of_file() {
            Some(owner) => ui.note(&format!("Not logged in to `{server}`; the saved token belongs to `{owner}`")),
            None => ui.note(&format!("Not logged in to `{server}`{}", profile.remark())),
        }
    }
    if let Some(given) = &ctx.settings()?.given_token {
        ui.note(&format!("The {} still works here", given.source));
    }
    if ui.is_json() {
        return ui.json(&json!({
            "logged_out": true,
            "token_removed": removed,
            "session_ended": ended,
            "profile": profile.name,
        }));
    }
    if profile.goes_without_saying() {
        return ui.line("Logged out.");
    }
    ui.line(&format!("Logged out of the profile `{}`.", profile.name))
}

/// Ends the session on the server; what cannot be ended there is told, and no reason to keep it here.
fn end_session(ctx: &Context, credential: &StoredCredential) -> bool {
    let ui = ctx.ui();
    let claims = Claims::decode(&credential.access_token).unwrap_or_default();
    if claims.typ.as_deref() == Some("pat") {
        let end = moment::ending(claims.expires_at(), ctx.now());
        let id = claims.jti.unwrap_or_default();
        ui.note(&format!("The token {id} itself still works ({end}); `da token revoke {id}` ends it"));
        return false;
    }
    let not_ended = |error: &dyn std::fmt::Display| {
        ui.warn(&format!("The session was not ended on the server: {error}"));
        false
    };
    // A token that has ended ends nothing: one that can be renewed is renewed for this last use.
    let client = match ctx.saved_token().and_then(|held| ctx.client(held.map(|held| held.bearer))) {
        Ok(client) => client,
        Err(CliError::TokenRefused { .. }) => return true,
        Err(error) => return not_ended(&error),
    };
    match client.get::<logins::Logout>(()) {
        Ok(_) => true,
        // It had ended before.
        Err(error) if error.status() == Some(401) => true,
        // The original server keeps no sessions that it could end.
        Err(error) if error.is_missing_route() => false,
        Err(error) => not_ended(&error),
    }
}
