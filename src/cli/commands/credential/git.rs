//! git's protocol: `key=value` lines on standard input and output (git-credential(1)).

use std::collections::BTreeMap;

use clap::Args;
use zeroize::Zeroizing;

use super::{HelperArgs, is_this_machine};
use crate::{
    cli::{context::Context, error::CliError, helper_token},
    domain::Secret,
    files,
};

/// Be a credential helper of git
///
/// Hands out a token that lives an hour, one for all calls of that time, kept in a private file. It is made with the saved
/// login, identifies you and reaches no admin operation. A personal access token in `DA_TOKEN` is handed out itself, unless
/// it is an admin's. Only for the hosts that are named, and only over https or to this machine. `store` keeps nothing;
/// `erase` revokes a token that was refused.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GitArgs {
    #[command(flatten)]
    helper: HelperArgs,
    /// What git asks for: get, store or erase; anything else is ignored, as git wants it
    operation: String,
}

const EXAMPLES: &str = "\
Examples:
  git config --global credential.https://git.example.org.helper \\
    '!da credential git --host git.example.org'
  printf 'protocol=https\\nhost=git.example.org\\n\\n' | da credential git --host git.example.org get";

/// More is no question of git's.
const MAX_BYTES: u64 = 64 * 1024;

pub(super) fn run(ctx: &Context, args: &GitArgs) -> Result<(), CliError> {
    let text = files::read_text(std::io::stdin().lock(), MAX_BYTES).map_err(CliError::Input)?;
    let asked = Question::read(&text);
    if !args.helper.serves(asked.get("host")) {
        return Ok(());
    }
    match args.operation.as_str() {
        "get" => get(ctx, args, &asked),
        "erase" => {
            let refused = Secret::new(asked.get("password").to_owned());
            helper_token::erase(ctx, Some(&refused))
        }
        _ => Ok(()),
    }
}

fn get(ctx: &Context, args: &GitArgs, asked: &Question) -> Result<(), CliError> {
    if !asked.is_safe() {
        ctx.ui().warn(&format!("{} gets no token in clear text", asked.get("host")));
        return Ok(());
    }
    let token = helper_token::get(ctx)?;
    let ui = ctx.ui();
    ui.line(&format!("username={}", asked.username(&args.helper)))?;
    ui.line(&format!("password={}", token.bearer.expose()))?;
    match token.expires_at {
        Some(end) => ui.line(&format!("password_expiry_utc={}", end.as_seconds())),
        None => Ok(()),
    }
}

/// What git tells of the credential that it asks for.
pub(super) struct Question(BTreeMap<String, Zeroizing<String>>);

impl Question {
    /// Reads the lines before the first empty one; of a key that is told twice the last counts, as git has it.
    pub(super) fn read(text: &str) -> Self {
        let lines = text.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once('='));
        Self(lines.map(|(key, value)| (key.to_owned(), Zeroizing::new(value.to_owned()))).collect())
    }

    /// Tells whether nobody can read along.
    pub(super) fn is_safe(&self) -> bool {
        self.get("protocol") == "https" || is_this_machine(self.get("host"))
    }

    /// Returns the name that goes with the token: the one that git asks for, if any.
    pub(super) fn username<'a>(&'a self, helper: &'a HelperArgs) -> &'a str {
        Some(self.get("username")).filter(|name| !name.is_empty()).unwrap_or(&helper.username)
    }

    /// Returns a value; an absent one is empty.
    pub(super) fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", |value| value.as_str())
    }
}
