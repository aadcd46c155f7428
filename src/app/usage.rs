//! When and from where tokens were last used, written behind (A-20, A-21, design section 3 rule 4).
//!
//! A check of a token never waits for this: it drops a note into a bounded queue, and one thread writes. A full queue
//! or a failing store loses notes, never requests.

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use serde_json::json;

use super::{App, AppError, Credential, Origin, authz::entry};
use crate::{
    domain::{Action, AuditEntry, Timestamp, TokenId},
    store::{Store, StoredCredential},
};

/// How old the recorded use must be before it is written again.
const RESOLUTION: Duration = Duration::from_secs(60);
/// How many notes may wait.
const QUEUE: usize = 1024;

/// A use to be written.
struct Use {
    token: TokenId,
    at: Timestamp,
    ip: Option<IpAddr>,
    /// The audit row of a new address.
    new_ip: Option<Box<AuditEntry>>,
}

/// Takes notes of uses and writes them behind.
pub struct UsageRecorder {
    notes: SyncSender<Use>,
    /// Tokens whose note is on its way, so that a busy token fills one place of the queue.
    pending: Arc<Mutex<HashSet<TokenId>>>,
}

impl UsageRecorder {
    /// Starts the writing thread; it ends with the recorder.
    #[must_use]
    pub fn start(store: Arc<dyn Store>) -> Self {
        let (notes, queue) = sync_channel(QUEUE);
        let pending = Arc::new(Mutex::new(HashSet::new()));
        let done = Arc::clone(&pending);
        let started = thread::Builder::new().name("da-usage".to_owned()).spawn(move || run(&*store, &queue, &done));
        if let Err(error) = started {
            tracing::error!(%error, "last uses of tokens will not be recorded");
        }
        Self { notes, pending }
    }

    fn note(&self, note: Use) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let token = note.token;
        if pending.insert(token) && self.notes.try_send(note).is_err() {
            pending.remove(&token);
        }
    }
}

fn run(store: &dyn Store, queue: &Receiver<Use>, pending: &Mutex<HashSet<TokenId>>) {
    while let Ok(Use { token, at, ip, new_ip }) = queue.recv() {
        let written = store.write(move |writer| {
            writer.record_token_use(token, at, ip)?;
            if let Some(entry) = new_ip {
                writer.append_audit(&entry, at)?;
            }
            Ok::<_, AppError>(())
        });
        if let Err(error) = written {
            tracing::warn!(%error, "the last use of a token was not recorded");
        }
        pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&token);
    }
}

impl App {
    /// Notes the use of an accepted credential: at most once a minute, but a new address at once.
    pub(super) fn note_use(&self, credential: Credential, stored: &StoredCredential, now: Timestamp, origin: &Origin) {
        let Credential::Token(token) = credential else { return };
        let (stale, previous) = match stored.last_used {
            None => (true, None),
            Some((at, ip)) => (now.since(at) >= RESOLUTION, ip),
        };
        let moved = previous.is_some() && origin.ip.is_some() && previous != origin.ip;
        if !stale && !moved {
            return;
        }
        let new_ip = moved.then(|| {
            let (owner, resource) = (Some(stored.user.id), format!("token:{token}"));
            let mut entry = entry(origin, owner, credential.into(), Action::TokenFirstUseNewIp, resource);
            entry.params = json!({ "ip": origin.ip, "previous_ip": previous });
            Box::new(entry)
        });
        self.usage.note(Use { token, at: now, ip: origin.ip, new_ip });
    }
}
