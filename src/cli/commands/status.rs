mod report;

use std::time::{Duration, Instant};

use clap::Args;

use self::report::{AccountReport, Report, ServerReport, TokenReport, Warning, WarningCode};
use super::whoami::{self, Identity};
use crate::{
    api::health,
    cli::{
        clock_skew,
        context::Context,
        error::{CliError, Doing as _, Exit},
        settings::{KeepChoice, SettingsError},
        token_source::{HeldToken, TokenSource},
    },
    client::ClientError,
    credentials::{Keyring as _, Place, StoreChoice},
    domain::{Expiry, Timestamp},
};

/// Show profile, server, account and token in force, and whether they work
///
/// It ends with 0 when all is well, 3 when the server cannot be reached or has a fault, 4 when nobody is signed in or the
/// token has ended or is refused, and 5 when the password must be changed before anything else. What is known is shown all
/// the same.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StatusArgs {
    /// Only show what this machine knows; ask nobody
    #[arg(long)]
    local: bool,
}

const EXAMPLES: &str = "\
Examples:
  da status
  da status --json
  da status --local

With `--json` there is always one object with these keys, and with null for what is not known:
  status              the server's word, such as `healthy`; `unreachable`, `unknown`
  profile             name, source: flag, environment, rule, config, default
  server              url, source: flag, environment, profile, config, default;
                      reachable, version, latency_ms
  account             null, or email, role, verified, must_change_password
  token               null, or source: token_file, environment, environment_file, saved;
                      storage: keyring, file; path, clear_text, kind: session, pat;
                      accepted, expires_at, refresh_expires_at
  clock_skew_seconds  how far this machine is ahead of the server
  warnings            code, message";

/// What the server said, and how.
struct Health {
    answer: Result<health::HealthResponse, CliError>,
    is_reachable: bool,
    latency: Duration,
    clock_skew: Option<i64>,
}

/// The token in force, and whom it stands for; both as far as they are known.
struct Holder {
    token: Result<Option<HeldToken>, CliError>,
    account: Option<Identity>,
    /// Whether the server accepts the token, if it was asked; why not is told at the end.
    accepted: Option<Result<(), CliError>>,
}

pub(crate) fn run(ctx: &Context, args: &StatusArgs) -> Result<(), CliError> {
    // Without settings or a server there is nothing to show; their error says all.
    ctx.server()?;
    let health = (!args.local).then(|| ask_health(ctx));
    let holder = holder(ctx, health.as_ref().is_some_and(|health| health.answer.is_ok()));
    let report = report(ctx, health.as_ref(), &holder)?;
    report.show(ctx.ui(), ctx.now())?;
    verdict(ctx, health, holder)
}

fn ask_health(ctx: &Context) -> Health {
    let started = Instant::now();
    let client = match ctx.anonymous() {
        Ok(client) => client,
        Err(error) => {
            return Health { answer: Err(error), is_reachable: false, latency: Duration::ZERO, clock_skew: None };
        }
    };
    let answer = client.get::<health::Health>(());
    Health {
        is_reachable: !matches!(answer, Err(ClientError::Unreachable { .. } | ClientError::Untrusted { .. })),
        answer: answer.doing("Could not ask for the server's health"),
        latency: started.elapsed(),
        clock_skew: clock_skew::seconds(&client, ctx.now()),
    }
}

fn holder(ctx: &Context, may_ask: bool) -> Holder {
    let token = ctx.held_token();
    let claimed = |token: &Result<Option<HeldToken>, CliError>| Some(whoami::claimed(token.as_ref().ok()?.as_ref()?));
    if !may_ask || !matches!(token, Ok(Some(_))) {
        return Holder { account: claimed(&token), token, accepted: None };
    }
    match ctx.signed_in().and_then(|signed_in| Ok((signed_in, whoami::ask(signed_in)?))) {
        // A token that was due has been renewed on the way.
        Ok((signed_in, identity)) => {
            Holder { token: Ok(Some(signed_in.token.clone())), account: Some(identity), accepted: Some(Ok(())) }
        }
        Err(error) => Holder { token, account: None, accepted: Some(Err(error)) },
    }
}

