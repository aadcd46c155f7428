//! A length of time as it is typed: `45s`, `30m`, `2h`, `7d`.

use std::{str::FromStr, time::Duration};

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

/// The text is no length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a span such as `30m`, `2h` or `7d`")]
pub(crate) struct InvalidSpan;

impl FromStr for Span {
    type Err = InvalidSpan;

    fn from_str(text: &str) -> Result<Self, InvalidSpan> {
        let seconds = match text.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            _ if text == "0" => return Ok(Self(Duration::ZERO)),
            _ => return Err(InvalidSpan),
        };
        let count = text.get(..text.len() - 1).filter(|count| count.bytes().all(|byte| byte.is_ascii_digit()));
        let count: u32 = count.and_then(|count| count.parse().ok()).ok_or(InvalidSpan)?;
        Ok(Self(Duration::from_secs(u64::from(count) * seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_follow_the_grammar() {
        for (text, seconds) in [("0", 0), ("45s", 45), ("30m", 1_800), ("2h", 7_200), ("7d", 604_800), ("0d", 0)] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_secs(seconds))), "{text}");
        }
        for text in ["", "h", "2", "-2h", "+2h", "2w", "2 h", "1.5h", "99999999999h", "é"] {
            assert_eq!(text.parse::<Span>(), Err(InvalidSpan), "{text}");
        }
    }
}
