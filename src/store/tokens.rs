//! Personal access tokens.

use std::{
    net::IpAddr,
    ops::{Range, RangeInclusive},
};

use super::StoreError;
use crate::domain::{Email, Timestamp, Token, TokenHash, TokenId, UserId, rotation::Replacement, token::TokenStatus};

/// Which tokens of everybody; absent fields do not restrict.
#[derive(Debug, Clone)]
pub struct TokenFilter {
    /// Whose.
    pub user: Option<UserId>,
    /// In which state at the given instant.
    pub status: Option<(TokenStatus, Timestamp)>,
    /// Only those that another token has replaced.
    pub replaced: bool,
    /// Only those that end by this time.
    pub ends_by: Option<Timestamp>,
    /// How long unused.
    pub unused: Option<Unused>,
    /// Only tokens that come after this one in the list; one that is not there is [`StoreError::Missing`].
    pub after: Option<TokenId>,
    /// How many to skip.
    pub offset: u32,
    /// How many at most.
    pub limit: u32,
}

impl Default for TokenFilter {
    /// The first page of everybody's tokens.
    fn default() -> Self {
        Self {
            user: None,
            status: None,
            replaced: false,
            ends_by: None,
            unused: None,
            after: None,
            offset: 0,
            limit: super::PAGE,
        }
    }
}

/// Which live tokens are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveTokens {
    /// Whose.
    pub user: UserId,
    /// Those of `da exec` and of credential helpers, or the others.
    pub brief: bool,
    /// Those that a rotation has replaced and that still work, or the others.
    pub replaced: bool,
    /// When.
    pub at: Timestamp,
}

/// A part of all tokens, and which of them ended long ago.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndedTokens {
    /// The number of the last one that was looked at; nothing when there was none.
    pub last: Option<i64>,
    /// The numbers of those that ended.
    pub ended: Vec<i64>,
}

/// How long a token was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unused {
    /// Never used.
    Ever,
    /// Last used before this instant, or never.
    Since(Timestamp),
}

/// Questions about tokens.
pub trait TokenReads {
    /// Returns the token with this id.
    fn token(&self, id: TokenId) -> Result<Option<Token>, StoreError>;
    /// Returns the token that this one has replaced.
    fn predecessor(&self, id: TokenId) -> Result<Option<Token>, StoreError>;
    /// Returns the tokens of a chain that are newer than `after` and that nobody revoked, oldest first. `chain` is the
    /// first token of the chain, which may be gone.
    fn successors_in_chain(&self, chain: TokenId, after: TokenId) -> Result<Vec<Token>, StoreError>;
    /// Returns a page of tokens with their owners' login names, newest first, ended ones included. No more are read than
    /// that the page ends.
    fn tokens(&self, filter: &TokenFilter) -> Result<Vec<(Token, Email)>, StoreError>;
    /// Counts the tokens that match, whatever page the filter names, but no further than `most`.
    fn count_tokens(&self, filter: &TokenFilter, most: Option<u32>) -> Result<u64, StoreError>;
    /// Counts a user's tokens that nobody revoked, live or not, but no further than `most`.
    fn count_unrevoked_tokens(&self, user: UserId, most: u32) -> Result<u64, StoreError>;
    /// Counts live tokens, but no further than `most`.
    fn count_live_tokens(&self, live: &LiveTokens, most: u32) -> Result<u64, StoreError>;
    /// Looks at `count` tokens behind number `from`, and returns those that ended before `before`.
    fn ended_tokens(&self, from: i64, count: u32, before: Timestamp) -> Result<EndedTokens, StoreError>;
    /// Returns the number of the newest token; they are numbered as they come, from 1, with gaps. 0 without a token.
    fn newest_token_number(&self) -> Result<i64, StoreError>;
    /// Counts the tokens with these numbers that are not revoked and end within `window`.
    fn count_tokens_ending(&self, numbers: RangeInclusive<i64>, window: &Range<Timestamp>) -> Result<u64, StoreError>;
}

/// Changes to tokens.
pub trait TokenWrites {
    /// Adds a token; one that a retired key has signed is refused as [`StoreError::Unavailable`].
    fn insert_token(&self, token: &Token, hash: &TokenHash) -> Result<(), StoreError>;
    /// Ends a token; tells whether it was not ended before, by somebody or with its overlap. The first instant stays
    /// (S-26).
    fn revoke_token(&self, id: TokenId, by: Option<UserId>, at: Timestamp) -> Result<bool, StoreError>;
    /// Ends all tokens of a user that were not ended before; counts them.
    fn revoke_tokens(&self, user: UserId, by: Option<UserId>, at: Timestamp) -> Result<u64, StoreError>;
    /// Puts another token in the place of one; tells whether it was neither ended by anybody nor replaced before.
    fn replace_token(&self, id: TokenId, replaced: &Replacement) -> Result<bool, StoreError>;
    /// Lets a replaced token work until `until`, never past the limit of its overlap.
    fn move_overlap(&self, id: TokenId, until: Timestamp) -> Result<(), StoreError>;
    /// Removes the oldest revoked tokens of a user but the newest `kept`, at most `most` of them; counts them.
    fn trim_revoked_tokens(&self, user: UserId, kept: u32, most: u32) -> Result<u64, StoreError>;
    /// Removes the oldest tokens of a user that ended by themselves but the newest `kept`, at most `most` of them; counts
    /// them.
    fn trim_expired_tokens(&self, user: UserId, kept: u32, most: u32, now: Timestamp) -> Result<u64, StoreError>;
    /// Removes those of the tokens with these numbers that ended before `before`; counts them.
    fn remove_ended_tokens(&self, numbers: &[i64], before: Timestamp) -> Result<u64, StoreError>;
    /// Notes a use in place of the one before.
    fn record_token_use(&self, id: TokenId, at: Timestamp, ip: Option<IpAddr>) -> Result<(), StoreError>;
}
