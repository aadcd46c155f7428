//! The audit log.

use super::Handled;
use crate::{
    api::{
        DEFAULT_LIMIT, Empty, MAX_LIMIT, Page,
        audit::{AuditItem, ListQuery},
    },
    app::AppError,
    domain::audit::AuditRow,
    server::call::Call,
    store::AuditFilter,
};

/// Lists rows, newest first.
pub fn list(call: &Call, (): (), query: ListQuery, _: Empty) -> Handled<Page<AuditItem>> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let user_id = query.user_id.as_deref().map(str::parse).transpose();
    let before_seq = query.cursor.as_deref().map(str::parse).transpose();
    let filter = AuditFilter {
        user_id: user_id.map_err(|_| AppError::InvalidQuery("user_id must be the id of a user"))?,
        action: query.action,
        resource: query.resource,
        since: query.since,
        until: query.until,
        before_seq: before_seq.map_err(|_| AppError::InvalidQuery("cursor must come from the page before"))?,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let mut rows = call.app().audit_rows(call.admin()?, &filter)?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|row| row.seq.to_string());
    Ok(Page { items: rows.into_iter().map(item).collect(), next_cursor }.into())
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
