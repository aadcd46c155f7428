//! What the server is told: flag > environment > `da-server.yaml` > default, each value with its source (D-21).
//!
//! One table names every setting, so that the flags, the variables, the file, `da server config show` and the man page
//! cannot disagree.

pub(crate) mod file;
mod running;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use clap::Args;

use crate::{
    cli::{
        environment::{Environment, Variable},
        error::CliError,
        local_server,
    },
    domain::Secret,
};

/// How a setting is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One value.
    Text,
    /// Several, separated by commas.
    List,
    /// `true` or `false`.
    Switch,
    /// One value that is never shown.
    Secret,
}

/// One line of the table.
struct Setting {
    key: &'static str,
    variable: Variable,
    form: Form,
    default: Option<&'static str>,
}

macro_rules! settings {
    ($($key:literal, $variable:literal, $form:ident, $default:expr, $meaning:literal;)+) => {
        const SETTINGS: &[Setting] = &[$(
            Setting {
                key: $key,
                variable: Variable { name: $variable, meaning: $meaning },
                form: Form::$form,
                default: $default,
            },
        )+];
    };
}

settings! {
    "data_dir", "DA_DATA_DIR", Text, None, "Directory of the server's store and keys; by default `da` in the system's data directory.";
    "listen", "DA_LISTEN", Text, Some("127.0.0.1:8000"), "Address and port to listen on; port 0 takes a free one.";
    "metrics_listen", "DA_METRICS_LISTEN", Text, None, "Address and port that has the metrics, in clear text and for whoever reaches it; the main one has them no longer.";
    "public_url", "DA_PUBLIC_URL", Text, None, "Address that clients know, if it is not the one they use.";
    "allow_hosts", "DA_ALLOW_HOSTS", List, None, "Further host names by which clients may call a server that has a public URL; others get 421.";
    "trusted_proxies", "DA_TRUSTED_PROXIES", List, None, "Addresses or networks of proxies whose X-Forwarded-For is believed.";
    "behind_proxy", "DA_BEHIND_PROXY", Switch, Some("false"), "A proxy in front ends TLS: clear text beyond loopback is allowed.";
    "tls_cert", "DA_TLS_CERT", Text, None, "PEM file of the server's certificate chain.";
    "tls_key", "DA_TLS_KEY", Text, None, "PEM file of the certificate's private key.";
    "log_format", "DA_LOG_FORMAT", Text, Some("auto"), "`text`, `json`, or `auto`: text on a terminal, else JSON.";
    "login_limit_per_address", "DA_LOGIN_LIMIT_PER_ADDRESS", Text, Some("20"), "Sign-ins per address in a minute, and as many reset values, setup codes and device requests; 0 is no limit.";
    "login_limit_per_account", "DA_LOGIN_LIMIT_PER_ACCOUNT", Text, Some("100"), "Failures per account in an hour before an address has one further try, a /24 or /56 network 10, a /16 or /48 network 20; 0 disables this, and the five tries per address and account.";
    "session_hours", "DA_SESSION_HOURS", Text, Some("24"), "How long a session lives, 1 to 24.";
    "access_minutes", "DA_ACCESS_MINUTES", Text, Some("60"), "How long a session's token lives that can be refreshed, 1 to 1440.";
    "refresh_days", "DA_REFRESH_DAYS", Text, Some("30"), "How long after its sign-in a session can be refreshed, 1 to 365.";
    "refresh_idle_days", "DA_REFRESH_IDLE_DAYS", Text, Some("14"), "How long such a session may rest, up to 365; 0 is no limit.";
    "browser_idle_hours", "DA_BROWSER_IDLE_HOURS", Text, Some("8"), "How long a browser's session may rest, up to 24; 0 is no limit.";
    "sessions_per_user", "DA_SESSIONS_PER_USER", Text, Some("10"), "Sessions of a user; one more ends the longest unused. 0 is no limit.";
    "token_max_days", "DA_TOKEN_MAX_DAYS", Text, Some("0"), "How many days a new token may live at most, up to 3650; then none is without an end. 0 is no maximum.";
    "token_limit", "DA_TOKEN_LIMIT", Text, Some("1000"), "Live tokens of a user, up to 1000000; those of `da exec` and of credential helpers have a second limit of this size. 0 is no limit.";
    "ended_token_days", "DA_ENDED_TOKEN_DAYS", Text, Some("90"), "How many days after their end tokens are removed, up to 3650; of each user at most ten times `token_limit` are kept. 0 keeps them.";
    "cookie_name", "DA_COOKIE_NAME", Text, Some("access_token"), "Name of the cookie that holds a browser's session.";
    "reset_hours", "DA_RESET_HOURS", Text, Some("24"), "How long a password reset value works, 1 to 168.";
    "hash_queue", "DA_HASH_QUEUE", Text, Some("64"), "Sign-ins that may wait for their turn to be checked; more get 503.";
    "backup_hours", "DA_BACKUP_HOURS", Text, Some("0"), "Hours between the backups that the server takes into `backups/`, keeping the newest 7, up to 8760; 0 takes none.";
    "external_hint", "DA_EXTERNAL_HINT", Switch, Some("false"), "Tell whoever asks that an account has no password here.";
    "admin_email", "DA_ADMIN_EMAIL", Text, None, "First admin, made while there is none.";
    "admin_password", "DA_ADMIN_PASSWORD", Secret, None, "The first admin's password.";
    "admin_password_file", "DA_ADMIN_PASSWORD_FILE", Text, None, "File that holds the first admin's password.";
    "master_key", "DA_MASTER_KEY", Secret, None, "Master key, base64 or hexadecimal; by default the file `master.key` in the data directory.";
    "master_key_file", "DA_MASTER_KEY_FILE", Text, None, "File that holds the master key.";
}

