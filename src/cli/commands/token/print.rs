use clap::Args;
use serde_json::json;

use crate::cli::{context::Context, error::CliError};

/// Write the token in force to standard output, and nothing else
///
/// For `curl`, `git` and the like. The server is not asked whether it works.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PrintArgs {}

const EXAMPLES: &str = "\
Examples:
  da token print | wl-copy
  curl -H \"Authorization: Bearer $(da token print)\" https://id.example.org/auth/me";

pub(super) fn run(ctx: &Context, _: &PrintArgs) -> Result<(), CliError> {
    let held = ctx.required_token()?;
    let token = held.bearer.expose();
    if ctx.ui().is_json() {
        let json = json!({ "token": token, "source": held.source.as_str(), "storage": held.source.storage() });
        return ctx.ui().json(&json);
    }
    ctx.ui().line(token)
}
