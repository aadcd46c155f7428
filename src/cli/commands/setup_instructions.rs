use clap::Args;
use serde_json::json;

use crate::{
    api::tokens::CreateRequest,
    cli::{commands::token, context::Context, error::CliError},
    domain::{Lifetime, TokenName, agent_setup},
};

/// Print what an agent needs to set up `da` for itself, with a new token in it
///
/// The text tells an agent to install `da` from your server, take the token, and prove that it works. The token carries
/// your full role; end it with `da token revoke`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SetupInstructionsArgs {
    /// Name of the agent's token in `da token list`
    #[arg(long, value_name = "NAME", default_value = "agent")]
    name: TokenName,
    /// How long the token lives: a number of days such as `90d`, or `never` [default: 90d, or the server's maximum]
    #[arg(long, value_name = "TTL")]
    ttl: Option<Lifetime>,
}

const EXAMPLES: &str = "\
Examples:
  da setup-instructions
  da setup-instructions --name reviewer --ttl 7d";

pub(super) fn run(ctx: &Context, args: &SetupInstructionsArgs) -> Result<(), CliError> {
    let expires_in_days = args.ttl.map(Into::into).unwrap_or_default();
    let request = CreateRequest { name: args.name.to_string(), expires_in_days, ..CreateRequest::default() };
    let (created, bearer) = token::create(ctx, &request)?;
    let text = agent_setup::instructions(ctx.server()?.as_str(), &bearer.to_secret());
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "token_id": created.id, "instructions": text.expose() }));
    }
    for line in text.expose().lines() {
        ctx.ui().line(line)?;
    }
    ctx.ui().note(&format!("It holds the token `{}`, shown this once; give it to nobody but the agent", args.name));
    Ok(())
}
