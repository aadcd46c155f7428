//! Slowing down the guessing of the codes that devices show (S-76, RFC 8628 section 5.1).
//!
//! In a quarter of an hour a user has ten wrong codes, and an address fifty: of 2^40 codes nobody finds one that waits.
//! The limit of an address is higher because users share it: one of them who has used up the own tries does not block
//! the others. A try counts from its beginning and is taken back when it was right, so that parallel tries do not slip
//! through.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    AppError,
    throttle::{Counters, counted},
};
use crate::domain::UserId;

const WINDOW: Duration = Duration::from_secs(15 * 60);
const WRONG_CODES_PER_USER: u32 = 10;
const WRONG_CODES_PER_ADDRESS: u32 = 50;

/// Counts wrong codes.
pub struct CodeGuesses(Mutex<Tables>);

struct Tables {
    users: Counters<UserId>,
    addresses: Counters<IpAddr>,
}

impl Default for CodeGuesses {
    fn default() -> Self {
        Self(Mutex::new(Tables { users: Counters::new(WINDOW), addresses: Counters::new(WINDOW) }))
    }
}

impl CodeGuesses {
    /// Lets a try in, unless there were too many: `find` looks for what the code stands for, and only
    /// [`AppError::UserCodeNotFound`] is a wrong try.
    ///
    /// # Errors
    /// [`AppError::TooManyAttempts`], and those of `find`.
    pub(super) fn watch<T>(
        &self,
        user: UserId,
        address: Option<IpAddr>,
        now: Instant,
        find: impl FnOnce() -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let address = counted(address);
        self.begin(user, address, now)?;
        let found = find();
        if !matches!(found, Err(AppError::UserCodeNotFound)) {
            let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            tables.users.take_back(&user);
            tables.addresses.take_back(&address);
        }
        found
    }

    fn begin(&self, user: UserId, address: IpAddr, now: Instant) -> Result<(), AppError> {
        let mut tables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tables.users.admit(user, WRONG_CODES_PER_USER, now)?;
        tables.addresses.admit(address, WRONG_CODES_PER_ADDRESS, now).inspect_err(|_| tables.users.take_back(&user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(guesses: &CodeGuesses, user: UserId, last: u8, now: Instant) -> AppError {
        let address = Some(IpAddr::from([192, 0, 2, last]));
        guesses.watch(user, address, now, || Err::<(), _>(AppError::UserCodeNotFound)).expect_err("wrong")
    }

    fn is_stopped(error: &AppError) -> bool {
        matches!(error, AppError::TooManyAttempts { .. })
    }

    #[test]
    fn the_eleventh_wrong_code_of_a_user_waits_at_every_address() {
        let (guesses, now, ann) = (CodeGuesses::default(), Instant::now(), UserId::random());
        for last in 0..10 {
            assert!(!is_stopped(&wrong(&guesses, ann, last, now)));
        }
        assert!(is_stopped(&wrong(&guesses, ann, 100, now)));
        assert!(!is_stopped(&wrong(&guesses, ann, 0, now + WINDOW)));
    }

    #[test]
    fn a_user_who_has_used_up_the_tries_blocks_nobody_else_at_the_address() {
        let (guesses, now) = (CodeGuesses::default(), Instant::now());
        let (ann, bob) = (UserId::random(), UserId::random());
        for n in 0..100 {
            assert_eq!(is_stopped(&wrong(&guesses, ann, 0, now)), n >= 10, "{n}");
        }
        let address = Some(IpAddr::from([192, 0, 2, 0]));
        assert!(guesses.watch(bob, address, now, || Ok(())).is_ok());
        assert!(!is_stopped(&wrong(&guesses, bob, 0, now)));
    }

    #[test]
    fn the_fifty_first_wrong_code_of_an_address_waits_whoever_it_is() {
        let (guesses, now, ann) = (CodeGuesses::default(), Instant::now(), UserId::random());
        for n in 0..50 {
            assert!(!is_stopped(&wrong(&guesses, UserId::random(), 0, now)), "{n}");
        }
        assert!(is_stopped(&wrong(&guesses, ann, 0, now)));
        assert!(!is_stopped(&wrong(&guesses, ann, 1, now)), "elsewhere the user goes on");
        for _ in 0..8 {
            wrong(&guesses, ann, 0, now);
        }
        assert!(!is_stopped(&wrong(&guesses, ann, 1, now)), "tries that the address refused do not count");
    }

    #[test]
    fn right_codes_and_faults_of_ours_are_no_guesses() {
        let (guesses, now, ann) = (CodeGuesses::default(), Instant::now(), UserId::random());
        for n in 0..100 {
            let found = guesses.watch(ann, None, now, || {
                if n % 2 == 0 { Ok(()) } else { Err(AppError::Internal("a fault".to_owned())) }
            });
            assert!(!found.is_err_and(|error| is_stopped(&error)), "{n}");
        }
    }
}
