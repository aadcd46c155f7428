//! What a command works with, made when it is first needed.

#[cfg(test)]
mod tests;

use std::{
    cell::{Cell, OnceCell},
    time::Duration,
};

use super::{
    config_file::ConfigFile,
    environment::Environment,
    error::{CliError, Doing as _, Exit},
    global_args::GlobalArgs,
    moment::SystemClock,
    profiles::ProfileSource,
    renewal, request_log,
    settings::{Settings, SettingsError},
    token_source::{HeldToken, TokenSource},
    ui::Ui,
};
use crate::{
    api::{Access, Empty, Endpoint, ErrorCode, FillPath},
    client::{Bearer, Client, ClientError, ClientOptions, HttpFailure, ServerUrl},
    credentials::{CredentialStore, KeyringError, OsKeyring, PrivateDir, Storage},
    domain::{Clock as _, Secret, Timestamp},
};

/// How long a keyring may take when nobody is there to unlock it, and when somebody is.
const PATIENCE: Duration = Duration::from_secs(2);
const PATIENCE_WITH_A_PERSON: Duration = Duration::from_secs(30);

/// Settings, user interface, credentials and clock of one run.
pub(crate) struct Context {
    globals: GlobalArgs,
    environment: Environment,
    ui: Ui,
    keyring: OsKeyring,
    settings: OnceCell<Settings>,
    signed_in: OnceCell<SignedIn>,
    on_host: OnceCell<Client>,
    told_fallback: Cell<bool>,
}

/// A client with the token in force.
pub(crate) struct SignedIn {
    pub(crate) client: Client,
    pub(crate) token: HeldToken,
}

/// A client, and by which token it calls; without one it does so through the admin socket.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) client: &'a Client,
    token: Option<&'a HeldToken>,
}

impl Context {
    pub(crate) fn new(globals: GlobalArgs, environment: Environment, ui: Ui) -> Self {
        // Without a session bus the library would look for one at length.
        let needs_bus = cfg!(all(unix, not(target_os = "macos")));
        let usual_bus = || environment.path("XDG_RUNTIME_DIR").is_some_and(|dir| dir.join("bus").exists());
        let reachable = !needs_bus || environment.has("DBUS_SESSION_BUS_ADDRESS") || usual_bus();
        let patience = if ui.is_interactive() { PATIENCE_WITH_A_PERSON } else { PATIENCE };
        let keyring = OsKeyring::new(reachable, patience);
        Self {
            globals,
            environment,
            ui,
            keyring,
            settings: OnceCell::new(),
            signed_in: OnceCell::new(),
            on_host: OnceCell::new(),
            told_fallback: Cell::new(false),
        }
    }

    pub(crate) fn ui(&self) -> &Ui {
        &self.ui
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    pub(crate) fn globals(&self) -> &GlobalArgs {
        &self.globals
    }

    pub(crate) fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    pub(crate) fn settings(&self) -> Result<&Settings, CliError> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        let settings = Settings::resolve(&self.globals, &self.environment)?;
        Ok(self.settings.get_or_init(|| settings))
    }

