//! Records when credentials were last used, and for tokens from which address.
//!
//! A check of a token never waits for this: it drops a note into a bounded queue, and one thread writes. A full queue
//! or a failing store loses notes, never requests.

use std::{
    collections::{HashMap, HashSet},
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
    domain::{
        Action, Clock, Timestamp, UserId,
        metrics::Counter,
        token_network::{Network, NetworkRows},
    },
    store::{Store, StoredCredential, Writer},
};

/// How old the recorded use must be before it is written again.
const RESOLUTION: Duration = Duration::from_secs(60);
/// How many notes may wait.
const QUEUE: usize = 1024;

/// How many sources are known to have been noted a moment ago. A full table is emptied.
const RECENT: usize = 4096;

/// A credential and the network that it was used from; for a session any network.
type Source = (Credential, Option<Network>);

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
            Credential::Token(_) => (self.credential, self.origin.ip.map(Network::of)),
        }
    }
}

/// Takes notes of uses and writes them behind.
pub struct UsageRecorder {
    writing: Mutex<Option<Writing>>,
    /// Notes on their way, so that a busy token fills one place of the queue for each of its networks.
    pending: Arc<Mutex<HashSet<Source>>>,
    /// When a token was last noted from a network other than that of its last use. A token that is used from two networks
    /// in turn would otherwise be written at each use.
    recent: Mutex<HashMap<Source, Timestamp>>,
    /// New networks that got no audit row.
    left_out: Arc<Counter>,
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
        let left_out = Arc::new(Counter::default());
        let count = Arc::clone(&left_out);
        let work = move || run(&*store, &*clock, &queue, &done, &count);
        let started = thread::Builder::new().name("da-usage".to_owned()).spawn(work);
        let writing = match started {
            Ok(thread) => Some(Writing { notes, thread }),
            Err(error) => {
                tracing::error!(%error, "last uses of tokens will not be recorded");
                None
            }
        };
        Self { writing: Mutex::new(writing), pending, recent: Mutex::default(), left_out }
    }

    /// Returns how many new networks of tokens got no audit row.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out.get()
    }

    /// Tells whether a use from this source was noted within the last minute; if not, takes it as noted now.
    fn is_recent(&self, source: Source, now: Timestamp) -> bool {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.get(&source).is_some_and(|at| *at <= now && now.since(*at) < RESOLUTION) {
            return true;
        }
        if recent.len() >= RECENT {
            recent.clear();
        }
        recent.insert(source, now);
        false
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

fn run(
    store: &dyn Store,
    clock: &dyn Clock,
    queue: &Receiver<Use>,
    pending: &Mutex<HashSet<Source>>,
    left_out: &Counter,
) {
    while let Ok(used) = queue.recv() {
        let (source, request_id, now) = (used.source(), used.origin.request_id.clone(), clock.now());
        match store.write(move |writer| record(writer, &used, now)) {
            Ok(Recorded::Whole) => {}
            Ok(Recorded::WithoutRow) => left_out.increment(),
            Err(error) => tracing::warn!(%error, request_id, "the last use of a token was not recorded"),
        }
        pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&source);
    }
}

/// How a use was recorded.
enum Recorded {
    Whole,
    /// The network is new, but there were too many new ones in this hour.
    WithoutRow,
}

/// Notes a use, with an audit row if its network is none of those remembered for the token. That is judged here, not when
/// the token was checked: of several requests at once, one finds the change, and none is missed.
fn record(writer: &dyn Writer, used: &Use, now: Timestamp) -> Result<Recorded, AppError> {
    let Use { credential, owner, at, origin } = used;
    let token = match credential {
        Credential::Session(session) => {
            writer.record_session_use(*session, *at)?;
            return Ok(Recorded::Whole);
        }
        Credential::Token(token) => token,
    };
    let Some(before) = writer.token(*token)? else { return Ok(Recorded::Whole) };
    if !before.last_used_at.is_some_and(|last| is_overtaken(*at, last)) {
        writer.record_token_use(*token, *at, origin.ip)?;
    }
    note_in_overlap(writer, &before, origin, *at, now)?;
    let (Some(previous_ip), Some(ip)) = (before.last_used_ip, origin.ip) else { return Ok(Recorded::Whole) };
    let (previous, network) = (Network::of(previous_ip), Network::of(ip));
    if previous == network {
        return Ok(Recorded::Whole);
    }
    let is_new = !writer.knows_network(*token, network)?;
    writer.remember_network(*token, previous, before.last_used_at.unwrap_or(*at))?;
    writer.remember_network(*token, network, *at)?;
    if !is_new {
        return Ok(Recorded::Whole);
    }
    let mut rows = writer.network_rows(*token)?.unwrap_or(NetworkRows::new(*at));
    let admitted = rows.admit(*at);
    writer.set_network_rows(*token, &rows)?;
    let Some(left_out) = admitted else { return Ok(Recorded::WithoutRow) };
    let (via, resource) = ((*credential).into(), format!("token:{token}"));
    let mut entry = entry(origin, Some(*owner), via, Action::TokenFirstUseNewIp, resource);
    entry.params = json!({ "ip": ip, "previous_ip": previous_ip });
    if left_out > 0 {
        entry.params["left_out"] = left_out.into();
    }
    writer.append_audit(&entry, *at)?;
    Ok(Recorded::Whole)
}

/// Tells whether a use at `at` is older than the one noted at `last`. Notes overtake each other by moments; a use noted
/// further in the future is the work of a clock that has since been set back, and would stand there until then (S-09).
fn is_overtaken(at: Timestamp, last: Timestamp) -> bool {
    last > at && last.since(at) < RESOLUTION
}

impl App {
    /// Finishes what is written behind; call it before the store is closed.
    pub fn finish(&self) {
        if let Err(error) = self.store_login_limits() {
            tracing::warn!(%error, "failed sign-ins were not stored: a restart forgets the last of them");
        }
        self.usage.finish();
    }

    /// Notes that a credential was used, at most once a minute and network; a token that comes from another network than
    /// the last time at once.
    pub(super) fn note_use(&self, credential: Credential, stored: &StoredCredential, now: Timestamp, origin: &Origin) {
        let is_known = stored.last_used.is_some_and(|(at, ip)| {
            if !(is_overtaken(now, at) || at <= now && now.since(at) < RESOLUTION) {
                return false;
            }
            match (ip, origin.ip) {
                (Some(before), Some(ip)) if before != ip && Network::of(before) != Network::of(ip) => {
                    self.usage.is_recent((credential, Some(Network::of(ip))), now)
                }
                _ => true,
            }
        });
        if !is_known {
            self.usage.note(Use { credential, owner: stored.user.id, at: now, origin: origin.clone() });
        }
    }
}
