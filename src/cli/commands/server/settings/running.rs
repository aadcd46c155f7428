//! The settings of a server that runs, from its start to whoever asks it on its host.

use std::path::{Path, absolute};

use super::{Form, SETTINGS, Source, Values};
use crate::api::settings::SettingItem;

/// The settings that name a file or a directory: a relative path is of use in one place only.
pub(super) const PATHS: [&str; 5] = ["data_dir", "tls_cert", "tls_key", "admin_password_file", "master_key_file"];

impl Values {
    /// Returns the settings as another command on this host may be told of them: secrets are masked.
    pub(crate) fn told(&self) -> Vec<SettingItem> {
        let item = |(key, value, source): (&str, Option<String>, String)| {
            let value = value.map(|text| if PATHS.contains(&key) { whole(text) } else { text });
            SettingItem { key: key.to_owned(), value, source }
        };
        self.shown().into_iter().map(item).collect()
    }

    /// Returns the settings that a running server has told of. A secret it never tells: if it has one, it is taken to be
    /// one's own.
    pub(crate) fn of_running(mut self, told: &[SettingItem]) -> Self {
        for setting in SETTINGS {
            let Some(item) = told.iter().find(|item| item.key == setting.key) else { continue };
            match &item.value {
                Some(_) if setting.form == Form::Secret => {}
                Some(text) => drop(self.0.insert(setting.key, (text.clone(), Source::Running))),
                None => drop(self.0.remove(setting.key)),
            }
        }
        self
    }
}

fn whole(text: String) -> String {
    if text.is_empty() {
        return text;
    }
    absolute(Path::new(&text)).map_or(text, |path| path.to_string_lossy().into_owned())
}
