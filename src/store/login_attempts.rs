//! Failed sign-ins, so that a restart does not give a guesser new tries.

use super::StoreError;
use crate::domain::{LoginAttempts, Network, Timestamp, TokenHash};

/// Questions about failed sign-ins.
pub trait LoginAttemptReads {
    /// Returns every row whose window began after `since`, at most `limit`, the most failures first.
    fn login_attempts(&self, since: Timestamp, limit: u32) -> Result<Vec<LoginAttempts>, StoreError>;
}

/// Changes to failed sign-ins.
pub trait LoginAttemptWrites {
    /// Adds a row, or replaces the one of the same account and network.
    fn put_login_attempts(&self, attempts: &LoginAttempts) -> Result<(), StoreError>;
    /// Removes a row, if it is there.
    fn remove_login_attempts(&self, account: &TokenHash, network: Network) -> Result<(), StoreError>;
    /// Removes the rows whose window began at `before` or earlier; counts them.
    fn sweep_login_attempts(&self, before: Timestamp) -> Result<u64, StoreError>;
}
