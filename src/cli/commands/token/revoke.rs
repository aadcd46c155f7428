use clap::{ArgGroup, Args};
use serde_json::json;

use super::select::{select_own, status};
use crate::{
    api::{
        ErrorCode, RowId, logins,
        tokens::{self, ListQuery, TokenItem},
    },
    cli::{
        commands::{confirmed, confirmed_unless_scripted},
        context::{Context, SignedIn},
        error::{CliError, Doing as _},
        pages::each_own_token,
        password::{argument_or_stdin, parse_secret},
    },
    client::{Bearer, Client, ClientError},
    credentials::Claims,
    domain::{Secret, TokenId, token::TokenStatus},
};

/// Revoke a token, effective at once
///
/// A prefix or name that fits several active tokens is refused, and the candidates are listed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("what").required(true).args(["token", "all", "secret"]))]
pub(crate) struct RevokeArgs {
    /// Id, prefix or name
    token: Option<String>,
    /// Revoke all your tokens
    #[arg(long)]
    all: bool,
    /// Revoke this very token, whoever owns it; `-` reads it from standard input
    #[arg(long, value_name = "TOKEN", value_parser = parse_secret)]
    secret: Option<Secret>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

const EXAMPLES: &str = "\
Examples:
  da token revoke ci
  da token revoke --all --yes
  da token revoke --secret - < leaked-token";

pub(super) fn run(ctx: &Context, args: &RevokeArgs) -> Result<(), CliError> {
    match (&args.token, &args.secret) {
        (Some(text), _) => revoke_one(ctx, text, args.yes),
        (None, Some(secret)) => revoke_secret(ctx, secret),
        (None, None) => revoke_all(ctx, args.yes),
    }
}

fn revoke_one(ctx: &Context, text: &str, yes: bool) -> Result<(), CliError> {
    let signed_in = ctx.signed_in()?;
    let token = select_own(ctx, signed_in, text, |_| true)?;
    confirmed_unless_scripted(ctx.ui(), yes, &format!("Revoke the token {} ({})?", token.id, token.name))?;
    revoke(signed_in, &token)?;
    tell(ctx, &[(token.id, token.name)])
}

fn revoke_all(ctx: &Context, yes: bool) -> Result<(), CliError> {
    let signed_in = ctx.signed_in()?;
    let query = ListQuery { status: Some(TokenStatus::Active.as_str().to_owned()), ..ListQuery::default() };
    let active = |page: Vec<TokenItem>| {
        page.into_iter().filter(|token| status(token, ctx.now()) == TokenStatus::Active).collect::<Vec<_>>()
    };
    if !yes {
        let mut count = 0;
        each_own_token(signed_in, &query, |page| {
            count += active(page).len();
            Ok(())
        })?;
        confirmed(ctx.ui(), yes, &format!("Revoke all your {count} active tokens?"))?;
    }
    // The calling token goes last, or the rest would be out of its reach.
    let own = Claims::decode(&signed_in.token.bearer.to_secret()).unwrap_or_default().jti;
    let (mut last, mut revoked) = (None, Vec::new());
    each_own_token(signed_in, &query, |page| {
        for token in active(page) {
            if own.as_deref() == Some(token.id.to_string().as_str()) {
                last = Some(token);
            } else {
                revoke(signed_in, &token)?;
                revoked.push((token.id, token.name));
            }
        }
        Ok(())
    })?;
    if let Some(token) = last {
        revoke(signed_in, &token)?;
        revoked.push((token.id, token.name));
    }
    tell(ctx, &revoked)
}

fn revoke(signed_in: &SignedIn, token: &TokenItem) -> Result<(), CliError> {
    signed_in.get::<tokens::Revoke>(&format!("Could not revoke the token {}", token.id), &token.id).map(drop)
}

fn tell(ctx: &Context, revoked: &[(RowId, String)]) -> Result<(), CliError> {
    if ctx.ui().is_json() {
        let revoked: Vec<_> = revoked.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
        return ctx.ui().json(&json!({ "revoked": revoked }));
    }
    if revoked.is_empty() {
        return ctx.ui().line("No active tokens.");
    }
    revoked.iter().try_for_each(|(id, name)| ctx.ui().line(&format!("Revoked token {id} ({name})")))
}

/// Ends a token with itself: no login is needed by whoever found it.
fn revoke_secret(ctx: &Context, secret: &Secret) -> Result<(), CliError> {
    let secret = argument_or_stdin(ctx.ui(), Some(secret), "Token", "`--secret -`")?;
    let bearer = Bearer::new(&secret).map_err(|error| CliError::failed(format!("Could not use the token: {error}")))?;
    let claims = Claims::decode(&bearer.to_secret())
        .map_err(|error| CliError::failed(format!("Could not decode token as JWT: {error}")))?;
    let id = claims.jti.unwrap_or_default();
    let client = ctx.client(Some(bearer))?;
    let ended = match claims.typ.as_deref() {
        Some("pat") => end_token(&client, &id)?,
        _ => end_session(&client)?,
    };
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "revoked": [{ "id": id, "type": claims.typ }], "had_ended": !ended }));
    }
    let what = if claims.typ.as_deref() == Some("pat") { "token" } else { "session" };
    ctx.ui().line(&if ended { format!("Revoked {what} {id}") } else { format!("The {what} {id} had already ended") })
}

/// Tells whether it was ended by this; it may have been before.
fn end_token(client: &Client, id: &str) -> Result<bool, CliError> {
    let id: TokenId = id.parse().map_err(|_| CliError::failed("The token does not name itself: its `jti` is no id"))?;
    match client.get::<tokens::Revoke>(id) {
        Ok(_) => Ok(true),
        Err(error) if has_ended(&error) => Ok(false),
        Err(error) => Err(refused(error, "Could not revoke the token")),
    }
}

/// A sign-out succeeds for any text, so only the check before and after tells that a session was ended.
fn end_session(client: &Client) -> Result<bool, CliError> {
    let action = "Could not end the session";
    match client.get::<logins::Me>(()) {
        Ok(_) => {}
        Err(error) if has_ended(&error) => return Ok(false),
        Err(error) if error.is_missing_route() => {
            return Err(CliError::failed("This server cannot end a session; deactivate the account instead"));
        }
        Err(error) => return Err(refused(error, action)),
    }
    client.get::<logins::Logout>(()).doing(action)?;
    match client.get::<logins::Me>(()) {
        Err(error) if error.status() == Some(401) => Ok(true),
        Ok(_) => Err(CliError::failed("The server still accepts the session")),
        Err(error) => Err(error).doing("Could not check that the session has ended"),
    }
}

fn has_ended(error: &ClientError) -> bool {
    let Some(failure) = error.failure() else { return false };
    failure.status == 401 && (failure.is(ErrorCode::TokenRevoked) || failure.is(ErrorCode::TokenExpired))
}

/// Says what a refusal of the token itself means, where the server has no codes that tell it.
fn refused(error: ClientError, action: &str) -> CliError {
    let is_unclear = error.failure().is_some_and(|failure| failure.status == 401 && failure.code.is_none());
    let remedy =
        is_unclear.then(|| "The token has ended already, or it belongs to another server: check `--server`".to_owned());
    CliError::Call { action: action.to_owned(), source: error, remedy }
}
