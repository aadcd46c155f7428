//! Which token is meant: an id, a prefix, or a name.

use std::time::Duration;

use crate::{
    api::tokens::TokenItem,
    cli::error::CliError,
    domain::{Expiry, Timestamp, token::TokenStatus},
};

/// Returns what a token is now.
pub(crate) fn status(token: &TokenItem, now: Timestamp) -> TokenStatus {
    TokenStatus::judge(token.revoked_at, Expiry::from_option(token.expires_at), now)
}

/// Returns the one token that `text` means: an exact id, else the exact prefix or name of an active token, else of one
/// that has ended, so that revoking twice is no error.
pub(crate) fn select<'a>(tokens: &'a [TokenItem], text: &str, now: Timestamp) -> Result<&'a TokenItem, CliError> {
    if let Some(token) = tokens.iter().find(|token| token.id.to_string() == text) {
        return Ok(token);
    }
    let matching = || tokens.iter().filter(|token| token.prefix == text || token.name == text);
    let active: Vec<_> = matching().filter(|token| status(token, now) == TokenStatus::Active).collect();
    let candidates = if active.is_empty() { matching().collect() } else { active };
    match candidates.as_slice() {
        [] => Err(CliError::failed(format!("No token matches `{text}`")).with_hint("`da token list --all` shows them")),
        [one] => Ok(one),
        many => Err(ambiguous(text, many, now)),
    }
}

fn ambiguous(text: &str, candidates: &[&TokenItem], now: Timestamp) -> CliError {
    let listed = candidates.iter().map(|token| described(token, now)).collect();
    CliError::Ambiguous { what: "tokens", name: text.to_owned(), candidates: listed }
}

fn described(token: &TokenItem, now: Timestamp) -> String {
    let age = now.since(token.created_at);
    let made = if age < Duration::from_secs(60) {
        "just now".to_owned()
    } else {
        format!("{} ago", crate::cli::moment::span(age))
    };
    format!("{}  {}, {}, made {made}", token.id, token.name, status(token, now).as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;
    use crate::domain::TokenId;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000_000_000);

    fn token(number: u8, name: &str, revoked: bool) -> TokenItem {
        let id = TokenId::from_bytes([number; 16]);
        TokenItem {
            id,
            name: name.to_owned(),
            prefix: id.prefix(),
            created_at: Timestamp::from_micros(0),
            expires_at: None,
            last_used_at: None,
            revoked_at: revoked.then_some(NOW),
            replaced_by: None,
            overlap_until: None,
            renewable: false,
            created_via: None,
        }
    }

    fn selected(tokens: &[TokenItem], text: &str) -> Result<TokenId, String> {
        select(tokens, text, NOW).map(|token| token.id).map_err(|error| error.to_string())
    }

    #[test]
    fn an_exact_id_wins_over_a_token_of_that_name() {
        let one = token(1, "ci", false);
        let tokens = [token(2, &one.id.to_string(), false), one.clone()];
        assert_eq!(selected(&tokens, &one.id.to_string()), Ok(one.id));
    }

    #[test]
    fn active_tokens_win_over_ended_ones() {
        let tokens = [token(1, "ci", true), token(2, "ci", false), token(3, "ci", true)];
        assert_eq!(selected(&tokens, "ci"), Ok(tokens[1].id));
        assert_eq!(selected(&tokens[..1], "ci"), Ok(tokens[0].id), "revoking twice is no error");
        assert_eq!(selected(&tokens, "03030303"), Ok(tokens[2].id));
    }

    #[test]
    fn an_ambiguous_name_is_refused_with_its_candidates() {
        let tokens = [token(1, "ci", false), token(2, "ci", false), token(3, "other", false)];
        let error = select(&tokens, "ci", NOW).unwrap_err();
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
