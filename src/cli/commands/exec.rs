//! `da exec`: a command with a token of its own.

use std::{ffi::OsString, io, path::Path, process::ExitStatus, time::Duration};

use clap::Args;
use tokio::process::{Child, Command};

use crate::{
    cli::{
        brief_token::{self, BriefToken},
        context::Context,
        error::{CliError, Exit},
        moment, terminal, umask,
    },
    domain::{TokenName, token::CreatedVia},
};

/// Run a command with a short-lived token of your own, which ends with it
///
/// The command finds the token in `DA_TOKEN` and the server in `DA_SERVER`; nothing prints it. It is revoked when the
/// command has ended, however that was, and ends by itself after `--ttl` if that fails. Needs a login.
///
/// Signals (SIGINT, SIGTERM, SIGHUP) are passed on. The exit code is that of the command, 128 and the number of the signal
/// that ended it, 127 where there is no such command, 126 where it cannot be run.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExecArgs {
    /// How long the token lives at most: `1m` to `24h`
    #[arg(long, value_name = "SPAN", default_value = "1h", value_parser = brief_token::lifetime)]
    ttl: Duration,
    /// Name of the token in `da token list` [default: exec and the command's name]
    #[arg(long, value_name = "NAME")]
    name: Option<TokenName>,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  da exec -- ./deploy.sh production
  da exec --ttl 10m --name nightly -- \\
    sh -c 'curl -H \"Authorization: Bearer $DA_TOKEN\" \"$DA_SERVER/auth/me\"'";

pub(super) fn run(ctx: &Context, args: &ExecArgs) -> Result<(), CliError> {
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(CliError::usage("There is no command to run", "Name it: `da exec -- COMMAND`"));
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| started(&error))?;
    // Before the token is made: a signal that comes from now on cannot leave one behind.
    let mut signals = runtime.block_on(async { Signals::listen() }).map_err(|error| started(&error))?;
    let made = BriefToken::make(ctx, CreatedVia::Exec, &name(args, program), args.ttl);
    // A signal that came meanwhile was meant for the command line as a whole: the command is not run.
    if let Some(number) = runtime.block_on(signals.arrived()) {
        if let Ok(token) = made {
            revoke(ctx, &token);
        }
        return Err(CliError::Outcome(Exit::Of(128 + number)));
    }
    let token = made?;
    let mut command = Command::new(program);
    command.args(arguments).env("DA_SERVER", ctx.server()?.as_str()).env_remove("DA_TOKEN_FILE");
    command.env("DA_TOKEN", token.bearer.expose());
    if let Some(ca_file) = &ctx.settings()?.client.ca_file {
        command.env("DA_CA_FILE", ca_file);
    }
    umask::give_back();
    let patience = token.revoke_by.map(|end| end.since(ctx.now()));
    let ended = runtime.block_on(async { command.spawn() }).and_then(|mut child| {
        if let Some(patience) = patience {
            let wait = async { tokio::time::timeout(patience, signals.pass_on_until_the_end_of(&mut child)).await };
            match runtime.block_on(wait) {
                Ok(ended) => return ended,
                // The server lets the token live longer than `--ttl`; the command goes on without it.
                Err(_) => revoke(ctx, &token),
            }
        }
        runtime.block_on(signals.pass_on_until_the_end_of(&mut child))
    });
    revoke(ctx, &token);
    match ended {
        Ok(status) => match exit_code(status) {
            0 => Ok(()),
            code => Err(CliError::Outcome(Exit::Of(code))),
        },
        Err(error) => {
            let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
            let message = format!("Cannot run `{}`: {error}", program.to_string_lossy());
            Err(CliError::said(Exit::Of(code), message))
        }
    }
}

/// Revokes the token, and says so if that fails.
fn revoke(ctx: &Context, token: &BriefToken) {
    if let Err(error) = token.revoke(ctx) {
        let end = moment::ending(token.expires_at, ctx.now());
        ctx.ui().warn(&format!("{}; token {} {end}", error.message(), token.id));
    }
}

fn started(error: &io::Error) -> CliError {
    CliError::failed(format!("Cannot watch over a command: {error}"))
}

/// Returns the name of the token: the one that is given, or after the command.
fn name(args: &ExecArgs, program: &OsString) -> TokenName {
    let command = Path::new(program).file_name().unwrap_or(program).to_string_lossy();
    let named = format!("exec {command}").parse();
    let plain = || "exec".parse().expect("a plain word is a name");
    args.name.clone().unwrap_or_else(|| named.unwrap_or_else(|_| plain()))
}

#[cfg(unix)]
fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

#[cfg(not(unix))]
fn exit_code(status: ExitStatus) -> u8 {
    status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1))
}

/// The signals that end a command as a rule; they are the child's to act on.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Returns the number of a signal that has come, if one has.
    async fn arrived(&mut self) -> Option<u8> {
        // The runtime takes notice of signals while it waits.
        let signal = tokio::time::timeout(Duration::from_millis(1), self.next()).await.ok()?;
        u8::try_from(signal.as_raw()).ok()
    }

    async fn next(&mut self) -> rustix::process::Signal {
        use rustix::process::Signal;
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
        }
    }

    async fn pass_on_until_the_end_of(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        use rustix::process::Signal;
        loop {
            let signal = tokio::select! {
                ended = child.wait() => return ended,
                signal = self.next() => signal,
            };
            // The terminal has sent Ctrl-C to the child as well; twice means something else to many programs.
            if signal == Signal::INT && terminal::is_there() {
                continue;
            }
            // Not yet waited for, so that the id is still the child's.
            let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
            if let Some(id) = id {
                let _ = rustix::process::kill_process(id, signal);
            }
        }
    }
}

/// Without signals there is only the end to wait for.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn arrived(&mut self) -> Option<u8> {
        None
    }

    async fn pass_on_until_the_end_of(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        child.wait().await
    }
}
