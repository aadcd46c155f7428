//! How many tokens a user may hold, and how long ended ones are kept (D-38).
//!
//! A user holds at most `token_limit` live tokens. The tokens of `da exec` and of credential helpers have a limit of their
//! own of the same size, so that a build server does not use up its owner's tokens. A token that a rotation has replaced
//! counts apart in the same way, so that rotation works at the limit, and an endless chain of rotations does not.
//!
//! Every check runs in the transaction that adds the token: parallel requests cannot pass the limit together.

use std::time::Duration;

use super::{App, AppError};
use crate::{
    domain::{Timestamp, UserId, time::SECONDS_PER_DAY, token::CreatedVia},
    store::{Reader, Writer, tokens::LiveTokens},
};

/// How many ended tokens of a user are kept for each live one that is allowed: the newest ones.
const ENDED_PER_LIVE: u32 = 10;
/// How many ended tokens one creation removes at most: more than it adds, and a bounded share of the writer's time.
const REMOVED_AT_ONCE: u32 = 100;
/// How many tokens one step of the sweep looks at.
const STEP: u32 = 10_000;

/// The setting `token_limit`; 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenLimit(pub u32);

impl TokenLimit {
    /// The limit where nothing is set.
    pub const DEFAULT: Self = Self(1_000);

    /// Refuses one more token of `user` if there are as many as allowed.
    ///
    /// # Errors
    /// [`AppError::TokenLimitReached`], [`AppError::Store`].
    pub(super) fn admit(
        self,
        reader: &dyn Reader,
        user: UserId,
        via: CreatedVia,
        now: Timestamp,
    ) -> Result<(), AppError> {
        self.check(reader, LiveTokens { user, brief: via.is_brief(), replaced: false, at: now })
    }

    /// Refuses to replace one more token of `user` if as many replaced ones as allowed still work.
    ///
    /// # Errors
    /// As [`TokenLimit::admit`].
    pub(super) fn admit_rotation(
        self,
        reader: &dyn Reader,
        user: UserId,
        via: CreatedVia,
        now: Timestamp,
    ) -> Result<(), AppError> {
        self.check(reader, LiveTokens { user, brief: via.is_brief(), replaced: true, at: now })
    }

    fn check(self, reader: &dyn Reader, live: LiveTokens) -> Result<(), AppError> {
        let Self(limit) = self;
        // Most users have fewer tokens that are not revoked than they may have live ones: the index alone tells that.
        if limit == 0 || reader.count_unrevoked_tokens(live.user, limit)? < u64::from(limit) {
            return Ok(());
        }
        if reader.count_live_tokens(&live, limit)? < u64::from(limit) {
            return Ok(());
        }
        Err(AppError::TokenLimitReached { limit, brief: live.brief, replaced: live.replaced })
    }

    /// Removes the oldest ended tokens of a user who has too many of them, after one was added: who creates and revokes in
    /// a loop does not fill the store.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub(super) fn trim(self, writer: &dyn Writer, user: UserId, now: Timestamp) -> Result<(), AppError> {
        let Self(limit) = if self.0 == 0 { Self::DEFAULT } else { self };
        let kept = limit.saturating_mul(ENDED_PER_LIVE);
        writer.trim_revoked_tokens(user, kept, REMOVED_AT_ONCE)?;
        if writer.count_unrevoked_tokens(user, kept)? >= u64::from(kept) {
            writer.trim_expired_tokens(user, kept, REMOVED_AT_ONCE, now)?;
        }
        Ok(())
    }
}

impl App {
    /// Removes tokens that ended longer ago than they are kept; counts them. It finds them with readers, and keeps the
    /// writer for a moment at a time.
    ///
    /// # Errors
    /// [`AppError::Store`].
    pub fn sweep_tokens(&self) -> Result<u64, AppError> {
        let Some(days) = self.settings.ended_token_days else { return Ok(0) };
        let before = self.clock.now().minus(Duration::from_secs(u64::from(days) * SECONDS_PER_DAY));
        let (mut from, mut removed) = (0, 0);
        loop {
            let step = self.store.read(|reader| Ok::<_, AppError>(reader.ended_tokens(from, STEP, before)?))?;
            let Some(last) = step.last else { return Ok(removed) };
            from = last;
            for numbers in step.ended.chunks(REMOVED_AT_ONCE as usize) {
                let numbers = numbers.to_vec();
                removed +=
                    self.store.write(move |writer| Ok::<_, AppError>(writer.remove_ended_tokens(&numbers, before)?))?;
            }
        }
    }
}
