//! Rotation of a token: old and new work side by side until the old one falls silent, or the overlap ends (O-06).

use std::time::Duration;

use super::{Expiry, Timestamp, TokenId, time::SECONDS_PER_DAY};

/// The overlap when nothing is said.
pub const DEFAULT_OVERLAP: Duration = Duration::from_secs(SECONDS_PER_DAY);
/// The longest overlap.
pub const MAX_OVERLAP: Duration = Duration::from_secs(30 * SECONDS_PER_DAY);
/// The least silence that says something: uses are noted once a minute, and many a job runs once an hour.
const LEAST_SILENCE: Duration = Duration::from_secs(60 * 60);
/// The part of the overlap that counts as silence.
const SILENCE_PART: u32 = 10;

/// What a rotation put in the place of a token, and until when the old token works on.
///
/// `until` is the whole rule when a token is checked: one comparison, of what the token's own row says. It stands at
/// `limit` first. With the first use of the new token it moves to the end of one silence from then, and with each later
/// use of the old one again, never past `limit`; so the old one ends as soon as it was silent for a tenth of the overlap
/// (at least an hour) after the new one came into use. Once `until` has passed, nothing moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replacement {
    /// The new token.
    pub by: TokenId,
    /// The old one is refused from then on.
    pub until: Timestamp,
    /// The end of the overlap.
    pub limit: Timestamp,
}

impl Replacement {
    /// Begins an overlap; a token that ends before it does so still.
    #[must_use]
    pub fn begin(by: TokenId, now: Timestamp, overlap: Duration, expiry: Expiry) -> Self {
        let end = now.plus(overlap);
        let limit = expiry.to_option().map_or(end, |expiry| expiry.min(end));
        Self { by, until: limit, limit }
    }

    /// Returns how long the old token may rest; the overlap began at `began`.
    #[must_use]
    pub fn silence(&self, began: Timestamp) -> Duration {
        (self.limit.since(began) / SILENCE_PART).max(LEAST_SILENCE)
    }

    /// Tells whether the old token is refused by now.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    /// Returns the end after the first use of the new token.
    #[must_use]
    pub fn taken_up(self, began: Timestamp, at: Timestamp) -> Self {
        Self { until: self.limit.min(at.plus(self.silence(began))), ..self }
    }

    /// Returns the end after a use of the old token.
    #[must_use]
    pub fn still_used(self, began: Timestamp, at: Timestamp) -> Self {
        Self { until: self.until.max(self.taken_up(began, at).until), ..self }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: u64 = 3_600;

    fn at(hours: u64) -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000).plus(Duration::from_secs(hours * HOUR))
    }

    fn begun(hours: u64, expiry: Expiry) -> Replacement {
        Replacement::begin(TokenId::from_bytes([1; 16]), at(0), Duration::from_secs(hours * HOUR), expiry)
    }

    #[test]
    fn the_old_one_ends_when_it_falls_silent() {
        let begun = begun(100, Expiry::Never);
        assert_eq!((begun.until, begun.limit), (at(100), at(100)));
        assert_eq!(begun.still_used(at(0), at(5)).until, at(100), "the new one is not in use yet");
        let used = begun.taken_up(at(0), at(20));
        assert_eq!(used.until, at(30));
        assert_eq!(used.still_used(at(0), at(29)).until, at(39));
        assert_eq!(used.still_used(at(0), at(19)).until, at(30), "a use that is told of late takes nothing away");
        assert_eq!(used.still_used(at(0), at(95)).until, at(100));
        assert!(!used.is_over(at(29)) && used.is_over(at(30)));
    }

    #[test]
    fn an_hour_is_the_least_silence_and_the_token_ends_when_it_ends() {
        assert_eq!(begun(2, Expiry::Never).taken_up(at(0), at(0)).until, at(1));
        assert_eq!(begun(1, Expiry::Never).taken_up(at(0), at(0)).until, at(1));
        assert_eq!(begun(100, Expiry::At(at(10))).limit, at(10));
        assert!(begun(0, Expiry::Never).is_over(at(0)));
    }

    proptest! {
        #[test]
        fn no_use_moves_the_end_past_the_limit(hours in 0..800_u64, uses in prop::collection::vec((any::<bool>(), 0..900_u64), 0..20)) {
            let mut replaced = begun(hours, Expiry::Never);
            for (old, hour) in uses {
                let step = if old { Replacement::still_used } else { Replacement::taken_up };
                replaced = step(replaced, at(0), at(hour));
                prop_assert!(replaced.until <= replaced.limit);
            }
        }
    }
}
