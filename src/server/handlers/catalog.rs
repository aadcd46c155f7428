//! The catalog of tables and the manifest of what to synchronise.

use std::collections::BTreeMap;

use super::Handled;
use crate::{
    api::{
        Empty,
        catalog::{SyncManifestResponse, TablesResponse},
    },
    server::call::Call,
};

/// Lists the caller's tables: none so far.
pub fn tables(_: &Call, (): (), _: Empty, _: Empty) -> Handled<TablesResponse> {
    Ok(TablesResponse { tables: Vec::new(), count: 0 }.into())
}

/// Lists what the caller may synchronise: nothing.
pub fn sync_manifest(_: &Call, (): (), _: Empty, _: Empty) -> Handled<SyncManifestResponse> {
    Ok(SyncManifestResponse { tables: BTreeMap::new() }.into())
}
