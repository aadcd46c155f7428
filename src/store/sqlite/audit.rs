//! The audit log in `SQLite`: numbered, sealed and chained as it is written (D-12).

use rusqlite::{Row, params, params_from_iter};

use super::{error::store_error, filter::Filter, keys::SET_META, row::PackedIp, tx::Tx};
use crate::{
    domain::{
        AuditEntry, AuditId, Timestamp,
        audit::{AuditRow, ChainHead, ChainKey, GENESIS, Seal},
    },
    store::{AuditFilter, AuditReads, AuditWrites, StoreError},
};

/// The `meta` key of the head: the newest row's number and seal, and a seal over both, packed.
const HEAD: &str = "audit_head";

/// The columns of an [`AuditRow`], as [`read`] expects them.
macro_rules! columns {
    () => {
        "seq, id, at, user_id, via, action, resource, params, result, ip, request_id"
    };
}

fn read(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        seq: row.get(0)?,
        id: row.get(1)?,
        at: row.get(2)?,
        user_id: row.get(3)?,
        via: row.get(4)?,
        action: row.get(5)?,
        resource: row.get(6)?,
        params: row.get(7)?,
        result: row.get(8)?,
        ip: row.get::<_, Option<PackedIp>>(9)?.map(|ip| ip.0.to_string()),
        request_id: row.get(10)?,
    })
}

/// Writes the head of an empty log. It is there from the first moment, so that a log without a head is one that
/// somebody has laid hands on.
pub(super) fn begin_chain(tx: &Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    write_head(tx, tx.chain_key, &ChainHead { seq: 0, seal: GENESIS }, now)
}

fn write_head(tx: &Tx<'_>, key: &ChainKey, head: &ChainHead, at: Timestamp) -> Result<(), StoreError> {
    let mut packed = [0; 72];
    packed[..8].copy_from_slice(&head.seq.to_be_bytes());
    packed[8..40].copy_from_slice(&head.seal);
    packed[40..].copy_from_slice(&key.seal_head(head));
    tx.execute_one(SET_META, params![HEAD, packed, at])
}

fn read_head(tx: &Tx<'_>) -> Result<Option<(ChainHead, Seal)>, StoreError> {
    let packed = tx.first("SELECT value FROM meta WHERE key = ?1", [HEAD], |row| row.get::<_, [u8; 72]>(0))?;
    Ok(packed.map(|packed| {
        let (mut seq, mut seal, mut over) = ([0; 8], GENESIS, GENESIS);
        seq.copy_from_slice(&packed[..8]);
        seal.copy_from_slice(&packed[8..40]);
        over.copy_from_slice(&packed[40..]);
        (ChainHead { seq: i64::from_be_bytes(seq), seal }, over)
    }))
}

/// Returns the head to build on, if it is ours.
///
/// The chain goes on from here, not from the last row there is: a tail that was cut off must leave a gap for ever, and
/// a head that was forged must not be sealed anew.
fn trusted_head(tx: &Tx<'_>) -> Result<ChainHead, StoreError> {
    match read_head(tx)? {
        Some((head, seal)) if seal == tx.chain_key.seal_head(&head) => Ok(head),
        _ => Err(StoreError::Corrupt("the head of the audit log is not ours; run `da server audit verify`".to_owned())),
    }
}

impl AuditReads for Tx<'_> {
    fn audit_rows(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        let select = concat!("SELECT ", columns!(), " FROM audit_log");
        let conditions = conditions(filter).map_err(store_error)?;
        let (sql, values) = conditions.question(select, "seq DESC", Some(filter.limit));
        self.all(&sql, params_from_iter(values), read)
    }

    fn audit_chain(&self, after: i64, limit: u32) -> Result<Vec<(AuditRow, Seal)>, StoreError> {
        self.all(
            concat!("SELECT ", columns!(), ", seal FROM audit_log WHERE seq > ?1 ORDER BY seq LIMIT ?2"),
            params![after, limit],
            |row| Ok((read(row)?, row.get(11)?)),
        )
    }

    fn audit_head(&self) -> Result<Option<(ChainHead, Seal)>, StoreError> {
        read_head(self)
    }
}

fn conditions(filter: &AuditFilter) -> rusqlite::Result<Filter> {
    let mut all = Filter::default();
    all.with("user_id = ?", filter.user_id.as_ref())?;
    all.with("action = ?", filter.action.as_ref())?;
    all.with("resource = ?", filter.resource.as_ref())?;
    all.with("at >= ?", filter.since.as_ref())?;
    all.with("at < ?", filter.until.as_ref())?;
    all.with("seq < ?", filter.before_seq.as_ref())?;
    Ok(all)
}

impl AuditWrites for Tx<'_> {
    fn append_audit(&self, entry: &AuditEntry, at: Timestamp) -> Result<(), StoreError> {
        let head = trusted_head(self)?;
        let row = AuditRow {
            seq: head.seq + 1,
            id: AuditId::random(),
            at,
            user_id: entry.user_id,
            via: entry.via.to_string(),
            action: entry.action.as_str().to_owned(),
            resource: entry.resource.clone(),
            params: entry.params.to_string(),
            result: entry.result.to_owned(),
            ip: entry.ip.map(|ip| ip.to_string()),
            request_id: entry.request_id.clone(),
        };
        let seal = self.chain_key.seal(&head.seal, &row);
        self.execute_one(
            concat!(
                "INSERT INTO audit_log (",
                columns!(),
                ", seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
            ),
            params![
                row.seq,
                row.id,
                row.at,
                row.user_id,
                row.via,
                row.action,
                row.resource,
                row.params,
                row.result,
                entry.ip.map(PackedIp),
                row.request_id,
                seal,
            ],
        )?;
        write_head(self, self.chain_key, &ChainHead { seq: row.seq, seal }, at)
    }

    fn reseal_audit(&self, key: &ChainKey, at: Timestamp) -> Result<(), StoreError> {
        const BATCH: u32 = 1000;
        let mut head = ChainHead { seq: 0, seal: GENESIS };
        loop {
            let rows = self.audit_chain(head.seq, BATCH)?;
            if rows.is_empty() {
                return write_head(self, key, &head, at);
            }
            for (row, _) in rows {
                head = ChainHead { seq: row.seq, seal: key.seal(&head.seal, &row) };
                self.execute_one("UPDATE audit_log SET seal = ?2 WHERE seq = ?1", params![head.seq, head.seal])?;
            }
        }
    }
}