    /// Returns the server to talk to.
    pub(crate) fn server(&self) -> Result<&ServerUrl, CliError> {
        let settings = self.settings()?;
        match settings.server() {
            Ok(server) => Ok(server),
            // Whoever is signed in at a server that is not running any more learns how to name it.
            Err(SettingsError::NoServer { .. }) => {
                let of_saved_token = self.credentials().ok().and_then(|store| store.server_of_file());
                Err(SettingsError::NoServer { of_saved_token }.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the directory of settings and saved tokens, whether or not the settings hold together.
    pub(crate) fn config_dir(&self) -> Result<PrivateDir, CliError> {
        Ok(Settings::dir(&self.globals, &self.environment)?)
    }

    /// Returns how to reach a server, without the settings file.
    pub(crate) fn client_options(&self) -> ClientOptions {
        Settings::client_options(&self.globals, &self.environment)
    }

    pub(crate) fn keyring(&self) -> &OsKeyring {
        &self.keyring
    }

    /// Returns the saved tokens of the profile in force.
    pub(crate) fn credentials(&self) -> Result<CredentialStore<'_>, CliError> {
        let settings = self.settings()?;
        let (name, configured) = (settings.profile.name.clone(), settings.configured_server.clone());
        let store = CredentialStore::new(settings.saved()?, name, settings.store_choice, configured, &self.keyring);
        Ok(store.keeping_in(settings.keep.choice()))
    }

    /// Returns the settings file, and the directory it is in, whether or not the settings hold together.
    pub(crate) fn config_file(&self) -> Result<(PrivateDir, ConfigFile), CliError> {
        let dir = self.config_dir()?;
        let file = ConfigFile::read(dir.clone())?;
        Ok((dir, file))
    }

    /// Says that a token is kept in clear text, once in a run.
    pub(crate) fn tell_fallback(&self, storage: &Storage, reason: &KeyringError) {
        if !self.told_fallback.replace(true) {
            let kept = format!("The token is kept in clear text in the {storage}");
            self.ui.note(&format!("{kept}, as the keyring cannot be used: {reason}"));
        }
    }

    /// Returns the token in force, if there is one (D-18).
    pub(crate) fn held_token(&self) -> Result<Option<HeldToken>, CliError> {
        let settings = self.settings()?;
        if let Some(given) = &settings.given_token {
            let source = given.source.clone();
            let secret =
                given.read().map_err(|error| CliError::failed(error.to_string()).with_hint(source.remedy()))?;
            return self.held(&secret, source).map(Some);
        }
        self.loaded_token()
    }

    /// Returns the saved token, renewed if it has to be, whatever else is in force.
    pub(crate) fn saved_token(&self) -> Result<Option<HeldToken>, CliError> {
        self.loaded_token()?.map(|held| renewal::renewed(self, held)).transpose()
    }

    /// Returns the saved token as it is.
    pub(crate) fn loaded_token(&self) -> Result<Option<HeldToken>, CliError> {
        if self.settings()?.saved().is_err() {
            // Nothing can be saved where there is no directory for it.
            return Ok(None);
        }
        let Some(loaded) = self.credentials()?.load(self.server()?)? else { return Ok(None) };
        if loaded.was_open {
            self.ui.warn(&format!("Others could read the saved token in the {}; its mode is now 0600", loaded.storage));
        }
        let mut held = self.held(&loaded.credential.access_token, TokenSource::Saved(loaded.storage))?;
        held.saved = Some(loaded.credential);
        Ok(Some(held))
    }

    /// Returns the token in force.
    pub(crate) fn required_token(&self) -> Result<HeldToken, CliError> {
        match self.held_token()? {
            Some(held) => Ok(held),
            None => Err(self.not_signed_in()?),
        }
    }

    /// Returns a client that carries no token.
    pub(crate) fn anonymous(&self) -> Result<Client, CliError> {
        self.client(None)
    }

    /// Returns a client that carries a token other than the one in force.
    pub(crate) fn client(&self, bearer: Option<Bearer>) -> Result<Client, CliError> {
        if self.globals.verbose > 0 {
            request_log::start();
        }
        let server = self.server()?.clone();
        Client::new(server, bearer, &self.settings()?.client).doing("Nothing was sent")
    }

    /// Returns a client with the token in force.
    pub(crate) fn signed_in(&self) -> Result<&SignedIn, CliError> {
        if let Some(signed_in) = self.signed_in.get() {
            return Ok(signed_in);
        }
        let token = renewal::renewed(self, self.required_token()?)?;
        let client = self.client(Some(token.bearer.clone()))?;
        Ok(self.signed_in.get_or_init(|| SignedIn { client, token }))
    }

    /// Lets whatever administers from here on go through the admin socket, by `client`.
    pub(crate) fn administer_by(&self, client: Client) {
        drop(self.on_host.set(client));
    }

    /// Returns who administers: the admin socket if it was asked for, else the token in force.
    pub(crate) fn administrator(&self) -> Result<Caller<'_>, CliError> {
        match self.on_host.get() {
            Some(client) => Ok(Caller { client, token: None }),
            None => Ok(self.signed_in()?.caller()),
        }
    }

    /// Says that rows of lists were left out, if some were.
    pub(crate) fn tell_unreadable_rows(&self) {
        let clients = [self.signed_in.get().map(|signed_in| &signed_in.client), self.on_host.get()];
        let count: usize = clients.into_iter().flatten().map(Client::unreadable_rows).sum();
        if count > 0 {
            self.ui.warn(&format!("Rows of the server's lists that cannot be read are left out: {count}"));
        }
    }

    /// Returns the client of this run, if one with a token was needed.
    pub(crate) fn used(&self) -> Option<&SignedIn> {
        self.signed_in.get()
    }

    fn held(&self, secret: &Secret, source: TokenSource) -> Result<HeldToken, CliError> {
        match Bearer::new(secret) {
            Ok(bearer) => Ok(HeldToken { bearer, source, saved: None }),
            Err(error) => {
                Err(CliError::failed(format!("The {source} cannot be used: {error}")).with_hint(source.remedy()))
            }
        }
    }

    /// Returns what is said where a token is needed and there is none.
    pub(crate) fn not_signed_in(&self) -> Result<CliError, CliError> {
        let (settings, server) = (self.settings()?, self.server()?);
        let message = format!("Not logged in to `{server}`{}", settings.profile.remark());
        let error = CliError::said(Exit::NotSignedIn, message);
        if let Err(reason) = settings.saved() {
            let hint = format!("Set `DA_TOKEN`, or name a directory with `DA_CONFIG_DIR`: {reason}");
            return Ok(error.with_hint(hint));
        }
        let hint = match self.credentials()?.server_of_file() {
            Some(owner) if owner != *server => {
                format!("The saved token belongs to `{owner}` and is not sent elsewhere; run `da login`")
            }
            _ if settings.profile.source == ProfileSource::Flag => {
                format!("Run `da login --profile {}`, or set `DA_TOKEN`", settings.profile.name)
            }
            _ => "Run `da login`, or set `DA_TOKEN`".to_owned(),
        };
        Ok(error.with_hint(hint))
    }
}

impl Caller<'_> {
    /// Calls an endpoint; `action` is what could not be done if it fails.
    pub(crate) fn call<E: Endpoint>(
        &self,
        action: &str,
        id: impl FillPath<E::Id>,
        query: &E::Query,
        request: &E::Request,
    ) -> Result<E::Response, CliError> {
        self.client.call::<E>(id, query, request).map_err(|error| {
            // A server without codes refuses a personal access token by the status alone where a session is needed.
            let is_refusal = error.failure().is_some_and(|failure| failure.status == 403 && failure.code.is_none());
            let remedy = self.token.filter(|token| is_refusal && E::ACCESS == Access::Session && token.is_personal());
            match (self.explain(action, error), remedy) {
                (CliError::Call { action, source, .. }, Some(token)) => {
                    CliError::Call { action, source, remedy: Some(token.source.session_remedy()) }
                }
                // What a token cannot do for an admin, the host can.
                (CliError::Call { action, source, remedy: Some(remedy) }, _) if E::ACCESS == Access::Admin => {
                    let remedy = Some(format!("{remedy}. On the server's host, `da admin --local` needs no sign-in"));
                    CliError::Call { action, source, remedy }
                }
                (error, _) => error,
            }
        })
    }

    /// Calls an endpoint without a query or a body.
    pub(crate) fn get<E>(&self, action: &str, id: impl FillPath<E::Id>) -> Result<E::Response, CliError>
    where
        E: Endpoint<Query: Default, Request = Empty>,
    {
        self.call::<E>(action, id, &E::Query::default(), &Empty {})
    }

    /// Calls an endpoint with a body.
    pub(crate) fn send<E>(
        &self,
        action: &str,
        id: impl FillPath<E::Id>,
        request: &E::Request,
    ) -> Result<E::Response, CliError>
    where
        E: Endpoint<Query = Empty>,
    {
        self.call::<E>(action, id, &Empty {}, request)
    }

    fn remedy(token: &HeldToken, failure: &HttpFailure) -> String {
        if failure.is(ErrorCode::AccountDeactivated) {
            "An admin can activate the account again".to_owned()
        } else {
            token.source.remedy()
        }
    }

    /// Every 401 of a call with a token is about the token, but for a wrong password on the way.
    pub(crate) fn explain(&self, action: &str, error: ClientError) -> CliError {
        match (error, self.token) {
            (ClientError::Http(failure), Some(token))
                if failure.status == 401 && !failure.is(ErrorCode::InvalidLogin) =>
            {
                CliError::TokenRefused {
                    token: token.source.to_string(),
                    server: self.client.server().to_string(),
                    remedy: Self::remedy(token, &failure),
                    failure,
                }
            }
            (source, token) => {
                let wants_session = source.failure().is_some_and(HttpFailure::wants_session);
                let remedy = token.filter(|_| wants_session).map(|token| token.source.session_remedy());
                CliError::Call { action: action.to_owned(), source, remedy }
            }
        }
    }
}

impl SignedIn {
    /// Returns who calls, for what admins and everybody share.
    pub(crate) fn caller(&self) -> Caller<'_> {
        Caller { client: &self.client, token: Some(&self.token) }
    }

    /// As [`Caller::call`].
    pub(crate) fn call<E: Endpoint>(
        &self,
        action: &str,
        id: impl FillPath<E::Id>,
        query: &E::Query,
        request: &E::Request,
    ) -> Result<E::Response, CliError> {
        self.caller().call::<E>(action, id, query, request)
    }

    /// As [`Caller::get`].
    pub(crate) fn get<E>(&self, action: &str, id: impl FillPath<E::Id>) -> Result<E::Response, CliError>
    where
        E: Endpoint<Query: Default, Request = Empty>,
    {
        self.caller().get::<E>(action, id)
    }

    /// As [`Caller::send`].
    pub(crate) fn send<E>(
        &self,
        action: &str,
        id: impl FillPath<E::Id>,
        request: &E::Request,
    ) -> Result<E::Response, CliError>
    where
        E: Endpoint<Query = Empty>,
    {
        self.caller().send::<E>(action, id, request)
    }

    /// As [`Caller::explain`].
    pub(crate) fn explain(&self, action: &str, error: ClientError) -> CliError {
        self.caller().explain(action, error)
    }
}
