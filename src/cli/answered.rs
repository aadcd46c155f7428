//! Checks that an answer contains what was asked for: the one place for the rule.
//!
//! An older or foreign server ignores what it does not know in a request, and answers with success. An option that its
//! answer does not confirm was therefore not carried out: the command achieves it in another way, or takes back what it
//! did and fails. Where no answer could confirm it, nothing is claimed.

use std::time::Duration;

use super::error::CliError;
use crate::{
    api::{logins, tokens::CreateResponse},
    client::{Client, ClientError},
    domain::{Lifetime, Timestamp},
};

/// How far the end of a token may be from what was asked for: a server may count from another instant than it tells.
const TOLERANCE: Duration = Duration::from_secs(120);

/// An option that the server did not carry out.
#[derive(Debug)]
pub(crate) struct Ignored {
    option: &'static str,
    instead: String,
}

/// Checks an option; `instead` says what the server did.
pub(crate) fn check(option: &'static str, is_kept: bool, instead: impl Into<String>) -> Result<(), Ignored> {
    if is_kept { Ok(()) } else { Err(Ignored { option, instead: instead.into() }) }
}

impl Ignored {
    /// Returns the error of the command. `undone` is what has been taken back, such as `The token was revoked`; if that
    /// failed, `left` is what is left to do.
    pub(crate) fn undone(self, undo: Result<(), CliError>, undone: &str, left: &str) -> CliError {
        let message = format!("The server did not carry out `{}`: {}", self.option, self.instead);
        match undo {
            Ok(()) => CliError::failed(message)
                .with_hint(format!("{undone} again; the server may be too old for this, or another program")),
            Err(error) => CliError::failed(format!("{message}. {left}: {}", error.message()))
                .with_hint(format!("{left} yourself")),
        }
    }

    /// Returns the error of a command that has nothing to take back.
    pub(crate) fn error(self) -> CliError {
        CliError::failed(format!("The server did not carry out `{}`: {}", self.option, self.instead))
            .with_hint("The server may be too old for this, or another program")
    }
}

/// Checks how long a new token lives; `now` stands for the time of its creation if the answer does not tell it.
pub(crate) fn check_lifetime(
    option: &'static str,
    asked: Option<Lifetime>,
    created: &CreateResponse,
    now: Timestamp,
) -> Result<(), Ignored> {
    let Some(asked) = asked else { return Ok(()) };
    let made = created.created_at.unwrap_or(now);
    let is_kept = match (asked.duration(), created.expires_at) {
        (None, end) => end.is_none(),
        (Some(_), None) => false,
        (Some(span), Some(end)) => is_near(made.plus(span), end),
    };
    let instead = match created.expires_at {
        None => "it made a token that never ends".to_owned(),
        Some(end) => format!("it made a token that ends {} UTC", super::moment::written(end)),
    };
    check(option, is_kept, instead)
}

/// Tells whether a token ends when it was asked to, or before.
pub(crate) fn ends_by(end: Option<Timestamp>, latest: Timestamp) -> bool {
    end.is_some_and(|end| end <= latest.plus(TOLERANCE))
}

fn is_near(one: Timestamp, other: Timestamp) -> bool {
    one.since(other) <= TOLERANCE && other.since(one) <= TOLERANCE
}

/// Tells whether the server is a `da`: only a `da` has a route that says who the caller is, and refuses with its codes.
pub(crate) fn is_da(client: &Client) -> bool {
    match client.get::<logins::Me>(()) {
        Ok(_) => true,
        Err(ClientError::Http(failure)) => !matches!(failure.status, 404 | 405) && failure.has_known_code(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Secret, TokenId};

    fn created(end_after: Option<u64>) -> CreateResponse {
        let made = Timestamp::from_micros(1_000_000_000_000_000);
        CreateResponse {
            id: TokenId::random().into(),
            name: "n".to_owned(),
            prefix: String::new(),
            token: Secret::new("t".to_owned()),
            expires_at: end_after.map(|seconds| made.plus(Duration::from_secs(seconds))),
            created_at: Some(made),
            created_via: None,
        }
    }

    #[test]
    fn a_lifetime_is_kept_when_the_end_is_the_one_that_was_asked_for() {
        const DAY: u64 = 86_400;
        let table = [
            (None, None, true),
            (None, Some(5), true),
            (Some(Lifetime::Never), None, true),
            (Some(Lifetime::Never), Some(90 * DAY), false),
            (Some(Lifetime::Days(30)), Some(30 * DAY), true),
            (Some(Lifetime::Days(30)), Some(30 * DAY - 60), true),
            (Some(Lifetime::Days(30)), Some(90 * DAY), false),
            (Some(Lifetime::Days(30)), Some(DAY), false),
            (Some(Lifetime::Days(30)), None, false),
            (Some(Lifetime::Seconds(3_600)), Some(DAY), false),
        ];
        for (asked, end, kept) in table {
            let now = Timestamp::from_micros(0);
            assert_eq!(check_lifetime("--ttl", asked, &created(end), now).is_ok(), kept, "{asked:?} {end:?}");
        }
    }

    #[test]
    fn the_error_says_what_was_taken_back_or_is_left_to_do() {
        let ignored = || check("--renewable", false, "it made another").expect_err("ignored");
        let done = ignored().undone(Ok(()), "The token was revoked", "Revoke the token");
        assert_eq!(done.to_string(), "The server did not carry out `--renewable`: it made another");
        assert!(done.hint().unwrap_or_default().starts_with("The token was revoked again"));
        let left = ignored().undone(Err(CliError::failed("no")), "The token was revoked", "Revoke the token");
        assert!(left.to_string().ends_with("it made another. Revoke the token: No"), "{left}");
    }
}
