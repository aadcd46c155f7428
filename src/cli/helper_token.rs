//! The token that credential helpers hand out: one for all calls of an hour, so that a loop of pushes makes one token.
//!
//! A git host or a registry gets this token, so it must not carry admin rights (D-44). The server restricts tokens that
//! are created for a helper. A server that does not know this restriction makes a full token: for an admin such a token is
//! revoked and not handed out.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    brief_token::BriefToken,
    context::{Context, SignedIn},
    error::CliError,
};
use crate::{
    api::{RowId, logins, tokens},
    client::{Bearer, ServerUrl},
    credentials::{Claims, DirLock, PrivateDir, StoredCredential},
    domain::{Role, Secret, Timestamp, TokenHash, TokenId, secret::expose, token::CreatedVia},
};

/// How long such a token lives.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How much of its life must be left for a transfer that begins now.
const MARGIN: Duration = Duration::from_secs(10 * 60);

/// What a helper hands out.
pub(crate) struct HelperToken {
    pub(crate) bearer: Bearer,
    pub(crate) expires_at: Option<Timestamp>,
}

/// The token at rest, in a private file that only its owner may read.
#[derive(Serialize, Deserialize)]
struct Kept {
    id: RowId,
    #[serde(serialize_with = "expose")]
    token: Secret,
    expires_at: Timestamp,
    /// Whether it was created without admin rights. Programs before 0.2 did not check this.
    #[serde(default)]
    is_harmless: bool,
}

/// Returns the token to hand out: the personal access token that `da` uses, or a short-lived one made with the sign-in.
///
/// # Errors
/// A refusal, if the token would carry admin rights.
pub(crate) fn get(ctx: &Context) -> Result<HelperToken, CliError> {
    let signed_in = ctx.signed_in()?;
    let claims = Claims::decode(&signed_in.token.bearer.to_secret()).unwrap_or_default();
    let Some(saved) = signed_in.token.saved.as_ref().filter(|_| claims.typ.as_deref() == Some("session")) else {
        refuse_admin_token(signed_in, &claims)?;
        return Ok(HelperToken { bearer: signed_in.token.bearer.clone(), expires_at: claims.expires_at() });
    };
    let place = Place::of(ctx, signed_in.client.server(), saved)?;
    let _turn = place.lock()?;
    if let Some(kept) = place.live(ctx)? {
        return Ok(kept);
    }
    place.revoke_kept(ctx);
    let name = "credential helper".parse().expect("plain words are a name");
    let made = BriefToken::make(ctx, CreatedVia::Helper, &name, LIFETIME)?;
    if !made.is_recorded && [claims.role.as_deref(), Some(&saved.role)].contains(&Some(Role::Admin.as_str())) {
        let revoked = made.revoke(ctx);
        let message = "This server does not restrict tokens of credential helpers, and the token would carry your admin \
                       rights";
        let hint = "Sign in with an account that is not an admin, or upgrade the server";
        return revoked.and(Err(CliError::failed(message).with_hint(hint)));
    }
    // A server that counts in whole days makes a token that lives longer: it is handed out for as long as was asked for,
    // and revoked when the next one takes its place.
    let expires_at = made.revoke_by.or(made.expires_at);
    if let Some(expires_at) = expires_at {
        place.keep(&Kept { id: made.id, token: made.bearer.to_secret(), expires_at, is_harmless: true })?;
    }
    Ok(HelperToken { bearer: made.bearer, expires_at })
}

/// Refuses the personal access token of an admin, unless it was created for a helper. The server knows the role as it is
/// now; if it does not answer this question, the claims of the token tell the role of its creation.
fn refuse_admin_token(signed_in: &SignedIn, claims: &Claims) -> Result<(), CliError> {
    let client = &signed_in.client;
    let role = client.get::<logins::Me>(()).map(|me| me.role).ok().or_else(|| claims.role.clone());
    if role.as_deref() != Some(Role::Admin.as_str()) {
        return Ok(());
    }
    let own = claims.jti.as_deref().and_then(|id| id.parse::<TokenId>().ok());
    let via = own.and_then(|id| client.get::<tokens::Show>(id).ok()).and_then(|token| token.created_via);
    if via.as_deref() == Some(CreatedVia::Helper.as_str()) {
        return Ok(());
    }
    let message =
        format!("The {} carries admin rights, and git hosts and registries get none of those", signed_in.token.source);
    let hint = "Sign in with `da login` and leave `DA_TOKEN` unset: the helper then makes a token without admin rights. A \
                job without a sign-in needs the token of an account that is not an admin";
    Err(CliError::failed(message).with_hint(hint))
}

