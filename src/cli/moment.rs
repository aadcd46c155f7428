//! Times as people read them.

use std::{str::FromStr, time::Duration};

use super::span::Span;
use crate::domain::{Clock, Timestamp};

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one home of the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
    }
}

/// Returns `YYYY-MM-DD HH:MM:SS` in UTC.
pub(crate) fn written(time: Timestamp) -> String {
    time.to_string().chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// Returns the written time, or `never`.
pub(crate) fn or_never(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "never".to_owned(), written)
}

/// Returns the written time, or `unknown` where a server does not tell it.
pub(crate) fn or_unknown(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "unknown".to_owned(), written)
}

/// Returns a span in its largest unit, rounded: a token made for 30 days ends in 30 days, not in 29.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let rounded = |unit: u64| (seconds + unit / 2) / unit;
    let (count, unit) = match seconds {
        86_370.. => (rounded(86_400), "day"),
        3_570.. => (rounded(3_600), "hour"),
        60.. => (rounded(60), "minute"),
        _ => (seconds, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Returns when something ends, and how far that is.
pub(crate) fn ending(end: Option<Timestamp>, now: Timestamp) -> String {
    match end {
        None => "never ends".to_owned(),
        Some(end) if end <= now => format!("ended {} UTC, {} ago", written(end), span(now.since(end))),
        Some(end) => format!("ends {} UTC, in {}", written(end), span(end.since(now))),
    }
}

/// A time in the past as it is typed: itself, or how long ago it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeOrSpan {
    At(Timestamp),
    Ago(Duration),
}

impl TimeOrSpan {
    /// Returns the time itself.
    pub(crate) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(span) => now.minus(span),
        }
    }
}

impl FromStr for TimeOrSpan {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "expected a time such as `2026-05-01` or `2026-05-01T12:00:00Z`, or a span such as `2h` or `7d`";
        if let Ok(at) = text.parse().or_else(|_| format!("{text} 00:00:00").parse()) {
            return Ok(Self::At(at));
        }
        text.parse().map(|Span(span)| Self::Ago(span)).map_err(|_| expected)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_written_for_people() {
        let time = Timestamp::from_micros(1_802_999_701_991_806);
        assert_eq!(written(time), "2027-02-19 01:15:01");
        assert_eq!(or_never(None), "never");
        let later = time.plus(Duration::from_secs(3 * 86_400 + 5));
        assert_eq!(ending(Some(later), time), "ends 2027-02-22 01:15:06 UTC, in 3 days");
        assert_eq!(ending(Some(time), later), "ended 2027-02-19 01:15:01 UTC, 3 days ago");
        let table = [(59, "59 seconds"), (60, "1 minute"), (3_569, "59 minutes"), (3_599, "1 hour"), (3_600, "1 hour")];
        for (seconds, expected) in
            table.into_iter().chain([(86_369, "24 hours"), (86_399, "1 day"), (172_000, "2 days")])
        {
            assert_eq!(span(Duration::from_secs(seconds)), expected, "{seconds}");
        }
    }

    #[test]
    fn times_and_spans_are_read() {
        assert_eq!("2h".parse(), Ok(TimeOrSpan::Ago(Duration::from_secs(7_200))));
        assert_eq!("90m".parse(), Ok(TimeOrSpan::Ago(Duration::from_secs(5_400))));
        let at = |text: &str| text.parse::<Timestamp>().map(TimeOrSpan::At).ok();
        assert_eq!("2026-05-01".parse().ok(), at("2026-05-01T00:00:00Z"));
        assert_eq!("2026-05-01T12:00:00+02:00".parse().ok(), at("2026-05-01T10:00:00Z"));
        for text in ["", "d", "-1d", "1w", "soon", "é", "1.5h", "99999999999d"] {
            assert!(text.parse::<TimeOrSpan>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in any::<String>()) {
            let _ = text.parse::<TimeOrSpan>();
        }
    }
}
