//! Whether the server can do its work (M-48), answered within a bound whatever hangs (S-55).
//!
//! Each check runs on a thread of its own, once at a time, and at most once a second: whoever asks waits for it up to
//! [`BOUND`], and a check that takes longer is told as failing by that alone. A flood of probes so costs the store one
//! question a second. One that panics has failed, and runs again like any other.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::{
    App, AppError,
    audit::{ChainVerdict, check_end, refuse_wiped},
};
use crate::store::KeyStatus;

/// How long an answer may take.
pub const BOUND: Duration = Duration::from_secs(1);
/// How long a finding is good.
const FRESH: Duration = Duration::from_secs(1);
/// Less than this on the disk is too little: the write-ahead log alone may take half of it.
pub const MIN_FREE_BYTES: u64 = 32 << 20;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Ok,
    /// Credentials are checked as ever; something else is not done.
    Degraded,
    /// Credentials cannot be checked.
    Error,
}

impl Health {
    /// Returns its word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Error => "error",
        }
    }
}

/// What is checked, and what it means when it fails.
struct Check {
    name: &'static str,
    failed: Health,
    run: fn(&App) -> Result<(), AppError>,
}

const CHECKS: [Check; 6] = [
    Check { name: "store_read", failed: Health::Error, run: App::check_store },
    Check { name: "store_write", failed: Health::Degraded, run: App::check_writes },
    Check { name: "signing_key", failed: Health::Error, run: App::check_signing_key },
    Check { name: "disk_space", failed: Health::Degraded, run: App::check_disk_space },
    Check { name: "audit_log", failed: Health::Error, run: App::check_audit_log },
    Check { name: "audit_tail", failed: Health::Degraded, run: App::check_audit_tail },
];

/// What one check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub name: &'static str,
    /// What it found.
    pub health: Health,
    /// How long it took, or takes so far.
    pub took: Duration,
}

/// The state of every check.
#[derive(Default)]
pub struct Readiness([Probe; CHECKS.len()]);

#[derive(Default)]
struct Probe {
    state: Mutex<State>,
    finished: Condvar,
}

#[derive(Default)]
struct State {
    /// When the run began that has not ended.
    running: Option<Instant>,
    last: Option<(Instant, Health, Duration)>,
    /// What the log was told last; nothing is as good as [`Health::Ok`].
    told: Option<Health>,
}

