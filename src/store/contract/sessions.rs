//! Claims on sessions.

use std::time::Duration;

use super::*;
use crate::domain::RevokedReason;

fn insert(store: &dyn Store, session: &Session) {
    let session = session.clone();
    write(store, move |tx| tx.insert_session(&session, &hash(&session.id.to_string()), None));
}

/// Adds the session that replaces `session`, which then works on until `until`.
fn replace(store: &dyn Store, session: &Session, until: i64) -> Session {
    let next = Session { id: SessionId::random(), previous_id: Some(session.id), ..session.clone() };
    let (old, new) = (session.id, next.clone());
    write(store, move |tx| {
        assert!(tx.replace_session(old, at(until))?);
        tx.insert_session(&new, &hash(&new.id.to_string()), Some(&hash("refresh")))
    });
    next
}

fn credential(store: &dyn Store, id: SessionId) -> StoredCredential {
    store.read(|tx| tx.session_credential(id)).expect("read").expect("there")
}

fn stored(store: &dyn Store, id: SessionId) -> Option<Session> {
    store.read(|tx| tx.session(id)).expect("read")
}

fn live(store: &dyn Store, user: &User, seconds: i64) -> Vec<SessionId> {
    let filter = SessionFilter { user: Some(user.id), live: Some((true, at(seconds))), ..SessionFilter::default() };
    let sessions = store.read(|tx| tx.sessions(&filter)).expect("read");
    sessions.into_iter().map(|session| session.id).collect()
}

pub(crate) fn a_session_comes_back_as_written(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let open = session(&ann);
    let ended = Session {
        ip: None,
        device: Device::new("", None),
        idle_limit: Some(Duration::from_secs(60)),
        token_expires_at: at(10),
        revoked: Some((at(3), RevokedReason::AdminRevoked)),
        ..session(&ann)
    };
    for session in [&open, &ended] {
        insert(store, session);
        assert_eq!(stored(store, session.id).as_ref(), Some(session));
    }
    let found = credential(store, open.id);
    assert!(found.hash.matches(&hash(&open.id.to_string())));
    assert_eq!((found.expiry, found.revoked, found.replaced_until), (Expiry::At(at(1000)), false, None));
    assert_eq!((found.last_used, found.idle_limit, found.user), (Some((at(0), None)), None, ann));
    let found = credential(store, ended.id);
    assert_eq!((found.expiry, found.revoked, found.idle_limit), (Expiry::At(at(10)), true, ended.idle_limit));
}

pub(crate) fn a_session_ends_once_for_the_first_reason(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let session = session(&ann);
    insert(store, &session);
    let end = |reason, seconds| write(store, move |tx| tx.end_session(session.id, reason, at(seconds)));
    assert!(end(RevokedReason::UserTerminated, 5));
    assert!(!end(RevokedReason::AdminRevoked, 6));
    let ended = stored(store, session.id).and_then(|session| session.revoked);
    assert_eq!(ended, Some((at(5), RevokedReason::UserTerminated)));
    assert!(live(store, &ann, 6).is_empty());
}

pub(crate) fn all_sessions_but_one_end(store: &dyn Store) {
    let (ann, bob) = (user("ann"), user("bob"));
    add(store, &ann);
    add(store, &bob);
    let [one, two, three, over, his] =
        [session(&ann), session(&ann), session(&ann), Session { expires_at: at(5), ..session(&ann) }, session(&bob)];
    for session in [&one, &two, &three, &over, &his] {
        insert(store, session);
    }
    assert_eq!(live(store, &ann, 10), [three.id, two.id, one.id]);
    let reason = RevokedReason::PasswordChanged;
    assert_eq!(write(store, move |tx| tx.end_sessions(ann.id, Some(two.id), reason, at(10))), 2);
    assert_eq!(live(store, &ann, 11), [two.id]);
    assert_eq!(live(store, &bob, 11), [his.id]);
    assert_eq!(stored(store, over.id).and_then(|session| session.revoked), None, "it had ended by itself");
    assert_eq!(write(store, move |tx| tx.end_sessions(ann.id, None, reason, at(12))), 1);
    let filter = SessionFilter { user: Some(ann.id), limit: Some(3), ..SessionFilter::default() };
    let newest = store.read(|tx| tx.sessions(&filter)).expect("read");
    assert_eq!(newest.iter().map(|session| session.id).collect::<Vec<_>>(), [over.id, three.id, two.id]);
}

