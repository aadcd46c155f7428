//! What a use case sees of the database: one type for readers and the writer.

use std::cell::RefCell;

use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use super::error::{is_fault, store_error};
use crate::{domain::audit::ChainKey, store::StoreError};

/// The statements of one transaction; every one of them is prepared once per connection.
pub(super) struct Tx<'a> {
    connection: &'a Connection,
    pub(super) chain_key: &'a ChainKey,
    fault: RefCell<Option<StoreError>>,
}

impl<'a> Tx<'a> {
    /// Speaks over `connection`.
    pub(super) fn new(connection: &'a Connection, chain_key: &'a ChainKey) -> Self {
        Self { connection, chain_key, fault: RefCell::new(None) }
    }

    /// Returns the first fault of the storage, even if the use case overlooked it.
    pub(super) fn into_fault(self) -> Option<StoreError> {
        self.fault.into_inner()
    }

    /// Runs a change; returns how many rows it changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        self.refuse_after_fault()?;
        self.noting(self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute(params)))
    }

    /// Runs a change of one row that is known to be there.
    pub(super) fn execute_one(&self, sql: &str, params: impl Params) -> Result<(), StoreError> {
        match self.execute(sql, params)? {
            1 => Ok(()),
            changed => Err(StoreError::Corrupt(format!("one row was to change, but {changed} did"))),
        }
    }

    /// Runs a question; returns the first row.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        self.refuse_after_fault()?;
        let row =
            self.connection.prepare_cached(sql).and_then(|mut statement| statement.query_row(params, read).optional());
        self.noting(row)
    }

    /// Runs a question; returns all rows.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.refuse_after_fault()?;
        let rows =
            self.connection.prepare_cached(sql).and_then(|mut statement| statement.query_map(params, read)?.collect());
        self.noting(rows)
    }

    /// Runs a question; of the rows that `keep` wants, returns `limit` behind the first `offset`, and reads none behind the
    /// last.
    pub(super) fn kept<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
        keep: impl Fn(&T) -> bool,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<T>, StoreError> {
        self.refuse_after_fault()?;
        let rows = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let rows = statement.query_map(params, read)?;
            let kept = rows.filter(|row| row.as_ref().map_or(true, &keep));
            kept.skip(offset as usize).take(limit as usize).collect()
        });
        self.noting(rows)
    }

    /// Refuses to go on after a fault: `SQLite` may have undone the transaction by itself, and what came next
    /// would then stand alone and be committed at once.
    fn refuse_after_fault(&self) -> Result<(), StoreError> {
        self.fault.borrow().clone().map_or(Ok(()), Err)
    }

    fn noting<T>(&self, result: rusqlite::Result<T>) -> Result<T, StoreError> {
        result.map_err(store_error).inspect_err(|error| {
            if is_fault(error) {
                self.fault.borrow_mut().get_or_insert_with(|| error.clone());
            }
        })
    }
}
