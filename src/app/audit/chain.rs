//! The chain of the audit log: what shows that a row was changed, removed or added.
//!
//! Each row is sealed with the row before it, and the newest row is sealed once more as the head. So the store alone
//! shows every change but one: an older log together with the head of that time. Only a head that was noted elsewhere,
//! or a backup, shows that.

use crate::{
    domain::audit::{ChainHead, ChainKey, GENESIS},
    store::{AuditFilter, Reader, StoreError, users::UserFilter},
};

const ROW_MISSING: &str = "the row is missing";
const ROW_CHANGED: &str = "the row was changed, or one before it was removed";
const CUT_OFF: &str = "the tail of the log was cut off";
const ADDED: &str = "rows were added without the server";
const HEAD_MISSING: &str = "the recorded head of the log is missing";
const HEAD_CHANGED: &str = "the recorded head of the log was changed";
const EMPTY: &str = "the log is empty, but the store has users: it was wiped";
const OTHER_HEAD: &str = "the given head is not part of the log: the log was rolled back or replaced";

/// What a check of the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainVerdict {
    /// Every row is sealed and follows the one before.
    Intact(ChainHead),
    /// The first thing that is wrong.
    Broken {
        /// The number of the row.
        seq: i64,
        /// What is wrong, in words.
        reason: &'static str,
    },
}

fn broken(seq: i64, reason: &'static str) -> ChainVerdict {
    ChainVerdict::Broken { seq, reason }
}

/// Checks the whole chain, up to the recorded head. `known_head`, noted earlier from a log or a backup, must be part of
/// it.
///
/// # Errors
/// [`StoreError`] when the log cannot be read.
pub fn verify_chain(
    reader: &dyn Reader,
    key: &ChainKey,
    known_head: Option<&ChainHead>,
) -> Result<ChainVerdict, StoreError> {
    const BATCH: u32 = 1000;
    let mut head = ChainHead { seq: 0, seal: GENESIS };
    let mut known_seen = known_head.is_none_or(|known| *known == head);
    loop {
        let rows = reader.audit_chain(head.seq, BATCH)?;
        if rows.is_empty() {
            break;
        }
        for (row, seal) in rows {
            if row.seq != head.seq + 1 {
                return Ok(broken(head.seq + 1, ROW_MISSING));
            }
            if key.seal(&head.seal, &row) != seal {
                return Ok(broken(row.seq, ROW_CHANGED));
            }
            head = ChainHead { seq: row.seq, seal };
            known_seen |= known_head == Some(&head);
        }
    }
    match compare_with_head(reader, key, head)? {
        ChainVerdict::Intact(_) if !known_seen => Ok(broken(head.seq, OTHER_HEAD)),
        verdict => Ok(verdict),
    }
}

/// Checks the end of the chain only: the newest row and the recorded head must belong together. It costs a few reads by
/// key, however long the log is.
///
/// # Errors
/// [`StoreError`] when the log cannot be read.
pub fn check_end(reader: &dyn Reader, key: &ChainKey) -> Result<ChainVerdict, StoreError> {
    let newest = reader.audit_rows(&AuditFilter { limit: 1, ..AuditFilter::default() })?;
    let before = newest.first().map_or(0, |row| row.seq - 1);
    let newest = reader.audit_chain(before, 1)?.into_iter().next();
    let end = newest.map_or(ChainHead { seq: 0, seal: GENESIS }, |(row, seal)| ChainHead { seq: row.seq, seal });
    compare_with_head(reader, key, end)
}

/// Refuses a store whose log was wiped, or whose recorded head is missing or not sealed by `key`. No row can be added to
/// such a log, so every sign-in fails.
///
/// # Errors
/// [`StoreError::Corrupt`] says what to do.
pub fn refuse_wiped(reader: &dyn Reader, key: &ChainKey) -> Result<(), StoreError> {
    match check_end(reader, key)? {
        ChainVerdict::Broken { seq, reason: reason @ (HEAD_MISSING | HEAD_CHANGED | EMPTY) } => {
            let text = format!(
                "the audit log is broken at row {seq}: {reason}. Someone changed the store outside `da`: keep it as \
                 evidence, and restore a backup with `da server restore FILE`"
            );
            Err(StoreError::Corrupt(text))
        }
        _ => Ok(()),
    }
}

/// Compares the end of the rows with the recorded head.
fn compare_with_head(reader: &dyn Reader, key: &ChainKey, end: ChainHead) -> Result<ChainVerdict, StoreError> {
    let Some((recorded, seal)) = reader.audit_head()? else { return Ok(broken(end.seq, HEAD_MISSING)) };
    if key.seal_head(&recorded) != seal {
        return Ok(broken(end.seq, HEAD_CHANGED));
    }
    // Whoever makes a user leaves a row in the same transaction. The sealed head of an empty log proves nothing: it may
    // be a copy from the first moment of the store.
    if end.seq == 0 && !reader.users(&UserFilter { limit: 1, ..UserFilter::default() })?.is_empty() {
        return Ok(broken(1, EMPTY));
    }
    if recorded.seq > end.seq {
        return Ok(broken(end.seq + 1, CUT_OFF));
    }
    if recorded != end {
        return Ok(broken(end.seq, ADDED));
    }
    Ok(ChainVerdict::Intact(end))
}
