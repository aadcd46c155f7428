//! User administration; all of it for admins only.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Access, Empty, Endpoint, Method, RowId, lenient, restrictions::Restrictions};
use crate::domain::{
    Role, Secret, Timestamp, UserId,
    secret::{expose, expose_option},
};

macro_rules! endpoints {
    ($($(#[$doc:meta])* $name:ident: $method:ident $path:literal, $id:ty, $query:ty, $request:ty => $success:literal $response:ty;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Endpoint for $name {
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: Access = Access::Admin;
            const SUCCESS: u16 = $success;
            type Id = $id;
            type Query = $query;
            type Request = $request;
            type Response = $response;
        }
    )+};
}

endpoints! {
    /// `GET /api/users`: sorted by e-mail address; a `Link` header names the next page.
    List: Get "/api/users", (), ListQuery, Empty => 200 Vec<UserItem>;
    /// `POST /api/users`.
    Create: Post "/api/users", (), Empty, CreateRequest => 201 CreateResponse;
    /// `GET /api/users/{id}`.
    Show: Get "/api/users/{id}", UserId, Empty, Empty => 200 UserItem;
    /// `PATCH /api/users/{id}`: null or absent leaves a field.
    Update: Patch "/api/users/{id}", UserId, Empty, UpdateRequest => 200 UserItem;
    /// `DELETE /api/users/{id}`: with tokens and sessions; audit rows stay.
    Delete: Delete "/api/users/{id}", UserId, Empty, Empty => 204 Empty;
    /// `POST /api/users/{id}/activate`: sessions stay ended, tokens work again (D-25).
    Activate: Post "/api/users/{id}/activate", UserId, Empty, Empty => 200 UserItem;
    /// `POST /api/users/{id}/deactivate`: every credential is refused at once (D-25).
    Deactivate: Post "/api/users/{id}/deactivate", UserId, Empty, DeactivateRequest => 200 UserItem;
    /// `POST /api/users/{id}/reset-password`: a one-time value to hand over.
    ResetPassword: Post "/api/users/{id}/reset-password", UserId, Empty, Empty => 200 ResetPasswordResponse;
    /// `POST /api/users/{id}/set-password`: ends the user's sessions, tokens stay (A-13, S-07).
    SetPassword: Post "/api/users/{id}/set-password", UserId, Empty, SetPasswordRequest => 204 Empty;
}

/// Which users; absent fields do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    /// 1 to [`super::MAX_LIMIT`], which is also the default; more is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many rows to skip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// Only users behind this e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// `POST /api/admin/recover`: make or restore an admin, on the server's host (D-14, O-01).
#[derive(Debug)]
pub struct RecoverAdmin;

impl Endpoint for RecoverAdmin {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/admin/recover";
    const ACCESS: Access = Access::Host;
    type Id = ();
    type Query = Empty;
    type Request = RecoverAdminRequest;
    type Response = RecoverAdminResponse;
}

