use clap::Args;
use serde_json::json;

use crate::{
    api::logins,
    cli::{context::Context, error::CliError, moment},
    client::Bearer,
    credentials::{Claims, CredentialError, StoredCredential},
};

/// End the session and forget the saved token
///
/// The session ends on the server, too, if it can be reached. A personal access token that was imported is forgotten
/// here, but goes on working elsewhere.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LogoutArgs {}

const EXAMPLES: &str = "\
Examples:
  da logout
  da logout --server https://id.example.org";

pub(crate) fn run(ctx: &Context, _: &LogoutArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let server = ctx.server()?;
    let store = ctx.credentials()?;
    let saved = match store.load(server) {
        Ok(loaded) => loaded.map(|loaded| loaded.credential),
        Err(error @ (CredentialError::Damaged { .. } | CredentialError::File(_))) => {
            ui.warn(&format!("{error}; it is removed"));
            None
        }
        Err(error) => return Err(error.into()),
    };
    let ended = match &saved {
        Some(credential) => end_session(ctx, credential),
        None => false,
    };
    let removed = store.remove(server)?;
    if !removed {
        match store.server_of_file() {
            Some(owner) => ui.note(&format!("Not logged in to `{server}`; the saved token belongs to `{owner}`")),
            None => ui.note(&format!("Not logged in to `{server}`")),
        }
    }
    if let Some(given) = &ctx.settings()?.given_token {
        ui.note(&format!("The {} still works here", given.source));
    }
    if ui.is_json() {
        return ui.json(&json!({ "logged_out": true, "token_removed": removed, "session_ended": ended }));
    }
    ui.line("Logged out.")
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
    let Ok(bearer) = Bearer::new(&credential.access_token) else { return false };
    let client = match ctx.client(Some(bearer)) {
        Ok(client) => client,
        Err(error) => {
            ui.warn(&format!("The session was not ended on the server: {error}"));
            return false;
        }
    };
    match client.get::<logins::Logout>(()) {
        Ok(_) => true,
        // It had ended before.
        Err(error) if error.status() == Some(401) => true,
        // The original server keeps no sessions that it could end.
        Err(error) if error.is_missing_route() => false,
        Err(error) => {
            ui.warn(&format!("The session was not ended on the server: {error}"));
            false
        }
    }
}