fn report(ctx: &Context, health: Option<&Health>, holder: &Holder) -> Result<Report, CliError> {
    let settings = ctx.settings()?;
    let Some((server, source)) = &settings.server else {
        return Err(SettingsError::NoServer { of_saved_token: None }.into());
    };
    let answer = health.map(|health| health.answer.as_ref());
    let status = answer.map(|answer| match answer {
        Ok(health) => health.status.clone(),
        Err(_) if health.is_some_and(|health| health.is_reachable) => "unknown".to_owned(),
        Err(_) => "unreachable".to_owned(),
    });
    let token = holder.token.as_ref().ok().and_then(Option::as_ref);
    let asked = health.filter(|health| health.is_reachable);
    Ok(Report {
        status,
        profile: settings.profile.clone(),
        server: ServerReport {
            url: server.clone(),
            source: *source,
            reachable: health.map(|health| health.is_reachable),
            version: answer.and_then(Result::ok).map(|health| health.version.clone()),
            latency_ms: asked.map(|health| health.latency.as_millis()),
        },
        account: holder.account.as_ref().map(|who| AccountReport {
            email: who.email.clone(),
            role: who.role.clone(),
            verified: who.verified,
            must_change_password: who.must_change_password,
        }),
        token: token.map(|token| token_report(token, holder)),
        is_token_hidden: holder.token.is_err(),
        clock_skew_seconds: health.and_then(|health| health.clock_skew),
        warnings: warnings(ctx, health, token, holder.account.as_ref())?,
    })
}

fn token_report(token: &HeldToken, holder: &Holder) -> TokenReport {
    TokenReport {
        source: token.source.clone(),
        kind: holder.account.as_ref().and_then(|who| who.kind.clone()),
        accepted: match &holder.accepted {
            Some(Ok(())) => Some(true),
            Some(Err(CliError::TokenRefused { .. })) => Some(false),
            _ => None,
        },
        expires_at: holder.account.as_ref().and_then(|who| who.expires_at),
        refresh_expires_at: token.refresh_expires_at(),
    }
}

fn warnings(
    ctx: &Context,
    health: Option<&Health>,
    token: Option<&HeldToken>,
    account: Option<&Identity>,
) -> Result<Vec<Warning>, CliError> {
    let mut warnings = Vec::new();
    let mut warn = |code, message: String| warnings.push(Warning { code, message });
    match token.map(|token| &token.source) {
        Some(TokenSource::Saved(storage)) if storage.place() == Place::File => {
            warn(WarningCode::ClearTextStorage, format!("the saved token is in clear text{}", way_out(ctx)?));
        }
        Some(TokenSource::Saved(_)) | None => {}
        Some(given) => {
            // What cannot be read now is hidden as well, but nobody knows whether it is there.
            if let Ok(Some(hidden)) = ctx.loaded_token() {
                warn(WarningCode::SavedTokenHidden, format!("the {given} hides the {}", hidden.source));
            }
        }
    }
    let ahead = health.and_then(|health| health.clock_skew).unwrap_or_default();
    if Duration::from_secs(ahead.unsigned_abs()) > clock_skew::MAX {
        let way = if ahead > 0 { "ahead of" } else { "behind" };
        let seconds = ahead.unsigned_abs();
        warn(WarningCode::ClockSkew, format!("this machine's clock is {seconds} s {way} the server's"));
    }
    if let Some(who) = account
        && who.kind.as_deref() == Some("pat")
        && Expiry::from_option(who.expires_at).is_near(ctx.now())
    {
        warn(
            WarningCode::TokenEndsSoon,
            "the token ends soon; `da token rotate` replaces it, `da token create` makes a new one".to_owned(),
        );
    }
    Ok(warnings)
}

/// Returns what follows on "in clear text": the reason, or how to change it.
fn way_out(ctx: &Context) -> Result<String, CliError> {
    const MOVE: &str = "; `da auth storage move keyring` moves it into the keyring";
    Ok(match ctx.settings()?.keep {
        KeepChoice::Variable(StoreChoice::File) => ", as `DA_CREDENTIAL_STORE` wants it".to_owned(),
        KeepChoice::Config(_) => MOVE.to_owned(),
        _ => match ctx.keyring().status() {
            Ok(()) => MOVE.to_owned(),
            Err(reason) => format!(", as the keyring cannot be used: {reason}"),
        },
    })
}

/// Ends the command: shown first, as who asks for the status wants to see all of it, the refusal included.
fn verdict(ctx: &Context, health: Option<Health>, holder: Holder) -> Result<(), CliError> {
    let word = match health {
        Some(health) => Some(health.answer?.status),
        None => None,
    };
    let token = holder.token?;
    if let Some(accepted) = holder.accepted {
        accepted?;
    }
    if let Some(word) = word.filter(|word| !health::is_healthy(word)) {
        return Err(CliError::said(Exit::Unreachable, format!("The server is {word}")));
    }
    let Some(token) = token else { return Err(ctx.not_signed_in()?) };
    match end(&token, holder.account.as_ref()) {
        Some(end) if end <= ctx.now() => {
            let message = format!("The {} has ended", token.source);
            Err(CliError::said(Exit::NotSignedIn, message).with_hint(token.source.remedy()))
        }
        _ => holder.account.as_ref().and_then(Identity::obstacle).map_or(Ok(()), Err),
    }
}

/// Returns when nothing can be done with the token any more: one that renews itself lasts as long as its sign-in.
fn end(token: &HeldToken, account: Option<&Identity>) -> Option<Timestamp> {
    token.refresh_expires_at().or_else(|| account?.expires_at)
}
