//! What the use cases count, for whoever watches the server.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{App, AppError, Credential, error::Rejection};
use crate::{
    domain::{Timestamp, metrics::Counter, time::SECONDS_PER_DAY},
    store::{KeyStatus, StoreFigures},
};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the words say it")]
        pub enum $name {
            $($variant,)+
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns its word.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

words! {
    /// What became of a sign-in: with a password, or, where it was approved in a browser, that it was.
    LoginOutcome {
        Success = "success",
        Approved = "approved",
        Invalid = "invalid",
        Deactivated = "deactivated",
        Throttled = "throttled",
        Busy = "busy",
        Failed = "failed",
    }
}

words! {
    /// What a bearer says it is.
    CheckKind {
        Session = "session",
        Token = "pat",
        Unreadable = "unreadable",
    }
}

words! {
    /// What the check of a bearer found.
    CheckOutcome {
        Accepted = "accepted",
        Invalid = "invalid",
        Expired = "expired",
        Revoked = "revoked",
        Unknown = "unknown",
        Mismatch = "mismatch",
        Deactivated = "deactivated",
        AccountUnknown = "account_unknown",
        Failed = "failed",
    }
}

impl LoginOutcome {
    fn of(error: Option<&AppError>) -> Self {
        match error {
            None => Self::Success,
            Some(AppError::InvalidLogin | AppError::ExternalAccount) => Self::Invalid,
            Some(AppError::LoginDeactivated) => Self::Deactivated,
            Some(AppError::TooManyAttempts { .. }) => Self::Throttled,
            Some(AppError::Busy { .. }) => Self::Busy,
            Some(_) => Self::Failed,
        }
    }
}

impl CheckKind {
    fn of(credential: Option<Credential>) -> Self {
        match credential {
            Some(Credential::Session(_)) => Self::Session,
            Some(Credential::Token(_)) => Self::Token,
            None => Self::Unreadable,
        }
    }
}

impl CheckOutcome {
    fn of(error: Option<&AppError>) -> Self {
        match error {
            None => Self::Accepted,
            Some(AppError::Rejected(rejection)) => match rejection {
                Rejection::Missing | Rejection::Invalid | Rejection::Reused => Self::Invalid,
                Rejection::Expired => Self::Expired,
                Rejection::Revoked => Self::Revoked,
                Rejection::Unknown => Self::Unknown,
                Rejection::Mismatch => Self::Mismatch,
                Rejection::Deactivated => Self::Deactivated,
                Rejection::UserUnknown => Self::AccountUnknown,
            },
            Some(_) => Self::Failed,
        }
    }
}

/// What the use cases have counted since the start.
#[derive(Debug)]
pub struct Metrics {
    logins: [Counter; LoginOutcome::ALL.len()],
    checks: [[Counter; CheckOutcome::ALL.len()]; CheckKind::ALL.len()],
    /// Rows on refusals that could not be written (C-13).
    pub(super) audit_write_failures: Counter,
    /// Refusals beyond the bound of their source, which have no row.
    pub(super) refusals_not_recorded: Counter,
    backups_made: Counter,
    backups_failed: Counter,
    /// In microseconds; 0 before the first.
    last_backup: AtomicU64,
    /// [`UNKNOWN`] until they were counted.
    tokens_ending: AtomicU64,
    started_at: Timestamp,
}

/// Stands for a number that is not known yet.
const UNKNOWN: u64 = u64::MAX;

impl Metrics {
    /// Begins at `started_at`.
    pub(super) fn new(started_at: Timestamp) -> Self {
        Self {
            logins: Default::default(),
            checks: Default::default(),
            audit_write_failures: Counter::default(),
            refusals_not_recorded: Counter::default(),
            backups_made: Counter::default(),
            backups_failed: Counter::default(),
            last_backup: AtomicU64::new(0),
            tokens_ending: AtomicU64::new(UNKNOWN),
            started_at,
        }
    }

    pub(super) fn signed_in<T>(&self, outcome: &Result<T, AppError>) {
        self.logins[LoginOutcome::of(outcome.as_ref().err()) as usize].increment();
    }

    /// Counts a device or a program that collected the session which a person has approved.
    pub(super) fn let_in(&self) {
        self.logins[LoginOutcome::Approved as usize].increment();
    }

    pub(super) fn checked<T>(&self, credential: Option<Credential>, outcome: &Result<T, AppError>) {
        let (kind, outcome) = (CheckKind::of(credential), CheckOutcome::of(outcome.as_ref().err()));
        self.checks[kind as usize][outcome as usize].increment();
    }
}

/// Everything that the use cases can tell at one moment; what the store does not answer is absent.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Sign-ins.
    pub logins: Vec<(LoginOutcome, u64)>,
    /// Checks of bearers.
    pub token_checks: Vec<(CheckKind, CheckOutcome, u64)>,
    /// Rows on refusals that could not be written.
    pub audit_write_failures: u64,
    /// Refusals beyond the bound of their source.
    pub refusals_not_recorded: u64,
    /// New networks of tokens that got no audit row: too many of one token in an hour.
    pub new_networks_not_recorded: u64,
    /// Passwords that wait for their turn to be hashed.
    pub hash_queue: usize,
    /// How many may.
    pub hash_queue_capacity: usize,
    /// The age of the key that signs.
    pub signing_key_age: Option<Duration>,
    /// Live tokens that end within [`ENDING_SOON`].
    pub tokens_ending: Option<u64>,
    /// Scheduled backups that were taken and found sound.
    pub backups_made: u64,
    /// Those that failed.
    pub backups_failed: u64,
    /// When the newest was taken, also before the start.
    pub last_backup: Option<Timestamp>,
    /// When the server started.
    pub started_at: Timestamp,
    /// The store's own.
    pub store: StoreFigures,
}

