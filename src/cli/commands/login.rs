use clap::Args;
use serde_json::json;

use crate::{
    api::{
        logins::{self, LoginRequest, LoginResponse},
        passwords::{self, ChangeRequest},
    },
    cli::{
        config_file::ConfigFile,
        context::Context,
        device,
        error::{CliError, Doing as _},
        password::{CHANGE_IT, MUST_CHANGE, PasswordArgs, ask_new},
        profiles::{Chosen, ProfileSource},
        renewal,
        settings::ServerSource,
        sign_in::{self, Way},
    },
    client::{Bearer, Client, ClientError, ServerUrl},
    credentials::{Place, Saved, StoreChoice, StoredCredential},
    domain::{Device, Secret},
};

/// Sign in and keep the token on this machine
///
/// On a desktop the browser opens, and you approve there; elsewhere a page and a code are shown, for the browser of any
/// other device. With an e-mail address or a password on the command line, and without a terminal, the password is used.
///
/// The token goes into the keyring of the operating system or, where none answers, into a file that only you can read.
/// With `--server`, that server is remembered; with `--profile` and a name that is new, a profile is made.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LoginArgs {
    /// E-mail address of the account
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    #[command(flatten)]
    password: PasswordArgs,
    /// Show a page and a code for the browser of another device
    #[arg(long, conflicts_with_all = ["no_browser", "email", "password", "password_stdin"])]
    device: bool,
    /// Show the address to open in a browser of this machine, and open none
    #[arg(long, conflicts_with_all = ["email", "password", "password_stdin"])]
    no_browser: bool,
    /// Keep the token in the file, not in the keyring, from now on
    #[arg(long)]
    insecure_storage: bool,
}

const EXAMPLES: &str = "\
Examples:
  da login --server https://id.example.org
  da login --profile work --server https://id.example.org
  da login --device
  da login --email ann@example.org --password-stdin < password";

pub(crate) fn run(ctx: &Context, args: &LoginArgs) -> Result<(), CliError> {
    // Made first: it refuses a clear-text server before a password is typed.
    let client = ctx.anonymous()?;
    let way = way(ctx, args);
    if way.is_none() {
        if args.email.is_none() {
            ctx.ui().can_ask("Email", "`--email EMAIL`")?;
        }
        args.password.can_be_had(ctx.ui())?;
    }
    foresee_use(ctx, "login")?;
    foresee_storage(ctx, args.insecure_storage)?;
    let answer = match way {
        None => None,
        Some(Way::Device) => sign_in::by_device(ctx, &client)?,
        Some(Way::Browser { opened }) => sign_in::by_browser(ctx, &client, opened)?,
    };
    match answer {
        Some(answer) => finish(ctx, &client, &answer, args),
        None => by_password(ctx, &client, args),
    }
}

fn finish(ctx: &Context, client: &Client, answer: &LoginResponse, args: &LoginArgs) -> Result<(), CliError> {
    let saved = keep(ctx, client, answer, args.insecure_storage)?;
    tell(ctx, answer, &saved)
}

/// Returns how to sign in, if not with a password: a script that names none of the ways goes on as ever.
fn way(ctx: &Context, args: &LoginArgs) -> Option<Way> {
    if args.device {
        return Some(Way::Device);
    }
    if args.no_browser {
        return Some(Way::Browser { opened: false });
    }
    let has_password = args.email.is_some() || args.password.is_given();
    (!has_password && ctx.ui().is_interactive()).then(|| Way::of(ctx.environment()))
}

fn by_password(ctx: &Context, client: &Client, args: &LoginArgs) -> Result<(), CliError> {
    let ui = ctx.ui();
    let email = match &args.email {
        Some(email) => email.clone(),
        None => ui.ask("Email", "`--email EMAIL`")?,
    };
    let password = args.password.existing(ui)?;
    let answer = sign_in(ctx, client, email, password.clone())?;
    finish(ctx, client, &answer, args)?;
    if answer.must_change_password { change_password(ctx, &answer, password) } else { Ok(()) }
}

/// Has somebody whose password an admin set choose one of their own: nothing else works before.
fn change_password(ctx: &Context, answer: &LoginResponse, current: Secret) -> Result<(), CliError> {
    let ui = ctx.ui();
    ui.warn(MUST_CHANGE);
    if !ui.is_interactive() || ui.is_json() {
        ui.note(CHANGE_IT);
        return Ok(());
    }
    let action = "Could not change the password";
    let bearer = Bearer::new(&answer.access_token).map_err(|error| ClientError::BadAnswer(error.to_string()));
    let session = ctx.client(Some(bearer.doing(action)?))?;
    let password = ask_new(ui, "`da auth password change`")?;
    session.send::<passwords::Change>((), &ChangeRequest { current, password }).doing(action)?;
    ui.line("Password changed.")
}

