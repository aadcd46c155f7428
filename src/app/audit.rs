//! Reading the audit log, checking its chain, and recording refusals (D-12, A-43).

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::json;

use super::{AdminScope, App, AppError, Origin, Principal, throttle::Counters};
use crate::{
    domain::{
        Action, AuditEntry, UserId, Via,
        audit::{AuditRow, ChainHead, ChainKey, GENESIS},
    },
    store::{AuditFilter, Reader, StoreError},
};

/// Rows about refusals that one source may cause in a minute; what is above is only in the server's log.
const REFUSALS_PER_MINUTE: u32 = 300;

/// Who causes a row about a refusal: a user who is known, else an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    User(UserId),
    Address(Option<IpAddr>),
}

/// Bounds the rows that only record a refusal, so that a stranger cannot fill the store.
pub struct RefusalBudget(Mutex<Counters<Source>>);

impl Default for RefusalBudget {
    fn default() -> Self {
        Self(Mutex::new(Counters::new(Duration::from_secs(60))))
    }
}

impl App {
    /// Lists rows, newest first.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn audit_rows(&self, _by: AdminScope<'_>, filter: &AuditFilter) -> Result<Vec<AuditRow>, AppError> {
        self.store.read(|reader| Ok(reader.audit_rows(filter)?))
    }

    /// Returns the head of the chain, to be noted outside of the store.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn audit_head(&self) -> Result<Option<ChainHead>, AppError> {
        self.store.read(|reader| Ok(reader.audit_head()?.map(|(head, _)| head)))
    }

    /// Checks the whole chain, which reads every row, and says in words what was found.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn verify_audit(&self, _by: AdminScope<'_>) -> Result<ChainVerdict, AppError> {
        self.store.read(|reader| Ok(verify_chain(reader, &self.chain_key, None)?))
    }

    /// Records that an admin route was refused to `principal` (S-13).
    pub fn record_denied(&self, principal: &Principal, route: &str, origin: &Origin) {
        let mut entry = principal.entry(origin, Action::AccessDenied, route.to_owned());
        entry.result = "denied";
        entry.params = json!({ "role": principal.user().role });
        self.record_refusal(entry);
    }

    /// Writes a row that tells only of a refusal: best effort, bounded per source, never in the way of the answer.
    pub(super) fn record_refusal(&self, entry: AuditEntry) {
        let source = match entry.via {
            Via::Session(_) | Via::Token(_) => entry.user_id.map_or(Source::Address(entry.ip), Source::User),
            Via::System | Via::Host(_) | Via::Anonymous => Source::Address(entry.ip),
        };
        let admitted = self.refusals.0.lock().unwrap_or_else(PoisonError::into_inner).admit(
            source,
            REFUSALS_PER_MINUTE,
            Instant::now(),
        );
        if admitted.is_err() {
            self.metrics.refusals_not_recorded.increment();
            let (action, request_id) = (entry.action, entry.request_id);
            tracing::warn!(%action, request_id, "a refusal is not in the audit log: too many from its source");
            return;
        }
        let (now, request_id) = (self.clock.now(), entry.request_id.clone());
        let written = self.store.write(move |writer| Ok::<_, AppError>(writer.append_audit(&entry, now)?));
        if let Err(error) = written {
            self.metrics.audit_write_failures.increment();
            tracing::warn!(%error, request_id, "a refusal is not in the audit log");
        }
    }
}

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

/// Checks the whole chain, a truncated tail included: the recorded head is sealed too, and `known_head`, noted earlier
/// from a log or a backup, must be part of the chain.
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
    let broken = |seq, reason| Ok(ChainVerdict::Broken { seq, reason });
    let mut known_seen = known_head.is_none_or(|known| *known == head);
    loop {
        let rows = reader.audit_chain(head.seq, BATCH)?;
        if rows.is_empty() {
            break;
        }
        for (row, seal) in rows {
            if row.seq != head.seq + 1 {
                return broken(head.seq + 1, "the row is missing");
            }
            if key.seal(&head.seal, &row) != seal {
                return broken(row.seq, "the row was changed, or one before it was removed");
            }
            head = ChainHead { seq: row.seq, seal };
            known_seen |= known_head == Some(&head);
        }
    }
    match reader.audit_head()? {
        None if head.seq == 0 => {}
        Some((recorded, seal)) if key.seal_head(&recorded) == seal => {
            if recorded.seq > head.seq {
                return broken(head.seq + 1, "the tail of the log was cut off");
            }
            if recorded != head {
                return broken(head.seq, "rows were added without the server");
            }
        }
        _ => return broken(head.seq, "the recorded head of the log was changed"),
    }
    if !known_seen {
        return broken(head.seq, "the given head is not part of the log: the log was rolled back or replaced");
    }
    Ok(ChainVerdict::Intact(head))
}
