//! Passwords of one's own.

use serde::{Deserialize, Serialize};

use super::{Access, Empty, Endpoint, Method};
use crate::domain::{Secret, secret::expose};

/// `POST /auth/password/reset`: set a password with a one-time reset value. Ends all sessions.
#[derive(Debug)]
pub struct Reset;

impl Endpoint for Reset {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/auth/password/reset";
    const ACCESS: Access = Access::Public;
    const SUCCESS: u16 = 204;
    type Id = ();
    type Query = Empty;
    type Request = ResetRequest;
    type Response = Empty;
}

/// `POST /auth/password/change`: set one's own password, knowing the present one. Ends the other sessions.
#[derive(Debug)]
pub struct Change;

impl Endpoint for Change {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/auth/password/change";
    const ACCESS: Access = Access::SessionEvenHeld;
    const SUCCESS: u16 = 204;
    type Id = ();
    type Query = Empty;
    type Request = ChangeRequest;
    type Response = Empty;
}

/// A reset value and the new password.
#[derive(Debug, Serialize, Deserialize)]
pub struct ResetRequest {
    /// The one-time value that an admin handed over.
    #[serde(serialize_with = "expose")]
    pub token: Secret,
    /// The new password.
    #[serde(serialize_with = "expose")]
    pub password: Secret,
}

/// The present password and the new one.
#[derive(Debug, Serialize, Deserialize)]
pub struct ChangeRequest {
    /// The present password.
    #[serde(serialize_with = "expose")]
    pub current: Secret,
    /// The new one.
    #[serde(serialize_with = "expose")]
    pub password: Secret,
}