pub(crate) fn ended_sessions_are_swept(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let [open, over, revoked] = [
        session(&ann),
        Session { expires_at: at(5), ..session(&ann) },
        Session { revoked: Some((at(6), RevokedReason::UserTerminated)), ..session(&ann) },
    ];
    for session in [&open, &over, &revoked] {
        insert(store, session);
    }
    assert_eq!(write(store, |tx| tx.sweep_sessions(at(5), at(5))), 0);
    assert_eq!(write(store, |tx| tx.sweep_sessions(at(6), at(6))), 1);
    assert_eq!(stored(store, over.id), None);
    assert_eq!(write(store, |tx| tx.sweep_sessions(at(7), at(7))), 1);
    assert!(stored(store, open.id).is_some());
}

pub(crate) fn a_replaced_session_works_on_for_a_moment_and_ends_with_its_chain(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let [first, other] = [session(&ann), session(&ann)];
    insert(store, &first);
    insert(store, &other);
    let second = replace(store, &first, 70);
    let found = credential(store, first.id);
    assert_eq!((found.revoked, found.replaced_until), (false, Some(at(70))));
    assert_eq!(live(store, &ann, 10), [second.id, other.id], "a chain is one session");
    let successor = store.read(|tx| tx.successor(first.id)).expect("read").expect("there");
    assert_eq!(successor.0, second);
    assert!(successor.1.matches(&hash(&second.id.to_string())));
    assert!(store.read(|tx| tx.successor(second.id)).expect("read").is_none());
    let refresh = |id| store.read(|tx| tx.refresh_hash(id)).expect("read");
    assert!(refresh(first.id).is_none());
    assert!(refresh(second.id).expect("there").matches(&hash("refresh")));
    assert!(!write(store, move |tx| tx.replace_session(first.id, at(80))), "it is replaced once");

    let reason = RevokedReason::UserTerminated;
    assert!(write(store, move |tx| tx.end_session(second.id, reason, at(11))));
    for id in [first.id, second.id] {
        assert!(credential(store, id).revoked);
        assert_eq!(stored(store, id).and_then(|session| session.revoked), Some((at(11), reason)));
    }
    assert_eq!(live(store, &ann, 12), [other.id]);
}

pub(crate) fn all_chains_but_one_end(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let [one, two, old] = [session(&ann), session(&ann), session(&ann)];
    for session in [&one, &two, &old] {
        insert(store, session);
    }
    let (next_one, next_two, next_old) = (replace(store, &one, 70), replace(store, &two, 70), replace(store, &old, 5));
    let reason = RevokedReason::UserTerminated;
    let ended = write(store, move |tx| tx.end_sessions(ann.id, Some(next_one.id), reason, at(10)));
    assert_eq!(ended, 2, "what was replaced counts with its chain");
    for (id, revoked) in
        [(one.id, false), (next_one.id, false), (two.id, true), (next_two.id, true), (next_old.id, true)]
    {
        assert_eq!(credential(store, id).revoked, revoked);
    }
    let rotated = Some((at(5), RevokedReason::Rotated));
    assert_eq!(stored(store, old.id).and_then(|session| session.revoked), rotated, "it had ended before");
}

pub(crate) fn a_session_that_rests_too_long_is_not_live(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let resting = Session { idle_limit: Some(Duration::from_secs(60)), ..session(&ann) };
    insert(store, &resting);
    assert_eq!(live(store, &ann, 59), [resting.id]);
    assert!(live(store, &ann, 60).is_empty());
    write(store, move |tx| tx.record_session_use(resting.id, at(50)));
    write(store, move |tx| tx.record_session_use(resting.id, at(40)));
    assert_eq!(live(store, &ann, 109), [resting.id], "the later use counts");
    assert_eq!(credential(store, resting.id).last_used, Some((at(50), None)));
}

pub(crate) fn sessions_are_filtered_and_paged(store: &dyn Store) {
    let (ann, bob) = (user("ann"), user("bob"));
    add(store, &ann);
    add(store, &bob);
    let [one, two, over, his] = [
        session(&ann),
        Session { auth_provider: "corp".to_owned(), ..session(&ann) },
        Session { expires_at: at(5), ..session(&ann) },
        session(&bob),
    ];
    for session in [&one, &two, &over, &his] {
        insert(store, session);
    }
    let found = |filter: SessionFilter| -> Vec<SessionId> {
        store.read(|tx| tx.sessions(&filter)).expect("read").into_iter().map(|session| session.id).collect()
    };
    let all = SessionFilter::default;
    assert_eq!(found(all()), [his.id, over.id, two.id, one.id]);
    assert_eq!(found(SessionFilter { limit: Some(2), ..all() }), [his.id, over.id]);
    assert_eq!(found(SessionFilter { after: Some(over.id), ..all() }), [two.id, one.id]);
    assert_eq!(found(SessionFilter { provider: Some("corp".to_owned()), ..all() }), [two.id]);
    assert_eq!(found(SessionFilter { live: Some((false, at(6))), ..all() }), [over.id]);
    assert_eq!(found(SessionFilter { user: Some(bob.id), live: Some((true, at(6))), ..all() }), [his.id]);
}
