//! What a store or a backup holds, once it is known to be sound.

use serde::Serialize;

use super::host;
use crate::{
    app::{
        audit::{ChainVerdict, verify_chain},
        keys,
        master_key::MasterKey,
    },
    cli::{error::CliError, moment},
    domain::{Timestamp, audit::ChainHead},
    store::{
        AuditFilter, Store, StoreError,
        sqlite::{ReadOnlyStore, Rows},
    },
};

/// What is in it.
#[derive(Debug, Serialize)]
pub(crate) struct Contents {
    pub(crate) schema: i32,
    #[serde(flatten)]
    pub(crate) rows: Rows,
    #[serde(serialize_with = "as_text")]
    pub(crate) audit_head: ChainHead,
    pub(crate) newest_change_at: Option<Timestamp>,
}

fn as_text<S: serde::Serializer>(head: &ChainHead, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(head)
}

impl Contents {
    /// Checks that the master key fits and that the audit log is whole, and tells what is there.
    pub(crate) fn of(store: &ReadOnlyStore, master: &MasterKey) -> Result<Self, CliError> {
        let (schema, rows) = (store.schema().map_err(host::said)?, store.rows().map_err(host::said)?);
        let store: &dyn Store = store;
        // With another key every row would look as if it had been changed.
        store.read(|reader| keys::check_master_key(reader, master)).map_err(host::said)?;
        let chain = store.read(|reader| verify_chain(reader, &master.chain_key(), None));
        let audit_head = match chain.map_err(|error: StoreError| host::said(error))? {
            ChainVerdict::Intact(head) => head,
            ChainVerdict::Broken { seq, reason } => {
                return Err(CliError::failed(format!("Its audit log is broken at row {seq}: {reason}")));
            }
        };
        let newest = AuditFilter { limit: 1, ..AuditFilter::default() };
        let newest = store.read(|reader| reader.audit_rows(&newest)).map_err(|error: StoreError| host::said(error))?;
        Ok(Self { schema, rows, audit_head, newest_change_at: newest.first().map(|row| row.at) })
    }

    /// Returns it in one line.
    pub(crate) fn line(&self) -> String {
        let Rows { users, tokens, sessions } = self.rows;
        let counts = [(users, "user"), (tokens, "token"), (sessions, "session"), (self.audit_head.seq, "audit row")];
        let counts = counts.map(|(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" }));
        format!("schema {}, {}", self.schema, counts.join(", "))
    }

    /// Returns how old its newest change is.
    pub(crate) fn age(&self, now: Timestamp) -> String {
        match self.newest_change_at {
            Some(at) => format!("{} UTC, {} ago", moment::written(at), moment::span(now.since(at))),
            None => "never".to_owned(),
        }
    }
}
