use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::{
    api::{
        logins::{self, LoginRequest, LoginResponse},
        passwords::{self, ChangeRequest},
    },
    cli::{
        config_file::{ConfigFile, StagedConfig},
        context::Context,
        device,
        error::{CliError, Doing as _},
        password::{CHANGE_IT, MUST_CHANGE, PasswordArgs, ask_new},
        profiles::{Chosen, ProfileSource, Profiles},
        renewal,
        settings::Settings,
        sign_in::{self, Way},
    },
    client::{Bearer, Client, ClientError, ServerUrl},
    credentials::{CredentialStore, KeyringError, Place, Saved, StoreChoice, StoredCredential},
    domain::{Device, Secret, email},
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
    (!has_password && ctx.ui().is_attended()).then(|| Way::of(ctx.environment()))
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
    if !ui.is_attended() || ui.is_json() {
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
        // A server without codes may mean an account that has no password there.
        Err(error) if error.failure().is_some_and(|failure| failure.status == 401 && failure.code.is_none()) => {
            let page = client.server().join("/tokens");
            let remedy = format!(
                "If the account signs in with an external provider, create a token at `{page}`, then set `DA_TOKEN` or \
                 run `da import-token`"
            );
            Err(CliError::Call { action: "Login failed".to_owned(), source: error, remedy: Some(remedy) })
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
    save(ctx, client.server(), &credential, insecure_storage).inspect_err(|_| {
        if let Ok(session) = ctx.client(Some(bearer)) {
            let _ = session.get::<logins::Logout>(());
        }
    })
}

/// Saves a token together with the settings that lead to it: both or neither. Says so if it is not in the keyring.
pub(super) fn save(
    ctx: &Context,
    server: &ServerUrl,
    credential: &StoredCredential,
    insecure_storage: bool,
) -> Result<Saved, CliError> {
    let store = destination(ctx, insecure_storage)?;
    let saved = {
        let _turn = store.turn(server)?;
        let settings = staged_settings(ctx, insecure_storage)?;
        store.save_with(server, credential, || {
            settings.map(StagedConfig::commit).transpose().map(drop).map_err(CliError::from)
        })?
    };
    if let Some(reason) = &saved.fallback {
        ctx.tell_fallback(&saved.storage, reason);
    }
    Ok(saved)
}

fn destination(ctx: &Context, insecure_storage: bool) -> Result<CredentialStore<'_>, CliError> {
    let store = ctx.credentials()?;
    Ok(if insecure_storage { store.keeping_in(StoreChoice::File) } else { store })
}

/// Says that a token from the environment will hide what is about to be saved, before a secret is asked for.
pub(super) fn foresee_use(ctx: &Context, what: &str) -> Result<(), CliError> {
    if let Some(given) = &ctx.settings()?.given_token {
        ctx.ui().warn(&format!("The {} wins over the {what} you are about to save", given.source));
    }
    Ok(())
}

/// Checks what can be checked before a secret is asked for and sent: whether token and settings can be saved. Says that
/// the token will be kept in clear text.
pub(super) fn foresee_storage(ctx: &Context, insecure_storage: bool) -> Result<(), CliError> {
    let store = destination(ctx, insecure_storage)?;
    if let Some(reason) = check_storage(ctx, insecure_storage)? {
        ctx.tell_fallback(&store.file_storage(), &reason);
    }
    Ok(())
}

/// As [`foresee_storage`], but returns why the token will not be in the keyring.
pub(super) fn check_storage(ctx: &Context, insecure_storage: bool) -> Result<Option<KeyringError>, CliError> {
    let fallback = destination(ctx, insecure_storage)?.check()?;
    let settings = ctx.settings()?;
    let dir = settings.saved()?;
    if Remembered::of(settings, &ConfigFile::read(dir.clone())?.profiles()?, insecure_storage)?.changes_anything() {
        ConfigFile::check_writable(dir)?;
    }
    Ok(fallback)
}

/// What a sign-in changes in the settings.
struct Remembered {
    /// A server that was named on the command line, so that the next command talks to it too, or that of a new profile.
    /// A profile that only a rule or `da profile use` has chosen keeps its server.
    server: Option<ServerUrl>,
    /// A choice of the file: else the next sign-in would undo it.
    file_chosen: bool,
    /// Certificates to trust for this server, which were named on the command line.
    ca_file: Option<PathBuf>,
}

impl Remembered {
    fn of(settings: &Settings, profiles: &Profiles, insecure_storage: bool) -> Result<Self, CliError> {
        let Chosen { name, source } = &settings.profile;
        let server = settings.server()?;
        let known = profiles.get(name);
        let chosen_here = name.is_default() || matches!(source, ProfileSource::Flag | ProfileSource::Variable);
        let is_wanted = known.is_none() || (settings.is_server_named() && chosen_here);
        let is_new = known.and_then(|profile| profile.server.as_ref()) != Some(server);
        let in_file = known.and_then(|profile| profile.credential_store) == Some(Place::File);
        let ca_file = settings.named_ca_file.as_ref().filter(|_| server.is_https() && (is_wanted || !is_new));
        let is_known = |file: &PathBuf| !is_new && known.and_then(|profile| profile.ca_file.as_ref()) == Some(file);
        Ok(Self {
            server: (is_wanted && is_new).then(|| server.clone()),
            file_chosen: insecure_storage && !in_file,
            ca_file: ca_file.filter(|file| !is_known(file)).cloned(),
        })
    }

    fn changes_anything(&self) -> bool {
        self.server.is_some() || self.file_chosen || self.ca_file.is_some()
    }
}

/// Prepares what a sign-in changes in the settings; nothing is changed yet.
fn staged_settings(ctx: &Context, insecure_storage: bool) -> Result<Option<StagedConfig>, CliError> {
    let settings = ctx.settings()?;
    let name = &settings.profile.name;
    let mut edit = ConfigFile::edit(settings.saved()?)?;
    let remembered = Remembered::of(settings, &edit.profiles()?, insecure_storage)?;
    if let Some(server) = &remembered.server {
        edit.remember_server(name, server)?;
    } else if settings.is_server_named()
        && let Some(kept) = settings.configured_server.as_ref().filter(|kept| settings.server().ok() != Some(*kept))
    {
        ctx.ui()
            .note(&format!("The profile `{name}` keeps its server `{kept}`; name this one with `--server` each time"));
    }
    if let Some(file) = &remembered.ca_file {
        edit.remember_ca_file(name, file);
    }
    if remembered.file_chosen {
        edit.choose_store(name, Place::File)?;
    }
    Ok(edit.stage()?)
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
    ctx.ui().line(&format!("Logged in as {} (role: {}){profile}", email::shown(&answer.email), answer.role))
}