fn sign_in(ctx: &Context, client: &Client, email: String, password: Secret) -> Result<LoginResponse, CliError> {
    let Device { label, fingerprint } = device::this(ctx)?;
    let request = LoginRequest {
        email,
        password,
        device_label: Some(label),
        device_fingerprint: fingerprint,
        want_refresh: true,
    };
    let answer = {
        let _spinner = ctx.ui().spinner("Signing in");
        client.send::<logins::Login>((), &request)
    };
    match answer {
        Err(ClientError::Http(failure)) if failure.detail.contains("external authentication") => {
            let message = "Login failed: this account signs in with an external provider";
            let page = client.server().join("/tokens");
            let hint = format!("Create a token at `{page}` and set `DA_TOKEN`, or run `da import-token`");
            Err(CliError::said(crate::cli::error::Exit::NotSignedIn, message).with_hint(hint))
        }
        other => other.doing("Login failed"),
    }
}

/// Saves a session that was just made, and how it was made. A session that cannot be saved is ended again: nobody could
/// ever use it.
pub(super) fn keep(
    ctx: &Context,
    client: &Client,
    answer: &LoginResponse,
    insecure_storage: bool,
) -> Result<Saved, CliError> {
    let bearer = Bearer::new(&answer.access_token)
        .map_err(|error| ClientError::BadAnswer(error.to_string()))
        .doing("Login failed")?;
    let credential = StoredCredential { access_token: bearer.to_secret(), ..renewal::to_keep(answer, ctx.now()) };
    match store(ctx, client.server(), &credential, insecure_storage) {
        Ok(saved) => remember(ctx, insecure_storage).map(|()| saved),
        Err(error) => {
            if let Ok(session) = ctx.client(Some(bearer)) {
                let _ = session.get::<logins::Logout>(());
            }
            Err(error)
        }
    }
}

/// Saves a token, and says so if it is not in the keyring.
pub(super) fn store(
    ctx: &Context,
    server: &ServerUrl,
    credential: &StoredCredential,
    insecure_storage: bool,
) -> Result<Saved, CliError> {
    let store = ctx.credentials()?;
    let store = if insecure_storage { store.keeping_in(StoreChoice::File) } else { store };
    let saved = {
        let _turn = store.turn(server)?;
        store.save(server, credential)?
    };
    if let Some(reason) = &saved.fallback {
        ctx.tell_fallback(&saved.storage, reason);
    }
    Ok(saved)
}

/// Says that a token from the environment will hide what is about to be saved, before a secret is asked for.
pub(super) fn foresee_use(ctx: &Context, what: &str) -> Result<(), CliError> {
    if let Some(given) = &ctx.settings()?.given_token {
        ctx.ui().warn(&format!("The {} wins over the {what} you are about to save", given.source));
    }
    Ok(())
}

/// Says that the token will be kept in clear text, or that it cannot be kept, before a secret is asked for.
pub(super) fn foresee_storage(ctx: &Context, insecure_storage: bool) -> Result<(), CliError> {
    if insecure_storage {
        return Ok(());
    }
    let store = ctx.credentials()?;
    if let Some(reason) = store.foreseen_fallback()? {
        ctx.tell_fallback(&store.file_storage(), &reason);
    }
    Ok(())
}

/// Remembers a server that was named on the command line, so that the next command talks to it, too, and a profile that
/// is new. A profile that only a rule or `da profile use` has chosen keeps its server.
///
/// A choice of the file is noted down, too: else the next sign-in would undo it.
pub(super) fn remember(ctx: &Context, insecure_storage: bool) -> Result<(), CliError> {
    let settings = ctx.settings()?;
    let Chosen { name, source } = &settings.profile;
    let named = settings.server_source == ServerSource::Flag;
    let chosen_here = name.is_default() || matches!(source, ProfileSource::Flag | ProfileSource::Variable);
    if !settings.is_known_profile || (named && chosen_here) {
        ConfigFile::remember_server(&settings.dir, name, &settings.server)?;
    } else if named && settings.server != settings.configured_server {
        let kept = &settings.configured_server;
        ctx.ui()
            .note(&format!("The profile `{name}` keeps its server `{kept}`; name this one with `--server` each time"));
    }
    if insecure_storage {
        ConfigFile::choose_store(&settings.dir, name, Place::File)?;
    }
    Ok(())
}

fn tell(ctx: &Context, answer: &LoginResponse, saved: &Saved) -> Result<(), CliError> {
    if ctx.ui().is_json() {
        let told = renewal::to_keep(answer, ctx.now());
        return ctx.ui().json(&json!({
            "email": answer.email,
            "role": answer.role,
            "server": ctx.server()?,
            "profile": ctx.settings()?.profile.name,
            "storage": saved.storage.place(),
            "expires_at": told.expires_at,
            "refresh_expires_at": told.refresh_expires_at,
            "must_change_password": answer.must_change_password,
        }));
    }
    let profile = ctx.settings()?.profile.remark();
    ctx.ui().line(&format!("Logged in as {} (role: {}){profile}", answer.email, answer.role))
}
