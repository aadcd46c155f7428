//! Personal access tokens.

use super::{BAD_CURSOR, Handled, array, array_limit};
use crate::{
    api::{
        self, Empty,
        restrictions::Restrictions,
        tokens::{AdminListQuery, AdminTokenItem, CreateRequest, CreateResponse, ListQuery, RotateRequest, TokenItem},
    },
    app::{
        AppError,
        tokens::{IssuedToken, NewToken},
    },
    domain::{
        AskedLifetime, Email, Timestamp, Token, TokenId,
        token::{CreatedVia, TokenStatus},
    },
    server::call::Call,
    store::{TokenFilter, tokens::Unused},
};

/// Makes a token.
pub fn create(call: &Call, (): (), _: Empty, request: CreateRequest) -> Handled<CreateResponse> {
    refuse(&request.restrictions)?;
    let new = NewToken {
        name: request.name.parse().map_err(AppError::from)?,
        lifetime: lifetime(&request)?,
        renewable: request.renewable,
        created_via: created_via(request.created_via.as_deref())?,
    };
    Ok(shown_once(call.app().create_token(call.interactive()?, new, &call.origin)?).into())
}

/// Refuses a restriction of a token that this server does not support.
pub(super) fn refuse(restrictions: &Restrictions) -> Result<(), AppError> {
    restrictions.first().map_or(Ok(()), |name| Err(AppError::UnsupportedRestriction(name)))
}

/// Returns the lifetime that is asked for: in seconds, under either name, or else in days.
fn lifetime(request: &CreateRequest) -> Result<AskedLifetime, AppError> {
    match (request.expires_in_seconds, request.ttl_seconds) {
        (Some(one), Some(other)) if one != other => Err(AppError::TwoLifetimes),
        (Some(seconds), _) | (None, Some(seconds)) => Ok(AskedLifetime::Seconds(seconds)),
        (None, None) => Ok(request.expires_in_days),
    }
}

/// Reads how a client says that the token is created; nothing and empty text mean an ordinary one.
fn created_via(asked: Option<&str>) -> Result<CreatedVia, AppError> {
    match asked {
        None | Some("") => Ok(CreatedVia::Session),
        Some(text) => Ok(CreatedVia::asked(text)?),
    }
}

/// Puts a new token in the place of one of the caller's.
pub fn rotate(call: &Call, id: TokenId, _: Empty, request: RotateRequest) -> Handled<CreateResponse> {
    let RotateRequest { overlap_hours, expires_in_days, restrictions } = request;
    refuse(&restrictions)?;
    Ok(shown_once(call.app().rotate_token(call.rotation()?, id, overlap_hours, expires_in_days, &call.origin)?).into())
}

/// Returns the one answer that holds the plain token.
fn shown_once(IssuedToken { token, plain }: IssuedToken) -> CreateResponse {
    CreateResponse {
        id: token.id.into(),
        name: token.name.to_string(),
        prefix: token.id.prefix(),
        token: plain,
        expires_at: token.expiry.to_option(),
        created_at: Some(token.created_at),
        created_via: Some(token.created_via.as_str().to_owned()),
    }
}

/// Lists the caller's tokens.
pub fn list(call: &Call, (): (), query: ListQuery, _: Empty) -> Handled<Vec<TokenItem>> {
    let (now, limit) = (call.app().now(), array_limit(query.limit)?);
    let (status, replaced) = status(query.status.as_deref(), now)?;
    let filter = TokenFilter {
        status,
        replaced,
        after: cursor(query.cursor.as_deref())?,
        offset: query.offset.unwrap_or(0),
        limit: limit + 1,
        ..TokenFilter::default()
    };
    let tokens = call.app().tokens(call.owner()?, filter)?.into_iter().map(|token| item(&token, now));
    let next = |last: &TokenItem| ListQuery { offset: None, cursor: Some(last.id.to_string()), ..query };
    array::<api::tokens::List, _>(call, tokens, limit, next)
}

/// Shows one of the caller's tokens.
pub fn show(call: &Call, id: TokenId, _: Empty, _: Empty) -> Handled<TokenItem> {
    Ok(item(&call.app().token(call.owner()?, id)?, call.app().now()).into())
}

