//! `da server audit verify`: the chain of the audit log, on the host (D-12).

use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    host,
    local_backups::{ADVICE, newer},
    settings::{HostArgs, Values},
};
use crate::{
    app::{
        audit::{BACKUP_IS_NEWER, ChainVerdict, verify_chain},
        keys,
    },
    cli::{context::Context, error::CliError},
    domain::audit::ChainHead,
    store::{Store, StoreError, sqlite},
};

const EXAMPLES: &str = "\
Examples:
  da server audit verify
  da server audit verify --head 1042:9f3c...";

/// Check the audit log on the server's host
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    Verify(VerifyArgs),
}

/// Check that no row of the audit log was changed, removed, added or cut off
///
/// Works while the server runs. The store alone shows every change but one: an older copy of the log together with the
/// head of that time. The backups in `backups` show that as far as they reach; so does a head in `--head` that was noted
/// elsewhere. The server writes its head to its own log at the start, every hour and at the end. What happened between
/// the newest backup or noted head and the change cannot be proven, and who has the master key can forge all of it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct VerifyArgs {
    /// A head noted earlier, `NUMBER:SEAL`, that must be part of the log
    #[arg(long, value_name = "HEAD")]
    head: Option<ChainHead>,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) fn run(ctx: &Context, args: &AuditArgs) -> Result<(), CliError> {
    match &args.command {
        AuditCommand::Verify(args) => verify(ctx, args),
    }
}

fn verify(ctx: &Context, args: &VerifyArgs) -> Result<(), CliError> {
    let values = Values::resolve(&args.host, &[], ctx.environment())?;
    let dir = host::data_path(&values)?;
    // First, so that a wrong directory is told as such, not as one without a key.
    sqlite::schema_version(&dir).map_err(host::said)?;
    let master = host::existing_master_key(&values, &dir)?;
    let key = master.chain_key();
    let store = sqlite::ReadOnlyStore::open(&dir, key.clone()).map_err(host::said)?;
    let store: &dyn Store = &store;
    // With another key every row would look as if it had been changed.
    store.read(|reader| keys::check_master_key(reader, &master)).map_err(host::said)?;
    let verdict = {
        let _spinner = ctx.ui().spinner("Checking the audit log");
        store
            .read(|reader| verify_chain(reader, &key, args.head.as_ref()))
            .map_err(|error: StoreError| host::said(error))?
    };
    let newer = if matches!(verdict, ChainVerdict::Intact(_)) { newer(store, &dir)? } else { None };
    let verdict = match &newer {
        Some(newer) => ChainVerdict::Broken { seq: newer.row.seq, reason: BACKUP_IS_NEWER },
        None => verdict,
    };
    if ctx.ui().is_json() {
        ctx.ui().json(&as_json(&verdict))?;
    }
    match verdict {
        ChainVerdict::Intact(_) if ctx.ui().is_json() => Ok(()),
        ChainVerdict::Intact(head) => {
            ctx.ui().line(&format!("The audit log is intact: {} rows", head.seq))?;
            ctx.ui().note(&format!("Head: {head}"));
            Ok(())
        }
        ChainVerdict::Broken { seq, reason } => {
            let error = CliError::failed(format!("The audit log is broken at row {seq}: {reason}"));
            Err(error.with_hint(match newer {
                Some(newer) => format!("The backup is `{}`. {ADVICE}", newer.file.display()),
                None => "Keep this store as evidence; compare with a backup and the server's own log".to_owned(),
            }))
        }
    }
}

/// Returns every key, known or not: what reads this need not ask whether one is there.
fn as_json(verdict: &ChainVerdict) -> serde_json::Value {
    let (head, broken) = match verdict {
        ChainVerdict::Intact(head) => (Some(head), None),
        ChainVerdict::Broken { seq, reason } => (None, Some((seq, reason))),
    };
    json!({
        "intact": broken.is_none(),
        "rows": head.map(|head| head.seq),
        "head": head.map(ToString::to_string),
        "broken_row": broken.map(|(seq, _)| seq),
        "reason": broken.map(|(_, reason)| reason),
    })
}
