//! Points in time and the clock that tells them (D-10, I-32).

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

/// A point in time: whole microseconds since 1970 in UTC, in the store as that integer.
///
/// Written as `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`; read also with a blank for the `T`, with any offset or none (which
/// means UTC), and with or without a fraction, as the original server writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// The text is not a point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid time")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// The last instant that can be written in every time zone: the last days of the year 9999.
    const MAX_MICROS: i64 = 253_402_207_199_999_999;

    /// Returns the instant `micros` microseconds after 1970, kept within the years 1970 to 9999.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < 0 {
            Self(0)
        } else if micros > Self::MAX_MICROS {
            Self(Self::MAX_MICROS)
        } else {
            Self(micros)
        }
    }

    /// Returns the microseconds since 1970 that the store keeps.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns whole seconds since 1970: the `NumericDate` of RFC 7519 section 2.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0 / 1_000_000
    }

    /// Returns the instant `span` later, at most the last one.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self::from_micros(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// Returns the instant `span` earlier, at least 1970.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self::from_micros(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// Returns how long after `earlier` this is; nothing if it is not (a clock may jump back, S-09).
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Returns how far this is from `other`, before or after it.
    #[must_use]
    pub fn distance(self, other: Self) -> Duration {
        Duration::from_micros(self.0.abs_diff(other.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_microsecond(self.0).map_err(|_| fmt::Error)?;
        let time = jiff::tz::Offset::UTC.to_datetime(time);
        let (year, micros) = (time.year(), time.subsec_nanosecond() / 1_000);
        let (month, day) = (time.month(), time.day());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}+00:00")
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        // A named zone (RFC 9557) would be overlooked, and the digits taken for UTC.
        if text.contains('[') {
            return Err(InvalidTimestamp);
        }
        let instant = with_plus(text).parse::<jiff::Timestamp>().or_else(|_| {
            let civil = text.parse::<jiff::civil::DateTime>().map_err(|_| InvalidTimestamp)?;
            jiff::tz::Offset::UTC.to_timestamp(civil).map_err(|_| InvalidTimestamp)
        })?;
        let micros = instant.as_microsecond();
        if (0..=Self::MAX_MICROS).contains(&micros) { Ok(Self(micros)) } else { Err(InvalidTimestamp) }
    }
}

/// Puts back the `+` before an offset that a query turned into a blank.
fn with_plus(text: &str) -> std::borrow::Cow<'_, str> {
    match text.split_at_checked(text.len().wrapping_sub(6)) {
        Some((time, offset)) if offset.starts_with(' ') && offset.ends_with(":00") && time.contains('T') => {
            format!("{time}+{}", &offset[1..]).into()
        }
        _ => text.into(),
    }
}

impl TryFrom<String> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(text: String) -> Result<Self, InvalidTimestamp> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.to_string()
    }
}

/// Tells the time; handed in, so that expiry is tested without sleeping.
pub trait Clock: Send + Sync {
    /// Returns the present instant.
    fn now(&self) -> Timestamp;
}

/// A day, in seconds.
pub const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// How long a token shall live: `Nd`, or one of `never`, `none`, `no-expiry`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// No end.
    Never,
    /// This many days, at least one.
    Days(u32),
    /// A day or less, for one piece of work; programs ask for it, nobody types it.
    Seconds(u32),
}

impl Lifetime {
    /// The longest finite lifetime.
    pub const MAX_DAYS: u32 = 3650;

    /// Returns how long that is; nothing is for ever.
    #[must_use]
    pub fn duration(self) -> Option<Duration> {
        match self {
            Self::Never => None,
            Self::Days(days) => Some(Duration::from_secs(u64::from(days) * SECONDS_PER_DAY)),
            Self::Seconds(seconds) => Some(Duration::from_secs(seconds.into())),
        }
    }

