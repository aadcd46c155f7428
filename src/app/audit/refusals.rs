//! Rows that record a refusal: how many, and how long they may be.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    app::{App, AppError, Origin, Principal, throttle::Counters},
    domain::{Action, AuditEntry, UserId, Via},
    store::{StoreError, Writer},
};

/// Rows about refusals per minute from one address, and from one user. More are only in the server's log.
const PER_ADDRESS: u32 = 300;
const PER_USER: u32 = 60;

/// The most bytes of a request's path in a row. A client chooses the path, which may have many kilobytes.
const MAX_ROUTE_BYTES: usize = 256;

/// Who causes a row about a refusal: the user if known, otherwise the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    User(UserId),
    Address(Option<IpAddr>),
}

impl Source {
    fn of(entry: &AuditEntry) -> Self {
        match entry.via {
            Via::Session(_) | Via::Token(_) => entry.user_id.map_or(Self::Address(entry.ip), Self::User),
            Via::System | Via::Host(_) | Via::Anonymous => Self::Address(entry.ip),
        }
    }

    fn limit(self) -> u32 {
        match self {
            Self::User(_) => PER_USER,
            Self::Address(_) => PER_ADDRESS,
        }
    }
}

/// Bounds the rows that only record a refusal, so that nobody can fill the store with them.
pub struct RefusalBudget(Mutex<Counters<Source>>);

impl Default for RefusalBudget {
    fn default() -> Self {
        Self(Mutex::new(Counters::new(Duration::from_secs(60))))
    }
}

impl App {
    /// Records that an admin route was refused to `principal` (S-13).
    pub fn record_denied(&self, principal: &Principal, route: &str, origin: &Origin) {
        let mut entry = principal.entry(origin, Action::AccessDenied, cut(route).to_owned());
        entry.result = "denied";
        entry.params = json!({ "role": principal.user().role });
        self.record_refusal(entry);
    }

    /// Writes a row that only records a refusal. It is best effort, and bounded for each source.
    pub(in crate::app) fn record_refusal(&self, entry: AuditEntry) {
        self.record_refusal_with(entry, |_| Ok(()));
    }

    /// Writes the row, and what `beside` writes in the same transaction. Returns whether both are written.
    pub(in crate::app) fn record_refusal_with(
        &self,
        entry: AuditEntry,
        beside: impl Fn(&dyn Writer) -> Result<(), StoreError> + Send + 'static,
    ) -> bool {
        let source = Source::of(&entry);
        let admitted = self.refusals.0.lock().unwrap_or_else(PoisonError::into_inner).admit(
            source,
            source.limit(),
            Instant::now(),
        );
        if admitted.is_err() {
            self.metrics.refusals_not_recorded.increment();
            let (action, request_id) = (entry.action, entry.request_id);
            tracing::warn!(%action, request_id, "a refusal is not in the audit log: too many from its source");
            return false;
        }
        let (now, request_id) = (self.clock.now(), entry.request_id.clone());
        let written = self.store.write(move |writer| {
            beside(writer)?;
            Ok::<_, AppError>(writer.append_audit(&entry, now)?)
        });
        if let Err(error) = &written {
            self.metrics.audit_write_failures.increment();
            tracing::warn!(%error, request_id, "a refusal is not in the audit log");
        }
        written.is_ok()
    }
}

/// Cuts a route to [`MAX_ROUTE_BYTES`], never within a character.
fn cut(route: &str) -> &str {
    let mut end = route.len().min(MAX_ROUTE_BYTES);
    while !route.is_char_boundary(end) {
        end -= 1;
    }
    &route[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_route_is_cut_on_a_character_boundary() {
        let short = "GET /api/users";
        assert_eq!(cut(short), short);
        for (character, kept) in [("a", 256), ("\u{e9}", 255), ("\u{20ac}", 256), ("\u{1f600}", 253)] {
            let route = format!("G{}", character.repeat(300));
            assert_eq!(cut(&route).len(), kept, "{character}");
            assert!(route.starts_with(cut(&route)));
        }
    }
}
