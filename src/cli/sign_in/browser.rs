//! The browser's sign-in: an authorization code, tied to this process, by way of the loopback address (RFC 8252, RFC 7636).

use std::{
    process::Child,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{
    denied, launch,
    listener::{Listener, Outcome},
    note_old_server, too_late,
};
use crate::{
    api::{
        ErrorCode,
        grants::{self, RedeemRequest},
        logins::{self, LoginResponse},
    },
    cli::{
        context::Context,
        device,
        error::{CliError, Doing as _},
        moment,
    },
    client::{Bearer, Client, ClientError},
    credentials::Claims,
    domain::{CodeVerifier, Device, LoopbackRedirect, Secret},
};

const FAILED: &str = "Login failed";
/// How long the browser may take.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// The longest label that travels in an address.
const MAX_LABEL_CHARS: usize = 64;

/// Signs in; nothing if the server is one that cannot do it.
pub(crate) fn by_browser(ctx: &Context, client: &Client, opened: bool) -> Result<Option<LoginResponse>, CliError> {
    if !is_known(client)? {
        note_old_server(ctx);
        return Ok(None);
    }
    let verifier = CodeVerifier::random().ok_or_else(|| CliError::failed("There are no random bytes"))?;
    let state = Secret::new(uuid::Uuid::new_v4().simple().to_string());
    let listener = Listener::bind().map_err(|error| cannot_listen(&error))?;
    let redirect = listener.redirect().clone();
    let url = address(ctx, client, &verifier, &state, &redirect)?;
    show(ctx, &url, opened);
    let mut window = if opened { Window::open(ctx, &url) } else { Window(None) };
    let callback = {
        let _spinner = ctx.ui().spinner("Waiting for the browser");
        let waited = listener.wait(&state, Instant::now() + PATIENCE, || window.look(ctx));
        waited.map_err(|error| cannot_listen(&error))?.ok_or_else(too_late)?
    };
    let Outcome::Code { code, issuer } = &callback.outcome else {
        callback.answer("Denied", "Nobody was signed in. You can close this window.");
        return Err(denied());
    };
    match redeem(ctx, client, code, &verifier, &redirect, issuer.as_deref()) {
        Ok(answer) => {
            callback.answer("Signed in", "You can close this window and go on in the terminal.");
            Ok(Some(answer))
        }
        Err(error) => {
            callback.answer("Not signed in", "The terminal tells why. You can close this window.");
            Err(error)
        }
    }
}

/// Asks whether the server knows this way, before a browser is troubled: it then finds fault with a code that is none.
fn is_known(client: &Client) -> Result<bool, CliError> {
    let nothing = || Secret::new(String::new());
    let request = RedeemRequest { code: nothing(), code_verifier: nothing(), redirect_uri: String::new() };
    match client.send::<grants::Redeem>((), &request) {
        Err(ClientError::Http(failure)) if failure.is(ErrorCode::InvalidGrant) => Ok(true),
        Err(error) if error.is_missing_route() => Ok(false),
        Err(error) => Err(error).doing(FAILED),
        Ok(_) => Err(ClientError::BadAnswer("it gives a session for nothing".to_owned())).doing(FAILED),
    }
}

fn address(
    ctx: &Context,
    client: &Client,
    verifier: &CodeVerifier,
    state: &Secret,
    redirect: &LoopbackRedirect,
) -> Result<String, CliError> {
    let Device { label, fingerprint } = device::this(ctx)?;
    let (challenge, label) =
        (verifier.challenge().to_string(), label.chars().take(MAX_LABEL_CHARS).collect::<String>());
    let fields = [
        ("response_type", "code"),
        ("client_id", "da-cli"),
        ("redirect_uri", redirect.as_str()),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("state", state.expose()),
        ("device_label", &label),
        ("device_fingerprint", fingerprint.as_deref().unwrap_or_default()),
    ];
    // Flat text is always writable.
    let query = serde_urlencoded::to_string(fields).unwrap_or_default();
    Ok(client.server().join(&format!("/authorize?{query}")))
}

fn show(ctx: &Context, url: &str, opened: bool) {
    let first = if opened {
        "Your browser opens this page; if it does not, open it yourself on this machine:"
    } else {
        "Open this page in a browser on this machine:"
    };
    let text = format!("{first}\n\n    {url}\n\nWaiting for up to {}; Ctrl-C gives up", moment::span(PATIENCE));
    ctx.ui().must_see(&text, &json!({ "sign_in": { "url": url, "expires_in": PATIENCE.as_secs() } }));
}

/// Exchanges the code, and checks that who answers is who sent the browser back (RFC 9207).
fn redeem(
    ctx: &Context,
    client: &Client,
    code: &Secret,
    verifier: &CodeVerifier,
    redirect: &LoopbackRedirect,
    issuer: Option<&str>,
) -> Result<LoginResponse, CliError> {
    let request = RedeemRequest {
        code: code.clone(),
        code_verifier: verifier.to_secret(),
        redirect_uri: redirect.as_str().to_owned(),
    };
    let answer = client.send::<grants::Redeem>((), &request).doing(FAILED)?;
    let claimed = Claims::decode(&answer.access_token).ok().and_then(|claims| claims.iss);
    if issuer.is_some() && claimed.as_deref() == issuer {
        return Ok(answer);
    }
    // Nobody is to use a session that is not trusted here.
    if let Some(session) = Bearer::new(&answer.access_token).ok().and_then(|bearer| ctx.client(Some(bearer)).ok()) {
        let _ = session.get::<logins::Logout>(());
    }
    Err(CliError::failed("Login failed: the browser and this command have talked to different authorities"))
}

fn cannot_listen(error: &std::io::Error) -> CliError {
    CliError::failed(format!("Cannot wait for the browser: {error}")).with_hint("Use `da login --device`")
}

/// The browser, as far as it can be watched.
struct Window(Option<Child>);

impl Window {
    fn open(ctx: &Context, url: &str) -> Self {
        let opened = launch::open(ctx.environment(), url);
        Self(opened.inspect_err(|error| no_browser(ctx, &error.to_string())).ok())
    }

    /// Says once that no browser has come.
    fn look(&mut self, ctx: &Context) {
        let ended = self.0.as_mut().and_then(|child| child.try_wait().ok().flatten());
        if let Some(status) = ended {
            self.0 = None;
            if !status.success() {
                no_browser(ctx, &status.to_string());
            }
        }
    }
}

fn no_browser(ctx: &Context, why: &str) {
    ctx.ui().note(&format!("No browser was opened ({why}); open the page yourself, or use `da login --device`"));
}
