//! Personal access tokens: one's own, and all of them for an admin.

use serde::{Deserialize, Serialize};

use super::{Access, Empty, Endpoint, Method, RowId, lenient, restrictions::Restrictions};
use crate::domain::{AskedLifetime, Secret, Timestamp, TokenId, secret::expose};

/// `POST /auth/tokens`: make a token and show it once.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/auth/tokens";
    const ACCESS: Access = Access::Session;
    const SUCCESS: u16 = 201;
    type Id = ();
    type Query = Empty;
    type Request = CreateRequest;
    type Response = CreateResponse;
}

/// `GET /auth/tokens`: one's own tokens, newest first, ended ones included; a `Link` header names the next page.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/auth/tokens";
    const ACCESS: Access = Access::Any;
    type Id = ();
    type Query = ListQuery;
    type Request = Empty;
    type Response = Vec<TokenItem>;
}

/// `GET /auth/tokens/{id}`: one of one's own tokens.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/auth/tokens/{id}";
    const ACCESS: Access = Access::Any;
    type Id = TokenId;
    type Query = Empty;
    type Request = Empty;
    type Response = TokenItem;
}

/// `DELETE /auth/tokens/{id}`: end one of one's own tokens; repeatable, and moves nothing then (S-26).
#[derive(Debug)]
pub struct Revoke;

impl Endpoint for Revoke {
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/auth/tokens/{id}";
    const ACCESS: Access = Access::Any;
    const SUCCESS: u16 = 204;
    type Id = TokenId;
    type Query = Empty;
    type Request = Empty;
    type Response = Empty;
}

/// `POST /auth/tokens/{id}/rotate`: put a new token in the place of one of one's own; the old one works on until it falls
/// silent, at most until the overlap ends (O-06).
#[derive(Debug)]
pub struct Rotate;

impl Endpoint for Rotate {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/auth/tokens/{id}/rotate";
    const ACCESS: Access = Access::SessionOrItself;
    const SUCCESS: u16 = 201;
    type Id = TokenId;
    type Query = Empty;
    type Request = RotateRequest;
    type Response = CreateResponse;
}

/// `GET /auth/admin/tokens`: everybody's tokens, newest first; a `Link` header names the next page.
#[derive(Debug)]
pub struct AdminList;

impl Endpoint for AdminList {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/auth/admin/tokens";
    const ACCESS: Access = Access::Admin;
    type Id = ();
    type Query = AdminListQuery;
    type Request = Empty;
    type Response = Vec<AdminTokenItem>;
}

/// `DELETE /auth/admin/tokens/{id}`: end anybody's token.
#[derive(Debug)]
pub struct AdminRevoke;

impl Endpoint for AdminRevoke {
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/auth/admin/tokens/{id}";
    const ACCESS: Access = Access::Admin;
    const SUCCESS: u16 = 204;
    type Id = TokenId;
    type Query = Empty;
    type Request = Empty;
    type Response = Empty;
}

/// A token to make.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct CreateRequest {
    /// 1 to 200 characters after trimming.
    pub name: String,
    /// 1 to 3650, or to the maximum that the server sets; null is never; absent is 90, or that maximum.
    #[serde(default, skip_serializing_if = "AskedLifetime::is_absent")]
    pub expires_in_days: AskedLifetime,
    /// From 60 seconds to the maximum of the days; wins over the days, which another server may know alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<i64>,
    /// The same, as newer clients of the original call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<i64>,
    /// Whether the token may rotate itself, with no session at hand: never past the end it has now.
    #[serde(default, skip_serializing_if = "is_false")]
    pub renewable: bool,
    /// `exec` or `helper`, if a command or a credential helper is to get the token: the server counts it apart, and one
    /// for a helper reaches no admin operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_via: Option<String>,
    /// Restrictions of the token.
    #[serde(flatten)]
    pub restrictions: Restrictions,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

/// How a token is rotated.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct RotateRequest {
    /// How long the old token works on at most: 0 (it ends at once) to 720; absent is 24.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap_hours: Option<i64>,
    /// How long the new one lives; absent is as long as the old one was made for, or the server's maximum.
    #[serde(default, skip_serializing_if = "AskedLifetime::is_absent")]
    pub expires_in_days: AskedLifetime,
    /// Restrictions of the new token.
    #[serde(flatten)]
    pub restrictions: Restrictions,
}

/// A token just made; the only answer that holds one.
#[derive(Debug, Serialize, Deserialize)]
pub struct CreateResponse {
    /// Its id.
    pub id: RowId,
    /// Its name, trimmed.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// The first 8 hexadecimal digits of its id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub prefix: String,
    /// The token itself, shown once.
    #[serde(serialize_with = "expose")]
    pub token: Secret,
    /// When it ends; null is never.
    #[serde(default, deserialize_with = "lenient::time")]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient::time")]
    pub created_at: Option<Timestamp>,
    /// How it was created: `session`, `pair`, `admin`, `import`, `exec` or `helper`; absent at other servers.
    #[serde(default, deserialize_with = "lenient::optional_text")]
    pub created_via: Option<String>,
}

/// A token in its owner's list. Other servers leave out fields, or send null; such a row is read all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenItem {
    /// Its id.
    pub id: RowId,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// The first 8 hexadecimal digits of its id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub prefix: String,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient::time")]
    pub created_at: Option<Timestamp>,
    /// When it ends; null is never.
    #[serde(default, deserialize_with = "lenient::time")]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute or so.
    #[serde(default, deserialize_with = "lenient::time")]
    pub last_used_at: Option<Timestamp>,
    /// When it was ended, by somebody or with the overlap of its rotation.
    #[serde(default, deserialize_with = "lenient::time_of_end")]
    pub revoked_at: Option<Timestamp>,
    /// The token that a rotation put in its place; absent at other servers.
    #[serde(default, deserialize_with = "lenient::id")]
    pub replaced_by: Option<RowId>,
    /// Until when it works beside that one; uses move it.
    #[serde(default, deserialize_with = "lenient::time")]
    pub overlap_until: Option<Timestamp>,
    /// Whether it may rotate itself.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub renewable: bool,
    /// How it was created, as in [`CreateResponse::created_via`].
    #[serde(default, deserialize_with = "lenient::optional_text")]
    pub created_via: Option<String>,
}

/// A token in an admin's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminTokenItem {
    /// What its owner sees.
    #[serde(flatten)]
    pub token: TokenItem,
    /// Its owner; null if the server does not tell it.
    #[serde(default, deserialize_with = "lenient::id")]
    pub user_id: Option<RowId>,
    /// Its owner's login name; null where a server keeps tokens of deleted users.
    #[serde(default, deserialize_with = "lenient::optional_text")]
    pub user_email: Option<String>,
    /// The client address of the last recorded use; text, as other servers keep what a client claimed.
    #[serde(default, deserialize_with = "lenient::optional_text")]
    pub last_used_ip: Option<String>,
}

/// Which of one's own tokens; absent fields do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    /// `active` (works now, also beside its successor), `replaced` (works beside the token that replaced it), `expired` or
    /// `revoked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// 1 to [`super::MAX_LIMIT`], which is also the default; more is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many rows to skip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// Only tokens older than this one: the id of the last token of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Which tokens an admin asks for; absent fields do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminListQuery {
    /// A user's id or e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `active`, `replaced`, `expired` or `revoked`; see [`ListQuery::status`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `never`, or a time: last used before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// 1 to [`super::MAX_LIMIT`], which is also the default; more is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many rows to skip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// Only tokens older than this one: the id of the last token of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