/// Ends one of the caller's tokens.
pub fn revoke(call: &Call, id: TokenId, _: Empty, _: Empty) -> Handled<Empty> {
    call.app().revoke_token(call.owner()?, id, &call.origin)?;
    Ok(Empty {}.into())
}

/// Lists everybody's tokens.
pub fn admin_list(call: &Call, (): (), query: AdminListQuery, _: Empty) -> Handled<Vec<AdminTokenItem>> {
    let (now, limit) = (call.app().now(), array_limit(query.limit)?);
    let Some(filter) = filter(call, &query, limit, now)? else { return Ok(Vec::new().into()) };
    let tokens = call.app().all_tokens(call.admin()?, &filter)?.into_iter();
    let tokens = tokens.map(|(token, email)| admin_item(&token, &email, now));
    let next =
        |last: &AdminTokenItem| AdminListQuery { offset: None, cursor: Some(last.token.id.to_string()), ..query };
    array::<api::tokens::AdminList, _>(call, tokens, limit, next)
}

/// Ends anybody's token.
pub fn admin_revoke(call: &Call, id: TokenId, _: Empty, _: Empty) -> Handled<Empty> {
    call.app().admin_revoke_token(call.admin()?, id, &call.origin)?;
    Ok(Empty {}.into())
}

/// Reads the query; nothing when it asks for a user who does not exist, whose list is empty.
fn filter(call: &Call, query: &AdminListQuery, limit: u32, now: Timestamp) -> Result<Option<TokenFilter>, AppError> {
    let admin = call.admin()?;
    let user = match query.user.as_deref().map(|text| call.app().find_user(admin, text)).transpose()? {
        Some(None) => return Ok(None),
        user => user.flatten(),
    };
    let (status, replaced) = status(query.status.as_deref(), now)?;
    let unused = match query.last_used.as_deref() {
        None => None,
        Some("never") => Some(Unused::Ever),
        Some(text) => {
            let before = text.parse::<Timestamp>();
            Some(Unused::Since(before.map_err(|_| AppError::InvalidQuery("last_used must be never or a time"))?))
        }
    };
    let after = cursor(query.cursor.as_deref())?;
    let offset = query.offset.unwrap_or(0);
    Ok(Some(TokenFilter { user, status, replaced, unused, after, offset, limit: limit + 1, ends_by: None }))
}

/// Reads the filter `status`; whether only tokens are meant that work beside their successor comes apart.
fn status(text: Option<&str>, now: Timestamp) -> Result<(Option<(TokenStatus, Timestamp)>, bool), AppError> {
    let status = match text {
        None => return Ok((None, false)),
        Some("replaced") => return Ok((Some((TokenStatus::Active, now)), true)),
        Some(text) => text.parse::<TokenStatus>(),
    };
    let refused = AppError::InvalidQuery("status must be active, replaced, expired or revoked");
    status.map(|status| (Some((status, now)), false)).map_err(|_| refused)
}

fn cursor(text: Option<&str>) -> Result<Option<TokenId>, AppError> {
    text.map(str::parse).transpose().map_err(|_| BAD_CURSOR)
}

fn item(token: &Token, now: Timestamp) -> TokenItem {
    TokenItem {
        id: token.id.into(),
        name: token.name.to_string(),
        prefix: token.id.prefix(),
        created_at: Some(token.created_at),
        expires_at: token.expiry.to_option(),
        last_used_at: token.last_used_at,
        revoked_at: token.ended_at(now),
        replaced_by: token.replaced.map(|replaced| replaced.by.into()),
        overlap_until: token.replaced.map(|replaced| replaced.until),
        renewable: token.renewable,
        created_via: Some(token.created_via.as_str().to_owned()),
    }
}

fn admin_item(token: &Token, email: &Email, now: Timestamp) -> AdminTokenItem {
    AdminTokenItem {
        token: item(token, now),
        user_id: Some(token.user_id.into()),
        user_email: Some(email.to_string()),
        last_used_ip: token.last_used_ip.map(|ip| ip.to_string()),
    }
}
