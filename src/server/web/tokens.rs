//! `/tokens`: one's own tokens.

use askama::Template;
use axum::{body::Body, http::Response};
use serde::{Deserialize, Serialize};

use super::{
    Frame, PAGE_ROWS, Refusal, address, cut, form_token, page, read, refused, see, shown, shown::Moment, unknown_action,
};
use crate::{
    app::{AppError, tokens::lifetime_from_days},
    domain::{Secret, Timestamp, Token, TokenId},
    server::{call::Call, error::ServerError, mount::PageRequest},
};

#[derive(Template)]
#[template(path = "tokens.html", config = ".askama.toml")]
struct TokensPage<'a> {
    frame: &'a Frame<'a>,
    query: &'a TokensQuery,
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

struct Card {
    id: String,
    name: String,
    prefix: String,
    status: shown::Status,
    created: Moment,
    ends: Option<Moment>,
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
    let days = if form.days == "never" { None } else { Some(form.days.parse().unwrap_or(0)) };
    let issued = call.app().create_token(call.interactive()?, name, lifetime_from_days(days)?, &call.origin)?;
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
    let mut tokens = call.app().tokens(call.owner()?)?;
    let after = query.after.as_deref().and_then(|after| after.parse::<TokenId>().ok());
    let seen = tokens.iter().position(|token| Some(token.id) == after).map_or(0, |last| last + 1);
    tokens = tokens.into_iter().skip(seen).take(PAGE_ROWS as usize + 1).collect();
    let more = cut(&mut tokens);
    let next = tokens.last().filter(|_| more).map(|token| TokensQuery::page_after(&token.id.to_string()));
    let tokens = tokens.iter().map(|token| card(token, now)).collect();
    let frame = Frame::of(call, "tokens")?;
    let page = page(&frame, &TokensPage { frame: &frame, query, tokens, next, revealed, refusal: refusal.as_ref() })?;
    Ok(refused(refusal, page))
}

fn card(token: &Token, now: Timestamp) -> Card {
    Card {
        id: token.id.to_string(),
        name: token.name.to_string(),
        prefix: token.id.prefix(),
        status: shown::status(token, now),
        created: token.created_at.into(),
        ends: token.expiry.to_option().map(Moment::from),
        last_used: token.last_used_at.map(Moment::from),
        last_used_ip: token.last_used_ip.map(|ip| ip.to_string()),
    }
}
