//! Profiles: several servers and accounts, and which of them is in force (O-08).

pub(crate) mod change;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use serde_yaml::{Mapping, Value};

use crate::{
    client::ServerUrl,
    credentials::{Place, ProfileName},
    domain::text::shown,
};

const SERVER: &str = "server";
const CREDENTIAL_STORE: &str = "credential_store";
const CA_FILE: &str = "ca_file";
const IN_USE: &str = "profile";
const PROFILES: &str = "profiles";
const RULES: &str = "rules";
const DIR: &str = "dir";

/// What the settings say of profiles. The keys at the top, which older tools know, are those of `default`.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    in_use: Option<ProfileName>,
    all: BTreeMap<ProfileName, Profile>,
    pub(crate) rules: Vec<Rule>,
}

/// One of them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Only `default` may have none.
    pub(crate) server: Option<ServerUrl>,
    pub(crate) credential_store: Option<Place>,
    /// Certificates to trust for this server, as `--ca-file` named them when it was configured.
    pub(crate) ca_file: Option<PathBuf>,
}

/// When a profile is chosen by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) when: When,
    pub(crate) profile: ProfileName,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    /// In this directory and below.
    Dir(PathBuf),
    /// When the call names this server.
    Server(ServerUrl),
}

/// A profile that is in force, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) name: ProfileName,
    pub(crate) source: ProfileSource,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProfileSource {
    Flag,
    Variable,
    Rule(When),
    Config,
    Default,
}

/// A key that cannot be used; its value is not repeated, as it may be a secret in the wrong place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidKey {
    pub(crate) key: String,
    pub(crate) reason: String,
}

impl Profiles {
    /// Reads them from the settings.
    pub(crate) fn read(content: &Mapping) -> Result<Self, InvalidKey> {
        let mut all = BTreeMap::from([(ProfileName::default(), profile(content, "")?)]);
        match content.get(PROFILES) {
            None | Some(Value::Null) => {}
            Some(Value::Mapping(named)) => {
                for (name, value) in named {
                    let (name, profile) = named_profile(name, value)?;
                    all.insert(name, profile);
                }
            }
            Some(_) => return Err(invalid(PROFILES, "expected names with a `server` each")),
        }
        let rules = match content.get(RULES) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Sequence(rules)) => rules.iter().map(rule).collect::<Result<_, _>>()?,
            Some(_) => return Err(invalid(RULES, "expected a list")),
        };
        let in_use = text(content, IN_USE, "")?;
        Ok(Self { in_use, all, rules })
    }

    /// Returns those of an empty file: the profile `default`, without a server.
    pub(crate) fn none() -> Self {
        Self { all: BTreeMap::from([(ProfileName::default(), Profile::default())]), ..Self::default() }
    }

    pub(crate) fn get(&self, name: &ProfileName) -> Option<&Profile> {
        self.all.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ProfileName, &Profile)> {
        self.all.iter()
    }

    /// Returns the profile in force: flag > variable > rule > what `da profile use` has set > `default`. A rule for the
    /// server that this call names comes before one for the directory; of these the longest counts.
    pub(crate) fn choose(
        &self,
        flag: Option<&ProfileName>,
        variable: Option<ProfileName>,
        server: Option<&ServerUrl>,
        here: impl FnOnce() -> Option<PathBuf>,
    ) -> Chosen {
        let by = |name: ProfileName, source| Some(Chosen { name, source });
        flag.and_then(|name| by(name.clone(), ProfileSource::Flag))
            .or_else(|| by(variable?, ProfileSource::Variable))
            .or_else(|| {
                let rule = self.rule_for_server(server).or_else(|| self.rule_for_dir(here))?;
                by(rule.profile.clone(), ProfileSource::Rule(rule.when.clone()))
            })
            .or_else(|| by(self.in_use.clone()?, ProfileSource::Config))
            .unwrap_or(Chosen { name: ProfileName::default(), source: ProfileSource::Default })
    }

    fn rule_for_server(&self, server: Option<&ServerUrl>) -> Option<&Rule> {
        let server = server?;
        self.rules.iter().find(|rule| matches!(&rule.when, When::Server(url) if url == server))
    }

    fn rule_for_dir(&self, here: impl FnOnce() -> Option<PathBuf>) -> Option<&Rule> {
        let dirs: Vec<_> = self.rules.iter().filter_map(|rule| Some((rule.when.dir()?, rule))).collect();
        if dirs.is_empty() {
            return None;
        }
        let here = here()?;
        // Both without links, so that no detour leads out of a directory. One that is gone matches nothing.
        let real = dirs.into_iter().filter_map(|(dir, rule)| Some((dir.canonicalize().ok()?, rule)));
        let matching = real.filter(|(dir, _)| here.starts_with(dir));
        matching.max_by_key(|(dir, _)| dir.components().count()).map(|(_, rule)| rule)
    }
}

