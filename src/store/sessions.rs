//! Sessions, and what a credential check reads.

use std::{net::IpAddr, time::Duration};

use super::StoreError;
use crate::domain::{
    Expiry, RevokedReason, Session, SessionId, Timestamp, TokenHash, TokenId, User, UserId, token::CreatedVia,
};

/// Everything a credential check needs, read at once by primary key: the credential and its user.
#[derive(Debug, Clone)]
pub struct StoredCredential {
    /// The hash of the whole token: the authority (D-07).
    pub hash: TokenHash,
    /// Its end.
    pub expiry: Expiry,
    /// Whether somebody ended it, whenever that was: a clock that is set back revives nothing.
    pub revoked: bool,
    /// Until when it goes on working, if another one has replaced it.
    pub replaced_until: Option<Timestamp>,
    /// The last recorded use; of a session without the address.
    pub last_used: Option<(Timestamp, Option<IpAddr>)>,
    /// How long it may rest before it counts as ended.
    pub idle_limit: Option<Duration>,
    /// How a token was created; nothing for a session.
    pub created_via: Option<CreatedVia>,
    /// Whose rights it carries, as they are now.
    pub user: User,
}

/// Which sessions; absent fields do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// Whose.
    pub user: Option<UserId>,
    /// Signed in by this provider.
    pub provider: Option<String>,
    /// Live at this time, or else no longer.
    pub live: Option<(bool, Timestamp)>,
    /// Older than this one; one that is not there is [`StoreError::Missing`].
    pub after: Option<SessionId>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// Questions about sessions and credentials.
pub trait SessionReads {
    /// Returns what a check of a session token needs.
    fn session_credential(&self, id: SessionId) -> Result<Option<StoredCredential>, StoreError>;
    /// Returns what a check of a personal access token needs.
    fn token_credential(&self, id: TokenId) -> Result<Option<StoredCredential>, StoreError>;
    /// Returns the session with this id.
    fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
    /// Returns the hash of the refresh token with which a session is continued, if it can be.
    fn refresh_hash(&self, id: SessionId) -> Result<Option<TokenHash>, StoreError>;
    /// Returns the session that replaced this one, with the hash of its token.
    fn successor(&self, id: SessionId) -> Result<Option<(Session, TokenHash)>, StoreError>;
    /// Counts the sessions of a chain that were replaced and whose tokens end after `since` and not after `until`;
    /// returns also the first of these ends.
    fn replaced_sessions(
        &self,
        id: SessionId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<(u64, Option<Timestamp>), StoreError>;
    /// Returns sessions, newest first; of a chain only its last.
    fn sessions(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError>;
}

/// Changes to sessions.
pub trait SessionWrites {
    /// Adds a session, with the hash of its token and, if it can be continued, of its refresh token. One whose token a
    /// retired key has signed is refused as [`StoreError::Unavailable`].
    fn insert_session(
        &self,
        session: &Session,
        hash: &TokenHash,
        refresh_hash: Option<&TokenHash>,
    ) -> Result<(), StoreError>;
    /// Lets a live session end at `until`, as another one replaces it; tells whether it was live.
    fn replace_session(&self, id: SessionId, until: Timestamp) -> Result<bool, StoreError>;
    /// Notes that a live session was used.
    fn record_session_use(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError>;
    /// Ends the chain that a session belongs to; tells whether it was live. The first reason stays.
    fn end_session(&self, id: SessionId, reason: RevokedReason, at: Timestamp) -> Result<bool, StoreError>;
    /// Ends the live chains of a user but the one that `except` belongs to; counts them. What the user approved and
    /// nobody has collected is denied: it would become a session after the end of all.
    fn end_sessions(
        &self,
        user: UserId,
        except: Option<SessionId>,
        reason: RevokedReason,
        at: Timestamp,
    ) -> Result<u64, StoreError>;
    /// Removes sessions that ended before `before`, and those that were replaced and ended before `replaced_before`;
    /// counts them.
    fn sweep_sessions(&self, before: Timestamp, replaced_before: Timestamp) -> Result<u64, StoreError>;
}
