use clap::Args;

use super::select::{select_own, status};
use crate::{
    api::tokens::{self, TokenItem},
    cli::{context::Context, error::CliError, moment},
    domain::{TokenId, token::CreatedVia},
};

/// Show one of your tokens; never the secret itself
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ShowArgs {
    /// Id, prefix or name
    token: String,
}

const EXAMPLES: &str = "\
Examples:
  da token show ci
  da token show 1a2b3c4d --json";

pub(super) fn run(ctx: &Context, args: &ShowArgs) -> Result<(), CliError> {
    let token = find(ctx, &args.token)?;
    let ui = ctx.ui();
    if ui.is_json() {
        return ui.json(&token);
    }
    let now = ctx.now();
    ui.line(&format!("id:        {}", token.id))?;
    ui.line(&format!("name:      {}", token.name))?;
    ui.line(&format!("prefix:    {}", token.prefix))?;
    ui.line(&format!("status:    {}", status(&token, now).as_str()))?;
    ui.line(&format!("created:   {}", moment::or_unknown(token.created_at)))?;
    ui.line(&format!("expires:   {}", moment::or_never(token.expires_at)))?;
    ui.line(&format!("last used: {}", moment::or_never(token.last_used_at)))?;
    if let Some(at) = token.revoked_at {
        ui.line(&format!("revoked:   {}", moment::written(at)))?;
    }
    if let Some(by) = &token.replaced_by {
        ui.line(&format!("replaced:  by {by}"))?;
    }
    if let (Some(until), None) = (token.overlap_until, token.revoked_at) {
        ui.line(&format!("overlap:   {}", moment::ending(Some(until), now)))?;
    }
    if let Some(via) = token.created_via.as_deref().filter(|via| *via != CreatedVia::Session.as_str()) {
        ui.line(&format!("via:       {via}"))?;
    }
    if token.renewable { ui.line("renewable: yes") } else { Ok(()) }
}

fn find(ctx: &Context, text: &str) -> Result<TokenItem, CliError> {
    let signed_in = ctx.signed_in()?;
    match text.parse::<TokenId>() {
        Ok(id) => signed_in.get::<tokens::Show>("Could not show the token", id),
        Err(_) => select_own(ctx, signed_in, text, |_| true),
    }
}
