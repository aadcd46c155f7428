//! The master key changes: what was wrapped is wrapped anew, and the audit log is sealed anew (D-08, D-12).

use serde_json::json;

use super::{CANARY_META, KEY_PURPOSE, KeyError, canary, check_master_key};
use crate::{
    app::{
        Origin, SystemScope,
        audit::{ChainVerdict, verify_chain},
        master_key::MasterKey,
    },
    domain::{
        Action, Timestamp,
        audit::{ChainHead, GENESIS},
    },
    store::{Store, StoreError, Writer},
};

/// What a change of the master key did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rekeyed {
    /// How many signing keys were wrapped anew.
    pub signing_keys: usize,
    /// The head of the audit log before, under the former key.
    pub former_head: ChainHead,
    /// The head of the log as it is sealed now, with the row about this change.
    pub head: ChainHead,
}

/// Why the master key was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RekeyError {
    /// The log is not what the server wrote: sealing it anew would hide that for ever.
    #[error("the audit log is broken at row {seq}: {reason}; nothing was changed")]
    BrokenLog {
        /// The number of the row.
        seq: i64,
        /// What is wrong, in words.
        reason: &'static str,
    },
    /// A key that cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes the master key of a store that nobody else uses from `old` to `new`, in one transaction. The store cannot be
/// written by this process afterwards: it would seal with the former key.
///
/// # Errors
/// [`RekeyError`]; then nothing was changed.
pub fn rekey(
    store: &dyn Store,
    by: SystemScope,
    old: &MasterKey,
    new: &MasterKey,
    now: Timestamp,
) -> Result<Rekeyed, RekeyError> {
    let (old, new) = (old.clone(), new.clone());
    store.write(move |writer| change(writer, by, &old, &new, now))
}

fn change(
    writer: &dyn Writer,
    by: SystemScope,
    old: &MasterKey,
    new: &MasterKey,
    now: Timestamp,
) -> Result<Rekeyed, RekeyError> {
    check_master_key(writer, old)?;
    let former_head = match verify_chain(writer, &old.chain_key(), None)? {
        ChainVerdict::Intact(head) => head,
        ChainVerdict::Broken { seq, reason } => return Err(RekeyError::BrokenLog { seq, reason }),
    };
    // Heads that were noted outside, in logs and backups, are of the former key: this row says where they belong.
    let mut entry = by.entry(&Origin::host(), Action::MasterKeyRekey, "master_key".to_owned());
    entry.params = json!({ "former_head": former_head.to_string() });
    writer.append_audit(&entry, now)?;
    let keys = writer.signing_keys()?;
    for key in &keys {
        let damaged = |_| KeyError::Damaged(key.kid.clone());
        let private = old.unwrap(KEY_PURPOSE, &key.kid, &key.wrapped_private_key).map_err(damaged)?;
        writer.set_wrapped_key(&key.kid, &new.wrap(KEY_PURPOSE, &key.kid, &private))?;
    }
    writer.set_meta(CANARY_META, &canary(new), now)?;
    writer.reseal_audit(&new.chain_key(), now)?;
    let head = writer.audit_head()?.map_or(ChainHead { seq: 0, seal: GENESIS }, |(head, _)| head);
    Ok(Rekeyed { signing_keys: keys.len(), former_head, head })
}
