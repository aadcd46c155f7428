//! `/authorize`: a program on the machine of this browser asks for a session (RFC 8252, RFC 7636, RFC 9207).
//!
//! What it says is checked to the letter before it is shown, and again when it comes back with the decision. Whatever is
//! wrong becomes a page: a browser is sent to a loopback address that was checked, and nowhere else.

use http::{HeaderValue, Response, StatusCode, header};
use serde::Deserialize;

use super::{
    decision::{Decision, Way, named},
    form_token, read, unknown_action,
};
use crate::{
    app::grants::ClientRequest,
    domain::{Device, LoopbackRedirect, Wanted, grant::Binding},
    server::{call::Call, edge::Body, error::ServerError, headers, mount::PageRequest},
};

/// The one client: the command line.
const CLIENT_ID: &str = "da-cli";
/// What it is called.
const CLIENT_NAME: &str = "the da command line";
/// The longest `state`, in bytes.
const MAX_STATE: usize = 512;

#[derive(Deserialize)]
struct AuthorizeRequest {
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    device_label: String,
    #[serde(default)]
    device_fingerprint: String,
}

#[derive(Deserialize)]
struct DecisionForm {
    #[serde(default)]
    form_token: String,
    #[serde(default)]
    action: String,
}

/// A request that was checked.
struct Checked {
    client: ClientRequest,
    binding: Binding,
    state: String,
}

impl AuthorizeRequest {
    fn check(&self) -> Result<Checked, ServerError> {
        let wrong = ServerError::BadRequest;
        if self.response_type != "code" {
            return Err(wrong("response_type must be `code`"));
        }
        if self.client_id != CLIENT_ID {
            return Err(wrong("client_id must be `da-cli`"));
        }
        if self.code_challenge_method != "S256" {
            return Err(wrong("code_challenge_method must be `S256`"));
        }
        if !(1..=MAX_STATE).contains(&self.state.len()) || !self.state.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong("state must be 1 to 512 visible characters"));
        }
        let challenge = self.code_challenge.parse();
        let challenge = challenge.map_err(|_| wrong("code_challenge must be 32 bytes in base64url"))?;
        let redirect = self.redirect_uri.parse::<LoopbackRedirect>();
        let redirect = redirect.map_err(|_| wrong("redirect_uri must be `http://127.0.0.1:PORT/callback`"))?;
        let device = Device::new(&self.device_label, Some(&self.device_fingerprint));
        let client = ClientRequest { client_name: CLIENT_NAME.to_owned(), device, wanted: Wanted::Session };
        Ok(Checked { client, binding: Binding { challenge, redirect }, state: self.state.clone() })
    }

    /// Returns what the form repeats.
    fn fields(self) -> Vec<(&'static str, String)> {
        vec![
            ("response_type", self.response_type),
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
            ("code_challenge", self.code_challenge),
            ("code_challenge_method", self.code_challenge_method),
            ("state", self.state),
            ("device_label", self.device_label),
            ("device_fingerprint", self.device_fingerprint),
        ]
    }
}

/// Shows what is asked for; nothing is approved by looking.
pub fn show(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let asked: AuthorizeRequest = read(request.query.as_bytes(), "query")?;
    let Checked { client, binding: Binding { redirect, .. }, .. } = asked.check()?;
    let origin = redirect.origin();
    let decision = Decision {
        path: "/authorize",
        device: named(&client.device),
        client_name: client.client_name,
        way: Way::Browser { listens: origin.to_owned() },
        wanted: client.wanted,
        fields: asked.fields(),
    };
    let mut page = decision.page(call)?;
    headers::let_forms_lead_to(origin, page.headers_mut());
    Ok(page)
}

/// Sends the browser back to the program with a code, or with a refusal.
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let DecisionForm { form_token, action } = read(&request.form, "body")?;
    form_token::check(call, &form_token)?;
    let asked: AuthorizeRequest = read(&request.form, "body")?;
    let Checked { client, binding, state } = asked.check()?;
    let redirect = binding.redirect.clone();
    match action.as_str() {
        "approve" => {
            let code = call.app().approve_browser(call.interactive()?, client, binding, &call.origin)?;
            Ok(back(call, &redirect, ("code", code.expose()), &state))
        }
        "deny" => {
            call.app().deny_browser(call.interactive()?, client, &call.origin)?;
            Ok(back(call, &redirect, ("error", "access_denied"), &state))
        }
        _ => Err(unknown_action()),
    }
}

/// Returns where a request, if it is one, has a browser take its outcome.
///
/// # Errors
/// Those of a page that shows what is wrong with the request.
pub fn destination(request: &[u8], outcome: (&str, &str), issuer: &str) -> Result<String, ServerError> {
    let asked: AuthorizeRequest = read(request, "query")?;
    let Checked { binding, state, .. } = asked.check()?;
    Ok(location(&binding.redirect, outcome, &state, issuer))
}

fn location(redirect: &LoopbackRedirect, outcome: (&str, &str), state: &str, issuer: &str) -> String {
    // Flat text is always writable.
    let query = serde_urlencoded::to_string([outcome, ("state", state), ("iss", issuer)]);
    format!("{}?{}", redirect.as_str(), query.unwrap_or_default())
}

fn back(call: &Call, redirect: &LoopbackRedirect, outcome: (&str, &str), state: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(location) = HeaderValue::from_str(&location(redirect, outcome, state, call.app().issuer())) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
