//! How many bytes of list answers the server holds at once.
//!
//! An answer is held in memory until its client has taken it, and a client may take as long as it likes as long as it
//! takes something. Each list answer therefore counts against a budget, from before it is built until its last bytes are
//! on their way. Each caller has a share of the budget, so that nobody keeps everybody else from their lists.

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use http::Response;
use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Frame, SizeHint};
use tokio::{sync::Notify, time::timeout};

use super::edge::Body;
use crate::{app::AppError, domain::UserId};

/// Bytes of all list answers.
const TOTAL: usize = 32 * 1024 * 1024;
/// Bytes of those of one caller.
const SHARE: usize = 8 * 1024 * 1024;
/// What an answer counts for while it is built: about what a page of 1,000 rows takes.
const WHILE_BUILT: usize = 1024 * 1024;
/// How long a request waits for its turn before it is refused.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is handed to the connection at once; so much of an answer may still wait there when it counts no longer.
const PIECE: usize = 16 * 1024;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct ListBudget(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    used: Mutex<Used>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Used {
    total: usize,
    /// By caller; commands on the server's host share one entry.
    shares: HashMap<Option<UserId>, usize>,
}

impl Shared {
    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ListBudget {
    /// Reserves room for a list answer, waiting for it a moment.
    ///
    /// # Errors
    /// [`AppError::Busy`] when there is none.
    pub async fn reserve(&self, caller: Option<UserId>) -> Result<Reserved, AppError> {
        let reserved = async {
            loop {
                let freed = self.0.freed.notified();
                if let Some(reserved) = self.try_reserve(caller) {
                    return reserved;
                }
                freed.await;
            }
        };
        timeout(PATIENCE, reserved).await.map_err(|_| AppError::Busy { after: PATIENCE })
    }

    fn try_reserve(&self, caller: Option<UserId>) -> Option<Reserved> {
        let mut used = self.0.used();
        let share = used.shares.get(&caller).copied().unwrap_or(0);
        if used.total + WHILE_BUILT > TOTAL || share + WHILE_BUILT > SHARE {
            return None;
        }
        used.total += WHILE_BUILT;
        used.shares.insert(caller, share + WHILE_BUILT);
        Some(Reserved { budget: self.clone(), caller, bytes: WHILE_BUILT })
    }
}

/// Room for one list answer, given back when it is dropped.
#[derive(Debug)]
pub struct Reserved {
    budget: ListBudget,
    caller: Option<UserId>,
    bytes: usize,
}

impl Reserved {
    /// Counts `bytes` from now on. An answer that is larger than expected is there already, and counts in full.
    fn resize(&mut self, bytes: usize) {
        let shared = &self.budget.0;
        let mut used = shared.used();
        used.total = used.total - self.bytes + bytes;
        let share = used.shares.entry(self.caller).or_default();
        *share = *share - self.bytes + bytes;
        if *share == 0 {
            used.shares.remove(&self.caller);
        }
        drop(used);
        let freed = bytes < self.bytes;
        self.bytes = bytes;
        if freed {
            shared.freed.notify_waiters();
        }
    }

    /// Ties this to the body of an answer: it counts for its size until the connection has taken it, or has ended.
    ///
    /// # Errors
    /// Those of a body that cannot be read; a list is in memory.
    pub async fn hold(mut self, response: Response<Body>) -> Result<Response<Body>, AppError> {
        let (parts, body) = response.into_parts();
        let unreadable = |error: io::Error| AppError::Internal(format!("a list cannot be answered: {error}"));
        let bytes = body.collect().await.map_err(unreadable)?.to_bytes();
        self.resize(bytes.len());
        Ok(Response::from_parts(parts, Body::pieces(Held { bytes, reserved: self })))
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.resize(0);
    }
}

/// The body of a list answer.
struct Held {
    bytes: Bytes,
    #[expect(dead_code, reason = "it is given back with the body")]
    reserved: Reserved,
}

impl hyper::body::Body for Held {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let held = self.get_mut();
        if held.bytes.is_empty() {
            return Poll::Ready(None);
        }
        let piece = held.bytes.split_to(held.bytes.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u8) -> Option<UserId> {
        Some(UserId::from_bytes([number; 16]))
    }

    #[test]
    fn nobody_takes_more_than_a_share_and_all_together_no_more_than_the_budget() {
        let budget = ListBudget::default();
        let mut held = Vec::new();
        for number in 0..200 {
            let before = held.len();
            held.extend(std::iter::from_fn(|| budget.try_reserve(user(number))));
            assert!((held.len() - before) * WHILE_BUILT <= SHARE);
        }
        assert_eq!(held.len(), TOTAL / WHILE_BUILT);
        assert!(budget.try_reserve(None).is_none());
        held.pop();
        assert!(budget.try_reserve(None).is_some());
        drop(held);
        let used = budget.0.used();
        assert_eq!((used.total, used.shares.len()), (0, 0), "nothing is left behind");
    }

    #[test]
    fn an_answer_counts_for_its_size() {
        let budget = ListBudget::default();
        let mut large = budget.try_reserve(user(1)).expect("room");
        large.resize(SHARE - WHILE_BUILT + 1);
        assert!(budget.try_reserve(user(1)).is_none() && budget.try_reserve(user(2)).is_some());
        large.resize(SHARE - WHILE_BUILT);
        assert!(budget.try_reserve(user(1)).is_some());
        large.resize(2 * TOTAL);
        assert!(budget.try_reserve(user(2)).is_none(), "what is larger than the budget counts in full");
    }
}
