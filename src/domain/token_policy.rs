//! How long a token may live: the one rule for the API, the pages, first tokens and whatever else makes tokens (C-18).

use serde::{Deserialize, Serialize};

use super::Lifetime;

/// As [`super::time::SECONDS_PER_DAY`], in the type of lifetimes.
const SECONDS_PER_DAY: u32 = 24 * 60 * 60;

/// A lifetime as the wire asks for it: absent and null mean different things.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<i64>", into = "Option<i64>")]
pub enum AskedLifetime {
    /// Nothing was said.
    #[default]
    Absent,
    /// No end.
    Never,
    /// So many days, judged by [`TokenPolicy::lifetime`].
    Days(i64),
    /// So many seconds, judged alike; a field of its own on the wire.
    Seconds(i64),
}

impl AskedLifetime {
    /// Tells whether nothing was said.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        *self == Self::Absent
    }
}

impl From<Option<i64>> for AskedLifetime {
    fn from(days: Option<i64>) -> Self {
        days.map_or(Self::Never, Self::Days)
    }
}

impl From<AskedLifetime> for Option<i64> {
    fn from(asked: AskedLifetime) -> Self {
        match asked {
            AskedLifetime::Absent | AskedLifetime::Never | AskedLifetime::Seconds(_) => None,
            AskedLifetime::Days(days) => Some(days),
        }
    }
}

impl From<Lifetime> for AskedLifetime {
    fn from(lifetime: Lifetime) -> Self {
        match lifetime {
            Lifetime::Never => Self::Never,
            Lifetime::Days(days) => Self::Days(days.into()),
            Lifetime::Seconds(seconds) => Self::Seconds(seconds.into()),
        }
    }
}

/// Why a lifetime is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedLifetime {
    /// It is no positive number.
    #[error("expires_in_days must be a positive integer")]
    NotPositive,
    /// It is above [`Lifetime::MAX_DAYS`].
    #[error("expires_in_days must not exceed {max} (10 years)", max = Lifetime::MAX_DAYS)]
    TooLong,
    /// It is no span that can be asked for in seconds.
    #[error("expires_in_seconds must be from 60 to {max} (10 years)", max = TokenPolicy::SECONDS.end())]
    NotSeconds,
    /// It is above what the operator set.
    #[error("expires_in_days must not exceed {max}, the maximum that this server sets for tokens")]
    BeyondMaximum {
        /// The maximum in days.
        max: u32,
    },
    /// It has no end, where the operator set a maximum.
    #[error("Tokens of this server end: expires_in_days must be a number up to {max}")]
    Endless {
        /// The maximum in days.
        max: u32,
    },
}

/// The operator's rule (`token_max_days`). It is for tokens to come; those that are there keep their end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenPolicy {
    max_days: Option<u32>,
}

impl TokenPolicy {
    /// The days a token lives when its maker says nothing, if the maximum allows.
    pub const DEFAULT_DAYS: u32 = 90;

    /// The lifetimes that can be asked for in seconds.
    const SECONDS: std::ops::RangeInclusive<u32> = 60..=Lifetime::MAX_DAYS * SECONDS_PER_DAY;

    /// Sets the maximum in days; 0 is none beyond [`Lifetime::MAX_DAYS`].
    #[must_use]
    pub fn new(max_days: u32) -> Self {
        Self { max_days: (max_days > 0).then_some(max_days) }
    }

    /// Returns the maximum in days, if there is one.
    #[must_use]
    pub fn max_days(self) -> Option<u32> {
        self.max_days
    }

    /// Returns the lifetime when nothing is said.
    #[must_use]
    pub fn default_lifetime(self) -> Lifetime {
        self.capped(Lifetime::Days(Self::DEFAULT_DAYS))
    }

    /// Judges the lifetime that is asked for.
    ///
    /// # Errors
    /// Why it is refused: a longer life than is allowed is never cut in silence.
    pub fn lifetime(self, asked: AskedLifetime) -> Result<Lifetime, RefusedLifetime> {
        match (asked, self.max_days) {
            (AskedLifetime::Absent, _) => Ok(self.default_lifetime()),
            (AskedLifetime::Never, None) => Ok(Lifetime::Never),
            (AskedLifetime::Never, Some(max)) => Err(RefusedLifetime::Endless { max }),
            (AskedLifetime::Seconds(seconds), max) => match (u32::try_from(seconds), max) {
                (Ok(seconds), Some(max)) if seconds > max.saturating_mul(SECONDS_PER_DAY) => {
                    Err(RefusedLifetime::BeyondMaximum { max })
                }
                (Ok(seconds), _) if Self::SECONDS.contains(&seconds) => Ok(Lifetime::Seconds(seconds)),
                _ => Err(RefusedLifetime::NotSeconds),
            },
            (AskedLifetime::Days(days), _) if days <= 0 => Err(RefusedLifetime::NotPositive),
            (AskedLifetime::Days(days), max) => match (u32::try_from(days), max) {
                (Ok(days), None) if days > Lifetime::MAX_DAYS => Err(RefusedLifetime::TooLong),
                (Err(_), None) => Err(RefusedLifetime::TooLong),
                (Ok(days), Some(max)) if days > max => Err(RefusedLifetime::BeyondMaximum { max }),
                (Err(_), Some(max)) => Err(RefusedLifetime::BeyondMaximum { max }),
                (Ok(days), _) => Ok(Lifetime::Days(days)),
            },
        }
    }

