use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::login;
use crate::{
    api::{
        ErrorCode,
        logins::{self, BootstrapRequest},
    },
    cli::{config_file::ConfigFile, context::Context, device, error::CliError, password::PasswordArgs},
    client::ClientError,
    domain::{Device, Secret, email},
    files,
};

/// More is no setup code.
const MAX_CODE_FILE_BYTES: u64 = 64 * 1024;

/// Set up this machine, or a new server
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SetupArgs {
    #[command(subcommand)]
    pub(super) command: SetupCommand,
}

const EXAMPLES: &str = "\
Examples:
  da setup init --server https://id.example.org
  da setup bootstrap ann@example.org --code-file setup-code";

#[derive(Debug, Subcommand)]
pub(crate) enum SetupCommand {
    Init(InitArgs),
    Bootstrap(BootstrapArgs),
}

/// Remember the server to talk to
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  da setup init --server https://id.example.org")]
pub(crate) struct InitArgs {}

/// Make the first admin of a new server
///
/// A new server writes a one-time setup code into its data directory and says where. Whoever can read that file may
/// make the first admin. Where a terminal asks for the code, leave it empty if the server has none; without a terminal
/// and without `--code-file`, none is sent.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  da setup bootstrap ann@example.org --code-file setup-code --server https://id.example.org
  ssh host cat /var/lib/da/setup-code | da setup bootstrap ann@example.org --code-file -")]
pub(crate) struct BootstrapArgs {
    /// E-mail address of the new admin
    email: String,
    /// Name to show; by default the part of the address before the `@`
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// File with the one-time setup code; `-` reads it from standard input
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
    #[command(flatten)]
    password: PasswordArgs,
}

pub(super) fn run(ctx: &Context, command: &SetupCommand) -> Result<(), CliError> {
    match command {
        SetupCommand::Init(_) => init(ctx),
        SetupCommand::Bootstrap(args) => bootstrap(ctx, args),
    }
}

fn init(ctx: &Context) -> Result<(), CliError> {
    let Some(server) = &ctx.globals().server else {
        return Err(CliError::usage("There is no server to remember", "Name it with `--server URL`"));
    };
    let settings = ctx.settings()?;
    let ca_file = settings.named_ca_file.as_deref().filter(|_| server.is_https());
    let path = ConfigFile::remember_server(settings.saved()?, &settings.profile.name, server, ca_file)?;
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "server": server, "config": path }));
    }
    ctx.ui().line(&format!("Server: {server}"))?;
    ctx.ui().note(&format!("Remembered in {path}; sign in with `da login`"));
    Ok(())
}

fn bootstrap(ctx: &Context, args: &BootstrapArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let client = ctx.anonymous()?;
    args.password.can_be_had(ui)?;
    login::foresee_storage(ctx, false)?;
    // The order in which both are read from one standard input: code, then password.
    let setup_code = setup_code(ctx, args)?;
    let has_code = setup_code.is_some();
    let password = args.password.new_one(ui)?;
    let Device { label, fingerprint } = device::this(ctx)?;
    let request = BootstrapRequest {
        email: args.email.clone(),
        name: args.name.clone().unwrap_or_default(),
        password,
        setup_code,
        device_label: Some(label),
        device_fingerprint: fingerprint,
        want_refresh: true,
    };
    let answer = {
        let _spinner = ui.spinner("Making the first admin");
        client.send::<logins::Bootstrap>((), &request)
    };
    let answer = answer.map_err(|error| refused(error, has_code))?;
    login::keep(ctx, &client, &answer, false)?;
    if ui.is_json() {
        return ui.json(&json!({ "email": answer.email, "role": answer.role, "server": client.server() }));
    }
    ui.line(&format!("Admin user created: {}", email::shown(&answer.email)))
}

/// Says where the code is, if the server refuses and none was sent.
fn refused(error: ClientError, has_code: bool) -> CliError {
    let wants_code = !has_code && error.failure().is_some_and(|failure| failure.is(ErrorCode::BootstrapClosed));
    let hint =
        "Give the setup code of a new server with `--code-file FILE`; on a server that is set up, run `da login`";
    let action = "Could not make the first admin".to_owned();
    CliError::Call { action, source: error, remedy: wants_code.then(|| hint.to_owned()) }
}

/// Returns the setup code. Without a file and without a terminal there is none, and the server decides: the original
/// server knows no codes.
fn setup_code(ctx: &Context, args: &BootstrapArgs) -> Result<Option<Secret>, CliError> {
    let code = match &args.code_file {
        None if !ctx.ui().is_interactive() => return Ok(None),
        None => ctx.ui().ask_secret("Setup code", "`--code-file FILE`")?,
        Some(path) if path.as_os_str() == "-" => ctx.ui().read_secret()?,
        Some(path) => {
            let fault = |error| {
                CliError::failed(format!("Cannot read the setup code in `{}`: {error}", path.display()))
                    .with_hint("The server removes the file once there is an admin; if you are it, run `da login`")
            };
            files::read_line_of(path, MAX_CODE_FILE_BYTES).map(|code| Secret::new(code.to_string())).map_err(fault)?
        }
    };
    let code = code.expose().trim();
    Ok((!code.is_empty()).then(|| Secret::new(code.to_owned())))
}
