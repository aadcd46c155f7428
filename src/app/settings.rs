//! Limits and lifetimes (D-16): safe defaults; `0` switches a limit off, which is said at the start.

use std::time::Duration;

use super::token_limit::TokenLimit;
use crate::domain::{TokenPolicy, time::SECONDS_PER_DAY};

/// What an operator may tune.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long a session lives (C-03, S-04: at most 24 h).
    pub session_lifetime: Duration,
    /// How long the token of a session lives that has a refresh token.
    pub access_lifetime: Duration,
    /// How long such a session can be continued, from its sign-in (C-03).
    pub refresh_lifetime: Duration,
    /// How long it may rest in between; nothing is no limit.
    pub refresh_idle: Option<Duration>,
    /// How long a browser's session may rest (M-43); nothing is no limit.
    pub browser_idle: Option<Duration>,
    /// How many sessions a user may have; one more ends the longest unused (K-10). 0 is no limit.
    pub sessions_per_user: u32,
    /// Sign-ins per address in a minute before 429 (C-10); 0 is no limit.
    pub login_limit_per_address: u32,
    /// Failures per account in an hour, over all addresses, before each further network has few tries (C-10); 0 is no
    /// limit.
    pub login_limit_per_account: u32,
    /// Sign-ins that may wait for a turn to hash; more get 503.
    pub hash_queue: usize,
    /// How long tokens may live (C-18).
    pub tokens: TokenPolicy,
    /// How many live tokens a user may have.
    pub token_limit: TokenLimit,
    /// How many days ended tokens are kept; nothing is for ever.
    pub ended_token_days: Option<u32>,
    /// How long a reset value works.
    pub reset_lifetime: Duration,
    /// Whether a sign-in to an account without a password says so (C-10).
    pub external_hint: bool,
}

impl Settings {
    /// Returns how many hours a reset value works.
    #[must_use]
    pub fn reset_hours(&self) -> u64 {
        self.reset_lifetime.as_secs() / 3_600
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session_lifetime: Duration::from_secs(24 * 60 * 60),
            access_lifetime: Duration::from_secs(60 * 60),
            refresh_lifetime: Duration::from_secs(30 * SECONDS_PER_DAY),
            refresh_idle: Some(Duration::from_secs(14 * SECONDS_PER_DAY)),
            browser_idle: Some(Duration::from_secs(8 * 60 * 60)),
            sessions_per_user: 10,
            login_limit_per_address: 20,
            login_limit_per_account: 100,
            hash_queue: 64,
            tokens: TokenPolicy::default(),
            token_limit: TokenLimit::DEFAULT,
            ended_token_days: Some(90),
            reset_lifetime: Duration::from_secs(24 * 60 * 60),
            external_hint: false,
        }
    }
}
