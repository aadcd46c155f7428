//! The claims on every store, made on this one, and those on the file itself.

mod damage;
mod durability;
mod files;

use std::sync::Arc;

use super::*;
use crate::{
    domain::Timestamp,
    store::contract::{self, Fresh},
};

/// A clock that stands still.
pub(super) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        contract::at(0)
    }
}

/// Opens a directory that nobody means to hold. A child of another test has a copy of the lock between fork and exec,
/// so it may take a moment until it is free.
#[expect(clippy::disallowed_methods, reason = "nothing tells when a child of another test has begun")]
pub(super) fn open_free(path: &Path) -> DataDir {
    for _ in 0..1000 {
        match DataDir::open(path) {
            Err(error) if error.to_string().contains("another process") => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            opened => return opened.expect("free"),
        }
    }
    panic!("{} does not become free", path.display())
}

/// A data directory that is removed in the end.
pub(super) struct Home(pub(super) tempfile::TempDir);

impl Home {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("temporary directory"))
    }

    pub(super) fn dir(&self) -> DataDir {
        open_free(&self.0.path().join("data"))
    }

    pub(super) fn try_open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(&self.dir(), contract::chain_key(), &Still)
    }

    pub(super) fn open(&self) -> SqliteStore {
        self.try_open().expect("opens")
    }
}

/// Restores a backup as it is.
fn restore(dir: &DataDir, from: &Path) -> Result<(), StoreError> {
    super::restore(dir, from, &contract::chain_key(), |_| Ok(()))
}

fn fresh() -> Fresh {
    let home = Home::new();
    Fresh { store: Arc::new(home.open()), _keep: Box::new(home) }
}

mod as_a_store {
    crate::store::contract::every_store!(super::super::fresh);
}
