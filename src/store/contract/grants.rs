//! Claims on grants.

use std::time::Duration;

use super::*;
use crate::{
    domain::{
        CodeVerifier, Grant, GrantId, GrantStatus, Lifetime, LoopbackRedirect, RevokedReason, Wanted,
        grant::{Binding, INTERVAL},
    },
    store::OpenGrants,
};

/// Returns a device's request that lives for a thousand seconds.
fn request() -> Grant {
    Grant {
        id: GrantId::random(),
        client_name: "da".to_owned(),
        device: Device::new("laptop", Some("a word")),
        ip: Some(ip("2001:db8::1")),
        wanted: Wanted::Session,
        status: GrantStatus::Pending,
        user_id: None,
        decided_by: None,
        created_at: at(0),
        expires_at: at(1000),
        interval: INTERVAL,
        last_poll_at: None,
        binding: None,
        session_id: None,
    }
}

/// Adds a grant under a user code made of its id.
fn insert(store: &dyn Store, grant: &Grant) {
    let grant = grant.clone();
    write(store, move |tx| {
        let user_code = hash(&format!("user code {}", grant.id));
        let user_code = grant.binding.is_none().then_some(&user_code);
        tx.insert_grant(&grant, &hash(&grant.id.to_string()), user_code)
    });
}

fn pending(store: &dyn Store, grant: &Grant) -> Option<Grant> {
    store.read(|tx| tx.pending_grant(&hash(&format!("user code {}", grant.id)))).expect("read")
}

fn stored(store: &dyn Store, grant: &Grant) -> Option<Grant> {
    let found = store.read(|tx| tx.grant(grant.id)).expect("read")?;
    assert!(found.1.matches(&hash(&grant.id.to_string())));
    Some(found.0)
}

pub(crate) fn a_grant_comes_back_as_written(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let token = |lifetime| Wanted::Token { name: "build agent".parse().expect("a name"), lifetime };
    let challenge = CodeVerifier::random().expect("random bytes").challenge();
    let grants = [
        request(),
        Grant { wanted: token(Lifetime::Never), ip: None, device: Device::new("", None), ..request() },
        Grant { wanted: token(Lifetime::Days(90)), last_poll_at: Some(at(3)), ..request() },
        Grant {
            status: GrantStatus::Approved,
            user_id: Some(ann.id),
            session_id: Some(SessionId::random()),
            binding: Some(Binding { challenge, redirect: LoopbackRedirect::to_port(8000) }),
            ..request()
        },
    ];
    for grant in &grants {
        insert(store, grant);
        assert_eq!(stored(store, grant).as_ref(), Some(grant));
    }
    assert!(store.read(|tx| tx.grant(GrantId::random())).expect("read").is_none());
}

pub(crate) fn a_grant_is_found_by_its_user_code_while_nobody_has_decided(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    for status in GrantStatus::ALL {
        let grant = Grant { status, user_id: Some(ann.id), ..request() };
        insert(store, &grant);
        assert_eq!(pending(store, &grant).is_some(), status == GrantStatus::Pending, "{status:?}");
    }
}

pub(crate) fn a_grant_goes_on_and_keeps_what_it_was_asked_for(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let before = request();
    insert(store, &before);
    let after = Grant {
        status: GrantStatus::Consumed,
        user_id: Some(ann.id),
        session_id: Some(SessionId::random()),
        interval: Duration::from_secs(10),
        last_poll_at: Some(at(7)),
        ..before.clone()
    };
    let mut written = after.clone();
    written.client_name = "another".to_owned();
    write(store, move |tx| tx.update_grant(&written));
    assert_eq!(stored(store, &before), Some(after));
}

pub(crate) fn two_codes_cannot_wait_at_once(store: &dyn Store) {
    let insert = |status: GrantStatus| {
        let grant = Grant { status, ..request() };
        store.write(move |tx| tx.insert_grant(&grant, &hash("code"), Some(&hash("the same"))))
    };
    insert(GrantStatus::Denied).expect("one that is over");
    insert(GrantStatus::Pending).expect("the first that waits");
    assert!(matches!(insert(GrantStatus::Pending), Err(StoreError::Taken)));
}

