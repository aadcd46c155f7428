//! Whole numbers of the command line: what is wrong with one is said in words, not in those of the parser.

use std::{fmt, str::FromStr};

/// Returns a parser of whole numbers from `low` to `high`.
pub(crate) fn between<T>(low: T, high: T) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync
where
    T: FromStr + PartialOrd + Copy + fmt::Display + Send + Sync,
{
    move |text| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_number.then(|| text.parse().ok()).flatten();
        let fits = number.filter(|number| (low..=high).contains(number));
        fits.ok_or_else(|| format!("expected a whole number from {low} to {high}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_bounded_and_refused_in_words() {
        let parse = between(1_u32, 3_600);
        assert_eq!((parse("1"), parse("3600"), parse("007")), (Ok(1), Ok(3_600), Ok(7)));
        for text in ["", "0", "3601", "-1", "+1", "1.5", "ten", "0x1", "99999999999999999999", "\u{661}"] {
            assert_eq!(parse(text), Err("expected a whole number from 1 to 3600".to_owned()), "{text}");
        }
    }
}
