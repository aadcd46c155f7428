//! One resolver for every command: flag > environment > file > default (D-18, D-21).

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    config_file::{ConfigError, ConfigFile},
    environment::{Environment, NotText},
    global_args::GlobalArgs,
    local_server,
    profiles::{Chosen, Profile, Profiles},
    token_source::TokenSource,
};
use crate::{
    client::{ClientOptions, DEFAULT_TIMEOUT, ServerUrl},
    credentials::{FileError, Place, PrivateDir, ProfileName, StoreChoice},
    domain::{Secret, text::shown},
    files,
};

/// More is no token.
const MAX_TOKEN_FILE_BYTES: u64 = 64 * 1024;

/// Who named the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerSource {
    Flag,
    Variable,
    /// A profile other than the default one.
    Profile,
    Config,
    /// A server of the user's own that runs on this machine.
    Default,
}

/// What flags, environment and file come to.
#[derive(Debug)]
pub(crate) struct Settings {
    dir: Result<PrivateDir, NoDir>,
    pub(crate) profile: Chosen,
    /// The server, and who named it; not every command needs one.
    pub(crate) server: Option<(ServerUrl, ServerSource)>,
    /// The server without flag and variable: the owner of a saved token that names none (S-64).
    pub(crate) configured_server: Option<ServerUrl>,
    /// Where a saved token is looked for: by the variable, else in both places.
    pub(crate) store_choice: StoreChoice,
    /// Where a new one goes: by the variable, else by the choice that the config file has noted down.
    pub(crate) keep: KeepChoice,
    pub(crate) client: ClientOptions,
    /// What `--ca-file` names, by a path that is valid in every directory.
    pub(crate) named_ca_file: Option<PathBuf>,
    /// A token given from outside; it wins over a saved one and is never stored.
    pub(crate) given_token: Option<GivenToken>,
}

/// Where new tokens go, and who wants it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeepChoice {
    Variable(StoreChoice),
    Config(Place),
    Default,
}

impl KeepChoice {
    pub(crate) fn choice(self) -> StoreChoice {
        match self {
            Self::Variable(choice) => choice,
            Self::Config(place) => place.into(),
            Self::Default => StoreChoice::Auto,
        }
    }
}

/// A token from a flag or variable.
#[derive(Debug)]
pub(crate) struct GivenToken {
    pub(crate) source: TokenSource,
    value: Option<Secret>,
}

/// Why there is no directory of settings and saved tokens. Commands that need neither work all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoDir {
    #[error("there is no home directory for settings and saved tokens")]
    NoHome,
    #[error("there is no directory for settings and saved tokens: {0}")]
    OutOfReach(String),
}