impl When {
    pub(crate) fn dir(&self) -> Option<&Path> {
        match self {
            Self::Dir(dir) => Some(dir),
            Self::Server(_) => None,
        }
    }

    pub(crate) fn server(&self) -> Option<&ServerUrl> {
        match self {
            Self::Server(server) => Some(server),
            Self::Dir(_) => None,
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dir(dir) => write!(f, "`{}`", shown(&dir.to_string_lossy())),
            Self::Server(server) => write!(f, "`{server}`"),
        }
    }
}

impl ProfileSource {
    /// Returns a stable word for JSON.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Variable => "environment",
            Self::Rule(_) => "rule",
            Self::Config => "config",
            Self::Default => "default",
        }
    }
}

impl fmt::Display for ProfileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("from `--profile`"),
            Self::Variable => f.write_str("from `DA_PROFILE`"),
            Self::Rule(when) => write!(f, "by the rule for {when}"),
            Self::Config => f.write_str("from `da profile use`"),
            Self::Default => f.write_str("the default"),
        }
    }
}

impl Chosen {
    /// Tells whether nobody has chosen anything, so that nothing need be said.
    pub(crate) fn goes_without_saying(&self) -> bool {
        self.name.is_default() && self.source == ProfileSource::Default
    }

    /// Returns what to do when there is no such profile.
    pub(crate) fn remedy(&self) -> String {
        match self.source {
            ProfileSource::Config => "`da profile use default` goes back to the default one".to_owned(),
            ProfileSource::Rule(_) => "`da profile rules` lists the rules".to_owned(),
            _ => {
                let make = format!("`da login --profile {} --server URL`", self.name);
                format!("`da profile list` shows those there are; {make} makes one")
            }
        }
    }

    /// Returns what stands behind a sentence, if it has to be said.
    pub(crate) fn remark(&self) -> String {
        if self.goes_without_saying() { String::new() } else { format!(" with the profile `{}`", self.name) }
    }
}

fn invalid(key: impl Into<String>, reason: impl ToString) -> InvalidKey {
    InvalidKey { key: key.into(), reason: reason.to_string() }
}

/// Reads a text below `key`; nothing and null are none.
fn text<T: std::str::FromStr<Err: ToString>>(
    content: &Mapping,
    name: &str,
    below: &str,
) -> Result<Option<T>, InvalidKey> {
    let key = format!("{below}{name}");
    match content.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|error: T::Err| invalid(key, error)),
        Some(_) => Err(invalid(key, "expected a text")),
    }
}

fn profile(content: &Mapping, below: &str) -> Result<Profile, InvalidKey> {
    let server = text(content, SERVER, below)?;
    let (credential_store, ca_file) = (text(content, CREDENTIAL_STORE, below)?, text(content, CA_FILE, below)?);
    Ok(Profile { server, credential_store, ca_file })
}

fn named_profile(name: &Value, value: &Value) -> Result<(ProfileName, Profile), InvalidKey> {
    let name: ProfileName = name.as_str().unwrap_or_default().parse().map_err(|error| invalid(PROFILES, error))?;
    if name.is_default() {
        return Err(invalid(PROFILES, "`default` is what stands at the top of the file"));
    }
    let below = format!("{PROFILES}.{name}.");
    let Value::Mapping(content) = value else {
        return Err(invalid(format!("{PROFILES}.{name}"), "it has no `server`"));
    };
    let profile = profile(content, &below)?;
    if profile.server.is_none() {
        return Err(invalid(format!("{PROFILES}.{name}"), "it has no `server`"));
    }
    Ok((name, profile))
}

fn rule(value: &Value) -> Result<Rule, InvalidKey> {
    let fault = || invalid(RULES, "a rule has a `profile`, and a `dir` or a `server`");
    let content = value.as_mapping().ok_or_else(fault)?;
    let below = "rules.";
    let dir: Option<String> = text(content, DIR, below)?;
    let when = match (dir.map(PathBuf::from), text(content, SERVER, below)?) {
        (Some(dir), None) if dir.is_absolute() => When::Dir(dir),
        (Some(_), None) => return Err(invalid("rules.dir", "expected a path from the root")),
        (None, Some(server)) => When::Server(server),
        _ => return Err(fault()),
    };
    Ok(Rule { when, profile: text(content, IN_USE, below)?.ok_or_else(fault)? })
}
