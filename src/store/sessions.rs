//! Sessions, and what a credential check reads.

use std::net::IpAddr;

use super::StoreError;
use crate::domain::{Expiry, RevokedReason, Session, SessionId, Timestamp, TokenHash, TokenId, User, UserId};

/// Everything a credential check needs, read at once by primary key: the credential and its user.
#[derive(Debug, Clone)]
pub struct StoredCredential {
    /// The hash of the whole token: the authority (D-07).
    pub hash: TokenHash,
    /// Its end.
    pub expiry: Expiry,
    /// Whether somebody ended it.
    pub revoked: bool,
    /// The last recorded use; a session's is not recorded.
    pub last_used: Option<(Timestamp, Option<IpAddr>)>,
    /// Whose rights it carries, as they are now.
    pub user: User,
}

/// Questions about sessions and credentials.
pub trait SessionReads {
    /// Returns what a check of a session token needs.
    fn session_credential(&self, id: SessionId) -> Result<Option<StoredCredential>, StoreError>;
    /// Returns what a check of a personal access token needs.
    fn token_credential(&self, id: TokenId) -> Result<Option<StoredCredential>, StoreError>;
    /// Returns the session with this id.
    fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
    /// Returns the live sessions of a user, newest first.
    fn live_sessions(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError>;
}

/// Changes to sessions.
pub trait SessionWrites {
    /// Adds a session.
    fn insert_session(&self, session: &Session, hash: &TokenHash) -> Result<(), StoreError>;
    /// Ends a live session; tells whether it was live. The first reason stays.
    fn end_session(&self, id: SessionId, reason: RevokedReason, at: Timestamp) -> Result<bool, StoreError>;
    /// Ends the live sessions of a user but `except`; counts them.
    fn end_sessions(
        &self,
        user: UserId,
        except: Option<SessionId>,
        reason: RevokedReason,
        at: Timestamp,
    ) -> Result<u64, StoreError>;
    /// Removes sessions that ended before `before`; counts them.
    fn sweep_sessions(&self, before: Timestamp) -> Result<u64, StoreError>;
}
