//! The process's environment: the one place that reads it, and the one list of what is read.

use std::{collections::HashMap, ffi::OsString, path::PathBuf};

use crate::domain::Secret;

/// A variable and what it does, for `da help environment` and the man pages.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
}

/// Every variable that the command line heeds.
pub(crate) const VARIABLES: &[Variable] = &[
    Variable {
        name: "DA_SERVER",
        meaning: "Server to talk to; `--server` wins over it, it wins over the config file. Without any of them, only a server of \
                  your own that runs on its usual data directory is used.",
    },
    Variable {
        name: "DA_PROFILE",
        meaning: "Profile to use; `--profile` wins over it, it wins over rules and `da profile use`.",
    },
    Variable { name: "DA_TOKEN", meaning: "Token to use instead of the saved one; it is never stored." },
    Variable { name: "DA_TOKEN_FILE", meaning: "File that holds the token to use; `DA_TOKEN` wins over it." },
    Variable { name: "DA_CONFIG_DIR", meaning: "Directory of settings and saved token; `--config-dir` wins over it." },
    Variable {
        name: "DA_CREDENTIAL_STORE",
        meaning: "Where `da login` keeps the token: `auto` (the default), `keyring` or `file`.",
    },
    Variable {
        name: "DA_BROWSER",
        meaning: "Command with which `da login` opens the browser; `%s` in it stands for the address. It wins over `BROWSER`.",
    },
    Variable { name: "BROWSER", meaning: "The same, as other programs know it." },
    Variable {
        name: "DA_CA_FILE",
        meaning: "PEM certificates to trust beside the system's; `--ca-file` wins over it.",
    },
    Variable {
        name: "XDG_CONFIG_HOME",
        meaning: "Holds the directory `da` of settings when `DA_CONFIG_DIR` is not set; by default `~/.config`.",
    },
    Variable {
        name: "XDG_DATA_HOME",
        meaning: "Holds the directory `da` of your own server's data, in which commands find its address; by default `~/.local/share`.",
    },
    Variable {
        name: "XDG_RUNTIME_DIR",
        meaning: "Holds the admin socket of a server whose data directory has too long a path for one.",
    },
    Variable {
        name: "DBUS_SESSION_BUS_ADDRESS",
        meaning: "Bus on which a Linux keyring is; by default the socket `bus` in `XDG_RUNTIME_DIR`.",
    },
    Variable { name: "SSL_CERT_FILE", meaning: "PEM certificates to trust instead of the system's." },
    Variable {
        name: "HTTPS_PROXY",
        meaning: "Proxy for `https` servers; also `ALL_PROXY`, and `HTTP_PROXY` for `http`. Never used for this machine.",
    },
    Variable { name: "NO_PROXY", meaning: "Hosts that are reached without the proxy." },
    Variable { name: "NO_COLOR", meaning: "Any value switches colours off." },
    Variable { name: "TERM", meaning: "`dumb` switches colours and spinners off." },
];

/// A snapshot of the variables, so that everything that depends on them can be tested.
#[derive(Clone, Default)]
pub(crate) struct Environment(HashMap<String, OsString>);

/// A variable does not hold text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable `{0}` is not valid text")]
pub(crate) struct NotText(&'static str);

/// Returns the arguments of the process.
pub(crate) fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

impl Environment {
    #[expect(clippy::disallowed_methods, reason = "the one home of the environment")]
    pub(crate) fn of_process() -> Self {
        Self(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect())
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        Self(variables.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect())
    }

    /// Returns a variable's text; an empty one is as good as none, as CI systems set empty ones.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, NotText> {
        match self.0.get(name).filter(|value| !value.is_empty()) {
            Some(value) => value.to_str().map(Some).ok_or(NotText(name)),
            None => Ok(None),
        }
    }

    /// Returns a variable's text as a secret. It is often the output of `cat`, a byte order mark included.
    pub(crate) fn secret(&self, name: &'static str) -> Result<Option<Secret>, NotText> {
        let without_mark = |text| str::strip_prefix(text, '\u{feff}').unwrap_or(text);
        let text = self.text(name)?.map(|text| without_mark(text.trim()).trim()).filter(|text| !text.is_empty());
        Ok(text.map(|text| Secret::new(text.to_owned())))
    }

    /// Returns a variable's path.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// Tells whether a variable is set to something.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_empty())
    }

    /// Tells whether colours are not wanted (no-color.org).
    pub(crate) fn wants_no_color(&self) -> bool {
        self.has("NO_COLOR") || self.is_dumb_terminal()
    }

    /// Tells whether the terminal only shows text.
    pub(crate) fn is_dumb_terminal(&self) -> bool {
        self.0.get("TERM").is_some_and(|term| term == "dumb")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_none() {
        let environment = Environment::of(&[("DA_TOKEN", " \n"), ("DA_SERVER", ""), ("NO_COLOR", "")]);
        assert_eq!(environment.text("DA_SERVER"), Ok(None));
        assert!(environment.secret("DA_TOKEN").is_ok_and(|secret| secret.is_none()));
        assert!(!environment.wants_no_color());
    }

    #[test]
    fn a_secret_is_taken_without_its_line_end() {
        for text in ["abc\n", "abc\r\n", "\u{feff}abc\r\n"] {
            let secret = Environment::of(&[("DA_TOKEN", text)]).secret("DA_TOKEN");
            assert!(secret.is_ok_and(|secret| secret.is_some_and(|secret| secret.matches("abc"))), "{text:?}");
        }
        let environment = Environment::of(&[("TERM", "dumb")]);
        assert!(environment.wants_no_color());
    }
}
