//! The catalog of tables and the manifest of what to synchronise, both empty: `da` has no tables. Clients of the original
//! check a token with the one (`import-token`) and a server with the other (`setup verify`).

use std::collections::BTreeMap;

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

/// `GET /api/sync/manifest`.
#[derive(Debug)]
pub struct SyncManifest;

impl Endpoint for SyncManifest {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/sync/manifest";
    const ACCESS: Access = Access::Any;
    type Id = ();
    type Query = Empty;
    type Request = Empty;
    type Response = SyncManifestResponse;
}

/// The tables that the caller may synchronise.
#[derive(Debug, Serialize, Deserialize)]
pub struct SyncManifestResponse {
    /// None.
    pub tables: BTreeMap<String, serde_json::Value>,
}
