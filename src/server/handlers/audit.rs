//! The audit log.

use super::{BAD_CURSOR, Handled, page, page_limit};
use crate::{
    api::{
        Empty, Page,
        audit::{AuditItem, ListQuery},
    },
    app::AppError,
    domain::audit::AuditRow,
    server::call::Call,
    store::AuditFilter,
};

/// Lists rows, newest first.
pub fn list(call: &Call, (): (), query: ListQuery, _: Empty) -> Handled<Page<AuditItem>> {
    let limit = page_limit(query.limit)?;
    let user_id = query.user_id.as_deref().map(str::parse).transpose();
    let before_seq = query.cursor.as_deref().map(str::parse).transpose();
    let filter = AuditFilter {
        user_id: user_id.map_err(|_| AppError::InvalidQuery("user_id must be the id of a user"))?,
        action: query.action,
        resource: query.resource,
        since: query.since,
        until: query.until,
        before_seq: before_seq.map_err(|_| BAD_CURSOR)?,
        limit: limit + 1,
    };
    let rows = call.app().audit_rows(call.admin()?, &filter)?;
    let Page { items, next_cursor } = page(rows, limit, |row| row.seq.to_string());
    Ok(Page { items: items.into_iter().map(item).collect(), next_cursor }.into())
}

fn item(row: AuditRow) -> AuditItem {
    AuditItem {
        id: row.id,
        at: row.at,
        action: row.action,
        user_id: row.user_id,
        via: row.via,
        resource: row.resource,
        params: serde_json::from_str(&row.params).unwrap_or_default(),
        result: row.result,
        ip: row.ip,
        request_id: row.request_id,
    }
}
