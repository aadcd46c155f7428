use clap::Args;
use serde_json::json;

use super::whoami::{self, Identity};
use crate::{
    api::health,
    cli::{
        context::Context,
        error::{CliError, Doing as _, Exit},
        settings::ServerSource,
        token_source::HeldToken,
    },
};

/// Show the server's health, and which account and token are in force
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StatusArgs {
    /// Only show what this machine knows; ask nobody
    #[arg(long)]
    local: bool,
}

const EXAMPLES: &str = "\
Examples:
  da status
  da status --json
  da status --local";

pub(crate) fn run(ctx: &Context, args: &StatusArgs) -> Result<(), CliError> {
    let health = if args.local {
        None
    } else {
        Some(ctx.anonymous()?.get::<health::Health>(()).doing("Could not ask for the server's health")?)
    };
    let token = ctx.held_token()?;
    let account = match &token {
        Some(token) if args.local => Ok(Some(whoami::claimed(token))),
        Some(_) => whoami::ask(ctx.signed_in()?).map(Some),
        None => Ok(None),
    };
    show(ctx, health.as_ref(), token.as_ref(), account.as_ref().ok().and_then(Option::as_ref))?;
    // Shown first: who asks for the status wants to see all of it, the refusal included.
    account?;
    match health {
        Some(health) if health.status != health::HEALTHY => {
            Err(CliError::said(Exit::Unreachable, format!("The server is {}", health.status)))
        }
        _ => Ok(()),
    }
}

fn show(
    ctx: &Context,
    health: Option<&health::HealthResponse>,
    token: Option<&HeldToken>,
    account: Option<&Identity>,
) -> Result<(), CliError> {
    let ui = ctx.ui();
    let settings = ctx.settings()?;
    if ui.is_json() {
        return ui.json(&json!({
            "status": health.map(|health| &health.status),
            "server": {
                "url": settings.server,
                "source": source_word(settings.server_source),
                "version": health.map(|health| &health.version),
            },
            "account": account.map(|who| json!({ "email": who.email, "role": who.role, "verified": who.verified })),
            "token": token.map(|token| json!({
                "source": token.source.as_str(),
                "storage": token.source.storage(),
                "type": account.and_then(|who| who.kind.as_deref()),
                "expires_at": account.and_then(|who| who.expires_at),
                "refresh_expires_at": token.refresh_expires_at(),
            })),
        }));
    }
    ui.line(&format!("Status: {}", health.map_or("not asked", |health| &health.status)))?;
    let version = health.map(|health| format!(", version {}", health.version)).unwrap_or_default();
    let by = source_text(settings.server_source);
    ui.line(&format!("  server: {} (from {by}{version})", settings.server))?;
    match (token, account) {
        (None, _) => ui.line("  account: not logged in"),
        (Some(token), None) => ui.line(&format!("  account: {} not accepted", token.source)),
        (Some(token), Some(who)) => {
            ui.line(&format!("  account: {} (role {})", who.email, who.role))?;
            ui.line(&format!("  token: {}, {}", token.source.place(), token.lasting(who.expires_at, ctx.now())))
        }
    }
}

fn source_word(source: ServerSource) -> &'static str {
    match source {
        ServerSource::Flag => "flag",
        ServerSource::Variable => "environment",
        ServerSource::Profile => "profile",
        ServerSource::Config => "config",
        ServerSource::Default => "default",
    }
}

fn source_text(source: ServerSource) -> &'static str {
    match source {
        ServerSource::Flag => "`--server`",
        ServerSource::Variable => "`DA_SERVER`",
        ServerSource::Profile => "the profile",
        ServerSource::Config => "the config file",
        ServerSource::Default => "the default",
    }
}
