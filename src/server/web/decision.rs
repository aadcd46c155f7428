//! What a person sees before they let a device or a program in: what it is, what it gets, and in whose name.

use askama::Template;
use http::Response;

use super::{Frame, page, shown::Moment};
use crate::{
    domain::{Device, Grant, Lifetime, TokenName, UserCode, Wanted, time::SECONDS_PER_DAY},
    server::{call::Call, edge::Body, error::ServerError},
};

/// A decision that is to be made.
pub(super) struct Decision {
    /// The path of the page, which takes the form.
    pub(super) path: &'static str,
    /// What the client calls itself.
    pub(super) client_name: String,
    /// What it calls its device.
    pub(super) device: String,
    /// How the request came here.
    pub(super) way: Way,
    /// What it wants.
    pub(super) wanted: Wanted,
    /// What the form repeats of the request.
    pub(super) fields: Vec<(&'static str, String)>,
}

/// How a request came here.
pub(super) enum Way {
    /// From a device, which shows a code.
    Device { code: String, begun: Moment, from: Place },
    /// From a program that listens at this address on the machine of the browser.
    Browser { listens: String },
}

/// Where a device's request came from.
pub(super) enum Place {
    /// From where this browser is.
    Here(String),
    /// From elsewhere; where this browser is.
    Elsewhere { there: String, here: String },
}

impl Decision {
    /// Asks about a device.
    pub(super) fn on_device(call: &Call, code: &UserCode, grant: Grant) -> Self {
        let Grant { client_name, device, ip, wanted, created_at, .. } = grant;
        let place = |ip: Option<std::net::IpAddr>| ip.map_or_else(|| "nowhere known".to_owned(), |ip| ip.to_string());
        let (there, here) = (place(ip), place(call.origin.ip));
        let from = if there == here { Place::Here(there) } else { Place::Elsewhere { there, here } };
        Self {
            path: "/device",
            client_name,
            device: named(&device),
            way: Way::Device { code: code.to_string(), begun: created_at.into(), from },
            wanted,
            fields: vec![("user_code", code.to_string())],
        }
    }

    /// Shows it.
    pub(super) fn page(&self, call: &Call) -> Result<Response<Body>, ServerError> {
        let frame = Frame::of(call, "decision")?;
        let days = call.app().settings().refresh_lifetime.as_secs() / SECONDS_PER_DAY;
        page(&frame, &DecisionPage { frame: &frame, decision: self, gets: gets(&self.wanted, days) })
    }
}

/// Returns what a device is called.
pub(super) fn named(device: &Device) -> String {
    if device.label.trim().is_empty() { "without a name".to_owned() } else { device.label.clone() }
}

/// What the client gets.
enum Gets<'a> {
    /// A session of at most so many days.
    Session(u64),
    /// A token that ends.
    Token { name: &'a TokenName, span: String },
    /// A token that does not.
    Endless(&'a TokenName),
}

fn gets(wanted: &Wanted, days: u64) -> Gets<'_> {
    match wanted {
        Wanted::Session => Gets::Session(days),
        Wanted::Token { name, lifetime: Lifetime::Days(days) } => Gets::Token { name, span: format!("{days} days") },
        Wanted::Token { name, lifetime: Lifetime::Seconds(seconds) } => {
            Gets::Token { name, span: format!("{seconds} seconds") }
        }
        Wanted::Token { name, lifetime: Lifetime::Never } => Gets::Endless(name),
    }
}

#[derive(Template)]
#[template(path = "decision.html", config = ".askama.toml")]
struct DecisionPage<'a> {
    frame: &'a Frame<'a>,
    decision: &'a Decision,
    gets: Gets<'a>,
}
