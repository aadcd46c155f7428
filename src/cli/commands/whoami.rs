use clap::Args;
use serde_json::json;

use crate::{
    api::{catalog, logins},
    cli::{
        context::{Context, SignedIn},
        error::{CliError, Exit},
        password::{CHANGE_IT, MUST_CHANGE},
        token_source::HeldToken,
    },
    client::Client,
    credentials::Claims,
    domain::{Timestamp, email},
};

/// Show who you are and which token says so
///
/// Asks the server, so that an ended or forged token is told (exit code 4), and a password that must be changed before
/// anything else (exit code 5). With `--offline` it only decodes the token.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WhoamiArgs {
    /// Only decode the token; ask nobody
    #[arg(long)]
    offline: bool,
}

const EXAMPLES: &str = "\
Examples:
  da whoami
  da whoami --json
  DA_TOKEN_FILE=/run/secrets/da da whoami --offline";

/// Who a token stands for.
pub(super) struct Identity {
    pub(super) email: String,
    pub(super) role: String,
    /// `session` or `pat`.
    pub(super) kind: Option<String>,
    pub(super) expires_at: Option<Timestamp>,
    /// Whether the server said so; the original server only says that it accepts the token.
    pub(super) verified: bool,
    /// Whether the account's password must be changed before a session does anything else, as far as the server tells.
    pub(super) must_change_password: Option<bool>,
}

impl Identity {
    /// Returns what keeps the token from doing anything else, if something does: a personal access token goes on
    /// working while its owner must change the password.
    pub(super) fn obstacle(&self) -> Option<CliError> {
        let is_held = self.kind.as_deref() == Some("session") && self.must_change_password == Some(true);
        is_held.then(|| CliError::said(Exit::NotAllowed, MUST_CHANGE).with_hint(CHANGE_IT))
    }
}

pub(crate) fn run(ctx: &Context, args: &WhoamiArgs) -> Result<(), CliError> {
    if args.offline {
        let token = ctx.required_token()?;
        let identity = claimed(&token);
        ctx.ui().note("Not verified: the server was not asked");
        return show(ctx, &token, &identity);
    }
    let signed_in = ctx.signed_in()?;
    let identity = ask(signed_in)?;
    show(ctx, &signed_in.token, &identity)?;
    identity.obstacle().map_or(Ok(()), Err)
}

/// Asks the server who the caller is.
pub(super) fn ask(signed_in: &SignedIn) -> Result<Identity, CliError> {
    let failed = |error| signed_in.explain("Could not ask who you are", error);
    match verify(&signed_in.client).map_err(failed)? {
        Some(me) => Ok(me),
        None => Ok(Identity { verified: true, ..claimed(&signed_in.token) }),
    }
}

/// Asks whether the client's token works, and who its owner is, if the server can tell. The original server has no
/// such route; there a list that any token may read must do, and 403 or 404 mean that the token itself was accepted.
pub(super) fn verify(client: &Client) -> Result<Option<Identity>, crate::client::ClientError> {
    match client.get::<logins::Me>(()) {
        Ok(me) => Ok(Some(Identity {
            email: me.email,
            role: me.role.to_string(),
            kind: Some(me.typ),
            expires_at: me.expires_at,
            verified: true,
            must_change_password: Some(me.must_change_password),
        })),
        Err(error) if error.is_missing_route() => match client.get::<catalog::Tables>(()) {
            Err(error) if !matches!(error.status(), Some(403 | 404)) => Err(error),
            _ => Ok(None),
        },
        Err(error) => Err(error),
    }
}

/// Returns what the token and what was saved with it say.
pub(super) fn claimed(token: &HeldToken) -> Identity {
    let claims = Claims::decode(&token.bearer.to_secret()).unwrap_or_default();
    let expires_at = claims.expires_at();
    let saved = token.saved.as_ref();
    let unknown = || "unknown".to_owned();
    let text = |claim: Option<String>, saved: Option<&String>| {
        claim.or_else(|| saved.filter(|text| !text.is_empty()).cloned()).unwrap_or_else(unknown)
    };
    Identity {
        email: text(claims.email, saved.map(|saved| &saved.email)),
        role: text(claims.role, saved.map(|saved| &saved.role)),
        kind: claims.typ,
        expires_at: expires_at.or_else(|| saved.and_then(|saved| saved.expires_at)),
        verified: false,
        must_change_password: None,
    }
}

fn show(ctx: &Context, token: &HeldToken, identity: &Identity) -> Result<(), CliError> {
    let ui = ctx.ui();
    let (server, profile) = (ctx.server()?, &ctx.settings()?.profile);
    if ui.is_json() {
        return ui.json(&json!({
            "email": identity.email,
            "role": identity.role,
            "server": server,
            "profile": profile.name,
            "profile_source": profile.source.as_str(),
            "type": identity.kind,
            "expires_at": identity.expires_at,
            "refresh_expires_at": token.refresh_expires_at(),
            "source": token.source.as_str(),
            "storage": token.source.storage(),
            "verified": identity.verified,
            "must_change_password": identity.must_change_password,
        }));
    }
    ui.line(&format!("Email: {}", email::shown(&identity.email)))?;
    ui.line(&format!("Role:  {}", identity.role))?;
    ui.line(&format!("Server: {server}"))?;
    if !profile.goes_without_saying() {
        ui.line(&format!("Profile: {} ({})", profile.name, profile.source))?;
    }
    ui.line(&format!("Token: {}, {}", token.source.place(), token.lasting(identity.expires_at, ctx.now())))
}
