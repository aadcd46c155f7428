//! The catalogue of tables: empty for now; old clients' `import-token` tests a token with it.

use serde::{Deserialize, Serialize};

use super::{Access, Empty, Endpoint, Method};

/// `GET /api/catalog/tables`.
#[derive(Debug)]
pub struct Tables;

impl Endpoint for Tables {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/catalog/tables";
    const ACCESS: Access = Access::Any;
    type Id = ();
    type Query = Empty;
    type Request = Empty;
    type Response = TablesResponse;
}

/// The caller's tables.
#[derive(Debug, Serialize, Deserialize)]
pub struct TablesResponse {
    /// None so far.
    pub tables: Vec<serde_json::Value>,
    /// How many.
    pub count: u64,
}
