//! `da serve`: the server.

mod warnings;

use std::{
    net::{AddrParseError, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use clap::Args;

#[cfg(unix)]
use super::server::admin_socket::{self, AdminSocket};
use super::server::{
    host,
    scheduled::ScheduledBackups,
    settings::{HostArgs, Values},
};
use crate::{
    app::{App, AppError, SystemScope},
    cli::{context::Context, core_dumps, error::CliError, local_server::Address, password, server_log},
    domain::{Email, Secret},
    files,
    server::{
        Server,
        address::{TrustedProxies, TrustedProxy},
        edge::{EdgeLimits, TlsReloader},
        host::{AllowedHosts, HostName, PublicUrl},
        install::Builds,
        list_budget::ListBudget,
        metrics::Metrics,
        router::table,
        run::{Bound, note_audit_head},
    },
    store::file_owner::give_to_owner_of,
};

/// More is no password.
const MAX_PASSWORD_FILE_BYTES: u64 = 64 * 1024;

const EXAMPLES: &str = "\
Examples:
  da serve
  da serve --data-dir /var/lib/da --listen 127.0.0.1:8000
  da serve --behind-proxy --trusted-proxy 10.0.0.0/8 --public-url https://id.example.org
  da serve --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem";

/// Serve the token authority from a data directory
///
/// Makes what it needs in an empty directory. The first admin is asked for on a terminal, or taken from
/// `DA_ADMIN_EMAIL` and `DA_ADMIN_PASSWORD`; otherwise a one-time setup code waits in a file of the data directory. Runs in the
/// foreground, logs to standard error, ends on SIGTERM or SIGINT.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    host: HostArgs,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Address that clients know, if it is not the one they use
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Further host name by which clients may call a server that has a public URL; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Address and port that has the metrics; the main one has them no longer
    #[arg(long, value_name = "HOST:PORT")]
    metrics_listen: Option<String>,
    /// Proxy, or network of proxies, whose X-Forwarded-For is believed; may be repeated
    #[arg(long, value_name = "CIDR")]
    trusted_proxy: Vec<String>,
    /// A proxy in front ends TLS: allow clear text beyond loopback
    #[arg(long)]
    behind_proxy: bool,
    /// PEM file of the certificate chain
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// PEM file of the certificate's private key
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Live tokens that a user may have; 0 disables the limit [default: 1000]
    #[arg(long, value_name = "COUNT")]
    token_limit: Option<String>,
    /// How to log: text, json, or auto (text on a terminal)
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl ServeArgs {
    fn flags(&self) -> Vec<(&'static str, Option<String>)> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let hosts = (!self.allow_host.is_empty()).then(|| self.allow_host.join(","));
        let proxies = (!self.trusted_proxy.is_empty()).then(|| self.trusted_proxy.join(","));
        vec![
            ("listen", self.listen.clone()),
            ("metrics_listen", self.metrics_listen.clone()),
            ("public_url", self.public_url.clone()),
            ("allow_hosts", hosts),
            ("trusted_proxies", proxies),
            ("behind_proxy", self.behind_proxy.then(|| "true".to_owned())),
            ("tls_cert", path(&self.tls_cert)),
            ("tls_key", path(&self.tls_key)),
            ("token_limit", self.token_limit.clone()),
            ("log_format", self.log_format.clone()),
        ]
    }
}

pub(crate) fn run(ctx: &Context, args: &ServeArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &args.flags(), ctx.environment())?;
    let format = values.parse("log_format", "text, json or auto")?.unwrap_or_default();
    let _log = server_log::start(format, ctx.globals().verbose).map_err(host::said)?;
    if let Err(error) = core_dumps::forbid() {
        tracing::warn!(%error, "core dumps are not switched off");
    }
    let cookie_name = values.parse("cookie_name", "a cookie name")?.unwrap_or_default();
    let bound = bind(&values)?;
    let url = bound.url().map_err(host::said)?;
    let metrics_url = bound.metrics_url().map_err(host::said)?;
    let public_url = values.parse::<PublicUrl>("public_url", "an http or https URL without a query")?;
    warnings::of_certificate(&values);
    let allowed_hosts = allowed_hosts(&values, public_url.as_ref())?;
    let installation = host::open(&values)?;
    let (dir, app) = (&installation.dir, &installation.app);
    warnings::of_disabled_limits(app);
    if let Err(error) = app.restore_login_limits() {
        tracing::warn!(%error, "failed sign-ins of the run before are not known: their limits begin anew");
    }
    warnings::of_older_emails(app)?;
    let backups = ScheduledBackups::start(&values, &installation)?;
    first_admin(ctx, &values, &dir.setup_code(), &url, app)?;
    let server = Server {
        app: Arc::clone(app),
        public_url,
        allowed_hosts,
        trusted_proxies: trusted_proxies(&values)?,
        cookie_name,
        builds: Builds::new(&dir.dist()),
        metrics: Metrics::new(&table()),
        lists: ListBudget::default(),
        metrics_elsewhere: metrics_url.is_some(),
        settings: values.told(),
    };
    let own_address = address_on_this_machine(&url, values.text("public_url"));
    let mut published = None;
    let announce = || {
        let address = Address::publish(dir.path(), &own_address);
        match address.and_then(|address| give_to_owner_of(dir.path(), address.file()).map(|()| address)) {
            Ok(address) => published = Some(address),
            Err(error) => {
                tracing::warn!(%error, "commands on this machine need `--server`: the address is not written")
            }
        }
        let metrics = metrics_url.iter().map(|url| format!("metrics on {url}"));
        let lines = metrics.chain([format!("listening on {url}")]);
        lines.into_iter().try_for_each(|line| ctx.ui().line(&line)).map_err(std::io::Error::other)
    };
    #[cfg(unix)]
    let (bound, _admin_socket) = with_admin_socket(ctx, bound, dir.path())?;
    let served = bound.serve(Arc::new(server), announce).map_err(host::said);
    drop(published);
    drop(backups);
    app.finish();
    note_audit_head(app);
    installation.store.close();
    served
}

/// Returns the address that commands on this machine use. Clear text over loopback is as good as any; everything else
/// is verified by a certificate, which bears the name of the public URL if there is one.
fn address_on_this_machine(url: &str, public_url: Option<&str>) -> String {
    let Some((scheme, address)) = url.split_once("://") else { return url.to_owned() };
    let Ok(mut address) = address.parse::<SocketAddr>() else { return url.to_owned() };
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    match public_url {
        Some(public_url) if scheme == "https" || !address.ip().is_loopback() => public_url.to_owned(),
        _ => format!("{scheme}://{address}"),
    }
}

/// An address to listen on. `localhost` is always 127.0.0.1: another user of the machine could own `[::1]` (D-15).
struct ListenAddress(SocketAddr);

impl FromStr for ListenAddress {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        match text.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}").parse().map(Self),
            None => text.parse().map(Self),
        }
    }
}

