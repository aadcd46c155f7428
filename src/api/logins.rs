//! Signing in and out, and who one is.

use serde::{Deserialize, Serialize};

use super::{Access, Empty, Endpoint, Method, RowId, lenient};
use crate::domain::{
    Secret, Timestamp, UserId,
    secret::{expose, expose_option},
};

/// `POST /auth/token`: sign in with a password.
#[derive(Debug)]
pub struct Login;

impl Endpoint for Login {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/auth/token";
    const ACCESS: Access = Access::Public;
    type Id = ();
    type Query = Empty;
    type Request = LoginRequest;
    type Response = LoginResponse;
}

/// `POST /auth/password/login`: the same, with an answer that leaves out `user_id`.
#[derive(Debug)]
pub struct PasswordLogin;

impl Endpoint for PasswordLogin {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/auth/password/login";
    const ACCESS: Access = Access::Public;
    type Id = ();
    type Query = Empty;
    type Request = LoginRequest;
    type Response = LoginResponse;
}

/// `POST /auth/bootstrap`: make the first admin with the one-time setup code (A-40, D-14).
#[derive(Debug)]
pub struct Bootstrap;

impl Endpoint for Bootstrap {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/auth/bootstrap";
    const ACCESS: Access = Access::Public;
    type Id = ();
    type Query = Empty;
    type Request = BootstrapRequest;
    type Response = LoginResponse;
}

/// `POST /auth/logout`: end the calling session; a token is not touched by it (N-10).
#[derive(Debug)]
pub struct Logout;

impl Endpoint for Logout {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/auth/logout";
    const ACCESS: Access = Access::Public;
    type Id = ();
    type Query = Empty;
    type Request = Empty;
    type Response = Done;
}

/// `GET /auth/me`: who is calling (N-11).
#[derive(Debug)]
pub struct Me;

impl Endpoint for Me {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/auth/me";
    const ACCESS: Access = Access::AnyEvenHeld;
    type Id = ();
    type Query = Empty;
    type Request = Empty;
    type Response = MeResponse;
}

/// A sign-in.
#[derive(Debug, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The login name; any text, so that a wrong one is refused like a wrong password.
    pub email: String,
    /// The password; an absent one is a wrong one.
    #[serde(default = "no_password", serialize_with = "expose")]
    pub password: Secret,
    /// What the client calls its device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_label: Option<String>,
    /// A stable random word by which the device knows itself again (K-05).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_fingerprint: Option<String>,
    /// Whether a short-lived token with a refresh token is wanted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub want_refresh: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

fn no_password() -> Secret {
    Secret::new(String::new())
}

/// The first admin.
#[derive(Debug, Serialize, Deserialize)]
pub struct BootstrapRequest {
    /// The login name.
    pub email: String,
    /// The display name; by default the part of the address before the `@`.
    #[serde(default)]
    pub name: String,
    /// The password. Required, and so is the code; both are optional here, so that an old client's request gets the
    /// 403 that explains it instead of a 422.
    #[serde(default = "no_password", serialize_with = "expose")]
    pub password: Secret,
    /// The one-time code from the server's data directory.
    #[serde(default, serialize_with = "expose_option", skip_serializing_if = "Option::is_none")]
    pub setup_code: Option<Secret>,
    /// As at a sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_label: Option<String>,
    /// As at a sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_fingerprint: Option<String>,
    /// As at a sign-in.
    #[serde(default, skip_serializing_if = "is_false")]
    pub want_refresh: bool,
}

/// A session token; shown once.
#[derive(Debug, Serialize, Deserialize)]
pub struct LoginResponse {
    /// The token.
    #[serde(serialize_with = "expose")]
    pub access_token: Secret,
    /// Always `bearer`.
    pub token_type: String,
    /// The account.
    #[serde(default, deserialize_with = "lenient::id", skip_serializing_if = "Option::is_none")]
    pub user_id: Option<RowId>,
    /// Its login name.
    pub email: String,
    /// Its role; text, as other servers may know other roles. `unknown` if the server does not tell it.
    #[serde(default = "lenient::unknown_role", deserialize_with = "lenient::role")]
    pub role: String,
    /// Seconds until the token ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// What continues the session, if it was asked for; it works once.
    #[serde(default, serialize_with = "expose_option", skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// Seconds until the session ends for good, if it can be continued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expires_in: Option<u64>,
    /// Whether the password must be changed before the session reaches anything else.
    #[serde(default, skip_serializing_if = "is_false")]
    pub must_change_password: bool,
}

/// It is done.
#[derive(Debug, Serialize, Deserialize)]
pub struct Done {
    /// Always `true`.
    pub ok: bool,
}

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeResponse {
    /// The account.
    pub id: UserId,
    /// Its login name.
    pub email: String,
    /// Its display name.
    pub name: String,
    /// The same, under the name that some clients read.
    pub display_name: String,
    /// Its role now; text, as a newer server may know other roles.
    pub role: String,
    /// The break-glass flag.
    pub is_owner: bool,
    /// Named permissions; none so far.
    pub permissions: Vec<String>,
    /// Groups; none so far.
    pub groups: Vec<String>,
    /// `session` or `pat`.
    pub typ: String,
    /// What the credential is restricted to; null is not restricted (O-10).
    pub scopes: Option<Vec<String>>,
    /// When the calling credential ends; null is never.
    pub expires_at: Option<Timestamp>,
    /// Whether the password must be changed before a session reaches anything else; absent at other servers.
    #[serde(default)]
    pub must_change_password: bool,
}