/// A user. Other servers leave out fields, or send null; such a row is read all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "UserRow")]
pub struct UserItem {
    /// The id.
    pub id: RowId,
    /// The login name.
    pub email: String,
    /// The display name.
    pub name: String,
    /// The role; text, as other servers may know other roles. `unknown` if the server does not tell it.
    pub role: String,
    /// Whether the role is `admin`.
    pub is_admin: bool,
    /// Whether the account works.
    pub active: bool,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was deactivated.
    pub deactivated_at: Option<Timestamp>,
    /// The break-glass flag; absent at other servers.
    pub is_owner: bool,
    /// The last sign-in; absent at other servers.
    pub last_login_at: Option<Timestamp>,
    /// A second name, unique; absent at other servers (K-30).
    pub username: Option<String>,
    /// The last change; absent at other servers.
    pub updated_at: Option<Timestamp>,
    /// The admin who added the account; nothing for one made on the server's host.
    pub created_by: Option<RowId>,
    /// Notes for apps; not in lists, as they may be long (I-25).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

/// A user as any server sends it.
#[derive(Deserialize)]
struct UserRow {
    id: RowId,
    #[serde(default, deserialize_with = "lenient::text")]
    email: String,
    #[serde(default, deserialize_with = "lenient::text")]
    name: String,
    #[serde(default, deserialize_with = "lenient::optional_text")]
    role: Option<String>,
    /// In the place of the role at newer versions of the original server.
    #[serde(default, deserialize_with = "lenient::flag")]
    is_admin: bool,
    #[serde(default, deserialize_with = "lenient::optional_flag")]
    active: Option<bool>,
    #[serde(default, deserialize_with = "lenient::time")]
    created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::time_of_end")]
    deactivated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::flag")]
    is_owner: bool,
    #[serde(default, deserialize_with = "lenient::time")]
    last_login_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::optional_text")]
    username: Option<String>,
    #[serde(default, deserialize_with = "lenient::time")]
    updated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient::id")]
    created_by: Option<RowId>,
    #[serde(default)]
    metadata: Value,
}

impl From<UserRow> for UserItem {
    fn from(row: UserRow) -> Self {
        let told = row.role.filter(|role| !role.is_empty());
        let claimed = || if row.is_admin { Role::Admin.as_str().to_owned() } else { lenient::unknown_role() };
        let role = told.unwrap_or_else(claimed);
        Self {
            id: row.id,
            email: row.email,
            name: row.name,
            is_admin: role == Role::Admin.as_str(),
            role,
            active: row.active.unwrap_or(row.deactivated_at.is_none()),
            created_at: row.created_at,
            deactivated_at: row.deactivated_at,
            is_owner: row.is_owner,
            last_login_at: row.last_login_at,
            username: row.username,
            updated_at: row.updated_at,
            created_by: row.created_by,
            metadata: if let Value::Object(notes) = row.metadata { Some(notes) } else { None },
        }
    }
}

/// A user to make.
#[derive(Debug, Serialize, Deserialize)]
pub struct CreateRequest {
    /// The login name.
    pub email: String,
    /// The display name; by default the part of the address before the `@`.
    #[serde(default)]
    pub name: String,
    /// By default `analyst`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Without one the account cannot sign in until a password is set or reset.
    #[serde(default, serialize_with = "expose_option", skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Whether to make a first token in the same transaction; needs a session.
    #[serde(default)]
    pub issue_token: bool,
    /// A second name, unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Notes for apps, at most 8 KiB; they grant nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// Restrictions of that token.
    #[serde(flatten)]
    pub restrictions: Restrictions,
}

/// A user just made.
#[derive(Debug, Serialize, Deserialize)]
pub struct CreateResponse {
    /// The user.
    #[serde(flatten)]
    pub user: UserItem,
    /// The first token, if one was asked for; shown once.
    #[serde(default, serialize_with = "expose_option", skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
}

/// What to change; absent and null leave as it is.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct UpdateRequest {
    /// The display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Switches the account on or off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// The user name; empty removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The notes, replaced as a whole; at most 8 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

/// How to switch off.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct DeactivateRequest {
    /// Whether to end the user's tokens for good (D-25).
    #[serde(default)]
    pub revoke_tokens: bool,
}

/// A one-time reset value; shown once.
#[derive(Debug, Serialize, Deserialize)]
pub struct ResetPasswordResponse {
    /// 43 characters, works once, for 24 hours. Newer versions of the original server do not send it.
    #[serde(default, serialize_with = "expose_option", skip_serializing_if = "Option::is_none")]
    pub reset_token: Option<Secret>,
    /// The page where the user sets a password, in the place of the value or beside it.
    #[serde(default, serialize_with = "expose_option", skip_serializing_if = "Option::is_none")]
    pub reset_url: Option<Secret>,
    /// Whether the server sent it to the user.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub email_sent: bool,
}

/// An admin to make or restore.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecoverAdminRequest {
    /// The login name.
    pub email: String,
    /// The new password; without one a reset value takes its place.
    #[serde(default, serialize_with = "expose_option", skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// An admin made or restored.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecoverAdminResponse {
    /// The admin.
    #[serde(flatten)]
    pub user: UserItem,
    /// The one-time reset value, if no password was set; shown once.
    #[serde(default, serialize_with = "expose_option", skip_serializing_if = "Option::is_none")]
    pub reset_token: Option<Secret>,
    /// How long that value works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_hours: Option<u64>,
}

/// A password to set for somebody.
#[derive(Debug, Serialize, Deserialize)]
pub struct SetPasswordRequest {
    /// The new password.
    #[serde(serialize_with = "expose")]
    pub password: Secret,
    /// Whether the user must change it before anything else.
    #[serde(default)]
    pub must_change: bool,
}
