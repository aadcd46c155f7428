//! docker's protocol: a server's address on standard input, JSON on standard output; what is wrong goes there, too
//! (docker-credential-helpers).

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{HelperArgs, is_this_machine};
use crate::{
    cli::{
        context::Context,
        error::{CliError, Exit},
        helper_token,
    },
    files,
};

/// Be a credential helper of docker
///
/// As `da credential git`, for registries: put an executable script `docker-credential-da` that runs this command on the path, and
/// name it in `credHelpers` of docker's `config.json`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DockerArgs {
    #[command(flatten)]
    helper: HelperArgs,
    /// What docker asks for
    #[arg(value_enum)]
    operation: Operation,
}

const EXAMPLES: &str = "\
Examples:
  printf '#!/bin/sh\\nexec da credential docker --host registry.example.org \"$@\"\\n' \\
    > ~/bin/docker-credential-da && chmod +x ~/bin/docker-credential-da
  echo registry.example.org | da credential docker --host registry.example.org get";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Operation {
    Get,
    Store,
    Erase,
    List,
}

/// More is no address.
const MAX_BYTES: u64 = 64 * 1024;
/// The words by which docker knows that there is none (`credentials.NewErrCredentialsNotFound`).
const NOT_FOUND: &str = "credentials not found in native keychain";

pub(super) fn run(ctx: &Context, args: &DockerArgs) -> Result<(), CliError> {
    let done = match args.operation {
        Operation::Get => get(ctx, args),
        Operation::Store => Err(CliError::failed("da makes these credentials itself; there is nothing to store")),
        Operation::Erase => erase(ctx, args),
        Operation::List => list(ctx, args),
    };
    // docker shows what is on standard output.
    done.or_else(|error| {
        if error.is_silent() {
            return Err(error);
        }
        ctx.ui().line(&error.message())?;
        Err(CliError::Outcome(Exit::Failed))
    })
}

fn get(ctx: &Context, args: &DockerArgs) -> Result<(), CliError> {
    let address = read()?;
    if !is_answered(&args.helper, &address) {
        ctx.ui().line(NOT_FOUND)?;
        return Err(CliError::Outcome(Exit::Failed));
    }
    let token = helper_token::get(ctx)?;
    ctx.ui()
        .json_line(&json!({ "ServerURL": address, "Username": args.helper.username, "Secret": token.bearer.expose() }))
}

fn erase(ctx: &Context, args: &DockerArgs) -> Result<(), CliError> {
    if args.helper.serves(parts(&read()?).1) { helper_token::erase(ctx, None) } else { Ok(()) }
}

fn list(ctx: &Context, args: &DockerArgs) -> Result<(), CliError> {
    let served: BTreeMap<_, _> = args.helper.hosts.iter().map(|host| (&host.0, &args.helper.username)).collect();
    ctx.ui().json_line(&served)
}

fn read() -> Result<String, CliError> {
    let text = files::read_text(std::io::stdin().lock(), MAX_BYTES).map_err(CliError::Input)?;
    Ok(text.trim().to_owned())
}

/// Tells whether an address gets the token: one that was named, where nobody can read along.
pub(super) fn is_answered(helper: &HelperArgs, address: &str) -> bool {
    let (scheme, host) = parts(address);
    let is_safe = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => is_this_machine(host),
        _ => false,
    };
    helper.serves(host) && is_safe
}

/// Returns scheme and host of an address; without a scheme docker means https.
fn parts(address: &str) -> (&str, &str) {
    let (scheme, rest) = address.split_once("://").unwrap_or(("https", address));
    (scheme, rest.split('/').next().unwrap_or_default())
}
