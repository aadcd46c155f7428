//! `/tokens`: one's own tokens.

use askama::Template;
use http::Response;
use serde::{Deserialize, Serialize};

use super::{
    Frame, PAGE_ROWS, Refusal, address, cut, form_token, page, read, refused, see, shown, shown::Moment, unknown_action,
};
use crate::{
    app::{AppError, tokens::NewToken},
    domain::{AskedLifetime, Lifetime, Secret, Timestamp, Token, TokenId, TokenPolicy},
    server::{call::Call, edge::Body, error::ServerError, mount::PageRequest},
    store::TokenFilter,
};

#[derive(Template)]
#[template(path = "tokens.html", config = ".askama.toml")]
struct TokensPage<'a> {
    frame: &'a Frame<'a>,
    query: &'a TokensQuery,
    choices: Vec<Choice>,
    max_days: Option<u32>,
    tokens: Vec<Card>,
    next: Option<String>,
    revealed: Option<Revealed>,
    refusal: Option<&'a Refusal>,
}

/// A token just made; its plain form is in this one answer and nowhere else.
struct Revealed {
    name: String,
    plain: Secret,
}

/// A lifetime that the form offers.
struct Choice {
    value: String,
    words: String,
    is_default: bool,
}

struct Card {
    id: String,
    name: String,
    prefix: String,
    status: shown::Status,
    created: Moment,
    ends: Option<Moment>,
    overlap_until: Option<Moment>,
    last_used: Option<Moment>,
    last_used_ip: Option<String>,
}

/// Which part of the list is shown.
#[derive(Deserialize, Serialize, Default)]
struct TokensQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl TokensQuery {
    fn here(&self) -> String {
        address("/tokens", self)
    }

    fn page_after(id: &str) -> String {
        Self { after: Some(id.to_owned()) }.here()
    }
}

#[derive(Deserialize)]
struct TokensForm {
    #[serde(default)]
    form_token: String,
    action: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    days: String,
    #[serde(default)]
    id: String,
}

/// Shows the tokens.
pub fn show(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    render(call, &read(request.query.as_bytes(), "query")?, None, None)
}

/// Makes or revokes a token.
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let form: TokensForm = read(&request.form, "body")?;
    let query: TokensQuery = read(request.query.as_bytes(), "query")?;
    form_token::check(call, &form.form_token)?;
    let done = match form.action.as_str() {
        "create" => create(call, &form).map(Some),
        "revoke" => revoke(call, &form).map(|()| None),
        _ => Err(unknown_action()),
    };
    match done {
        Ok(Some(revealed)) => render(call, &TokensQuery::default(), Some(revealed), None),
        Ok(None) => Ok(see(call, &query.here())),
        Err(error) => render(call, &query, None, Some(Refusal::of(call, error)?)),
    }
}

fn create(call: &Call, form: &TokensForm) -> Result<Revealed, ServerError> {
    let name = form.name.parse().map_err(AppError::from)?;
    let lifetime = match form.days.as_str() {
        "never" => AskedLifetime::Never,
        days => AskedLifetime::Days(days.parse().unwrap_or(0)),
    };
    let issued =
        call.app().create_token(call.interactive()?, NewToken { lifetime, ..NewToken::named(name) }, &call.origin)?;
    Ok(Revealed { name: issued.token.name.to_string(), plain: issued.plain })
}

fn revoke(call: &Call, form: &TokensForm) -> Result<(), ServerError> {
    let id = form.id.parse().map_err(|_| AppError::TokenNotFound)?;
    Ok(call.app().revoke_token(call.owner()?, id, &call.origin)?)
}

fn render(
    call: &Call,
    query: &TokensQuery,
    revealed: Option<Revealed>,
    refusal: Option<Refusal>,
) -> Result<Response<Body>, ServerError> {
    let now = call.app().now();
    let after = query.after.as_deref().and_then(|after| after.parse::<TokenId>().ok());
    let filter = TokenFilter { after, limit: PAGE_ROWS + 1, ..TokenFilter::default() };
    let mut tokens = call.app().tokens(call.owner()?, filter)?;
    let more = cut(&mut tokens);
    let next = tokens.last().filter(|_| more).map(|token| TokensQuery::page_after(&token.id.to_string()));
    let tokens = tokens.iter().map(|token| card(token, now)).collect();
    let frame = Frame::of(call, "tokens")?;
    let policy = call.app().settings().tokens;
    let template = TokensPage {
        frame: &frame,
        query,
        choices: choices(policy),
        max_days: policy.max_days(),
        tokens,
        next,
        revealed,
        refusal: refusal.as_ref(),
    };
    let page = page(&frame, &template)?;
    Ok(refused(refusal, page))
}

/// Returns the lifetimes to choose from: round ones that the policy allows, and its maximum.
fn choices(policy: TokenPolicy) -> Vec<Choice> {
    let mut lifetimes: Vec<_> = [7, 30, 90, 365].map(Lifetime::Days).into();
    lifetimes.push(policy.capped(Lifetime::Never));
    lifetimes.retain(|lifetime| policy.capped(*lifetime) == *lifetime);
    lifetimes.dedup();
    let choice = |lifetime: Lifetime| Choice {
        value: match lifetime {
            Lifetime::Never => "never".to_owned(),
            Lifetime::Days(days) => days.to_string(),
            Lifetime::Seconds(_) => lifetime.to_string(),
        },
        words: match lifetime {
            Lifetime::Never => "no end".to_owned(),
            Lifetime::Days(1) => "1 day".to_owned(),
            Lifetime::Days(365) => "1 year".to_owned(),
            Lifetime::Days(days) => format!("{days} days"),
            Lifetime::Seconds(_) => lifetime.to_string(),
        },
        is_default: lifetime == policy.default_lifetime(),
    };
    lifetimes.into_iter().map(choice).collect()
}

fn card(token: &Token, now: Timestamp) -> Card {
    Card {
        id: token.id.to_string(),
        name: token.name.to_string(),
        prefix: token.id.prefix(),
        status: shown::status(token, now),
        created: token.created_at.into(),
        ends: token.expiry.to_option().map(Moment::from),
        overlap_until: token.replaced.map(|replaced| replaced.until.into()),
        last_used: token.last_used_at.map(Moment::from),
        last_used_ip: token.last_used_ip.map(|ip| ip.to_string()),
    }
}
