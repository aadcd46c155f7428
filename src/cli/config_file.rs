//! The CLI's `config.yaml` (D-21).

use std::path::Path;

use serde_yaml::{Mapping, Value};

use super::profiles::{InvalidKey, Profiles, change};
use crate::{
    client::ServerUrl,
    credentials::{CredentialError, DirLock, FileError, Place, PrivateDir, ProfileName, Staged, bind_file},
};

const NAME: &str = "config.yaml";

/// The user's settings. Keys that `da` does not know are those of other tools: they are ignored and kept.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    dir: PrivateDir,
    content: Mapping,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{path}` is not a YAML file of settings{}", at(*.line))]
    Damaged { path: String, line: Option<usize> },
    #[error("the key `{key}` in `{path}` cannot be used: {reason}")]
    Key { key: String, path: String, reason: String },
    #[error(transparent)]
    Token(#[from] CredentialError),
    #[error("cannot write the settings")]
    Encode(#[source] serde_yaml::Error),
}

fn at(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(" (line {line})"))
}

impl ConfigFile {
    /// Reads the file; an absent or empty one has no settings.
    pub(crate) fn read(dir: PrivateDir) -> Result<Self, ConfigError> {
        let text = dir.read_plain(NAME)?.unwrap_or_default();
        let content = parse(&text).map_err(|line| ConfigError::Damaged { path: shown_path(&dir), line })?;
        Ok(Self { dir, content })
    }

    /// Returns the profiles, of which the keys at the top are one.
    pub(crate) fn profiles(&self) -> Result<Profiles, ConfigError> {
        let fault = |InvalidKey { key, reason }| ConfigError::Key { key, path: shown_path(&self.dir), reason };
        Profiles::read(&self.content).map_err(fault)
    }

    /// Writes down the place that was chosen for a profile's token, if there is such a profile.
    pub(crate) fn choose_store(dir: &PrivateDir, name: &ProfileName, place: Place) -> Result<(), ConfigError> {
        let mut edit = Self::edit(dir)?;
        edit.choose_store(name, place)?;
        edit.save().map(drop)
    }

    /// Remembers a profile's server, and returns where.
    pub(crate) fn remember_server(
        dir: &PrivateDir,
        name: &ProfileName,
        server: &ServerUrl,
        ca_file: Option<&Path>,
    ) -> Result<String, ConfigError> {
        let mut edit = Self::edit(dir)?;
        edit.remember_server(name, server)?;
        if let Some(file) = ca_file {
            edit.remember_ca_file(name, file);
        }
        edit.save()
    }

    /// Changes the settings, and returns where they are and what `change` returns. If `change` fails, nothing is changed.
    pub(crate) fn change<T, E: From<ConfigError>>(
        dir: &PrivateDir,
        change: impl FnOnce(&mut ConfigEdit) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut edit = Self::edit(dir)?;
        let result = change(&mut edit)?;
        edit.save()?;
        Ok(result)
    }

    /// Begins a change: waits until no other process changes the settings, and reads them then.
    pub(crate) fn edit(dir: &PrivateDir) -> Result<ConfigEdit, ConfigError> {
        let turn = dir.lock_for(NAME)?;
        Ok(ConfigEdit { file: Self::read(dir.clone())?, is_changed: false, turn })
    }

    /// Checks what can be checked before the settings are written.
    pub(crate) fn check_writable(dir: &PrivateDir) -> Result<(), ConfigError> {
        Ok(dir.check_plain(NAME)?)
    }
}

/// A change of the settings. No other process changes them until it is dropped.
#[derive(Debug)]
pub(crate) struct ConfigEdit {
    file: ConfigFile,
    is_changed: bool,
    turn: DirLock,
}

/// Changed settings that are written, but not in their place yet.
#[derive(Debug)]
#[must_use]
pub(crate) struct StagedConfig {
    staged: Staged,
    path: String,
    #[expect(dead_code, reason = "no other process may change the settings until these are in their place")]
    turn: DirLock,
}

impl ConfigEdit {
    /// As [`ConfigFile::profiles`].
    pub(crate) fn profiles(&self) -> Result<Profiles, ConfigError> {
        self.file.profiles()
    }

    /// Returns the keys, to be changed.
    pub(crate) fn content(&mut self) -> &mut Mapping {
        self.is_changed = true;
        &mut self.file.content
    }

    /// Gives a profile this server. A token that an older tool left for the server before stays that one's (S-64).
    pub(crate) fn remember_server(&mut self, name: &ProfileName, server: &ServerUrl) -> Result<(), ConfigError> {
        let before = self.profiles().ok().and_then(|all| all.get(name)?.server.clone());
        if let Some(before) = before.filter(|before| before != server) {
            bind_file(&self.file.dir, name, &before)?;
        }
        change::server(self.content(), name, server);
        Ok(())
    }

    /// Remembers the certificates to trust for a profile's server.
    pub(crate) fn remember_ca_file(&mut self, name: &ProfileName, file: &Path) {
        change::ca_file(self.content(), name, file);
    }

    /// Writes down where a profile's token is kept, if there is such a profile.
    pub(crate) fn choose_store(&mut self, name: &ProfileName, place: Place) -> Result<(), ConfigError> {
        let is_new = self.profiles()?.get(name).is_some_and(|profile| profile.credential_store != Some(place));
        if is_new {
            change::credential_store(self.content(), name, place);
        }
        Ok(())
    }

    /// Writes the settings beside the file that they will replace; nothing if they are as before.
    pub(crate) fn stage(self) -> Result<Option<StagedConfig>, ConfigError> {
        if !self.is_changed {
            return Ok(None);
        }
        let text = encoded(&self.file.content).map_err(ConfigError::Encode)?;
        let staged = self.file.dir.stage_plain(NAME, text.as_bytes())?;
        Ok(Some(StagedConfig { staged, path: shown_path(&self.file.dir), turn: self.turn }))
    }

    fn save(self) -> Result<String, ConfigError> {
        let path = shown_path(&self.file.dir);
        match self.stage()? {
            Some(staged) => staged.commit(),
            None => Ok(path),
        }
    }
}

impl StagedConfig {
    /// Puts the settings in their place, and returns where that is.
    pub(crate) fn commit(self) -> Result<String, ConfigError> {
        self.staged.commit()?;
        Ok(self.path)
    }
}

/// Reads the text of the file. The parser's message may repeat a value, so a fault is only the line it is on.
pub(super) fn parse(text: &str) -> Result<Mapping, Option<usize>> {
    match serde_yaml::from_str(text) {
        Ok(Value::Mapping(content)) => Ok(content),
        Ok(Value::Null) => Ok(Mapping::new()),
        Ok(_) => Err(None),
        Err(error) => Err(error.location().map(|place| place.line())),
    }
}

/// Returns the text of the file.
pub(super) fn encoded(content: &Mapping) -> Result<String, serde_yaml::Error> {
    serde_yaml::to_string(content)
}

fn shown_path(dir: &PrivateDir) -> String {
    crate::domain::text::shown(&dir.file(NAME).to_string_lossy())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::credentials::StoredCredential;

    fn with(text: &str) -> (tempfile::TempDir, Result<ConfigFile, ConfigError>) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(NAME), text).unwrap();
        let config = ConfigFile::read(PrivateDir::new(dir.path().to_owned()));
        (dir, config)
    }

    fn server(config: &ConfigFile) -> Result<Option<ServerUrl>, ConfigError> {
        Ok(config.profiles()?.get(&ProfileName::default()).unwrap().server.clone())
    }

    #[test]
    fn a_token_of_an_older_tool_stays_with_the_server_it_was_for() {
        const OLD: &str = r#"{"access_token":"t1","email":"ann@example.org","role":"admin"}"#;
        let (default, url) = (ProfileName::default(), |text: &str| text.parse::<ServerUrl>().unwrap());
        let (dir, config) = with("server: https://one.example\n");
        let config = config.unwrap();
        let file = dir.path().join("token.json");
        fs::write(&file, OLD).unwrap();
        ConfigFile::remember_server(&config.dir, &default, &url("https://one.example"), None).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), OLD);
        for other in ["https://two.example", "https://three.example"] {
            ConfigFile::remember_server(&config.dir, &default, &url(other), None).unwrap();
            let bound = StoredCredential::from_json(&fs::read_to_string(&file).unwrap()).unwrap();
            assert_eq!(bound.server, Some(url("https://one.example")));
            assert!(bound.access_token.matches("t1"));
        }
        fs::write(&file, "{").unwrap();
        ConfigFile::remember_server(&config.dir, &default, &url("https://one.example"), None).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "{");
    }

    #[test]
    fn foreign_keys_survive_a_change() {
        let (dir, config) = with("sync:\n  every: 5\nserver: http://localhost:8000\nlast: x\n");
        let config = config.unwrap();
        assert_eq!(server(&config).unwrap().unwrap().as_str(), "http://localhost:8000");
        let default = ProfileName::default();
        let server: ServerUrl = "https://id.example.org/".parse().unwrap();
        ConfigFile::remember_server(&config.dir, &default, &server, None).unwrap();
        let text = fs::read_to_string(dir.path().join(NAME)).unwrap();
        assert_eq!(text, "sync:\n  every: 5\nserver: https://id.example.org\nlast: x\n");
    }

    #[test]
    fn changes_at_the_same_time_are_all_kept() {
        let home = tempfile::tempdir().unwrap();
        let dir = PrivateDir::new(home.path().join("da"));
        std::thread::scope(|scope| {
            for number in 0..16 {
                let dir = &dir;
                scope.spawn(move || {
                    ConfigFile::change(dir, |edit| {
                        edit.content().insert(number.into(), "x".into());
                        Ok::<_, ConfigError>(())
                    })
                    .unwrap();
                });
            }
        });
        assert_eq!(ConfigFile::read(dir).unwrap().content.len(), 16);
    }

    #[test]
    fn nothing_is_no_settings_and_nonsense_is_named() {
        let empty = PrivateDir::new(tempfile::tempdir().unwrap().path().join("none"));
        assert!(server(&ConfigFile::read(empty).unwrap()).unwrap().is_none());
        for text in ["", "# only a comment\n", "server:\n", "other: 1\n"] {
            assert!(server(&with(text).1.unwrap()).unwrap().is_none(), "{text}");
        }
        for text in ["- a\n", "hunter2", "server: [", "a: 1\n b: 2\n"] {
            let error = with(text).1.unwrap_err();
            assert!(matches!(error, ConfigError::Damaged { .. }) && !error.to_string().contains("hunter2"), "{text}");
        }
        for text in ["server: 7\n", "server: ftp://x\n", "server: http://ann:hunter2@x\n"] {
            let error = server(&with(text).1.unwrap()).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn reading_never_panics_and_a_change_can_be_read_again(text in "[ -~\n]{0,60}") {
            let (dir, config) = with(&text);
            if let Ok(config) = config {
                let url: ServerUrl = "https://id.example.org".parse().unwrap();
                let usable = server(&config).is_ok();
                ConfigFile::remember_server(&config.dir, &ProfileName::default(), &url, None).unwrap();
                let again = ConfigFile::read(PrivateDir::new(dir.path().to_owned())).unwrap();
                prop_assert!(!usable || server(&again).unwrap() == Some(url));
            }
        }
    }
}
