//! The settings file, `da-server.yaml`: YAML, one line for each setting, unknown keys are errors (D-21).

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use serde_yaml::Value;

use super::{FILE_VARIABLE, Form, HostArgs, SETTINGS, Setting, Source, invalid, is_secret};
use crate::{
    app::private_file,
    cli::{environment::Environment, error::CliError},
    files,
};

/// More is no settings file.
const MAX_BYTES: u64 = 1024 * 1024;

/// Finds the settings file: a named one must be there, the one in the data directory may be.
pub(super) fn find(
    args: &HostArgs,
    environment: &Environment,
    data_dir: Option<&Path>,
) -> Result<Option<PathBuf>, CliError> {
    if let Some(file) = args.config.clone().or_else(|| environment.path(FILE_VARIABLE.name)) {
        return Ok(Some(file));
    }
    let usual = data_dir.map(|dir| dir.join("da-server.yaml"));
    Ok(usual.filter(|file| file.exists()))
}

/// Reads a file into `values`.
pub(super) fn read(file: &Path, values: &mut BTreeMap<&'static str, (String, Source)>) -> Result<(), CliError> {
    let wrong = |what: String| invalid(&format!("`{}`: {what}", file.display()));
    let failed = |error: io::Error| wrong(error.to_string());
    let open = File::open(file).map_err(|error| {
        failed(error).with_hint("Name the settings file with `--config` or DA_SERVER_CONFIG, or leave it out")
    })?;
    let text = files::read_text(&open, MAX_BYTES).map_err(failed)?;
    let exposed = private_file::exposure(file, &open).map_err(failed)?;
    for (key, text) in parse(&text).map_err(wrong)? {
        // Settings alone may be public; a file with a secret is treated as the master key's is.
        if let (true, Some(exposed)) = (is_secret(key), &exposed) {
            return Err(invalid(&format!("`{key}` is a secret, and {exposed}")));
        }
        values.insert(key, (text, Source::File(file.to_owned())));
    }
    Ok(())
}

/// Reads the text of a settings file: each setting that it names, with its value as text.
pub(crate) fn parse(text: &str) -> Result<Vec<(&'static str, String)>, String> {
    let members = match serde_yaml::from_str(text).map_err(|error| error.to_string())? {
        Value::Null => return Ok(Vec::new()),
        Value::Mapping(members) => members,
        _ => return Err("it must hold `key: value` lines".to_owned()),
    };
    let setting = |(key, value): (Value, Value)| {
        let name = key.as_str().unwrap_or_default();
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == name) else {
            return Err(format!("unknown setting `{name}`{}", did_you_mean(name)));
        };
        let text = written(setting, &value).ok_or_else(|| format!("`{name}` has the wrong form"))?;
        Ok((setting.key, text))
    };
    members.into_iter().map(setting).collect()
}

fn written(setting: &Setting, value: &Value) -> Option<String> {
    match (setting.form, value) {
        (Form::Switch, Value::Bool(value)) => Some(value.to_string()),
        (Form::List, Value::Sequence(items)) => {
            items.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        (Form::Text | Form::List | Form::Secret, Value::String(text)) => Some(text.clone()),
        (Form::Text, Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// Names the setting that was probably meant: the one that shares the longest beginning.
fn did_you_mean(name: &str) -> String {
    let shared = |key: &str| key.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    let nearest =
        SETTINGS.iter().map(|setting| setting.key).max_by_key(|key| shared(key)).filter(|key| shared(key) > 2);
    nearest.map(|key| format!("; did you mean `{key}`?")).unwrap_or_default()
}
