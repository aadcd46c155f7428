//! The audit log, for admins.

use serde::{Deserialize, Serialize};

use super::{Access, Empty, Endpoint, Method, Page};
use crate::domain::{AuditId, Timestamp, UserId};

/// `GET /api/admin/audit`: newest first.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/admin/audit";
    const ACCESS: Access = Access::Admin;
    type Id = ();
    type Query = ListQuery;
    type Request = Empty;
    type Response = Page<AuditItem>;
}

/// Which rows; absent fields do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    /// Who acted: an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The exact action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The exact resource, such as `token:ID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Not before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// 1 to [`super::MAX_LIMIT`]; more is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// From the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditItem {
    /// The row.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub action: String,
    /// Who acted, if known.
    pub user_id: Option<UserId>,
    /// The exact credential: `session:ID`, `token:ID`, `system` or `anonymous`.
    pub via: String,
    /// On what.
    pub resource: String,
    /// Details.
    pub params: serde_json::Value,
    /// `ok`, or a short reason.
    pub result: String,
    /// The resolved client address.
    pub ip: Option<String>,
    /// The request, as in the server's log.
    pub request_id: Option<String>,
}
