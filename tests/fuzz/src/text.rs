//! The words of the domain: times, names, addresses, ids.

use std::{fmt::Display, str::FromStr};

use da::{
    client::ServerUrl,
    domain::{
        DisplayName, Email, Lifetime, Role, Timestamp, TokenId, TokenName,
        text::{has_control, shown},
    },
    server::address::TrustedProxy,
};
use url::Url;

use super::is_harmless;

/// Each word is read in one way and written in one way.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    stable::<TokenId>(text);
    stable::<Lifetime>(text);
    stable::<TrustedProxy>(text);
    assert!(stable::<Role>(text).is_none_or(|role| role.as_str() == text));
    for name in [
        stable::<TokenName>(text).map(|name| name.to_string()),
        stable::<DisplayName>(text).map(|name| name.to_string()),
    ]
    .into_iter()
    .flatten()
    {
        assert!(!has_control(&name) && name.chars().count() <= 200 && name == text.trim());
    }
    if let Some(email) = stable::<Email>(text) {
        let twin = email.as_str().to_uppercase();
        assert!(!email.as_str().is_ascii() || twin.parse() == Ok(email.clone()), "case makes no second account");
        assert_eq!(email.shown().parse(), Ok(email.clone()), "what people are shown names the same account");
        assert!(email.as_str().contains('@') && is_harmless(email.as_str()) && !email.local_part().is_empty());
    }
    if let Some(server) = stable::<ServerUrl>(text) {
        let url = Url::parse(server.as_str()).expect("a URL");
        assert_eq!(url.origin().ascii_serialization(), server.origin());
        assert_eq!(url.host_str().unwrap_or_default().trim_matches(['[', ']']), server.host());
        let below = Url::parse(&server.join("/auth/me")).expect("a URL");
        assert_eq!(below.origin(), url.origin());
        assert!(below.path().ends_with("/auth/me") && below.query().is_none() && below.username().is_empty());
    }
    time(text);
    assert!(is_harmless(&shown(text)));
    assert_eq!(shown(text).chars().count(), text.chars().count());
}

/// What is read is written, and what was written is read as the same.
pub fn stable<T: FromStr<Err: std::fmt::Debug> + Display + PartialEq>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    let again = value.to_string().parse::<T>().expect("what was written can be read");
    assert!(again == value, "{text:?} became {again}");
    Some(value)
}

/// A time means what its digits say, with its offset or in UTC.
fn time(text: &str) {
    let read = stable::<Timestamp>(text);
    match (reference(text), read) {
        (Some(expected), Some(time)) => assert_eq!(expected, time.as_micros(), "{text:?}"),
        // Before 1970, after 9999, or a day that the month has not.
        (Some(expected), None) => {
            assert!(!(0..=253_402_207_199_999_999).contains(&expected) || !is_date(text), "{text:?}")
        }
        (None, Some(_)) => assert!(!text.contains('['), "a zone is not read, so it must not be overlooked: {text:?}"),
        (None, None) => {}
    }
}

/// Reads `YYYY-MM-DDTHH:MM:SS[.f][Z or an offset]`, with a blank or `T` in the middle, by hand.
fn reference(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = bytes.get(from..to)?;
        digits.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    for (at, expected) in [(4, b"-".as_slice()), (7, b"-"), (10, b"T "), (13, b":"), (16, b":")] {
        bytes.get(at).filter(|byte| expected.contains(byte))?;
    }
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = &text[19..];
    let mut micros = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
        if !(1..=9).contains(&end) {
            return None;
        }
        micros = format!("{:0<6}", &fraction[..end]).get(..6)?.parse().ok()?;
        rest = &fraction[end..];
    }
    let offset = match rest.as_bytes() {
        [] | [b'Z'] => 0,
        [sign @ (b'+' | b'-'), a @ b'0'..=b'2', b @ b'0'..=b'9', b':', c @ b'0'..=b'5', d @ b'0'..=b'9'] => {
            let digit = |byte: &u8| i64::from(byte - b'0');
            let minutes = (digit(a) * 10 + digit(b)) * 60 + digit(c) * 10 + digit(d);
            if minutes >= 24 * 60 {
                return None;
            }
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + (minute - offset) * 60 + second;
    Some(seconds * 1_000_000 + micros)
}

/// Counts the days from 1970 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Tells whether the month has the day.
fn is_date(text: &str) -> bool {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<i64>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0..4), part(5..7), part(8..10)) else { return false };
    let next = if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) };
    days(year, month, day) < next
}
