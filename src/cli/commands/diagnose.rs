use std::time::{Duration, Instant};

use clap::Args;

use super::whoami;
use crate::{
    api::health,
    cli::{
        answered,
        checkup::{Check, Mender, Report},
        clock_skew,
        context::Context,
        error::{CliError, Doing as _},
        moment,
    },
    client::{Client, ClientError},
    credentials::Keyring as _,
    domain::{Expiry, email},
};

/// Check connection, clock, token and files, and say what to do
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiagnoseArgs {}

const EXAMPLES: &str = "\
Examples:
  da diagnose
  da diagnose --json";

pub(crate) fn run(ctx: &Context, _: &DiagnoseArgs) -> Result<(), CliError> {
    let report = {
        let _spinner = ctx.ui().spinner("Checking");
        Report::of(checks(ctx)?)
    };
    report.tell(ctx.ui(), Mender::You)
}

fn checks(ctx: &Context) -> Result<Vec<Check>, CliError> {
    // Without settings or a server there is nothing to check; their error says all.
    ctx.server()?;
    let mut checks = Vec::new();
    match ctx.anonymous() {
        Ok(client) => check_server(ctx, &client, &mut checks),
        Err(error) => checks.push(Check::failed("api", &error)),
    }
    let reachable = !checks.iter().any(Check::has_failed);
    checks.push(check_token(ctx, reachable));
    checks.push(check_storage(ctx)?);
    Ok(checks)
}

fn check_server(ctx: &Context, client: &Client, checks: &mut Vec<Check>) {
    let started = Instant::now();
    let answer = client.get::<health::Health>(());
    let took = started.elapsed();
    match answer {
        Ok(health) => {
            checks.push(check_health(client, &health, took));
            checks.push(if answered::is_da(client) {
                check_version(&health.version)
            } else {
                foreign(&health.version)
            });
        }
        Err(error) => checks.push(failed_api(error)),
    }
    if let Some(ahead) = clock_skew::seconds(client, ctx.now()) {
        checks.push(check_clock(Duration::from_secs(ahead.unsigned_abs())));
    }
}

fn failed_api(error: ClientError) -> Check {
    let failed: Result<(), _> = Err(error).doing("Could not ask for the server's health");
    match failed {
        Err(error) => Check::failed("api", &error),
        Ok(()) => Check::ok("api", ""),
    }
}

fn check_health(client: &Client, health: &health::HealthResponse, took: Duration) -> Check {
    let how = if client.server().is_https() { "TLS" } else { "clear text on this machine" };
    let detail = format!("{}, {}ms, {how}", client.server(), took.as_millis());
    if health::is_healthy(&health.status) {
        Check::ok("api", detail)
    } else {
        let advice = "`da server doctor` on the server's host says what is wrong";
        Check::warning("api", format!("{}, {detail}", health.status), advice).for_the_operator()
    }
}

/// Tells of a server whose version says nothing about ours.
fn foreign(server: &str) -> Check {
    let own = env!("CARGO_PKG_VERSION");
    let version = if server.is_empty() { String::new() } else { format!(", version {server}") };
    Check::ok("version", format!("da {own}; the server is not a da server{version}"))
}

fn check_version(server: &str) -> Check {
    let own = env!("CARGO_PKG_VERSION");
    let series = |version: &str| version.split('.').take(2).map(str::to_owned).collect::<Vec<_>>();
    if series(own) == series(server) {
        Check::ok("version", format!("da {own}, server {server}"))
    } else {
        let advice = "Client and server differ in version; if something is missing, install the same";
        Check::warning("version", format!("da {own}, server {server}"), advice)
    }
}

fn check_clock(skew: Duration) -> Check {
    if skew <= clock_skew::MAX {
        Check::ok("clock", format!("{} s apart", skew.as_secs()))
    } else {
        Check::warning("clock", format!("{} apart", moment::span(skew)), "Set this machine's clock, or the server's")
    }
}

fn check_token(ctx: &Context, reachable: bool) -> Check {
    let token = match ctx.held_token() {
        Ok(Some(token)) => token,
        Ok(None) => return Check::warning("token", "not logged in", "Run `da login`, or set `DA_TOKEN`"),
        Err(error) => return Check::failed("token", &error),
    };
    if !reachable {
        return Check::warning(
            "token",
            format!("{}, not checked", token.source),
            "Check again when the server answers",
        );
    }
    let identity = match ctx.signed_in().and_then(whoami::ask) {
        Ok(identity) => identity,
        Err(error) => return Check::failed("token", &error),
    };
    if let Some(obstacle) = identity.obstacle() {
        return Check::failed("token", &obstacle);
    }
    let now = ctx.now();
    let detail =
        format!("{}, {}, {}", email::shown(&identity.email), token.source, token.lasting(identity.expires_at, now));
    if identity.kind.as_deref() == Some("pat") && Expiry::from_option(identity.expires_at).is_near(now) {
        Check::warning("token", detail, "Replace it with `da token rotate` before it ends, or make a new one")
    } else {
        Check::ok("token", detail)
    }
}

/// The modes of the files were judged, and mended, when the token was read; this tells of the place itself.
fn check_storage(ctx: &Context) -> Result<Check, CliError> {
    let settings = ctx.settings()?;
    let keyring = match ctx.keyring().status() {
        Ok(()) => "keyring available".to_owned(),
        Err(error) => format!("no keyring: {error}"),
    };
    let dir = match settings.saved() {
        Ok(dir) => dir,
        Err(reason) => {
            let advice = "`DA_CONFIG_DIR` names a directory, where tokens are to be saved";
            return Ok(Check::warning("files", format!("{reason}, {keyring}"), advice));
        }
    };
    let path = dir.path();
    let detail = format!("{}, {keyring}", path.display());
    match dir.others_may_write() {
        Ok(false) => Ok(Check::ok("files", detail)),
        Ok(true) => {
            let advice = format!("Close the directory: `chmod go-w '{}'`", path.display());
            Ok(Check::broken("files", format!("others may write to {detail}"), advice))
        }
        Err(error) => Ok(Check::failed("files", &error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::checkup::Verdict;

    #[test]
    fn versions_of_one_series_match() {
        let [major, minor] = [env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR")];
        assert_eq!(check_version(&format!("{major}.{minor}.999")).status(), Verdict::Ok);
        assert_eq!(check_version("99.0.0").status(), Verdict::Warning);
        assert_eq!(check_version("").status(), Verdict::Warning);
    }

    #[test]
    fn a_clock_that_is_minutes_off_is_told() {
        assert_eq!(check_clock(Duration::from_secs(60)).status(), Verdict::Ok);
        assert_eq!(check_clock(Duration::from_secs(300)).status(), Verdict::Warning);
    }
}
