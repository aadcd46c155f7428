//! Sessions: continued, listed, ended (K-05..K-11, K-30, N-18).

use serde::{Deserialize, Serialize};

use super::{Access, Empty, Endpoint, Method, Page, Query, RowId, lenient, logins::LoginResponse};
use crate::domain::{Secret, SessionId, Timestamp, UserId, secret::expose};

macro_rules! endpoints {
    ($($(#[$doc:meta])* $name:ident = $method:ident $path:literal, $access:ident, $id:ty, $query:ty, $request:ty => $success:literal $response:ty;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Endpoint for $name {
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: Access = Access::$access;
            const SUCCESS: u16 = $success;
            type Id = $id;
            type Query = $query;
            type Request = $request;
            type Response = $response;
        }
    )+};
}

endpoints! {
    /// `POST /auth/refresh`: continue a session; the refresh token is used up (K-08).
    Refresh = Post "/auth/refresh", Public, (), Empty, RefreshRequest => 200 LoginResponse;
    /// `GET /api/sessions`: one's own live sessions, newest first.
    List = Get "/api/sessions", Any, (), PageQuery, Empty => 200 Page<SessionItem>;
    /// `DELETE /api/sessions/{id}`: end one of one's own.
    Revoke = Delete "/api/sessions/{id}", Any, SessionId, Empty, Empty => 204 Empty;
    /// `DELETE /api/sessions`: end all of one's own, or all but the calling one.
    RevokeAll = Delete "/api/sessions", Any, (), RevokeAllQuery, Empty => 204 Empty;
    /// `GET /api/admin/sessions`: everybody's, newest first.
    AdminList = Get "/api/admin/sessions", Admin, (), AdminListQuery, Empty => 200 Page<AdminSessionItem>;
    /// `DELETE /api/admin/sessions/{id}`: end anybody's.
    AdminRevoke = Delete "/api/admin/sessions/{id}", Admin, SessionId, Empty, Empty => 204 Empty;
    /// `POST /api/admin/users/{id}/revoke-sessions`: end all of a user.
    AdminRevokeUser = Post "/api/admin/users/{id}/revoke-sessions", Admin, UserId, Empty, Empty => 200 Revoked;
}

/// How a session is continued.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefreshRequest {
    /// The refresh token; it works once.
    #[serde(serialize_with = "expose")]
    pub refresh_token: Secret,
    /// The word by which the device knows itself; the same as at the sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_fingerprint: Option<String>,
}

/// Which part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageQuery {
    /// 1 to [`super::MAX_LIMIT`]; more is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// From the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Query for RevokeAllQuery {
    const OF_LIST: bool = false;
    // A misspelt `except` would end the calling session too.
    const STRICT: bool = true;
}

/// Which of one's sessions are left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeAllQuery {
    /// `current`, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub except: Option<String>,
}

/// Which sessions; absent fields do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminListQuery {
    /// Whose: an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// By which provider the user signed in; `local` is the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Live ones, or ended ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// 1 to [`super::MAX_LIMIT`]; more is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// From the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A session (K-30). A row with fields that are null or absent is read all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionItem {
    /// Its id, also the `sid` of its token; another one after each refresh.
    pub id: RowId,
    /// Whose it is.
    #[serde(default, deserialize_with = "lenient::id")]
    pub user_id: Option<RowId>,
    /// The word by which the device knows itself, or `unknown`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub device_fingerprint: String,
    /// What the client calls its device.
    #[serde(default, deserialize_with = "lenient::text")]
    pub device_label: String,
    /// The resolved client address of the sign-in, or of the last refresh.
    #[serde(default, deserialize_with = "lenient::optional_text")]
    pub ip: Option<String>,
    /// The user agent of the same request.
    #[serde(default, deserialize_with = "lenient::text")]
    pub user_agent: String,
    /// `local`, or the name of a provider.
    #[serde(default, deserialize_with = "lenient::text")]
    pub auth_provider: String,
    /// When the sign-in happened.
    #[serde(default, deserialize_with = "lenient::time")]
    pub created_at: Option<Timestamp>,
    /// The last recorded use.
    #[serde(default, deserialize_with = "lenient::time")]
    pub last_active_at: Option<Timestamp>,
    /// The end of the sign-in.
    #[serde(default, deserialize_with = "lenient::time")]
    pub expires_at: Option<Timestamp>,
    /// Whether it ended early.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub revoked: bool,
    /// Why.
    #[serde(default, deserialize_with = "lenient::optional_text")]
    pub revoked_reason: Option<String>,
    /// The session that it replaced.
    #[serde(default, deserialize_with = "lenient::id")]
    pub previous_session_id: Option<RowId>,
    /// Whether it is the one that asks.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub current: bool,
}

/// A session, for admins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminSessionItem {
    /// The session.
    #[serde(flatten)]
    pub session: SessionItem,
    /// The owner's login name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub user_email: String,
    /// The owner's display name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub user_name: String,
}

/// How many were ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// How many.
    pub revoked: u64,
}
