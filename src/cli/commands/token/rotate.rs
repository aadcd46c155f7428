use clap::{ArgGroup, Args};

use super::{
    create::{Issued, bearer_of, undone},
    select::select_own,
};
use crate::{
    api::{
        ErrorCode, RowId,
        tokens::{self, CreateResponse, RotateRequest},
    },
    cli::{
        answered,
        context::{Context, SignedIn},
        error::{CliError, Exit},
        span::Span,
        token_source::TokenSource,
    },
    client::{Bearer, ClientError},
    credentials::{Claims, Saved, StoredCredential},
    domain::{Lifetime, TokenId, rotation::MAX_OVERLAP},
};

/// Put a new token in the place of one of yours, and show it once
///
/// The old token works on beside the new one, so that everything which uses it can change over: until the overlap ends,
/// or until the new one is in use and the old one was silent for a tenth of the overlap, at least an hour. `da admin
/// audit --action token.used_in_overlap` tells which of the two is used.
///
/// A token made with `da token create --renewable` can be rotated without a login: `--self` takes the token in force,
/// writes the new one alone to standard output and never moves the last day. A saved token is replaced where it is saved.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("what").required(true).args(["token", "itself"]))]
pub(crate) struct RotateArgs {
    /// Id, prefix or name
    token: Option<String>,
    /// The token in force, by itself
    #[arg(long = "self")]
    itself: bool,
    /// How long the old token works on at most, in whole hours up to 30 days, such as `24h` or `7d`; `0` ends it at once
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = overlap_hours)]
    overlap: i64,
    /// How long the new one lives: `90d` or `never` [default: as long as the old one was made for]
    #[arg(long, value_name = "TTL")]
    ttl: Option<Lifetime>,
    /// Write the token alone, for a pipe
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

const EXAMPLES: &str = "\
Examples:
  da token rotate ci
  da token rotate ci --overlap 7d --raw | ssh build 'cat > token'
  DA_TOKEN=$(cat token) da token rotate --self > token.new && mv token.new token";

const ACTION: &str = "Could not rotate the token";

fn overlap_hours(text: &str) -> Result<i64, String> {
    let Span(span) = text.parse().map_err(|error: crate::cli::span::InvalidSpan| error.to_string())?;
    let seconds = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    if seconds % 3_600 != 0 {
        Err("expected whole hours".to_owned())
    } else if span > MAX_OVERLAP {
        Err(format!("expected at most {} days", MAX_OVERLAP.as_secs() / 86_400))
    } else {
        Ok(seconds / 3_600)
    }
}

pub(super) fn run(ctx: &Context, args: &RotateArgs) -> Result<(), CliError> {
    let request = RotateRequest {
        overlap_hours: Some(args.overlap),
        expires_in_days: args.ttl.map(Into::into).unwrap_or_default(),
        ..RotateRequest::default()
    };
    let (created, bearer) = match &args.token {
        Some(text) => rotate_named(ctx, text, &request)?,
        None => rotate_itself(ctx, &request)?,
    };
    if let Err(ignored) = answered::check_lifetime("--ttl", args.ttl, &created, ctx.now()) {
        return Err(undone(ctx, ignored, &created));
    }
    Issued { headline: "Personal access token rotated", created, bearer }.show(ctx.ui(), args.raw || args.itself)
}

fn rotate_named(ctx: &Context, text: &str, request: &RotateRequest) -> Result<(CreateResponse, Bearer), CliError> {
    let signed_in = ctx.signed_in()?;
    let id: RowId = match text.parse::<TokenId>() {
        Ok(id) => id.into(),
        // A name fits the replaced token, too, which cannot be meant.
        Err(_) => select_own(ctx, signed_in, text, |token| token.replaced_by.is_none())?.id,
    };
    let created = signed_in.send::<tokens::Rotate>(ACTION, &id, request)?;
    let bearer = bearer_of(&created, ACTION)?;
    Ok((created, bearer))
}

fn rotate_itself(ctx: &Context, request: &RotateRequest) -> Result<(CreateResponse, Bearer), CliError> {
    let signed_in = ctx.signed_in()?;
    let id = own_id(signed_in)?;
    let server = signed_in.client.server();
    let replaced = match (&signed_in.token.saved, &signed_in.token.source) {
        (Some(saved), TokenSource::Saved(storage)) => Some((ctx.credentials()?, saved, storage)),
        _ => None,
    };
    // No other process moves or replaces the saved token until the new one is in its place.
    let _turn = replaced.as_ref().map(|(store, ..)| store.turn(server)).transpose()?;
    let created = match signed_in.client.send::<tokens::Rotate>(id, request) {
        Ok(created) => created,
        Err(ClientError::Http(failure)) if failure.is(ErrorCode::SessionRequired) => {
            return Err(not_renewable(&signed_in.token.source));
        }
        Err(error) => return Err(signed_in.explain(ACTION, error)),
    };
    let bearer = bearer_of(&created, ACTION)?;
    if let Some((store, saved, storage)) = replaced {
        let credential =
            StoredCredential { access_token: bearer.to_secret(), expires_at: created.expires_at, ..saved.clone() };
        match store.save_again(server, &credential, storage) {
            Ok(Saved { storage, fallback: Some(reason) }) => ctx.tell_fallback(&storage, &reason),
            Ok(_) => {}
            // It is shown all the same: the old one may have ended.
            Err(error) => ctx.ui().warn(&format!("The new token is not saved: {error}")),
        }
    }
    Ok((created, bearer))
}

fn not_renewable(source: &TokenSource) -> CliError {
    let error = CliError::said(Exit::NotAllowed, "The token in force was not made to rotate itself");
    let ways = "with `da token create --renewable`, or rotate this one with `da token rotate NAME`";
    error.with_hint(match source.way_out() {
        None => format!("Run `da login`, then make one {ways}"),
        Some(way_out) => format!("{way_out} and sign in with `da login`, then make one {ways}"),
    })
}

fn own_id(signed_in: &SignedIn) -> Result<TokenId, CliError> {
    let claims = Claims::decode(&signed_in.token.bearer.to_secret()).unwrap_or_default();
    if claims.typ.as_deref() == Some("session") {
        let message = "The token in force is a sign-in, which is renewed by itself";
        return Err(CliError::usage(message, "Name one of your tokens: `da token rotate NAME`"));
    }
    let id = claims.jti.and_then(|jti| jti.parse().ok());
    id.ok_or_else(|| CliError::failed("The token in force does not say which one it is"))
}
