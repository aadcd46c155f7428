//! `/tokens`: one's own tokens.

use askama::Template;
use axum::{body::Body, http::Response};
use serde::Deserialize;

use super::{Frame, Refusal, form_token, page, read, refused, see, shown, shown::Moment, unknown_action};
use crate::{
    app::{AppError, tokens::lifetime_from_days},
    domain::{Secret, Timestamp, Token},
    server::{call::Call, error::ServerError, mount::PageRequest},
};

#[derive(Template)]
#[template(path = "tokens.html", config = ".askama.toml")]
struct TokensPage<'a> {
    frame: &'a Frame<'a>,
    tokens: Vec<Card>,
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
pub fn show(call: &Call, _: &PageRequest) -> Result<Response<Body>, ServerError> {
    render(call, None, None)
}

/// Makes or revokes a token.
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let form: TokensForm = read(&request.form, "body")?;
    form_token::check(call, &form.form_token)?;
    let done = match form.action.as_str() {
        "create" => create(call, &form).map(Some),
        "revoke" => revoke(call, &form).map(|()| None),
        _ => Err(unknown_action()),
    };
    match done {
        Ok(Some(revealed)) => render(call, Some(revealed), None),
        Ok(None) => Ok(see(call, "/tokens")),
        Err(error) => render(call, None, Some(Refusal::of(call, error)?)),
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

fn render(call: &Call, revealed: Option<Revealed>, refusal: Option<Refusal>) -> Result<Response<Body>, ServerError> {
    let now = call.app().now();
    let tokens = call.app().tokens(call.owner()?)?.into_iter().map(|token| card(&token, now)).collect();
    let frame = Frame::of(call, "tokens")?;
    let page = page(&frame, &TokensPage { frame: &frame, tokens, revealed, refusal: refusal.as_ref() })?;
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
