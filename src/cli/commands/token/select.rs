//! Which token is meant: an id, a prefix, or a name.

use std::time::Duration;

use crate::{
    api::tokens::{ListQuery, TokenItem},
    cli::{
        context::{Context, SignedIn},
        error::CliError,
        pages::each_own_token,
    },
    domain::{Expiry, Timestamp, token::TokenStatus},
};

/// Returns what a token is now.
pub(crate) fn status(token: &TokenItem, now: Timestamp) -> TokenStatus {
    TokenStatus::judge(token.revoked_at, Expiry::from_option(token.expires_at), now)
}

/// Returns what a token is, in a word that the filter `status` knows too; one that works beside its successor is none to
/// build on.
pub(crate) fn word(token: &TokenItem, now: Timestamp) -> &'static str {
    match status(token, now) {
        TokenStatus::Active if token.replaced_by.is_some() => "replaced",
        status => status.as_str(),
    }
}

/// How many candidates of an ambiguous name are shown.
const MOST_SHOWN: usize = 20;

/// Looks for the one token that a text means, page by page: an exact id, else the exact prefix or name of an active
/// token, else of one that has ended, so that revoking twice is no error.
pub(crate) struct Selection<'a> {
    text: &'a str,
    now: Timestamp,
    exact: Option<TokenItem>,
    active: Matches,
    ended: Matches,
}

/// Tokens that match: their number, and the first of them.
#[derive(Default)]
struct Matches {
    count: usize,
    first: Vec<TokenItem>,
}

impl Matches {
    fn add(&mut self, token: TokenItem) {
        self.count += 1;
        if self.first.len() < MOST_SHOWN {
            self.first.push(token);
        }
    }
}

impl<'a> Selection<'a> {
    pub(crate) fn new(text: &'a str, now: Timestamp) -> Self {
        Self { text, now, exact: None, active: Matches::default(), ended: Matches::default() }
    }

    /// Takes what matches of a page.
    pub(crate) fn look_at(&mut self, tokens: impl IntoIterator<Item = TokenItem>) {
        for token in tokens {
            if token.id.as_str() == self.text {
                self.exact = Some(token);
            } else if token.prefix == self.text || token.name == self.text {
                let is_active = status(&token, self.now) == TokenStatus::Active;
                if is_active { &mut self.active } else { &mut self.ended }.add(token);
            }
        }
    }

    /// Returns the token, once every page was looked at.
    pub(crate) fn chosen(self) -> Result<TokenItem, CliError> {
        if let Some(token) = self.exact {
            return Ok(token);
        }
        let mut matches = if self.active.count > 0 { self.active } else { self.ended };
        match (matches.count, matches.first.pop()) {
            (1, Some(one)) => Ok(one),
            (count, Some(last)) => {
                matches.first.push(last);
                Err(ambiguous(self.text, count, &matches.first, self.now))
            }
            (_, None) => Err(CliError::failed(format!("No token matches `{}`", self.text))
                .with_hint("`da token list --all` shows them")),
        }
    }
}

/// Returns the one of the caller's tokens that `text` means; only those that `fits` wants are looked at.
pub(crate) fn select_own(
    ctx: &Context,
    signed_in: &SignedIn,
    text: &str,
    fits: impl Fn(&TokenItem) -> bool,
) -> Result<TokenItem, CliError> {
    let mut selection = Selection::new(text, ctx.now());
    each_own_token(signed_in, &ListQuery::default(), |page| {
        selection.look_at(page.into_iter().filter(&fits));
        Ok(())
    })?;
    selection.chosen()
}

fn ambiguous(text: &str, count: usize, candidates: &[TokenItem], now: Timestamp) -> CliError {
    let mut listed: Vec<_> = candidates.iter().map(|token| described(token, now)).collect();
    if count > listed.len() {
        listed.push(format!("and {} more", count - listed.len()));
    }
    CliError::Ambiguous { what: "tokens", count, name: text.to_owned(), candidates: listed }
}

fn described(token: &TokenItem, now: Timestamp) -> String {
    let made = match token.created_at.map(|made| now.since(made)) {
        None => "at an unknown time".to_owned(),
        Some(age) if age < Duration::from_secs(60) => "just now".to_owned(),
        Some(age) => format!("{} ago", crate::cli::moment::span(age)),
    };
    format!("{}  {}, {}, made {made}", token.id, token.name, status(token, now).as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;
    use crate::{api::RowId, domain::TokenId};

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000_000_000);

    fn token(number: u8, name: &str, revoked: bool) -> TokenItem {
        let id = TokenId::from_bytes([number; 16]);
        TokenItem {
            id: id.into(),
            name: name.to_owned(),
            prefix: id.prefix(),
            created_at: Some(Timestamp::from_micros(0)),
            expires_at: None,
            last_used_at: None,
            revoked_at: revoked.then_some(NOW),
            replaced_by: None,
            overlap_until: None,
            renewable: false,
            created_via: None,
        }
    }

    /// Selects as if each token were a page of its own.
    fn select(tokens: &[TokenItem], text: &str) -> Result<TokenItem, CliError> {
        let mut selection = Selection::new(text, NOW);
        tokens.iter().for_each(|token| selection.look_at([token.clone()]));
        selection.chosen()
    }

    fn selected(tokens: &[TokenItem], text: &str) -> Result<RowId, String> {
        select(tokens, text).map(|token| token.id).map_err(|error| error.to_string())
    }

    #[test]
    fn of_many_candidates_the_first_are_shown_and_all_are_counted() {
        let tokens: Vec<_> = (0..30).map(|number| token(number, "ci", false)).collect();
        let error = select(&tokens, "ci").unwrap_err();
        assert_eq!(error.to_string(), "30 tokens match `ci`");
        assert_eq!((error.candidates().len(), error.candidates()[20].as_str()), (21, "and 10 more"));
    }

    #[test]
    fn an_exact_id_wins_over_a_token_of_that_name() {
        let one = token(1, "ci", false);
        let tokens = [token(2, &one.id.to_string(), false), one.clone()];
        assert_eq!(selected(&tokens, &one.id.to_string()), Ok(one.id.clone()));
    }

    #[test]
    fn active_tokens_win_over_ended_ones() {
        let tokens = [token(1, "ci", true), token(2, "ci", false), token(3, "ci", true)];
        assert_eq!(selected(&tokens, "ci"), Ok(tokens[1].id.clone()));
        assert_eq!(selected(&tokens[..1], "ci"), Ok(tokens[0].id.clone()), "revoking twice is no error");
        assert_eq!(selected(&tokens, "03030303"), Ok(tokens[2].id.clone()));
    }

    #[test]
    fn an_ambiguous_name_is_refused_with_its_candidates() {
        let tokens = [token(1, "ci", false), token(2, "ci", false), token(3, "other", false)];
        let error = select(&tokens, "ci").unwrap_err();
        assert_eq!(error.to_string(), "2 tokens match `ci`");
        let named: Vec<_> = error.candidates().iter().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(named, [tokens[0].id.to_string(), tokens[1].id.to_string()]);
        // A name that is the prefix of another token is as ambiguous as two equal names.
        let tokens = [token(1, "x", false), token(2, "01010101", false)];
        assert!(selected(&tokens, "01010101").is_err());
    }

    #[test]
    fn a_part_of_a_name_or_prefix_selects_nothing() {
        let tokens = [token(1, "ci-main", false)];
        for text in ["ci", "0101", "", "CI-MAIN"] {
            assert!(selected(&tokens, text).unwrap_err().starts_with("No token matches"), "{text}");
        }
    }
}