pub(crate) fn open_requests_are_counted_in_all_and_around_an_address(store: &dyn Store) {
    let challenge = CodeVerifier::random().expect("random bytes").challenge();
    let binding = Some(Binding { challenge, redirect: LoopbackRedirect::to_port(1) });
    for grant in [
        request(),
        Grant { ip: Some(ip("2001:db8::ffff:2")), status: GrantStatus::Denied, ..request() },
        Grant { ip: Some(ip("2001:db8:0:1::1")), ..request() },
        Grant { ip: Some(ip("2001:db8:1::1")), ..request() },
        Grant { ip: Some(ip("2001:db9::1")), ..request() },
        Grant { ip: Some(ip("192.0.2.1")), ..request() },
        Grant { ip: Some(ip("192.0.2.2")), ..request() },
        Grant { ip: Some(ip("192.0.3.1")), ..request() },
        Grant { ip: Some(ip("192.1.2.1")), ..request() },
        Grant { ip: None, ..request() },
        Grant { expires_at: at(10), ..request() },
        Grant { binding, ..request() },
    ] {
        insert(store, &grant);
    }
    let open = |from: Option<&str>| store.read(|tx| tx.open_grants(from.map(ip), at(10))).expect("read");
    for (from, [host, site, provider]) in [
        (Some("2001:db8::9"), [2, 3, 4]),
        (Some("2001:db8:0:1::"), [1, 3, 4]),
        (Some("2001:db8:7::"), [0, 0, 4]),
        (Some("2001:db7::"), [0, 0, 0]),
        (Some("192.0.2.1"), [1, 2, 3]),
        (Some("192.0.2.3"), [0, 2, 3]),
        (Some("192.0.9.1"), [0, 0, 3]),
        // The first bytes of `2001:db8::`.
        (Some("32.1.13.184"), [0, 0, 0]),
        (None, [0, 0, 0]),
    ] {
        assert_eq!(open(from), OpenGrants { all: 10, host, site, provider }, "{from:?}");
    }
}

pub(crate) fn what_a_user_approved_ends_with_their_sessions_and_goes_with_them(store: &dyn Store) {
    let (ann, bob) = (user("ann"), user("bob"));
    add(store, &ann);
    add(store, &bob);
    let of = |user: &User, status| Grant { status, user_id: Some(user.id), ..request() };
    let [hers, used, his] =
        [of(&ann, GrantStatus::Approved), of(&ann, GrantStatus::Consumed), of(&bob, GrantStatus::Approved)];
    for grant in [&hers, &used, &his] {
        insert(store, grant);
    }
    write(store, move |tx| tx.end_sessions(ann.id, None, RevokedReason::PasswordChanged, at(1)));
    let status = |grant| stored(store, grant).map(|grant| grant.status);
    assert_eq!(status(&hers), Some(GrantStatus::Denied));
    assert_eq!((status(&used), status(&his)), (Some(GrantStatus::Consumed), Some(GrantStatus::Approved)));
    assert_eq!(write(store, move |tx| tx.deny_approved_grants(bob.id)), 1);
    write(store, move |tx| tx.delete_user(ann.id));
    assert_eq!((status(&hers), status(&used)), (None, None));
}

pub(crate) fn grants_are_swept(store: &dyn Store) {
    let [open, over] = [request(), Grant { expires_at: at(5), ..request() }];
    insert(store, &open);
    insert(store, &over);
    assert_eq!(write(store, |tx| tx.sweep_grants(at(5))), 0);
    assert_eq!(write(store, |tx| tx.sweep_grants(at(6))), 1);
    assert_eq!((stored(store, &open).is_some(), stored(store, &over)), (true, None));
}