    /// Returns the lifetime that lasts this long, which [`Lifetime::duration`] has told; nothing is for ever.
    #[must_use]
    pub fn lasting(span: Option<Duration>) -> Self {
        let Some(seconds) = span.map(|span| span.as_secs()) else { return Self::Never };
        let fits = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        if seconds % SECONDS_PER_DAY == 0 {
            Self::Days(fits(seconds / SECONDS_PER_DAY))
        } else {
            Self::Seconds(fits(seconds))
        }
    }
}

/// The text is no lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLifetime {
    /// It has another form.
    #[error("expected a number of days such as `90d`, or `never`")]
    NotDays,
    /// It is zero.
    #[error("expected at least 1 day, such as `90d`, or `never`")]
    TooShort,
    /// It is beyond counting.
    #[error("expected at most {max} days, or `never`", max = Lifetime::MAX_DAYS)]
    TooLong,
}

impl FromStr for Lifetime {
    type Err = InvalidLifetime;

    fn from_str(text: &str) -> Result<Self, InvalidLifetime> {
        let text = text.trim().to_ascii_lowercase();
        if matches!(text.as_str(), "never" | "none" | "no-expiry") {
            return Ok(Self::Never);
        }
        let is_number = |days: &&str| !days.is_empty() && days.bytes().all(|byte| byte.is_ascii_digit());
        let days = text.strip_suffix('d').filter(is_number).ok_or(InvalidLifetime::NotDays)?;
        match days.parse() {
            Ok(0) => Err(InvalidLifetime::TooShort),
            Ok(days) => Ok(Self::Days(days)),
            Err(_) => Err(InvalidLifetime::TooLong),
        }
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Days(days) => write!(f, "{days}d"),
            Self::Seconds(seconds) => write!(f, "{seconds}s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_the_contract_is_read() {
        let expected = Timestamp::from_micros(1_802_999_701_991_806);
        for text in [
            "2027-02-19T01:15:01.991806+00:00",
            "2027-02-19 01:15:01.991806+00:00",
            "2027-02-19 01:15:01.991806",
            "2027-02-19T01:15:01.991806Z",
            "2027-02-19T02:15:01.991806+01:00",
            "2027-02-19T01:15:01.991806 00:00",
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["2027-02-19T01:15:01[Europe/Paris]", "2027-02-19T01:15:01+01:00[Europe/Paris]", "2027-02-19["] {
            assert_eq!(text.parse::<Timestamp>(), Err(InvalidTimestamp), "{text}");
        }
        assert_eq!(expected.to_string(), "2027-02-19T01:15:01.991806+00:00");
    }

    #[test]
    fn lifetimes_follow_the_grammar() {
        assert_eq!("90d".parse(), Ok(Lifetime::Days(90)));
        for text in ["never", "none", "no-expiry", "NEVER"] {
            assert_eq!(text.parse(), Ok(Lifetime::Never));
        }
        for text in ["", "d", "-1d", "+1d", "1.5d", "90", "1w"] {
            assert_eq!(text.parse::<Lifetime>(), Err(InvalidLifetime::NotDays), "{text}");
        }
        assert_eq!(["0d", "00d"].map(str::parse::<Lifetime>), [const { Err(InvalidLifetime::TooShort) }; 2]);
        assert_eq!("99999999999999d".parse::<Lifetime>(), Err(InvalidLifetime::TooLong));
    }

    #[test]
    fn a_clock_that_jumps_back_gives_no_negative_span() {
        let later = Timestamp::from_micros(2_000_000);
        assert_eq!(Timestamp::from_micros(1).since(later), Duration::ZERO);
        assert_eq!(Timestamp::from_micros(5).minus(Duration::from_secs(9)), Timestamp::from_micros(0));
        assert!(later.plus(Duration::MAX).to_string().starts_with("9999-12-30"));
    }

    proptest! {
        #[test]
        fn display_and_parse_round_trip(micros in 0..=Timestamp::MAX_MICROS) {
            let time = Timestamp::from_micros(micros);
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }

        #[test]
        fn parsing_never_panics(text in any::<String>()) {
            let _ = text.parse::<Timestamp>();
            let _ = text.parse::<Lifetime>();
        }
    }
}
