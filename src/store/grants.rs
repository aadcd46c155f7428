//! Grants: what waits for a person's approval, and for its client to collect it.

use std::net::IpAddr;

use super::StoreError;
use crate::domain::{Grant, GrantId, Timestamp, TokenHash, UserId};

/// Requests of devices that are not past their end, whatever became of them: all, and those from around an address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenGrants {
    /// All of them.
    pub all: u64,
    /// Those from its host: the address itself, of IPv6 its network of 64 bits.
    pub host: u64,
    /// Those from its site: its network of 24 bits, of IPv6 of 48.
    pub site: u64,
    /// Those from its provider: its network of 16 bits, of IPv6 of 32.
    pub provider: u64,
}

/// Questions about grants.
pub trait GrantReads {
    /// Returns the grant with this id, with the hash of its code.
    fn grant(&self, id: GrantId) -> Result<Option<(Grant, TokenHash)>, StoreError>;
    /// Returns the grant that waits under this user code.
    fn pending_grant(&self, user_code: &TokenHash) -> Result<Option<Grant>, StoreError>;
    /// Counts the requests of devices that have not ended by `now`; around no address there are none.
    fn open_grants(&self, ip: Option<IpAddr>, now: Timestamp) -> Result<OpenGrants, StoreError>;
}

/// Changes to grants.
pub trait GrantWrites {
    /// Adds a grant, with the hash of its code and, of a device's, of its user code.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for a user code that another one waits under.
    fn insert_grant(&self, grant: &Grant, code: &TokenHash, user_code: Option<&TokenHash>) -> Result<(), StoreError>;
    /// Writes how far a grant has come: status, user, interval, last poll, session.
    fn update_grant(&self, grant: &Grant) -> Result<(), StoreError>;
    /// Denies what a user has approved and nobody has collected; counts it.
    fn deny_approved_grants(&self, user: UserId) -> Result<u64, StoreError>;
    /// Removes grants that ended before `before`; counts them.
    fn sweep_grants(&self, before: Timestamp) -> Result<u64, StoreError>;
}