impl Probe {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the run that is under way, up to [`BOUND`] from its begin.
    fn finding(&self, check: &Check) -> Finding {
        let mut state = self.state();
        loop {
            match state.finding(check) {
                Ok(finding) => return finding,
                Err(left) => {
                    state = self.finished.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// Does what was claimed, to its end: a panic is one, too.
    fn run(&self, check: &Check, work: impl FnOnce() -> Result<(), AppError>) {
        let began = Instant::now();
        let found = catch_unwind(AssertUnwindSafe(work));
        self.finish(check, began, found.unwrap_or_else(|_| Err(AppError::Internal("the check panicked".to_owned()))));
    }

    fn finish(&self, check: &Check, began: Instant, found: Result<(), AppError>) {
        let mut state = self.state();
        let health = if found.is_ok() { Health::Ok } else { check.failed };
        state.tell(check, health, &found.err().map(|error| error.to_string()).unwrap_or_default());
        state.running = None;
        state.last = Some((Instant::now(), health, began.elapsed()));
        drop(state);
        self.finished.notify_all();
    }
}

impl State {
    /// Claims the next run, unless one is under way or the last one will do.
    fn claim(&mut self) -> bool {
        let fresh = self.last.is_some_and(|(at, _, _)| at.elapsed() < FRESH);
        let claimed = self.running.is_none() && !fresh;
        if claimed {
            self.running = Some(Instant::now());
        }
        claimed
    }

    fn last(&self, check: &Check) -> Finding {
        let (_, health, took) = self.last.unwrap_or((Instant::now(), check.failed, Duration::ZERO));
        Finding { name: check.name, health, took }
    }

    /// Returns what is known, or how long to wait at most for the run that is under way.
    fn finding(&mut self, check: &Check) -> Result<Finding, Duration> {
        let Some(began) = self.running else {
            return Ok(self.last(check));
        };
        let took = began.elapsed();
        match BOUND.checked_sub(took).filter(|left| !left.is_zero()) {
            Some(left) => Err(left),
            None => {
                self.tell(check, check.failed, "no answer in time");
                Ok(Finding { name: check.name, health: check.failed, took })
            }
        }
    }

    /// Logs a change for the worse or the better, once.
    fn tell(&mut self, check: &Check, health: Health, reason: &str) {
        if self.told.unwrap_or(Health::Ok) == health {
            return;
        }
        self.told = Some(health);
        match health {
            Health::Ok => tracing::info!(check = check.name, "a check passes again"),
            _ => tracing::warn!(check = check.name, status = health.as_str(), reason, "a check fails"),
        }
    }
}

impl App {
    /// Runs the checks whose last finding is too old, and returns what all of them found, within [`BOUND`].
    #[must_use]
    pub fn readiness(self: &Arc<Self>) -> Vec<Finding> {
        self.start_checks();
        CHECKS.iter().zip(&self.readiness.0).map(|(check, probe)| probe.finding(check)).collect()
    }

    /// Returns what the checks found that were started last, without waiting: nothing while one of them is within its
    /// [`BOUND`].
    #[must_use]
    pub fn findings(&self) -> Option<Vec<Finding>> {
        CHECKS.iter().zip(&self.readiness.0).map(|(check, probe)| probe.state().finding(check).ok()).collect()
    }

    /// Returns what the checks found last, whether they run again or not.
    #[must_use]
    pub fn last_findings(&self) -> Vec<Finding> {
        CHECKS.iter().zip(&self.readiness.0).map(|(check, probe)| probe.state().last(check)).collect()
    }

    /// Starts the checks whose last finding is too old, each on a thread of its own, and does not wait for them.
    pub fn start_checks(self: &Arc<Self>) {
        for (number, (check, probe)) in CHECKS.iter().zip(&self.readiness.0).enumerate() {
            if probe.state().claim() {
                let app = Arc::clone(self);
                let spawned = thread::Builder::new().name("da-ready".to_owned()).spawn(move || app.run_check(number));
                if let Err(error) = spawned {
                    let failed = AppError::Internal(format!("the check cannot run: {error}"));
                    probe.finish(check, Instant::now(), Err(failed));
                }
            }
        }
    }

    fn run_check(&self, number: usize) {
        let check = &CHECKS[number];
        self.readiness.0[number].run(check, || (check.run)(self));
    }

    /// Tells whether the store can be read now.
    ///
    /// # Errors
    /// [`AppError::Store`].
    fn check_store(&self) -> Result<(), AppError> {
        Ok(self.store.check()?)
    }

    /// Tells whether changes are taken now. Nothing is written as long as the last change was.
    fn check_writes(&self) -> Result<(), AppError> {
        Ok(self.store.check_writes(self.clock.now())?)
    }

    /// Tells whether what signs here is what the store says shall sign.
    fn check_signing_key(&self) -> Result<(), AppError> {
        let keys = self.store.read(|reader| Ok::<_, AppError>(reader.signing_keys()?))?;
        let active = keys.iter().find(|key| key.status == KeyStatus::Active);
        match active {
            Some(key) if self.keys.accepts(&key.kid) => Ok(()),
            Some(_) => Err(AppError::Internal("the store's signing key is not the one in use".to_owned())),
            None => Err(AppError::Internal("the store has no active signing key".to_owned())),
        }
    }

    /// Tells whether rows can be added to the audit log. Without its head every sign-in fails.
    fn check_audit_log(&self) -> Result<(), AppError> {
        self.store.read(|reader| Ok(refuse_wiped(reader, &self.chain_key)?))
    }

    /// Tells whether the newest row is the one that the head names.
    fn check_audit_tail(&self) -> Result<(), AppError> {
        match self.store.read(|reader| check_end(reader, &self.chain_key))? {
            ChainVerdict::Intact(_) => Ok(()),
            ChainVerdict::Broken { seq, reason } => {
                Err(AppError::Internal(format!("the audit log is broken at row {seq}: {reason}")))
            }
        }
    }

    /// Tells whether the store has room to grow; where the system cannot tell, it has.
    fn check_disk_space(&self) -> Result<(), AppError> {
        match self.store.figures().free_bytes {
            Some(free) if free < MIN_FREE_BYTES => {
                Err(AppError::Internal(format!("{} MiB are left on the disk of the store", free >> 20)))
            }
            _ => Ok(()),
        }
    }
}

/// Returns the worst that was found.
#[must_use]
pub fn overall(findings: &[Finding]) -> Health {
    findings.iter().map(|finding| finding.health).max().unwrap_or(Health::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECK: Check = Check { name: "x", failed: Health::Error, run: |_| Ok(()) };

    #[test]
    fn one_run_at_a_time_and_its_finding_is_good_for_a_while() {
        let probe = Probe::default();
        assert!(probe.state().claim());
        assert!(!probe.state().claim(), "it runs");
        probe.finish(&CHECK, Instant::now(), Ok(()));
        assert!(!probe.state().claim(), "it is fresh");
        assert_eq!(probe.finding(&CHECK).health, Health::Ok);
    }

    #[test]
    fn a_run_that_hangs_is_told_as_failing_and_waited_for_no_longer() {
        let probe = Probe::default();
        probe.state().running = Instant::now().checked_sub(BOUND);
        let finding = probe.finding(&CHECK);
        assert!(finding.health == Health::Error && finding.took >= BOUND, "{finding:?}");
        assert!(!probe.state().claim(), "it still runs");
        probe.finish(&CHECK, Instant::now(), Ok(()));
        assert_eq!(probe.finding(&CHECK).health, Health::Ok);
    }

    #[test]
    fn a_run_that_panics_has_failed_and_is_followed_by_another() {
        let probe = Probe::default();
        assert!(probe.state().claim());
        probe.run(&CHECK, || std::panic::resume_unwind(Box::new("in the middle of a check")));
        let finding = probe.finding(&CHECK);
        assert!(finding.health == Health::Error && finding.took < BOUND, "{finding:?}");
        // As if it were no longer fresh.
        probe.state().last = None;
        assert!(probe.state().claim(), "nothing runs any more");
        probe.run(&CHECK, || Ok(()));
        assert_eq!(probe.finding(&CHECK).health, Health::Ok);
    }

    #[test]
    fn the_worst_finding_decides() {
        let finding = |health| Finding { name: "x", health, took: Duration::ZERO };
        assert_eq!(overall(&[finding(Health::Ok), finding(Health::Degraded)]), Health::Degraded);
        assert_eq!(overall(&[finding(Health::Error), finding(Health::Ok)]), Health::Error);
    }
}
