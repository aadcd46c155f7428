//! What the settings say, and what they leave open.

use crate::{
    cli::{
        checkup::Check,
        commands::{
            serve::{Listening, listening, trusted_proxies},
            server::{host, settings::Values},
        },
    },
    server::edge::EdgeLimits,
};

/// Limits that `0` lifts.
const LIMITS: [&str; 5] = [
    "login_limit_per_address",
    "login_limit_per_account",
    "sessions_per_user",
    "refresh_idle_days",
    "browser_idle_hours",
];
/// Fewer connections than this are soon taken.
const FEW_CONNECTIONS: usize = 512;

pub(super) fn checks(values: &Values) -> Vec<Check> {
    vec![limits(values), listening_at(values), proxies(values), descriptors()]
}

fn limits(values: &Values) -> Check {
    if let Err(error) = host::limits(values) {
        return Check::failed("limits", &error);
    }
    let lifted: Vec<_> = LIMITS.into_iter().filter(|key| values.text(key) == Some("0")).collect();
    if lifted.is_empty() {
        return Check::ok("limits", "none is lifted");
    }
    let advice =
        "Give each lifted limit a number again, or know why not; `da server config show` tells where it comes from";
    Check::warning("limits", format!("lifted: {}", lifted.join(", ")), advice)
}

fn listening_at(values: &Values) -> Check {
    match listening(values) {
        Err(error) => Check::failed("listening", &error),
        Ok(Listening { address, metrics, tls }) => {
            let how = match tls {
                Some(_) => "TLS, certificate and key fit",
                None if address.ip().is_loopback() => "clear text on this machine",
                None => "clear text behind a proxy",
            };
            let metrics = metrics.map(|address| format!(", metrics on {address}")).unwrap_or_default();
            Check::ok("listening", format!("{address}, {how}{metrics}"))
        }
    }
}

fn proxies(values: &Values) -> Check {
    const NAME: &str = "proxies";
    let (trusted, behind) = match (trusted_proxies(values), values.switch("behind_proxy")) {
        (Ok(trusted), Ok(behind)) => (trusted, behind),
        (Err(error), _) | (_, Err(error)) => return Check::failed(NAME, &error),
    };
    if trusted.contains([203, 0, 113, 9].into()) || trusted.contains([8, 8, 8, 8].into()) {
        let advice = "Name the proxies alone in `trusted_proxies`; whoever else is in there chooses the address in the audit log";
        return Check::warning(NAME, "public addresses are trusted", advice);
    }
    if behind && trusted.is_empty() {
        let advice =
            "Name the proxy in `trusted_proxies`; until then the audit log and the limits know its address alone";
        return Check::warning(NAME, "behind a proxy that is not trusted", advice);
    }
    Check::ok(NAME, if trusted.is_empty() { "none is trusted" } else { "those named are trusted" })
}

/// The limit is this command's own; the service gets the same unless its unit says otherwise.
fn descriptors() -> Check {
    let connections = EdgeLimits::for_this_process().max_connections;
    let detail = format!("enough for {connections} connections");
    if connections < FEW_CONNECTIONS {
        let advice = "Raise the limit of open files: `LimitNOFILE=65536` in the unit, `ulimit -Hn 65536` in a shell";
        return Check::warning("descriptors", detail, advice);
    }
    Check::ok("descriptors", detail)
}