/// How long before its end a token counts as ending (C-18).
pub const ENDING_SOON: Duration = Duration::from_secs(30 * SECONDS_PER_DAY);
/// How many tokens are looked at in one go: some milliseconds, then the connection is free again.
const STEP: i64 = 10_000;

impl App {
    /// Returns what is known of itself.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let metrics = &self.metrics;
        let checks = CheckKind::ALL.iter().flat_map(|kind| {
            CheckOutcome::ALL
                .iter()
                .map(|outcome| (*kind, *outcome, metrics.checks[*kind as usize][*outcome as usize].get()))
        });
        let tokens_ending = metrics.tokens_ending.load(Ordering::Relaxed);
        let micros = i64::try_from(metrics.last_backup.load(Ordering::Relaxed)).ok();
        Figures {
            logins: LoginOutcome::ALL
                .iter()
                .map(|outcome| (*outcome, metrics.logins[*outcome as usize].get()))
                .collect(),
            token_checks: checks.collect(),
            audit_write_failures: metrics.audit_write_failures.get(),
            refusals_not_recorded: metrics.refusals_not_recorded.get(),
            new_networks_not_recorded: self.usage.left_out(),
            hash_queue: self.passwords.waiting(),
            hash_queue_capacity: self.settings.hash_queue,
            signing_key_age: self.signing_key_age().ok().flatten(),
            tokens_ending: (tokens_ending != UNKNOWN).then_some(tokens_ending),
            backups_made: metrics.backups_made.get(),
            backups_failed: metrics.backups_failed.get(),
            last_backup: micros.filter(|micros| *micros > 0).map(Timestamp::from_micros),
            started_at: metrics.started_at,
            store: self.store.figures(),
        }
    }

    /// Notes that a scheduled backup was taken at this instant, or failed.
    pub fn note_backup(&self, taken: Option<Timestamp>) {
        match taken {
            Some(at) => {
                self.metrics.backups_made.increment();
                self.note_backup_of(at);
            }
            None => self.metrics.backups_failed.increment(),
        }
    }

    /// Notes when the newest scheduled backup was taken.
    pub fn note_backup_of(&self, at: Timestamp) {
        self.metrics.last_backup.store(u64::try_from(at.as_micros()).unwrap_or(0), Ordering::Relaxed);
    }

    fn signing_key_age(&self) -> Result<Option<Duration>, AppError> {
        let keys = self.store.read(|reader| Ok::<_, AppError>(reader.signing_keys()?))?;
        let active = keys.iter().find(|key| key.status == KeyStatus::Active);
        Ok(active.map(|key| self.clock.now().since(key.created_at)))
    }

    /// Counts the live tokens that end within [`ENDING_SOON`], for [`App::figures`]. It looks at every token, a bounded
    /// number at once, so that it holds up nobody; there is no index for it, which each token would pay for.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn count_tokens_ending(&self) -> Result<u64, AppError> {
        let now = self.clock.now();
        let window: Range<Timestamp> = now..now.plus(ENDING_SOON);
        let newest = self.store.read(|reader| Ok::<_, AppError>(reader.newest_token_number()?))?;
        let (mut from, mut count) = (0, 0);
        while from < newest {
            let numbers = from + 1..=from.saturating_add(STEP);
            count +=
                self.store.read(|reader| Ok::<_, AppError>(reader.count_tokens_ending(numbers.clone(), &window)?))?;
            from = *numbers.end();
        }
        self.metrics.tokens_ending.store(count, Ordering::Relaxed);
        Ok(count)
    }
}
