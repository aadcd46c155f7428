//! `/admin/audit`: the log, newest first.

use askama::Template;
use http::Response;
use serde::{Deserialize, Serialize};

use crate::{
    app::{AppError, audit::ChainVerdict},
    domain::{Action, Timestamp, TokenId, audit::AuditRow},
    server::{
        call::Call,
        edge::Body,
        error::ServerError,
        mount::PageRequest,
        web::{Frame, PAGE_ROWS, address, cut, page, read, shown::Moment},
    },
    store::AuditFilter,
};

#[derive(Template)]
#[template(path = "admin/audit.html", config = ".askama.toml")]
struct AuditPage<'a> {
    frame: &'a Frame<'a>,
    query: AuditQuery,
    actions: Vec<&'static str>,
    rows: Vec<Row>,
    next: Option<i64>,
    chain: String,
}

struct Row {
    at: Moment,
    action: String,
    actor: String,
    via: Reference,
    resource: Reference,
    params: String,
    result: String,
    ip: String,
}

/// What a row names, such as `token:ID`: short enough for a table, and in full to search for.
struct Reference {
    short: String,
    full: String,
}

impl Reference {
    fn to(text: &str) -> Self {
        let id = text.split_once(':').and_then(|(kind, id)| Some((kind, id.parse::<TokenId>().ok()?.prefix())));
        let short = id.map_or_else(|| text.to_owned(), |(kind, prefix)| format!("{kind}:{prefix}"));
        Self { short, full: text.to_owned() }
    }
}

/// Which rows are listed.
#[derive(Deserialize, Serialize, Clone)]
struct AuditQuery {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    actor: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    action: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    resource: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    since: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    until: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<i64>,
    /// `chain`: check the whole chain, which reads every row.
    #[serde(default, skip_serializing)]
    check: String,
}

impl AuditQuery {
    fn rows_before(&self, seq: &i64) -> String {
        address("/admin/audit", &Self { before: Some(*seq), ..self.clone() })
    }
}

/// Shows the rows that match.
pub fn show(call: &Call, request: &PageRequest) -> Result<Response<Body>, ServerError> {
    let mut query: AuditQuery = read(request.query.as_bytes(), "query")?;
    // A day that is none narrows nothing, and is not shown as if it did.
    for text in [&mut query.since, &mut query.until] {
        *text = day(text).map_or_else(String::new, |_| std::mem::take(text));
    }
    let (admin, app) = (call.admin()?, call.app());
    let mut rows = match filter(call, &query)? {
        None => Vec::new(),
        Some(filter) => app.audit_rows(admin, &filter)?,
    };
    let more = cut(&mut rows);
    let chain = if query.check == "chain" {
        told(&app.verify_audit(admin)?)
    } else {
        let head = app.audit_head()?.map_or(0, |head| head.seq);
        format!("{head} rows, chained so that a change shows; not checked just now")
    };
    let frame = Frame::of(call, "audit")?;
    let template = AuditPage {
        frame: &frame,
        query,
        actions: Action::ALL.iter().map(|action| action.as_str()).collect(),
        next: rows.last().filter(|_| more).map(|row| row.seq),
        rows: rows.iter().map(|row| shown(call, row)).collect::<Result<_, _>>()?,
        chain,
    };
    page(&frame, &template)
}

fn told(verdict: &ChainVerdict) -> String {
    match verdict {
        ChainVerdict::Intact(head) => format!("The chain is intact: {} rows", head.seq),
        ChainVerdict::Broken { seq, reason } => format!("The chain is broken at row {seq}: {reason}"),
    }
}

fn filter(call: &Call, query: &AuditQuery) -> Result<Option<AuditFilter>, ServerError> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let user_id = match query.actor.trim() {
        "" => None,
        text => match call.app().find_user(call.admin()?, text)? {
            None => return Ok(None),
            found => found,
        },
    };
    Ok(Some(AuditFilter {
        user_id,
        action: some(&query.action),
        resource: some(&query.resource),
        since: day(&query.since),
        until: day(&query.until),
        before_seq: query.before,
        limit: PAGE_ROWS + 1,
    }))
}

/// Reads a day, as a date field sends it, or a whole time.
fn day(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}T00:00:00").parse()).ok()
}

fn shown(call: &Call, row: &AuditRow) -> Result<Row, ServerError> {
    Ok(Row {
        at: row.at.into(),
        action: row.action.clone(),
        actor: match row.user_id {
            None => "-".to_owned(),
            Some(id) => match call.app().user(call.admin()?, id) {
                Ok(user) => user.email.shown(),
                Err(AppError::UserNotFound) => format!("deleted user {id}"),
                Err(error) => return Err(error.into()),
            },
        },
        via: Reference::to(&row.via),
        resource: Reference::to(&row.resource),
        params: if row.params == "{}" { String::new() } else { row.params.clone() },
        result: row.result.clone(),
        ip: row.ip.clone().unwrap_or_default(),
    })
}
