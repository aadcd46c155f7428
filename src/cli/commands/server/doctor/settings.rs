//! What the settings say, and what they leave open.

use std::{path::Path, time::Duration};

use crate::{
    cli::{
        checkup::Check,
        commands::{
            serve::{Listening, listening, public_host, trusted_proxies},
            server::{host, settings::Values},
        },
        moment,
    },
    domain::{Timestamp, time::SECONDS_PER_DAY},
    server::edge::{EdgeLimits, ends_at, refusals},
};

/// Limits that `0` lifts.
const LIMITS: [&str; 7] = [
    "login_limit_per_address",
    "login_limit_per_account",
    "sessions_per_user",
    "refresh_idle_days",
    "browser_idle_hours",
    "token_limit",
    "ended_token_days",
];
/// A certificate that ends sooner should have been renewed: the common tools do so 30 days before.
const SOON: Duration = Duration::from_secs(21 * SECONDS_PER_DAY);
/// Fewer connections than this are soon taken.
const FEW_CONNECTIONS: usize = 512;

pub(super) fn checks(values: &Values, now: Timestamp) -> Vec<Check> {
    let mut checks = vec![limits(values), listening_at(values)];
    checks.extend(values.path("tls_cert").map(|file| certificate(&file, public_host(values).as_deref(), now)));
    checks.extend([proxies(values), descriptors()]);
    checks
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

fn certificate(file: &Path, name: Option<&str>, now: Timestamp) -> Check {
    const NAME: &str = "certificate";
    let advice = "Put a new certificate and key in place, then `kill -HUP` the server: no connection is cut";
    let mut refused = match refusals(file, name, now) {
        Err(error) => return Check::failed(NAME, &host::said(error)),
        Ok(refused) => refused,
    };
    match ends_at(file) {
        Err(error) => Check::failed(NAME, &host::said(error)),
        Ok(end) if !refused.is_empty() && end.is_none_or(|end| now < end) => {
            let advice = "Put a certificate without these faults in place, then `kill -HUP` the server";
            refused.extend(
                end.filter(|end| end.since(now) < SOON).map(|end| format!("it {}", moment::ending(Some(end), now))),
            );
            Check::warning(NAME, refused.join("; "), advice)
        }
        Ok(None) => Check::ok(NAME, "it has no end"),
        Ok(Some(end)) => {
            let detail = format!("it {}", moment::ending(Some(end), now));
            if end <= now {
                Check::broken(NAME, detail, advice)
            } else if end.since(now) < SOON {
                Check::warning(NAME, detail, advice)
            } else {
                Check::ok(NAME, detail)
            }
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