/// The variable that names the settings file.
const FILE_VARIABLE: Variable = Variable {
    name: "DA_SERVER_CONFIG",
    meaning: "Settings file of the server; by default `da-server.yaml` in the data directory, if it is there.",
};

/// Returns every variable that the server heeds, for the help topic and the man page.
pub(crate) fn variables() -> impl Iterator<Item = &'static Variable> {
    std::iter::once(&FILE_VARIABLE).chain(SETTINGS.iter().map(|setting| &setting.variable))
}

/// Where the server's settings come from; the flags of every command that works on the host.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct HostArgs {
    /// Directory of the store and the keys
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Settings file [default: da-server.yaml in the data directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Flag,
    Variable(&'static str),
    File(PathBuf),
    /// A server that runs, as it tells it itself.
    Running,
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("command line"),
            Self::Variable(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Running => f.write_str("the running server"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The values in force, as text, each with its source.
pub(crate) struct Values(BTreeMap<&'static str, (String, Source)>);

impl Values {
    /// Resolves every setting; `flags` holds those that the command line gave.
    pub(crate) fn resolve(
        args: &HostArgs,
        flags: &[(&'static str, Option<String>)],
        environment: &Environment,
    ) -> Result<Self, CliError> {
        let mut values = BTreeMap::new();
        for setting in SETTINGS {
            if let Some(default) = setting.default {
                values.insert(setting.key, (default.to_owned(), Source::Default));
            }
        }
        let mut above = BTreeMap::new();
        for setting in SETTINGS {
            let name = setting.variable.name;
            if let Some(text) = environment.text(name).map_err(|error| invalid(&error.to_string()))? {
                above.insert(setting.key, (text.to_owned(), Source::Variable(name)));
            }
        }
        let data_dir = args.data_dir.as_ref().map(|dir| dir.to_string_lossy().into_owned());
        for (key, text) in flags.iter().cloned().chain([("data_dir", data_dir)]) {
            if let Some(text) = text {
                above.insert(key, (text, Source::Flag));
            }
        }
        let data_dir =
            above.get("data_dir").map(|(text, _)| PathBuf::from(text)).or_else(local_server::default_data_dir);
        if let Some(file) = file::find(args, environment, data_dir.as_deref())? {
            refuse_stream(&file, "The settings file")?;
            file::read(&file, &mut values)?;
        }
        values.append(&mut above);
        if let (None, Some(dir)) = (values.get("data_dir"), local_server::default_data_dir()) {
            values.insert("data_dir", (dir.to_string_lossy().into_owned(), Source::Default));
        }
        for (key, (text, source)) in &values {
            if running::PATHS.contains(key) {
                refuse_stream(Path::new(text), &format!("`{key}` from {source}"))?;
            }
            if text.contains(['\r', '\n', '\0']) {
                // A value that is shown helps to find a quoting fault; a secret is never shown (S-59), nor what should
                // name a secret's file and may be the secret itself.
                let shown =
                    if is_secret(key) || key.ends_with("_file") { String::new() } else { format!(": {text:?}") };
                return Err(invalid(&format!("`{key}` from {source} holds a line end{shown}")));
            }
        }
        Ok(Self(values))
    }

    /// Returns a value as text.
    pub(crate) fn text(&self, key: &'static str) -> Option<&str> {
        self.0.get(key).map(|(text, _)| text.as_str()).filter(|text| !text.is_empty())
    }

    /// Returns what set a value, as a person names it.
    pub(crate) fn source(&self, key: &'static str) -> Option<String> {
        self.0.get(key).filter(|(text, _)| !text.is_empty()).map(|(_, source)| match source {
            Source::File(path) => format!("`{key}` in {}", path.display()),
            source => source.to_string(),
        })
    }

    /// Returns a value as a path.
    pub(crate) fn path(&self, key: &'static str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    /// Returns a value as a secret.
    pub(crate) fn secret(&self, key: &'static str) -> Option<Secret> {
        self.text(key).map(|text| Secret::new(text.to_owned()))
    }

    /// Parses a value; `wanted` says what it should be.
    pub(crate) fn parse<T: FromStr>(&self, key: &'static str, wanted: &str) -> Result<Option<T>, CliError> {
        let Some((text, source)) = self.0.get(key).filter(|(text, _)| !text.is_empty()) else { return Ok(None) };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(invalid(&format!("`{key}` from {source} is {text:?}, which is not {wanted}"))),
        }
    }

    /// Parses a whole number between two bounds.
    pub(crate) fn number<T>(&self, key: &'static str, low: T, high: T) -> Result<T, CliError>
    where
        T: FromStr + PartialOrd + Copy + fmt::Display,
    {
        let wanted = format!("a whole number from {low} to {high}");
        let value = self.parse::<T>(key, &wanted)?.unwrap_or(low);
        if value < low || value > high {
            let (text, source) = self.0.get(key).cloned().unwrap_or((String::new(), Source::Default));
            return Err(invalid(&format!("`{key}` from {source} is {text:?}, which is not {wanted}")));
        }
        Ok(value)
    }

    /// Parses a switch.
    pub(crate) fn switch(&self, key: &'static str) -> Result<bool, CliError> {
        Ok(self.parse(key, "true or false")?.unwrap_or(false))
    }

    /// Parses every item of a list.
    pub(crate) fn list<T: FromStr>(&self, key: &'static str, wanted: &str) -> Result<Vec<T>, CliError> {
        let Some((text, source)) = self.0.get(key) else { return Ok(Vec::new()) };
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items
            .map(|item| {
                item.parse()
                    .map_err(|_| invalid(&format!("`{key}` from {source} holds {item:?}, which is not {wanted}")))
            })
            .collect()
    }

    /// Returns every setting as it was understood: key, value (secrets masked), source.
    pub(crate) fn shown(&self) -> Vec<(&'static str, Option<String>, String)> {
        let line = |setting: &Setting| match self.0.get(setting.key) {
            None => (setting.key, None, "not set".to_owned()),
            Some((_, source)) if setting.form == Form::Secret => {
                (setting.key, Some("********".to_owned()), source.to_string())
            }
            Some((text, source)) => (setting.key, Some(text.clone()), source.to_string()),
        };
        SETTINGS.iter().map(line).collect()
    }
}

/// Refuses `-` where a file is meant. Other programs take it for standard input or output; these commands need a file
/// that they can check, and must not make one of that name by mistake.
pub(crate) fn refuse_stream(path: &Path, what: &str) -> Result<(), CliError> {
    if path.as_os_str() != "-" {
        return Ok(());
    }
    let message = format!("{what} is `-`, but this command does not use standard input or output");
    Err(CliError::usage(message, "Name a file; one that is called `-` is `./-`"))
}

fn is_secret(key: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.key == key && setting.form == Form::Secret)
}

fn invalid(message: &str) -> CliError {
    CliError::usage(
        message.to_owned(),
        "`da server config show` tells what was understood; `da serve --help` tells more",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resolve(
        file: &str,
        variables: &[(&str, &str)],
        flags: &[(&'static str, Option<String>)],
    ) -> Result<Values, String> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("da-server.yaml");
        std::fs::write(&path, file).expect("written");
        let args = HostArgs { data_dir: Some(dir.path().to_owned()), config: None };
        Values::resolve(&args, flags, &Environment::of(variables)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_nearer_source_wins() {
        let file =
            "listen: 127.0.0.1:1\nlog_format: text\nsession_hours: 2\ntrusted_proxies: [10.0.0.1, 10.1.0.0/16]\n";
        let values = resolve(
            file,
            &[("DA_LISTEN", "127.0.0.1:2"), ("DA_LOG_FORMAT", "json")],
            &[("listen", Some("127.0.0.1:3".to_owned()))],
        );
        let values = values.expect("valid");
        assert_eq!(values.text("listen"), Some("127.0.0.1:3"));
        assert_eq!(values.text("log_format"), Some("json"));
        assert_eq!(values.number::<u64>("session_hours", 1, 24).ok(), Some(2));
        assert_eq!(values.text("hash_queue"), Some("64"));
        assert_eq!(
            values
                .list::<ipnet::IpNet>("trusted_proxies", "a network")
                .map(|list| list.len())
                .map_err(|e| e.to_string()),
            Err("`trusted_proxies` from ".to_owned()
                + &values.0["trusted_proxies"].1.to_string()
                + " holds \"10.0.0.1\", which is not a network")
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_source() {
        let refused = |file: &str| resolve(file, &[], &[]).map(drop).expect_err("refused");
        assert!(refused("lissten: 127.0.0.1:1").contains("unknown setting `lissten`; did you mean `listen`?"));
        assert!(refused("behind_proxy: maybe").contains("`behind_proxy` has the wrong form"));
        assert!(refused("[1]").contains("`key: value`"));
        assert!(refused("listen: \"127.0.0.1:1\\r\"").contains("line end"));
        let values = resolve("session_hours: 25", &[], &[]).expect("read");
        assert!(
            values.number::<u64>("session_hours", 1, 24).is_err_and(|error| error.to_string().contains("from 1 to 24"))
        );
    }

    #[test]
    fn a_refused_secret_is_not_repeated() {
        for name in ["DA_ADMIN_PASSWORD", "DA_MASTER_KEY"] {
            let refusal = resolve("", &[(name, "hunter2\n")], &[]).map(drop).expect_err("refused");
            assert!(refusal.contains("holds a line end") && !refusal.contains("hunter2"), "{refusal}");
        }
    }

    #[test]
    fn secrets_are_masked() {
        let values =
            resolve("", &[("DA_ADMIN_PASSWORD", "hunter2hunter2"), ("DA_MASTER_KEY", "k")], &[]).expect("valid");
        let shown = format!("{:?}", values.shown());
        assert!(!shown.contains("hunter2") && shown.contains("********"));
    }

    proptest! {
        #[test]
        fn no_text_of_a_file_gives_a_secret_away(text in "[ -~\n]{0,60}") {
            if let Err(refusal) = file::parse(&format!("master_key: hunter2\n{text}")) {
                prop_assert!(!refusal.contains("hunter2"), "{}", refusal);
            }
        }
    }
}
