//! Children: waiting for them under a deadline, and telling them to end.

use std::process::{Child, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};

use super::wait_for;

/// Waits for the end of `child`; one that hangs is killed, and the test fails.
pub(crate) fn wait(child: &mut Child, what: &str) -> ExitStatus {
    struct KillOnPanic<'a>(&'a mut Child);
    impl Drop for KillOnPanic<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                drop(self.0.kill());
            }
        }
    }
    let guard = KillOnPanic(child);
    wait_for(what, || guard.0.try_wait().unwrap())
}

/// Sends a signal.
pub(crate) fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}
