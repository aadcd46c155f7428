//! Times as people read them.

use std::time::Duration;

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

#[cfg(test)]
mod tests {
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
}
