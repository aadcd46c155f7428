//! A saved session is continued before its token ends: by one process at a time, and kept before it is used (K-08).

use std::time::Duration;

use super::{
    context::Context,
    device,
    error::{CliError, Doing as _},
    token_source::{HeldToken, TokenSource},
};
use crate::{
    api::{
        logins::LoginResponse,
        sessions::{self, RefreshRequest},
    },
    client::{Bearer, ClientError},
    credentials::{Claims, StoredCredential},
    domain::Timestamp,
};

/// How long before its end a token is renewed: a request and a slow clock must fit in between. A token that still works is
/// used on if the renewal fails.
const MARGIN: Duration = Duration::from_secs(60);

/// Returns the token to use: `held`, or what replaces it.
pub(super) fn renewed(ctx: &Context, held: HeldToken) -> Result<HeldToken, CliError> {
    if !is_due(&held, ctx.now()) {
        return Ok(held);
    }
    let store = ctx.credentials()?;
    // Where nothing can be kept the refresh token would be used up, and its successor lost.
    let Ok(_turn) = store.turn(ctx.server()?) else {
        return Ok(held);
    };
    // Whoever had the turn before may have done it.
    let Some(held) = ctx.loaded_token()? else { return ctx.required_token() };
    let Some(saved) = held.saved.as_ref().filter(|_| is_due(&held, ctx.now())) else { return Ok(held) };
    let TokenSource::Saved(storage) = &held.source else { return Ok(held) };
    let Some(refresh_token) = saved.refresh_token.clone() else { return Ok(held) };
    if store.check_again(storage).is_err() {
        return Ok(held);
    }
    let request = RefreshRequest { refresh_token, device_fingerprint: device::fingerprint(ctx)? };
    let client = ctx.anonymous()?;
    let answer = match client.send::<sessions::Refresh>((), &request) {
        Ok(answer) => answer,
        Err(ClientError::Http(failure)) if failure.status == 401 => {
            return Err(CliError::TokenRefused {
                token: held.source.to_string(),
                server: client.server().to_string(),
                remedy: held.source.remedy(),
                failure,
            });
        }
        // The limit of renewals, or a server that is busy or away: the token in hand is good to its end.
        Err(_) if saved.expires_at.is_some_and(|end| end > ctx.now()) => return Ok(held),
        Err(error) => return Err(error).doing("Could not renew the session"),
    };
    let credential = continued(saved, &answer, ctx.now()).doing("Could not renew the session")?;
    let bearer = Bearer::new(&credential.access_token)
        .map_err(|error| ClientError::BadAnswer(error.to_string()))
        .doing("Could not renew the session")?;
    let saved = store.save_again(client.server(), &credential, storage)?;
    if let Some(reason) = &saved.fallback {
        ctx.tell_fallback(&saved.storage, reason);
    }
    Ok(HeldToken { bearer, source: TokenSource::Saved(saved.storage), saved: Some(credential) })
}

fn is_due(held: &HeldToken, now: Timestamp) -> bool {
    let Some(saved) = &held.saved else { return false };
    saved.refresh_token.is_some() && saved.expires_at.is_none_or(|end| end <= now.plus(MARGIN))
}

fn continued(
    saved: &StoredCredential,
    answer: &LoginResponse,
    now: Timestamp,
) -> Result<StoredCredential, ClientError> {
    if answer.refresh_token.is_none() {
        return Err(ClientError::BadAnswer("it holds no refresh token".to_owned()));
    }
    Ok(StoredCredential { server: saved.server.clone(), ..to_keep(answer, now) })
}

/// Returns what is kept of an answer that has just come, to a sign-in or a refresh.
pub(crate) fn to_keep(answer: &LoginResponse, now: Timestamp) -> StoredCredential {
    let end = |seconds: u64| now.plus(Duration::from_secs(seconds));
    let claimed = || Claims::decode(&answer.access_token).ok()?.expires_at();
    StoredCredential {
        access_token: answer.access_token.clone(),
        email: answer.email.clone(),
        role: answer.role.clone(),
        server: None,
        expires_at: answer.expires_in.map(end).or_else(claimed),
        refresh_token: answer.refresh_token.clone(),
        refresh_expires_at: answer.refresh_expires_in.map(end),
    }
}
