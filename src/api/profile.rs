//! One's own profile (I-25).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Access, Empty, Endpoint, Method};
use crate::domain::{Timestamp, UserId};

/// `GET /api/profile`: the caller's account and what was noted on it.
#[derive(Debug)]
pub struct Show;

impl Endpoint for Show {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/profile";
    const ACCESS: Access = Access::Any;
    type Id = ();
    type Query = Empty;
    type Request = Empty;
    type Response = Profile;
}

/// `PATCH /api/profile`: change one's name or notes; null or absent leaves a field.
#[derive(Debug)]
pub struct Update;

impl Endpoint for Update {
    const METHOD: Method = Method::Patch;
    const PATH: &'static str = "/api/profile";
    const ACCESS: Access = Access::Session;
    type Id = ();
    type Query = Empty;
    type Request = UpdateRequest;
    type Response = Profile;
}

/// What to change.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct UpdateRequest {
    /// The display name; empty is the part of the address before the `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Takes the place of the whole object, at most 8 KiB as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The account.
    pub id: UserId,
    /// Its login name.
    pub email: String,
    /// Its display name.
    pub name: String,
    /// Its role; text, as other servers may know other roles.
    pub role: String,
    /// What its owner or an app has noted; nothing here grants anything.
    pub metadata: Map<String, Value>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The last change by anyone.
    pub updated_at: Timestamp,
}
