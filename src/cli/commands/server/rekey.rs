//! `da server rekey`: another master key (D-08).

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::{
    host::{self, Installation},
    settings::{HostArgs, Values, refuse_stream},
};
use crate::{
    app::{
        SystemScope,
        key_file::KeyFile,
        keys::{RekeyError, Rekeyed, rekey},
        master_key::MasterKey,
    },
    cli::{context::Context, error::CliError, moment::SystemClock},
    domain::Clock as _,
    store::sqlite,
};

const EXAMPLES: &str = "\
Examples:
  da server rekey
  da server rekey --new-key-file /etc/da/master.key.2027 --data-dir /var/lib/da";

/// Change the master key, with the server stopped
///
/// Wraps every signing key anew and seals the audit log anew, after it was found intact, in one transaction: whenever
/// this is cut off, the server starts with one key or the other. Tokens and sessions go on. Where the key is
/// `master.key` in the data directory, the new one takes its place and the former is kept beside it as
/// `master.key.old-N`, as backups made before open only with that one. Where `DA_MASTER_KEY` or `DA_MASTER_KEY_FILE`
/// sets the key, `--new-key-file` is needed, and the setting must be changed before the server starts. The same command,
/// given again, tells whether one that was cut off had come to its end.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RekeyArgs {
    /// File of the new key; one that is not there is made with a new key
    #[arg(long, value_name = "FILE")]
    new_key_file: Option<PathBuf>,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) fn run(ctx: &Context, args: &RekeyArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    sqlite::refuse_empty(&host::data_path(&values)?).map_err(host::said)?;
    let place = KeyPlace::of(&values);
    let given = args.new_key_file.as_deref();
    given.map_or(Ok(()), |file| refuse_stream(file, "`--new-key-file`"))?;
    if let (Some(setting), None) = (place.setting(), given) {
        let message = format!("The master key is set by {setting}, which this cannot change");
        return Err(CliError::usage(message, "Name a file for the new key with `--new-key-file FILE`"));
    }
    let prepared = given.filter(|file| file.exists()).map(MasterKey::read).transpose().map_err(host::said)?;
    let installation = host::open_by(&values, prepared.as_ref())?;
    let file = host::key_file(&values, &installation.dir.master_key());
    if prepared.as_ref().is_some_and(|new| installation.master.is(new)) {
        return already(ctx, &place, given, &installation);
    }
    let new = match (prepared, given) {
        (Some(new), _) => new,
        (None, Some(file)) => MasterKey::create(file).map_err(host::said)?,
        (None, None) => MasterKey::random("memory").map_err(host::said)?,
    };
    let (rekeyed, former) = change(ctx, &installation, &new, file.as_ref())?;
    report(ctx, &place, given, &rekeyed, former.as_deref())
}

/// Changes the store, and the file where it is ours; returns where the former key is kept.
fn change(
    ctx: &Context,
    installation: &Installation,
    new: &MasterKey,
    file: Option<&KeyFile>,
) -> Result<(Rekeyed, Option<PathBuf>), CliError> {
    let _spinner = ctx.ui().spinner("Checking the audit log and sealing it anew");
    if let Some(file) = file {
        file.stage(new).map_err(host::said)?;
    }
    let Installation { store, master, .. } = installation;
    let rekeyed = rekey(&**store, SystemScope::on_the_host(), master, new, SystemClock.now());
    store.close();
    match (rekeyed, file) {
        (Ok(rekeyed), None) => Ok((rekeyed, None)),
        (Ok(rekeyed), Some(file)) => {
            let kept = file.install().map_err(|error| {
                host::said(error).with_hint("The store is changed: the next start puts the new key in place")
            })?;
            Ok((rekeyed, Some(kept)))
        }
        // Whether the store was changed is known only once it is opened again: the next start settles it.
        (Err(error @ RekeyError::Store(_)), _) => Err(host::said(error)),
        (Err(error), file) => {
            file.map_or(Ok(()), KeyFile::discard).map_err(host::said)?;
            Err(host::said(error))
        }
    }
}

/// What the key is set by.
enum KeyPlace {
    /// The file in the data directory.
    Here,
    Variable(String),
    File(String, PathBuf),
}

impl KeyPlace {
    fn of(values: &Values) -> Self {
        if let Some(source) = values.source("master_key") {
            return Self::Variable(source);
        }
        match (values.source("master_key_file"), values.path("master_key_file")) {
            (Some(source), Some(file)) => Self::File(source, file),
            _ => Self::Here,
        }
    }

    fn setting(&self) -> Option<&str> {
        match self {
            Self::Here => None,
            Self::Variable(source) | Self::File(source, _) => Some(source),
        }
    }

    /// Returns what the operator must do before the server starts.
    fn to_do(&self, new: &Path) -> Option<String> {
        let new = new.display();
        match self {
            Self::Here => None,
            Self::Variable(source) => Some(format!("Before the server starts, set {source} to the content of `{new}`")),
            Self::File(source, old) => Some(format!(
                "Before the server starts, set {source} to `{new}`, or put that file in the place of `{}`",
                old.display()
            )),
        }
    }
}

/// What was done, for programs.
#[derive(Serialize)]
struct Report<'a> {
    changed: bool,
    signing_keys: usize,
    audit_rows: i64,
    former_head: String,
    head: String,
    new_key: Option<&'a Path>,
    former_key: Option<&'a Path>,
}

fn report(
    ctx: &Context,
    place: &KeyPlace,
    given: Option<&Path>,
    rekeyed: &Rekeyed,
    former: Option<&Path>,
) -> Result<(), CliError> {
    let Rekeyed { signing_keys, former_head, head } = rekeyed;
    if ctx.ui().is_json() {
        return ctx.ui().json(&Report {
            changed: true,
            signing_keys: *signing_keys,
            audit_rows: head.seq,
            former_head: former_head.to_string(),
            head: head.to_string(),
            new_key: given,
            former_key: former,
        });
    }
    ctx.ui().line("The master key is changed")?;
    ctx.ui().note(&format!("Head of the audit log: {head}; it was {former_head}"));
    let kept = former.map_or_else(
        || "Keep the former key: backups made before now open only with it".to_owned(),
        |former| {
            format!("Backups made before now open only with the former key: keep it, it is in `{}`", former.display())
        },
    );
    ctx.ui().warn(&kept);
    if let Some(text) = given.and_then(|new| place.to_do(new)) {
        ctx.ui().warn(&text);
    }
    Ok(())
}

/// An earlier call was cut off after it had changed the store, or the new key is the one in force.
fn already(ctx: &Context, place: &KeyPlace, given: Option<&Path>, installation: &Installation) -> Result<(), CliError> {
    installation.store.close();
    if ctx.ui().is_json() {
        return ctx.ui().json(&json!({ "changed": false }));
    }
    ctx.ui().line("This master key is in force already; nothing was changed")?;
    if let Some(text) = given.and_then(|new| place.to_do(new)) {
        ctx.ui().note(&text);
    }
    Ok(())
}