/// Where and how to listen.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) tls: Option<TlsReloader>,
}

/// Reads where and how to listen, and refuses what would be readable on the way.
pub(crate) fn listening(values: &Values) -> Result<Listening, CliError> {
    let address = |key| {
        let address = values.parse(key, "an address and a port such as 127.0.0.1:8000")?;
        Ok::<_, CliError>(address.map(|ListenAddress(address)| address))
    };
    let none = || CliError::usage("There is no address to listen on", "Use `--listen HOST:PORT`");
    let (metrics, address) = (address("metrics_listen")?, address("listen")?.ok_or_else(none)?);
    let tls = match (values.path("tls_cert"), values.path("tls_key")) {
        (Some(certificate), Some(key)) => Some(TlsReloader::load(&certificate, &key).map_err(host::said)?),
        (None, None) => None,
        _ => {
            let message = "A certificate needs its key, and a key its certificate";
            return Err(CliError::usage(message, "Give both `--tls-cert` and `--tls-key`"));
        }
    };
    if tls.is_none() && !address.ip().is_loopback() && !values.switch("behind_proxy")? {
        let message = format!("Will not listen on {address} in clear text: passwords and tokens would be readable");
        let hint = "Use `--tls-cert` and `--tls-key`, or `--behind-proxy` if a proxy in front ends TLS";
        return Err(CliError::usage(message, hint));
    }
    Ok(Listening { address, metrics, tls })
}

/// Binds the socket before anything is made, so that a taken port or a wrong setting leaves nothing behind.
fn bind(values: &Values) -> Result<Bound, CliError> {
    let Listening { address, metrics, tls } = listening(values)?;
    let limits = EdgeLimits { trusted_proxies: trusted_proxies(values)?, ..EdgeLimits::for_this_process() };
    let failed = |address: SocketAddr, flag: &str, error: std::io::Error| {
        CliError::failed(format!("Cannot listen on {address}: {error}"))
            .with_hint(format!("Is another server running? Choose another address with `{flag} HOST:PORT`"))
    };
    let bound = Bound::new(address, tls, limits).map_err(|error| failed(address, "--listen", error))?;
    match metrics {
        None => Ok(bound),
        Some(address) => bound.with_metrics(address).map_err(|error| failed(address, "--metrics-listen", error)),
    }
}

/// Opens the admin socket (O-01). A server without it serves as well as ever, so that what is in its way is only told.
#[cfg(unix)]
fn with_admin_socket(ctx: &Context, bound: Bound, dir: &Path) -> Result<(Bound, Option<AdminSocket>), CliError> {
    let opened = admin_socket::place(dir, ctx.environment())
        .and_then(|path| AdminSocket::open(path).map_err(|error| host::said(&error)));
    match opened {
        Ok((socket, listener)) => Ok((bound.with_admin_socket(listener).map_err(host::said)?, Some(socket))),
        Err(error) => {
            tracing::warn!(%error, hint = error.hint(), "there is no admin socket: `--local` will not work");
            Ok((bound, None))
        }
    }
}