    /// Returns the lifetime that comes nearest to a wanted one: for tokens whose life nobody chose.
    #[must_use]
    pub fn capped(self, wanted: Lifetime) -> Lifetime {
        match (wanted, self.max_days) {
            (Lifetime::Never, Some(max)) => Lifetime::Days(max),
            (Lifetime::Days(days), Some(max)) => Lifetime::Days(days.min(max)),
            (Lifetime::Seconds(seconds), Some(max)) => {
                Lifetime::Seconds(seconds.min(max.saturating_mul(SECONDS_PER_DAY)))
            }
            (wanted, _) => wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_days_are_refused_and_null_is_never() {
        let free = TokenPolicy::new(0);
        assert_eq!(free.lifetime(AskedLifetime::Absent), Ok(Lifetime::Days(90)));
        assert_eq!(free.lifetime(AskedLifetime::Never), Ok(Lifetime::Never));
        assert_eq!(free.lifetime(AskedLifetime::Days(3650)), Ok(Lifetime::Days(3650)));
        for days in [0, -1, i64::MIN] {
            assert_eq!(free.lifetime(AskedLifetime::Days(days)), Err(RefusedLifetime::NotPositive), "{days}");
        }
        for days in [3651, i64::from(u32::MAX) + 1, i64::MAX] {
            assert_eq!(free.lifetime(AskedLifetime::Days(days)), Err(RefusedLifetime::TooLong), "{days}");
        }
    }

    #[test]
    fn a_lifetime_in_seconds_is_a_minute_to_the_maximum() {
        for seconds in [60, 3_600, 86_400] {
            let asked = AskedLifetime::Seconds(seconds.into());
            assert_eq!(TokenPolicy::new(1).lifetime(asked), Ok(Lifetime::Seconds(seconds)));
        }
        for seconds in [86_401, 315_360_000] {
            let asked = AskedLifetime::Seconds(seconds.into());
            assert_eq!(TokenPolicy::default().lifetime(asked), Ok(Lifetime::Seconds(seconds)));
            assert_eq!(TokenPolicy::new(1).lifetime(asked), Err(RefusedLifetime::BeyondMaximum { max: 1 }));
        }
        for seconds in [59, 0, -1, 315_360_001, i64::MAX, i64::MIN] {
            let refused = TokenPolicy::default().lifetime(AskedLifetime::Seconds(seconds));
            assert_eq!(refused, Err(RefusedLifetime::NotSeconds), "{seconds}");
        }
        assert_eq!(
            RefusedLifetime::NotSeconds.to_string(),
            "expires_in_seconds must be from 60 to 315360000 (10 years)"
        );
        assert_eq!(TokenPolicy::new(1).capped(Lifetime::Seconds(60)), Lifetime::Seconds(60));
        assert_eq!(TokenPolicy::new(1).capped(Lifetime::Seconds(86_401)), Lifetime::Seconds(86_400));
    }

    #[test]
    fn a_maximum_refuses_what_is_longer_and_shortens_the_default() {
        let month = TokenPolicy::new(30);
        assert_eq!(month.lifetime(AskedLifetime::Absent), Ok(Lifetime::Days(30)));
        assert_eq!(TokenPolicy::new(365).lifetime(AskedLifetime::Absent), Ok(Lifetime::Days(90)));
        assert_eq!(month.lifetime(AskedLifetime::Days(30)), Ok(Lifetime::Days(30)));
        for days in [31, 3651, i64::MAX] {
            let refused = Err(RefusedLifetime::BeyondMaximum { max: 30 });
            assert_eq!(month.lifetime(AskedLifetime::Days(days)), refused, "{days}");
        }
        assert_eq!(month.lifetime(AskedLifetime::Never), Err(RefusedLifetime::Endless { max: 30 }));
        assert_eq!(month.lifetime(AskedLifetime::Days(0)), Err(RefusedLifetime::NotPositive));
        assert_eq!(
            (month.capped(Lifetime::Never), month.capped(Lifetime::Days(31))),
            (Lifetime::Days(30), Lifetime::Days(30))
        );
    }
}
