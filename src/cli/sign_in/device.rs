//! The device grant: a page and a code are shown, and the server is asked until somebody has decided (RFC 8628).

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{denied, note_old_server, too_late};
use crate::{
    api::{
        ErrorCode,
        grants::{self, GrantResponse, PollRequest, StartRequest, StartResponse},
        logins::LoginResponse,
        restrictions::Restrictions,
    },
    cli::{
        context::Context,
        device,
        error::{CliError, Doing as _},
        moment,
        ui::Ui,
    },
    client::{Client, ClientError, HttpFailure, ServerUrl},
    domain::{
        AskedLifetime, Device, TokenName,
        grant::{SLOW_DOWN, WantedKind},
        text::shown,
    },
};

/// What the server is told of who asks.
const CLIENT_NAME: &str = concat!("da ", env!("CARGO_PKG_VERSION"));
const FAILED: &str = "Login failed";
/// The longest time a code is waited for, whatever the server says (RFC 8628 section 5.2 wants it short).
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 60);
/// The longest pause between two questions.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The longest code and address that are shown.
const MAX_CODE_CHARS: usize = 32;
const MAX_ADDRESS_BYTES: usize = 2048;

/// Signs in; nothing if the server is one that cannot do it.
pub(crate) fn by_device(ctx: &Context, client: &Client) -> Result<Option<LoginResponse>, CliError> {
    let Some(started) = start(ctx, client, None)? else {
        note_old_server(ctx);
        return Ok(None);
    };
    wait(ctx, client, &started).map(|answer| Some(answer.login))
}

/// Has somebody approve a token of this name for this machine (K-03).
pub(crate) fn paired(
    ctx: &Context,
    client: &Client,
    name: &TokenName,
    lifetime: AskedLifetime,
) -> Result<GrantResponse, CliError> {
    let Some(started) = start(ctx, client, Some((name, lifetime)))? else {
        return Err(CliError::failed("This server cannot pair devices")
            .with_hint("Create a token elsewhere with `da token create`, and run `da import-token` here"));
    };
    wait(ctx, client, &started)
}

fn start(
    ctx: &Context,
    client: &Client,
    token: Option<(&TokenName, AskedLifetime)>,
) -> Result<Option<StartResponse>, CliError> {
    let Device { label, fingerprint } = device::this(ctx)?;
    let kind = if token.is_some() { WantedKind::Token } else { WantedKind::Session };
    let request = StartRequest {
        client_name: CLIENT_NAME.to_owned(),
        device_label: Some(label),
        device_fingerprint: fingerprint,
        want: Some(kind.as_str().to_owned()),
        token_name: token.map(|(name, _)| name.to_string()),
        expires_in_days: token.map(|(_, lifetime)| lifetime).unwrap_or_default(),
        restrictions: Restrictions::default(),
    };
    match client.send::<grants::Start>((), &request) {
        Err(error) if error.is_missing_route() => Ok(None),
        answer => answer.map(Some).doing(FAILED),
    }
}