/// Reads the names that requests may use for this server.
fn allowed_hosts(values: &Values, public_url: Option<&PublicUrl>) -> Result<AllowedHosts, CliError> {
    let more = values.list::<HostName>("allow_hosts", "a host name without a port, such as id.example.org")?;
    if public_url.is_none() && !more.is_empty() {
        tracing::warn!("`allow_hosts` has no effect without `public_url`: the server answers to every host name");
    }
    Ok(AllowedHosts::new(public_url, more))
}

/// Reads the proxies that are believed.
pub(crate) fn trusted_proxies(values: &Values) -> Result<TrustedProxies, CliError> {
    let proxies = values.list::<TrustedProxy>("trusted_proxies", "an address or a network such as 10.0.0.0/8")?;
    Ok(proxies.into_iter().collect())
}

/// Makes the first admin by the first of the ways of D-14 that is open.
fn first_admin(ctx: &Context, values: &Values, code_file: &Path, url: &str, app: &App) -> Result<(), CliError> {
    if app.has_admin().map_err(host::said)? {
        // Not even read: after the first start the password may be gone, as it should be.
        if values.text("admin_email").is_some() {
            tracing::info!("there is an admin: DA_ADMIN_EMAIL and DA_ADMIN_PASSWORD are ignored");
        }
        // Left over when a crash came between the first admin and the removal of the used code.
        let _ = std::fs::remove_file(code_file);
        return Ok(());
    }
    let admin = match given_admin(values)? {
        Some(admin) => Some(admin),
        None if ctx.ui().is_attended() => asked_admin(ctx)?,
        None => None,
    };
    let Some((email, password)) = admin else {
        return offer_code(ctx, code_file, values.text("public_url").unwrap_or(url), app);
    };
    match app.first_admin(SystemScope::on_the_host(), email.clone(), &password) {
        Ok(_) => {
            let _ = std::fs::remove_file(code_file);
            tracing::info!(%email, "made the first admin");
            Ok(())
        }
        Err(error @ AppError::WeakPassword(_)) => {
            Err(CliError::usage(format!("The first admin cannot be made: {error}"), "Choose another password"))
        }
        Err(error) => Err(host::said(error)),
    }
}

fn given_admin(values: &Values) -> Result<Option<(Email, Secret)>, CliError> {
    let Some(email) = values.parse::<Email>("admin_email", "an e-mail address")? else { return Ok(None) };
    let password = match (values.secret("admin_password"), values.path("admin_password_file")) {
        (Some(password), _) => password,
        (None, Some(file)) => {
            let failed =
                |error| CliError::failed(format!("Cannot read DA_ADMIN_PASSWORD_FILE `{}`: {error}", file.display()));
            Secret::new(files::read_line_of(&file, MAX_PASSWORD_FILE_BYTES).map_err(failed)?.to_string())
        }
        (None, None) => {
            let message = "DA_ADMIN_EMAIL names a first admin without a password";
            return Err(CliError::usage(message, "Set DA_ADMIN_PASSWORD or DA_ADMIN_PASSWORD_FILE too"));
        }
    };
    Ok(Some((email, password)))
}

fn asked_admin(ctx: &Context) -> Result<Option<(Email, Secret)>, CliError> {
    ctx.ui().note("This is a new installation. Who is its first admin? (Empty: set up later with a code.)");
    loop {
        let text = ctx.ui().ask("E-mail", "DA_ADMIN_EMAIL and DA_ADMIN_PASSWORD")?;
        if text.is_empty() {
            return Ok(None);
        }
        let email = match text.parse::<Email>() {
            Ok(email) => email,
            Err(error) => {
                ctx.ui().warn(&format!("That is not an e-mail address: {error}"));
                continue;
            }
        };
        let Some(password) = password::ask_twice(ctx.ui(), "DA_ADMIN_EMAIL and DA_ADMIN_PASSWORD")? else {
            ctx.ui().warn(password::DIFFERENT);
            continue;
        };
        match crate::domain::password::check_new(&password) {
            Ok(()) => return Ok(Some((email, password))),
            Err(weak) => ctx.ui().warn(&weak.to_string()),
        }
    }
}

/// Leaves a one-time code in a private file and says which command uses it, never the code itself.
fn offer_code(ctx: &Context, file: &Path, url: &str, app: &App) -> Result<(), CliError> {
    let failed = |error| CliError::failed(format!("Cannot use the setup code file `{}`: {error}", file.display()));
    app.open_setup(file.to_owned()).map_err(failed)?;
    let command = format!("da setup bootstrap EMAIL --server {url} --code-file '{}'", file.display());
    ctx.ui().warn(&format!("There is no admin yet. Make the first one on this machine: {command}"));
    Ok(())
}

/// Returns the name or address in the public URL that clients compare with the certificate.
pub(crate) fn public_host(values: &Values) -> Option<String> {
    let url = url_host(values.text("public_url")?)?;
    Some(url.to_owned())
}

fn url_host(url: &str) -> Option<&str> {
    let authority = url.split_once("://")?.1.split(['/', '?', '#']).next()?;
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split(':').next(),
    }
}

#[cfg(test)]
mod tests;
