//! The settings in force, for commands on the server's own host (M-52): those may run with other flags and variables.

use serde::{Deserialize, Serialize};

use super::{Access, Empty, Endpoint, Method, WholeList};

/// `GET /api/admin/settings`: every setting as the server understood it at its start.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/admin/settings";
    const ACCESS: Access = Access::Host;
    type Id = ();
    type Query = WholeList;
    type Request = Empty;
    type Response = Vec<SettingItem>;
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingItem {
    /// As in the settings file.
    pub key: String,
    /// Its value as text; a path is absolute, a secret is masked, null is not set.
    pub value: Option<String>,
    /// What set it: a flag, a variable, a file or the default.
    pub source: String,
}