/// Shows page and code, and asks until somebody has decided.
fn wait(ctx: &Context, client: &Client, started: &StartResponse) -> Result<GrantResponse, CliError> {
    let (text, json) = prompt(client.server(), started);
    ctx.ui().must_see(&text, &json);
    let deadline = Instant::now() + patience(started);
    let _spinner = ctx.ui().spinner("Waiting for somebody to approve");
    let mut pace = Pace::new(started.interval);
    loop {
        let pause = pace.pause;
        if Instant::now() + pause >= deadline {
            return Err(too_late());
        }
        rest(pause);
        let request = PollRequest { device_code: started.device_code.clone() };
        match client.send::<grants::Poll>((), &request) {
            Ok(answer) => return Ok(answer),
            Err(error) => pace.adapt(ctx.ui(), error)?,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the server says how long to wait, and nothing can come earlier")]
fn rest(pause: Duration) {
    thread::sleep(pause);
}

/// Returns how long the code is waited for.
fn patience(started: &StartResponse) -> Duration {
    Duration::from_secs(started.expires_in).min(LONGEST_WAIT)
}

/// How fast the server is asked.
pub(crate) struct Pace {
    /// As the server wants it.
    interval: Duration,
    /// Until the next question: longer while the server does not answer.
    pub(crate) pause: Duration,
    has_lost_it: bool,
}

impl Pace {
    pub(crate) fn new(seconds: u64) -> Self {
        let interval = Duration::from_secs(seconds.max(1)).min(LONGEST_PAUSE);
        Self { interval, pause: interval, has_lost_it: false }
    }

    /// Draws the conclusion from a refusal; a final one is the error of the command.
    pub(crate) fn adapt(&mut self, ui: &Ui, error: ClientError) -> Result<(), CliError> {
        match &error {
            ClientError::Http(failure) if failure.is(ErrorCode::AuthorizationPending) => self.settle(),
            ClientError::Http(failure) if failure.is(ErrorCode::SlowDown) => {
                self.interval = (self.interval + SLOW_DOWN).min(LONGEST_PAUSE);
                self.settle();
            }
            ClientError::Http(failure) if failure.is(ErrorCode::AccessDenied) => return Err(denied()),
            ClientError::Http(failure) if failure.is(ErrorCode::ExpiredToken) => return Err(too_late()),
            ClientError::Http(failure) if is_passing(failure) => self.slow_down(ui, failure.retry_after),
            // The server may be on its way back (RFC 8628 section 3.5: exponential backoff).
            ClientError::Unreachable { .. } => self.slow_down(ui, None),
            _ => return Err(error).doing(FAILED),
        }
        Ok(())
    }

    fn settle(&mut self) {
        self.pause = self.interval;
        self.has_lost_it = false;
    }

    fn slow_down(&mut self, ui: &Ui, seconds: Option<u64>) {
        let asked = seconds.map_or(self.pause * 2, Duration::from_secs);
        self.pause = asked.clamp(self.interval, LONGEST_PAUSE);
        if !self.has_lost_it {
            self.has_lost_it = true;
            ui.note("The server does not answer now; the code stays good, and is asked about again");
        }
    }
}

/// Tells whether a refusal says more about the moment than about the code.
fn is_passing(failure: &HttpFailure) -> bool {
    failure.status == 429 || failure.status >= 500
}

/// Returns what a person has to see, as text and as JSON.
pub(crate) fn prompt(server: &ServerUrl, started: &StartResponse) -> (String, Value) {
    let patience = patience(started);
    let page = address(&started.verification_uri).unwrap_or_else(|| server.join("/device"));
    let complete = address(&started.verification_uri_complete);
    let code: String = started.user_code.chars().take(MAX_CODE_CHARS).collect();
    // What a server calls a code may have lines, which would look like ours.
    let code = shown(&code);
    let mut text = format!("Open this page on any device, and type the code:\n\n    {page}\n    {code}\n");
    if let Some(complete) = &complete {
        text.push_str(&format!("\nOr open it with the code in it:\n\n    {complete}\n"));
    }
    text.push_str(&format!("\nWaiting for up to {}; Ctrl-C gives up", moment::span(patience)));
    let json = json!({
        "sign_in": {
            "verification_uri": page,
            "verification_uri_complete": complete,
            "user_code": code,
            "expires_in": patience.as_secs(),
        }
    });
    (text, json)
}

/// Returns an address that can be shown and opened; nothing if it is none.
fn address(text: &str) -> Option<String> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let fits = is_web && text.len() <= MAX_ADDRESS_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Secret;

    fn refused(status: u16, code: &str, retry_after: Option<u64>) -> ClientError {
        let failure =
            HttpFailure { status, detail: "No".to_owned(), code: Some(code.to_owned()), request_id: None, retry_after };
        ClientError::Http(Box::new(failure))
    }

    #[test]
    fn the_pace_follows_the_server_within_bounds() {
        let ui = Ui::piped(true);
        let mut pace = Pace::new(5);
        let mut after = |error| {
            pace.adapt(&ui, error).expect("it goes on");
            pace.pause.as_secs()
        };
        assert_eq!(after(refused(400, "authorization_pending", None)), 5);
        assert_eq!(after(refused(400, "slow_down", None)), 10);
        assert_eq!(after(refused(400, "slow_down", None)), 15);
        assert_eq!(after(refused(503, "busy", Some(40))), 40);
        assert_eq!(after(refused(429, "too_many_attempts", Some(1))), 15);
        assert_eq!(after(refused(502, "", None)), 30);
        assert_eq!(after(refused(502, "", None)), 60);
        assert_eq!(after(refused(502, "", Some(100_000))), 60);
        assert_eq!(after(refused(400, "authorization_pending", None)), 15);
        assert_eq!((Pace::new(0).pause.as_secs(), Pace::new(u64::MAX).pause.as_secs()), (1, 60));
        for (status, code) in
            [(400, "access_denied"), (400, "expired_token"), (400, "invalid_grant"), (404, "not_found"), (422, "")]
        {
            assert!(Pace::new(5).adapt(&ui, refused(status, code, None)).is_err(), "{code}");
        }
    }

    #[test]
    fn a_code_with_lines_stays_on_its_own() {
        let started = StartResponse {
            device_code: Secret::new("d".to_owned()),
            user_code: "ABCD\n\nOpen https://evil.example".to_owned(),
            verification_uri: "https://id.example.org/device".to_owned(),
            verification_uri_complete: String::new(),
            expires_in: 900,
            interval: 5,
        };
        let (text, _) = prompt(&"https://id.example.org".parse().expect("a URL"), &started);
        assert!(text.contains("\n    ABCD\u{fffd}\u{fffd}Open https://evil.example\n"), "{text}");
    }

    #[test]
    fn only_web_addresses_are_shown() {
        for text in ["https://id.example.org/device", "http://127.0.0.1:8000/device?user_code=ABCD-EFGH"] {
            assert_eq!(address(text).as_deref(), Some(text));
        }
        for text in ["", "javascript:alert(1)", "file:///etc/passwd", "https://a b", "https://a\n", "https://\u{202e}x"]
        {
            assert_eq!(address(text), None, "{text:?}");
        }
        assert_eq!(address(&format!("https://{}", "x".repeat(MAX_ADDRESS_BYTES))), None);
    }
}
