//! Claims on sessions.

use super::*;
use crate::domain::RevokedReason;

fn insert(store: &dyn Store, session: &Session) {
    let session = session.clone();
    write(store, move |tx| tx.insert_session(&session, &hash(&session.id.to_string())));
}

fn stored(store: &dyn Store, id: SessionId) -> Option<Session> {
    store.read(|tx| tx.session(id)).expect("read")
}

fn live(store: &dyn Store, user: &User, seconds: i64) -> Vec<SessionId> {
    let sessions = store.read(|tx| tx.live_sessions(user.id, at(seconds))).expect("read");
    sessions.into_iter().map(|session| session.id).collect()
}

pub(crate) fn a_session_comes_back_as_written(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let open = session(&ann);
    let ended = Session { ip: None, revoked: Some((at(3), RevokedReason::AdminRevoked)), ..session(&ann) };
    for session in [&open, &ended] {
        insert(store, session);
        assert_eq!(stored(store, session.id).as_ref(), Some(session));
    }
    let credential = store.read(|tx| tx.session_credential(open.id)).expect("read").expect("there");
    assert!(credential.hash.matches(&hash(&open.id.to_string())));
    assert_eq!((credential.expiry, credential.revoked), (Expiry::At(at(1000)), false));
    assert_eq!((credential.last_used, credential.user), (None, ann));
    let credential = store.read(|tx| tx.session_credential(ended.id)).expect("read").expect("there");
    assert!(credential.revoked);
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
    assert_eq!(write(store, |tx| tx.sweep_sessions(at(5))), 0);
    assert_eq!(write(store, |tx| tx.sweep_sessions(at(6))), 1);
    assert_eq!(stored(store, over.id), None);
    assert_eq!(write(store, |tx| tx.sweep_sessions(at(7))), 1);
    assert!(stored(store, open.id).is_some());
}