/// Why the settings do not hold together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error(transparent)]
    NoDir(#[from] NoDir),
    #[error("no server configured")]
    NoServer { of_saved_token: Option<ServerUrl> },
    #[error(transparent)]
    NotText(#[from] NotText),
    #[error("the environment variable `{name}` cannot be used: {reason}")]
    Variable { name: &'static str, reason: String },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("there is no profile `{}` ({})", .0.name, .0.source)]
    NoProfile(Box<Chosen>),
    #[error("cannot read the token file `{}`: {reason}", shown(&path.to_string_lossy()))]
    TokenFile { path: PathBuf, reason: String },
}

impl Settings {
    /// Returns the directory of settings and saved tokens.
    pub(crate) fn dir(globals: &GlobalArgs, environment: &Environment) -> Result<PrivateDir, SettingsError> {
        Ok(PrivateDir::new(config_dir(globals, environment)?.path))
    }

    /// Returns how to reach a server.
    pub(crate) fn client_options(globals: &GlobalArgs, environment: &Environment) -> ClientOptions {
        ClientOptions {
            timeout: globals.timeout.map_or(DEFAULT_TIMEOUT, Duration::from_secs),
            ca_file: globals.ca_file.clone().or_else(|| environment.path("DA_CA_FILE")),
            insecure_http: globals.insecure_http,
        }
    }

    pub(crate) fn resolve(globals: &GlobalArgs, environment: &Environment) -> Result<Self, SettingsError> {
        Self::resolve_with(globals, environment, local_server::find)
    }

    /// As [`Self::resolve`]; `local` finds a server of the user's own on this machine.
    fn resolve_with(
        globals: &GlobalArgs,
        environment: &Environment,
        local: impl FnOnce() -> Option<ServerUrl>,
    ) -> Result<Self, SettingsError> {
        let (dir, profiles) = config(globals, environment)?;
        let server_variable = parsed::<ServerUrl>(environment, "DA_SERVER")?;
        let profile = profiles.choose(
            globals.profile.as_ref(),
            parsed::<ProfileName>(environment, "DA_PROFILE")?,
            globals.server.as_ref().or(server_variable.as_ref()),
            || std::env::current_dir().and_then(|here| here.canonicalize()).ok(),
        );
        let known = profiles.get(&profile.name);
        let configured = known.and_then(|known| known.server.clone());
        let server = match (&globals.server, server_variable, &configured) {
            (Some(server), _, _) => Some((server.clone(), ServerSource::Flag)),
            (None, Some(server), _) => Some((server, ServerSource::Variable)),
            (None, None, Some(server)) if profile.name.is_default() => Some((server.clone(), ServerSource::Config)),
            (None, None, Some(server)) => Some((server.clone(), ServerSource::Profile)),
            (None, None, None) if profile.name.is_default() => local().map(|server| (server, ServerSource::Default)),
            (None, None, None) => return Err(SettingsError::NoProfile(Box::new(profile))),
        };
        let own = server.as_ref().filter(|(_, source)| *source == ServerSource::Default);
        let configured_server = configured.or_else(|| own.map(|(server, _)| server.clone()));
        // Only for the server it was named for.
        let is_its_server = |known: &&Profile| known.server.as_ref() == server.as_ref().map(|(server, _)| server);
        let remembered_ca = known.filter(is_its_server).and_then(|known| known.ca_file.clone());
        let client = Self::client_options(globals, environment);
        let client = ClientOptions { ca_file: client.ca_file.or(remembered_ca), ..client };
        let from_variable = parsed::<StoreChoice>(environment, "DA_CREDENTIAL_STORE")?;
        let keep = match (from_variable, known.and_then(|known| known.credential_store)) {
            (Some(choice), _) => KeepChoice::Variable(choice),
            (None, Some(place)) => KeepChoice::Config(place),
            (None, None) => KeepChoice::Default,
        };
        let store_choice = from_variable.unwrap_or_default();
        Ok(Self {
            dir,
            profile,
            server,
            configured_server,
            store_choice,
            keep,
            client,
            named_ca_file: globals.ca_file.as_deref().map(absolute),
            given_token: given_token(globals, environment)?,
        })
    }

    /// Returns the directory of settings and saved tokens.
    pub(crate) fn saved(&self) -> Result<&PrivateDir, SettingsError> {
        self.dir.as_ref().map_err(|reason| reason.clone().into())
    }

    /// Returns the server.
    pub(crate) fn server(&self) -> Result<&ServerUrl, SettingsError> {
        match &self.server {
            Some((server, _)) => Ok(server),
            None => Err(SettingsError::NoServer { of_saved_token: None }),
        }
    }

    /// Tells whether the server was named on the command line.
    pub(crate) fn is_server_named(&self) -> bool {
        self.server.as_ref().is_some_and(|(_, source)| *source == ServerSource::Flag)
    }
}

impl GivenToken {
    /// Returns the token, reading its file if it is in one.
    pub(crate) fn read(&self) -> Result<Secret, SettingsError> {
        match (&self.value, &self.source) {
            (Some(secret), _) => Ok(secret.clone()),
            (None, TokenSource::Flag(path) | TokenSource::VariableFile(path)) => read_token_file(path),
            (None, _) => Ok(Secret::new(String::new())),
        }
    }
}

/// Reads the settings file. The usual directory of a user without a home is out of reach: then there are no settings.
fn config(
    globals: &GlobalArgs,
    environment: &Environment,
) -> Result<(Result<PrivateDir, NoDir>, Profiles), SettingsError> {
    let none = |reason| Ok((Err(reason), Profiles::none()));
    let (dir, is_named) = match config_dir(globals, environment) {
        Ok(ConfigDir { path, is_named }) => (PrivateDir::new(path), is_named),
        Err(reason) => return none(reason),
    };
    match ConfigFile::read(dir.clone()) {
        Ok(file) => Ok((Ok(dir), file.profiles()?)),
        Err(ConfigError::File(error @ FileError::OutOfReach { .. })) if !is_named => {
            none(NoDir::OutOfReach(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
    environment: &Environment,
    name: &'static str,
) -> Result<Option<T>, SettingsError> {
    let parse =
        |text: &str| text.parse().map_err(|error: T::Err| SettingsError::Variable { name, reason: error.to_string() });
    environment.text(name)?.map(parse).transpose()
}

/// Where settings and saved tokens are.
struct ConfigDir {
    path: PathBuf,
    /// Whether the user named it, rather than the system.
    is_named: bool,
}

fn config_dir(globals: &GlobalArgs, environment: &Environment) -> Result<ConfigDir, NoDir> {
    if let Some(path) = globals.config_dir.clone().or_else(|| environment.path("DA_CONFIG_DIR")) {
        return Ok(ConfigDir { path, is_named: true });
    }
    let usual = |base: PathBuf| ConfigDir { path: base.join("da"), is_named: false };
    if cfg!(windows) {
        return dirs::config_dir().map(usual).ok_or(NoDir::NoHome);
    }
    // The same on macOS: that is where people of the terminal look. A relative path is void (XDG base directories).
    let xdg = environment.path("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    let base = xdg.or_else(|| Some(dirs::home_dir()?.join(".config")));
    base.map(usual).ok_or(NoDir::NoHome)
}

fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

fn given_token(globals: &GlobalArgs, environment: &Environment) -> Result<Option<GivenToken>, SettingsError> {
    if let Some(path) = &globals.token_file {
        return Ok(Some(GivenToken { source: TokenSource::Flag(path.clone()), value: None }));
    }
    if let Some(secret) = environment.secret("DA_TOKEN")? {
        return Ok(Some(GivenToken { source: TokenSource::Variable, value: Some(secret) }));
    }
    let file = environment.path("DA_TOKEN_FILE");
    Ok(file.map(|path| GivenToken { source: TokenSource::VariableFile(path), value: None }))
}

/// Links are followed and modes are not judged: container platforms mount secrets as links to files of mode 0644.
fn read_token_file(path: &Path) -> Result<Secret, SettingsError> {
    let fault = |reason: String| SettingsError::TokenFile { path: path.to_owned(), reason };
    let file = File::open(path).map_err(|error| fault(error.to_string()))?;
    let text = files::read_text(file, MAX_TOKEN_FILE_BYTES).map_err(|error| fault(error.to_string()))?;
    let secret = Secret::new(text.to_string());
    if secret.expose().trim().is_empty() { Err(fault("it is empty".to_owned())) } else { Ok(secret) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;

    struct Home(tempfile::TempDir);

    impl Home {
        fn with_config(text: &str) -> Self {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("config.yaml"), text).unwrap();
            Self(dir)
        }

        fn resolve(&self, globals: GlobalArgs, variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
            let globals = GlobalArgs { config_dir: Some(self.0.path().to_owned()), ..globals };
            Settings::resolve_with(&globals, &Environment::of(variables), || None)
        }
    }

    #[test]
    fn the_server_is_flag_then_variable_then_file_then_default() {
        let home = Home::with_config("server: http://127.0.0.1:3\n");
        let flag = GlobalArgs { server: Some("http://127.0.0.1:1".parse().unwrap()), ..GlobalArgs::default() };
        let variable = [("DA_SERVER", "http://127.0.0.1:2/")];
        let settled = |settings: Settings| {
            let (server, source) = settings.server.unwrap();
            (server.as_str().to_owned(), source)
        };
        let one = home.resolve(flag, &variable).unwrap();
        assert_eq!(one.configured_server.as_ref().unwrap().as_str(), "http://127.0.0.1:3");
        assert_eq!(settled(one), ("http://127.0.0.1:1".to_owned(), ServerSource::Flag));
        let two = home.resolve(GlobalArgs::default(), &variable).unwrap();
        assert_eq!(settled(two), ("http://127.0.0.1:2".to_owned(), ServerSource::Variable));
        let three = home.resolve(GlobalArgs::default(), &[("DA_SERVER", "")]).unwrap();
        assert_eq!(settled(three), ("http://127.0.0.1:3".to_owned(), ServerSource::Config));
        let four = Home::with_config("").resolve(GlobalArgs::default(), &[]).unwrap();
        assert!(four.server.is_none() && four.configured_server.is_none());
        assert!(matches!(four.server(), Err(SettingsError::NoServer { .. })));
    }

    #[test]
    fn a_server_of_ones_own_counts_where_nothing_else_names_one() {
        let local = || Some("http://127.0.0.1:9".parse().unwrap());
        let resolve = |text: &str, variables: &[(&str, &str)]| {
            let home = Home::with_config(text);
            let globals = GlobalArgs { config_dir: Some(home.0.path().to_owned()), ..GlobalArgs::default() };
            Settings::resolve_with(&globals, &Environment::of(variables), local)
        };
        let own = resolve("", &[]).unwrap();
        assert_eq!(own.server.unwrap().1, ServerSource::Default);
        assert_eq!(own.configured_server.unwrap().as_str(), "http://127.0.0.1:9");
        let variable = resolve("", &[("DA_SERVER", "http://127.0.0.1:2")]).unwrap();
        assert_eq!((variable.server.unwrap().1, variable.configured_server), (ServerSource::Variable, None));
        assert_eq!(resolve("server: http://127.0.0.1:3\n", &[]).unwrap().server.unwrap().1, ServerSource::Config);
        assert!(matches!(resolve("", &[("DA_PROFILE", "work")]), Err(SettingsError::NoProfile(_))));
    }

    #[test]
    fn the_token_is_flag_then_variable_then_file_of_the_variable() {
        let home = Home::with_config("");
        let path = home.0.path().join("token");
        std::fs::write(&path, "from-file\n").unwrap();
        let path_text = path.to_str().unwrap();
        let variables = [("DA_TOKEN", "from-variable"), ("DA_TOKEN_FILE", path_text)];
        let flag = GlobalArgs { token_file: Some(path.clone()), ..GlobalArgs::default() };
        let token = |settings: Settings| settings.given_token.unwrap();
        let one = token(home.resolve(flag, &variables).unwrap());
        assert_eq!(one.source, TokenSource::Flag(path.clone()));
        let two = token(home.resolve(GlobalArgs::default(), &variables).unwrap());
        assert!(two.source == TokenSource::Variable && two.read().unwrap().matches("from-variable"));
        let three = token(home.resolve(GlobalArgs::default(), &variables[1..]).unwrap());
        assert!(
            three.source == TokenSource::VariableFile(path) && three.read().unwrap().expose().trim() == "from-file"
        );
        assert!(home.resolve(GlobalArgs::default(), &[("DA_TOKEN", "")]).unwrap().given_token.is_none());
        let missing = [("DA_TOKEN_FILE", "/nonexistent/token")];
        assert!(token(home.resolve(GlobalArgs::default(), &missing).unwrap()).read().is_err());
    }

    #[test]
    fn a_bad_variable_is_named_without_its_value() {
        let home = Home::with_config("");
        for (name, value) in [("DA_SERVER", "http://ann:hunter2@host"), ("DA_CREDENTIAL_STORE", "hunter2")] {
            let error = home.resolve(GlobalArgs::default(), &[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn no_setting_prints_the_token() {
        let settings = Home::with_config("").resolve(GlobalArgs::default(), &[("DA_TOKEN", "hunter2")]).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[cfg(unix)]
    #[test]
    fn the_directory_follows_the_xdg_rules() {
        let dir =
            |variables: &[(&str, &str)]| config_dir(&GlobalArgs::default(), &Environment::of(variables)).unwrap().path;
        assert_eq!(dir(&[("DA_CONFIG_DIR", "x"), ("XDG_CONFIG_HOME", "/xdg")]), Path::new("x"));
        assert_eq!(dir(&[("XDG_CONFIG_HOME", "/xdg")]), Path::new("/xdg/da"));
        assert!(dir(&[("XDG_CONFIG_HOME", "relative")]).ends_with(".config/da"));
    }
}
