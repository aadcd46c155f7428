//! Races over HTTP, with real threads: S-06, S-24, S-26.

mod admins;
mod credentials;
mod once;
mod refresh;
mod refusals;
mod rotation;

use std::{sync::Barrier, thread};

/// Runs `job` on as many threads as there are `arguments`, all released at once; returns what each returned, in order.
pub(crate) fn at_once<A: Send, T: Send>(arguments: Vec<A>, job: impl Fn(A) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(arguments.len());
    thread::scope(|scope| {
        let start = |argument| {
            let (barrier, job) = (&barrier, &job);
            scope.spawn(move || {
                barrier.wait();
                job(argument)
            })
        };
        let threads: Vec<_> = arguments.into_iter().map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
