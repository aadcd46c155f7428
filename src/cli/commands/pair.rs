use clap::Args;
use serde_json::json;

use super::login;
use crate::{
    api::{
        grants::{GrantResponse, GrantedToken},
        tokens,
    },
    cli::{
        context::Context,
        error::{CliError, Doing as _},
        moment, renewal, sign_in,
    },
    client::{Bearer, ClientError},
    credentials::StoredCredential,
    domain::{Lifetime, TokenName, email},
};

/// Give this machine a long-lived token that you approve elsewhere
///
/// A page and a code are shown, for the browser of any other device. Once you have approved there, this machine is
/// signed in with a token of its own, which `da token list` shows under its name and `da token revoke` ends.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PairArgs {
    /// Name of the machine, shown in `da token list`
    #[arg(long, value_name = "NAME")]
    name: TokenName,
    /// How long the token lives: a number of days such as `90d`, or `never` [default: 90d, or the server's maximum]
    #[arg(long, value_name = "TTL")]
    ttl: Option<Lifetime>,
    /// Write the token alone, and keep nothing
    #[arg(long, conflicts_with_all = ["json", "insecure_storage"])]
    raw: bool,
    /// Keep the token in the file, not in the keyring, from now on
    #[arg(long)]
    insecure_storage: bool,
}

const EXAMPLES: &str = "\
Examples:
  da pair --name build-agent --ttl 30d
  da pair --name laptop --server https://id.example.org
  export DA_TOKEN=$(da pair --name ci --raw)";

pub(crate) fn run(ctx: &Context, args: &PairArgs) -> Result<(), CliError> {
    // Made first: it refuses a clear-text server before anybody is asked.
    let client = ctx.anonymous()?;
    let is_kept = !args.raw && !ctx.ui().is_json();
    if is_kept {
        login::foresee_use(ctx, "token")?;
        login::foresee_storage(ctx, args.insecure_storage)?;
    }
    let answer = sign_in::paired(ctx, &client, &args.name, args.ttl.map(Into::into).unwrap_or_default())?;
    let GrantResponse { login: granted, token: Some(token) } = &answer else {
        return Err(ClientError::BadAnswer("it holds no token".to_owned())).doing("Could not pair");
    };
    let bearer = Bearer::new(&granted.access_token)
        .map_err(|error| ClientError::BadAnswer(error.to_string()))
        .doing("Could not pair")?;
    if args.raw {
        return ctx.ui().line(bearer.expose());
    }
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({
            "id": token.id,
            "name": token.name,
            "prefix": token.prefix,
            "expires_at": token.expires_at,
            "token": bearer.expose(),
            "email": granted.email,
            "role": granted.role,
            "server": ctx.server()?,
        }));
    }
    let credential = StoredCredential {
        access_token: bearer.to_secret(),
        expires_at: token.expires_at,
        ..renewal::to_keep(granted, ctx.now())
    };
    keep(ctx, &credential, token, bearer, args.insecure_storage)?;
    let end = moment::ending(token.expires_at, ctx.now());
    ctx.ui().line(&format!(
        "Paired as {} (role: {}): token `{}`, {end}",
        email::shown(&granted.email),
        granted.role,
        token.name
    ))
}

/// Saves the token. One that cannot be saved is revoked: nobody could ever use it.
fn keep(
    ctx: &Context,
    credential: &StoredCredential,
    token: &GrantedToken,
    bearer: Bearer,
    insecure_storage: bool,
) -> Result<(), CliError> {
    let saved = login::save(ctx, ctx.server()?, credential, insecure_storage).inspect_err(|_| {
        if let Ok(client) = ctx.client(Some(bearer)) {
            let _ = client.get::<tokens::Revoke>(token.id);
        }
    });
    saved.map(drop)
}
