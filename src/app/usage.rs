//! Records when credentials were last used, and for tokens from which address.
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

use super::{App, AppError, Credential, Origin, authz::entry, rotation::note_in_overlap};
use crate::{
    domain::{Action, Clock, Timestamp, UserId},
    store::{Store, StoredCredential, Writer},
};

/// How old the recorded use must be before it is written again.
const RESOLUTION: Duration = Duration::from_secs(60);
/// How many notes may wait.
const QUEUE: usize = 1024;

/// A credential and an address that it was used from; of a session any address.
type Source = (Credential, Option<IpAddr>);

/// A use to be written.
struct Use {
    credential: Credential,
    owner: UserId,
    at: Timestamp,
    origin: Origin,
}

impl Use {
    fn source(&self) -> Source {
        match self.credential {
            Credential::Session(_) => (self.credential, None),
            Credential::Token(_) => (self.credential, self.origin.ip),
        }
    }
}

/// Takes notes of uses and writes them behind.
pub struct UsageRecorder {
    writing: Mutex<Option<Writing>>,
    /// Notes on their way, so that a busy token fills one place of the queue for each of its addresses.
    pending: Arc<Mutex<HashSet<Source>>>,
}

/// The way to the writing thread, and the thread.
struct Writing {
    notes: SyncSender<Use>,
    thread: thread::JoinHandle<()>,
}

impl UsageRecorder {
    /// Starts the writing thread; it ends with the recorder.
    #[must_use]
    pub fn start(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        let (notes, queue) = sync_channel(QUEUE);
        let pending = Arc::new(Mutex::new(HashSet::new()));
        let done = Arc::clone(&pending);
        let started =
            thread::Builder::new().name("da-usage".to_owned()).spawn(move || run(&*store, &*clock, &queue, &done));
        let writing = match started {
            Ok(thread) => Some(Writing { notes, thread }),
            Err(error) => {
                tracing::error!(%error, "last uses of tokens will not be recorded");
                None
            }
        };
        Self { writing: Mutex::new(writing), pending }
    }

    /// Writes what is waiting, and takes no further notes; call it before the store is closed.
    fn finish(&self) {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Writing { notes, thread }) = writing {
            drop(notes);
            if thread.join().is_err() {
                tracing::error!("the last uses of some tokens were not recorded");
            }
        }
    }

    fn note(&self, note: Use) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let source = note.source();
        if !pending.insert(source) {
            return;
        }
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if writing.as_ref().is_none_or(|writing| writing.notes.try_send(note).is_err()) {
            pending.remove(&source);
        }
    }
}

fn run(store: &dyn Store, clock: &dyn Clock, queue: &Receiver<Use>, pending: &Mutex<HashSet<Source>>) {
    while let Ok(used) = queue.recv() {
        let (source, request_id, now) = (used.source(), used.origin.request_id.clone(), clock.now());
        if let Err(error) = store.write(move |writer| record(writer, &used, now)) {
            tracing::warn!(%error, request_id, "the last use of a token was not recorded");
        }
        pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&source);
    }
}

/// Notes a use, with an audit row if its address is not the one noted before. That is judged here, not when the token
/// was checked: of several requests at once, one finds the change, and none is missed.
fn record(writer: &dyn Writer, used: &Use, now: Timestamp) -> Result<(), AppError> {
    let Use { credential, owner, at, origin } = used;
    let token = match credential {
        Credential::Session(session) => return Ok(writer.record_session_use(*session, *at)?),
        Credential::Token(token) => token,
    };
    let Some(before) = writer.token(*token)? else { return Ok(()) };
    if !before.last_used_at.is_some_and(|last| is_overtaken(*at, last)) {
        writer.record_token_use(*token, *at, origin.ip)?;
    }
    note_in_overlap(writer, &before, origin, *at, now)?;
    if before.last_used_ip.is_some() && origin.ip.is_some() && before.last_used_ip != origin.ip {
        let (via, resource) = ((*credential).into(), format!("token:{token}"));
        let mut entry = entry(origin, Some(*owner), via, Action::TokenFirstUseNewIp, resource);
        entry.params = json!({ "ip": origin.ip, "previous_ip": before.last_used_ip });
        writer.append_audit(&entry, *at)?;
    }
    Ok(())
}

/// Tells whether a use at `at` is older than the one noted at `last`. Notes overtake each other by moments; a use noted
/// further in the future is the work of a clock that has since been set back, and would stand there until then (S-09).
fn is_overtaken(at: Timestamp, last: Timestamp) -> bool {
    last > at && last.since(at) < RESOLUTION
}

impl App {
    /// Finishes what is written behind; call it before the store is closed.
    pub fn finish(&self) {
        self.usage.finish();
    }

    /// Notes that a credential was used, at most once a minute; a token that comes from a new address at once.
    pub(super) fn note_use(&self, credential: Credential, stored: &StoredCredential, now: Timestamp, origin: &Origin) {
        let is_known = stored.last_used.is_some_and(|(at, ip)| {
            let moved = ip.is_some() && origin.ip.is_some() && ip != origin.ip;
            (is_overtaken(now, at) || at <= now && now.since(at) < RESOLUTION) && !moved
        });
        if !is_known {
            self.usage.note(Use { credential, owner: stored.user.id, at: now, origin: origin.clone() });
        }
    }
}
