//! Claims on the audit log.

use serde_json::json;

use super::*;
use crate::{
    domain::{
        Action, AuditEntry, Via,
        audit::{ChainHead, GENESIS},
    },
    store::AuditFilter,
};

fn entry(action: Action, resource: &str) -> AuditEntry {
    AuditEntry {
        action,
        user_id: Some(UserId::from_bytes([1; 16])),
        via: Via::Token(TokenId::from_bytes([2; 16])),
        resource: resource.to_owned(),
        params: json!({ "name": "ci \u{1f600} \"quoted\"" }),
        result: "ok",
        ip: Some(ip("2001:db8::1")),
        request_id: Some("r-1".to_owned()),
    }
}

fn append(store: &dyn Store, entry: AuditEntry, seconds: i64) {
    write(store, move |tx| tx.append_audit(&entry, at(seconds)));
}

fn assert_chained(store: &dyn Store, length: i64) {
    assert_chained_by(store, &chain_key(), length);
}

fn assert_chained_by(store: &dyn Store, key: &ChainKey, length: i64) {
    let (rows, head) =
        store.read(|tx| Ok::<_, StoreError>((tx.audit_chain(0, 10_000)?, tx.audit_head()?))).expect("read");
    let mut previous = GENESIS;
    for (number, (row, seal)) in (1..).zip(&rows) {
        assert_eq!(row.seq, number);
        assert_eq!(*seal, key.seal(&previous, row), "row {number}");
        previous = *seal;
    }
    let expected = ChainHead { seq: length, seal: previous };
    assert_eq!(head, Some((expected, key.seal_head(&expected))));
}

pub(crate) fn rows_are_numbered_and_chained(store: &dyn Store) {
    append(store, entry(Action::Login, "auth"), 1);
    let anonymous = AuditEntry {
        user_id: None,
        via: Via::Anonymous,
        ip: None,
        request_id: None,
        ..entry(Action::LoginFailed, "auth")
    };
    append(store, anonymous, 2);
    write(store, |tx| {
        tx.append_audit(&entry(Action::TokenCreate, "token:x"), at(3))?;
        tx.append_audit(&entry(Action::TokenRevoke, "token:x"), at(3))
    });
    assert_chained(store, 4);
    let rows = store.read(|tx| tx.audit_chain(2, 1)).expect("read");
    assert_eq!(rows.len(), 1);
    let (row, _) = &rows[0];
    assert_eq!((row.seq, row.at, row.action.as_str(), row.resource.as_str()), (3, at(3), "token.create", "token:x"));
    assert_eq!(row.via, Via::Token(TokenId::from_bytes([2; 16])).to_string());
    assert_eq!((row.ip.as_deref(), row.request_id.as_deref()), (Some("2001:db8::1"), Some("r-1")));
    assert_eq!(row.params, entry(Action::Login, "").params.to_string());
}

pub(crate) fn rows_are_filtered_and_paged(store: &dyn Store) {
    for (seconds, action, resource) in [
        (1, Action::Login, "auth"),
        (2, Action::UserCreate, "user:a"),
        (3, Action::UserUpdate, "user:a"),
        (4, Action::UserUpdate, "user:b"),
    ] {
        append(store, entry(action, resource), seconds);
    }
    append(store, AuditEntry { user_id: None, ..entry(Action::Login, "auth") }, 5);
    let all = AuditFilter { limit: 100, ..AuditFilter::default() };
    let found = |filter: AuditFilter| {
        let rows = store.read(|tx| tx.audit_rows(&filter)).expect("read");
        rows.into_iter().map(|row| row.seq).collect::<Vec<_>>()
    };
    assert_eq!(found(all.clone()), [5, 4, 3, 2, 1]);
    assert_eq!(found(AuditFilter { limit: 2, ..all.clone() }), [5, 4]);
    assert_eq!(found(AuditFilter { limit: 2, before_seq: Some(4), ..all.clone() }), [3, 2]);
    assert_eq!(found(AuditFilter { user_id: Some(UserId::from_bytes([1; 16])), ..all.clone() }), [4, 3, 2, 1]);
    assert_eq!(found(AuditFilter { action: Some("user.update".to_owned()), ..all.clone() }), [4, 3]);
    assert_eq!(found(AuditFilter { resource: Some("user:a".to_owned()), ..all.clone() }), [3, 2]);
    assert_eq!(found(AuditFilter { since: Some(at(2)), until: Some(at(4)), ..all.clone() }), [3, 2]);
    let both = AuditFilter { action: Some("user.update".to_owned()), resource: Some("user:b".to_owned()), ..all };
    assert_eq!(found(both), [4]);
}

pub(crate) fn an_undone_change_leaves_no_row_and_no_gap(store: &dyn Store) {
    append(store, entry(Action::Login, "auth"), 1);
    let refused: Result<(), StoreError> = store.write(|tx| {
        tx.append_audit(&entry(Action::UserCreate, "user:a"), at(2))?;
        Err(StoreError::Taken)
    });
    refused.expect_err("refused");
    append(store, entry(Action::Logout, "auth"), 3);
    assert_chained(store, 2);
}

pub(crate) fn a_log_without_rows_has_the_head_of_its_begin(store: &dyn Store) {
    let (head, seal) = store.read(|tx| tx.audit_head()).expect("read").expect("there from the first moment");
    assert_eq!(head, ChainHead { seq: 0, seal: GENESIS });
    assert_eq!(seal, chain_key().seal_head(&head));
    assert!(store.read(|tx| tx.audit_chain(0, 10)).expect("read").is_empty());
}

pub(crate) fn a_log_is_sealed_anew_by_another_key(store: &dyn Store) {
    /// More than are read at once.
    const ROWS: i64 = 2_100;
    write(store, |tx| (1..=ROWS).try_for_each(|second| tx.append_audit(&entry(Action::Login, "auth"), at(second))));
    let rows = || store.read(|tx| tx.audit_chain(0, 10_000)).expect("read").into_iter().map(|(row, _)| row);
    let before: Vec<_> = rows().collect();
    let other = ChainKey::new(&[43; 32]);
    let key = other.clone();
    write(store, move |tx| tx.reseal_audit(&key, at(ROWS)));
    assert_chained_by(store, &other, ROWS);
    assert!(rows().eq(before), "nothing but the seals is changed");
    let refused = store.write(|tx| tx.append_audit(&entry(Action::Login, "auth"), at(ROWS)));
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
}