/// Forgets a token that somebody did not accept, and ends it. Any other secret is none of ours.
pub(crate) fn erase(ctx: &Context, refused: Option<&Secret>) -> Result<(), CliError> {
    match ctx.loaded_token()?.and_then(|held| held.saved) {
        Some(saved) => forget(ctx, &saved, refused),
        None => Ok(()),
    }
}

/// Forgets the token that was made with a saved sign-in, if it is `only` this one, and ends it as far as it can be.
pub(crate) fn forget(ctx: &Context, saved: &StoredCredential, only: Option<&Secret>) -> Result<(), CliError> {
    let place = Place::of(ctx, ctx.server()?, saved)?;
    if !place.is_there() {
        return Ok(());
    }
    let _turn = place.lock()?;
    let Some(kept) = place.read().filter(|kept| only.is_none_or(|only| kept.token.matches(only.expose()))) else {
        return Ok(());
    };
    place.dir.remove(&place.file)?;
    end(ctx, kept);
    Ok(())
}

/// Revokes a token as far as it can be; it ends by itself soon.
fn end(ctx: &Context, kept: Kept) {
    if let Ok(bearer) = Bearer::new(&kept.token) {
        let token =
            BriefToken { id: kept.id, bearer, expires_at: Some(kept.expires_at), is_recorded: true, revoke_by: None };
        let _ = token.revoke(ctx);
    }
}

/// Where the token of one account at one server is kept.
struct Place {
    dir: PrivateDir,
    config: PrivateDir,
    file: String,
}

impl Place {
    fn of(ctx: &Context, server: &ServerUrl, saved: &StoredCredential) -> Result<Self, CliError> {
        let config = ctx.settings()?.saved()?.clone();
        let whose = TokenHash::of(&format!("{} {}", server.as_str(), saved.email));
        let digest: String = whose.as_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { dir: config.state(), config, file: format!("helper-token-{digest}.json") })
    }

    fn lock(&self) -> Result<DirLock, CliError> {
        Ok(self.config.lock_for(&self.file)?)
    }

    fn is_there(&self) -> bool {
        self.dir.file(&self.file).exists()
    }

    fn read(&self) -> Option<Kept> {
        let text = self.dir.read_secret(&self.file).ok()??;
        serde_json::from_str(&text.text).ok()
    }

    /// Returns the kept token if it lasts and the server accepts it.
    fn live(&self, ctx: &Context) -> Result<Option<HelperToken>, CliError> {
        let lasts = |kept: &Kept| kept.is_harmless && kept.expires_at > ctx.now().plus(MARGIN);
        let Some(kept) = self.read().filter(lasts) else { return Ok(None) };
        let Ok(bearer) = Bearer::new(&kept.token) else { return Ok(None) };
        match ctx.client(Some(bearer.clone()))?.get::<logins::Me>(()) {
            Err(error) if error.status() == Some(401) => Ok(None),
            // Whoever gets it will find out; a new one could not be made either.
            _ => Ok(Some(HelperToken { bearer, expires_at: Some(kept.expires_at) })),
        }
    }

    /// Revokes the kept token if its hour is over and the server may have given it more.
    fn revoke_kept(&self, ctx: &Context) {
        if let Some(kept) = self.read().filter(|kept| kept.expires_at <= ctx.now()) {
            end(ctx, kept);
        }
    }

    fn keep(&self, kept: &Kept) -> Result<(), CliError> {
        let json = serde_json::to_string(kept).map(Zeroizing::new);
        let json = json.map_err(|error| CliError::failed(format!("The token cannot be written: {error}")))?;
        Ok(self.dir.write(&self.file, json.as_bytes())?)
    }
}
