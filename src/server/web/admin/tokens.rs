//! `/admin/tokens`: everybody's tokens.

use askama::Template;
use http::Response;
use serde::{Deserialize, Serialize};

use crate::{
    app::AppError,
    domain::{Email, Timestamp, Token, token::TokenStatus},
    server::{
        call::Call,
        edge::Body,
        error::ServerError,
        mount::PageRequest,
        web::{
            Frame, PAGE_ROWS, Refusal, address, cut, form_token, page, read, refused, see, shown, shown::Moment,
            unknown_action,
        },
    },
    store::{TokenFilter, tokens::Unused},
};

#[derive(Template)]
#[template(path = "admin/tokens.html", config = ".askama.toml")]
struct TokensPage<'a> {
    frame: &'a Frame<'a>,
    query: TokensQuery,
    tokens: Vec<Row>,
    counts: [(&'static str, u64); 3],
    next: Option<String>,
    refusal: Option<&'a Refusal>,
}

struct Row {
    id: String,
    name: String,
    prefix: String,
    owner: String,
    status: shown::Status,
    created: Moment,
    ends: Option<Moment>,
    last_used: Option<Moment>,
    last_used_ip: Option<String>,
}

/// Which tokens are listed; forms post with it too, so that their answer shows the same ones.
#[derive(Deserialize, Serialize, Clone)]
struct TokensQuery {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    user: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    status: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    last_used: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl TokensQuery {
    fn here(&self) -> String {
        address("/admin/tokens", self)
    }

    fn page_after(&self, id: &str) -> String {
        Self { after: Some(id.to_owned()), ..self.clone() }.here()
    }
}

#[derive(Deserialize)]
struct TokensForm {
    #[serde(default)]
    form_token: String,
    action: String,
    id: String,
}

/// Shows the tokens that match.
pub fn show(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    render(call, read(request.query.as_bytes(), "query")?, None)
}

/// Revokes a token.
pub fn submit(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let form: TokensForm = read(&request.form, "body")?;
    let query: TokensQuery = read(request.query.as_bytes(), "query")?;
    form_token::check(call, &form.form_token)?;
    if form.action != "revoke" {
        return Err(unknown_action());
    }
    let id = form.id.parse().map_err(|_| AppError::TokenNotFound)?;
    match call.app().admin_revoke_token(call.admin()?, id, &call.origin) {
        Ok(()) => Ok(see(call, &query.here())),
        Err(error) => render(call, query, Some(Refusal::of(call, error)?)),
    }
}

fn render(call: &Call, query: TokensQuery, refusal: Option<Refusal>) -> Result<Response<Body>, ServerError> {
    let (admin, now) = (call.admin()?, call.app().now());
    let filter = filter(call, &query, now)?;
    let mut counts = TokenStatus::ALL.map(|status| (status, 0));
    let mut tokens = match filter {
        // A user who does not exist has no tokens.
        None => Vec::new(),
        Some(filter) => {
            for (status, count) in &mut counts {
                let of = TokenFilter { user: filter.user, status: Some((*status, now)), ..TokenFilter::default() };
                *count = call.app().count_tokens(admin, &of)?;
            }
            call.app().all_tokens(admin, &filter)?
        }
    };
    let more = cut(&mut tokens);
    let tokens: Vec<Row> = tokens.iter().map(|(token, owner)| row(token, owner, now)).collect();
    let next = tokens.last().filter(|_| more).map(|row| row.id.clone());
    let frame = Frame::of(call, "admin-tokens")?;
    let counts = counts.map(|(status, count)| (status.as_str(), count));
    let template = TokensPage { frame: &frame, query, tokens, counts, next, refusal: refusal.as_ref() };
    let page = page(&frame, &template)?;
    Ok(refused(refusal, page))
}

fn filter(call: &Call, query: &TokensQuery, now: Timestamp) -> Result<Option<TokenFilter>, ServerError> {
    let user = match query.user.trim() {
        "" => None,
        text => match call.app().find_user(call.admin()?, text)? {
            None => return Ok(None),
            found => found,
        },
    };
    let status = query.status.parse().ok().map(|status| (status, now));
    let unused = match query.last_used.as_str() {
        "never" => Some(Unused::Ever),
        "90d" => Some(Unused::Since(now.minus(std::time::Duration::from_secs(90 * 24 * 60 * 60)))),
        _ => None,
    };
    let after = query.after.as_deref().and_then(|after| after.parse().ok());
    Ok(Some(TokenFilter { user, status, unused, after, limit: PAGE_ROWS + 1, ..TokenFilter::default() }))
}

fn row(token: &Token, owner: &Email, now: Timestamp) -> Row {
    Row {
        id: token.id.to_string(),
        name: token.name.to_string(),
        prefix: token.id.prefix(),
        owner: owner.shown(),
        status: shown::status(token, now),
        created: token.created_at.into(),
        ends: token.expiry.to_option().map(Moment::from),
        last_used: token.last_used_at.map(Moment::from),
        last_used_ip: token.last_used_ip.map(|ip| ip.to_string()),
    }
}
