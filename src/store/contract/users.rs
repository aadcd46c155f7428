//! Claims on users.

use super::*;
use crate::store::UserFilter;
use crate::{
    domain::UserSearch,
    store::{AdminCounts, PasswordReset, ResetPurpose},
};

fn stored(store: &dyn Store, id: UserId) -> Option<User> {
    store.read(|tx| tx.user(id)).expect("read")
}

pub(crate) fn a_user_comes_back_as_written(store: &dyn Store) {
    let admin = UserId::random();
    let written = User {
        must_change_password: true,
        role: Role::KmAdmin,
        is_owner: true,
        active: false,
        deactivated_at: Some(at(3)),
        deactivated_by: Some(admin),
        updated_at: at(4),
        last_login_at: Some(at(2)),
        username: Some("ann.lee".parse().expect("a user name")),
        created_by: Some(admin),
        ..user("ann")
    };
    add(store, &written);
    assert_eq!(stored(store, written.id), Some(written.clone()));
    assert_eq!(store.read(|tx| tx.metadata(written.id)).expect("read"), "{}");
    write(store, move |tx| tx.set_metadata(written.id, r#"{"a":"é"}"#));
    assert_eq!(store.read(|tx| tx.metadata(written.id)).expect("read"), r#"{"a":"é"}"#);
    assert_eq!(store.read(|tx| tx.user_by_email(&written.email)).expect("read"), Some(written.clone()));
    let by_name = store.read(|tx| tx.user_by_username(written.username.as_ref().expect("set above"))).expect("read");
    assert_eq!(by_name, Some(written.clone()));
    assert_eq!(stored(store, UserId::random()), None);
    assert_eq!(store.read(|tx| tx.password_hash(written.id)).expect("read"), None);
    write(store, move |tx| tx.set_password_hash(written.id, "$argon2id$x", at(5)));
    assert_eq!(store.read(|tx| tx.password_hash(written.id)).expect("read").as_deref(), Some("$argon2id$x"));
}

pub(crate) fn an_email_address_is_taken_once(store: &dyn Store) {
    add(store, &user("ann"));
    let twin = User { email: "ANN@Example.org".parse().expect("an address"), ..user("x") };
    let refused = store.write(move |tx| tx.insert_user(&twin));
    assert!(matches!(refused, Err(StoreError::Taken)), "{refused:?}");
    let mut bob = user("bob");
    bob.username = Some("bob".parse().expect("a user name"));
    add(store, &bob);
    bob.email = "ann@example.org".parse().expect("an address");
    let namesake = User { username: bob.username.clone(), ..user("eve") };
    let refused_namesake = store.write(move |tx| tx.insert_user(&namesake));
    assert!(matches!(refused_namesake, Err(StoreError::Taken)), "{refused_namesake:?}");
    let refused = store.write(move |tx| tx.update_user(&bob));
    assert!(matches!(refused, Err(StoreError::Taken)), "{refused:?}");
}

pub(crate) fn a_changed_user_comes_back_changed(store: &dyn Store) {
    let before = user("ann");
    add(store, &before);
    let after = User {
        email: "anna@example.org".parse().expect("an address"),
        name: "Anna".parse().expect("a name"),
        role: Role::Admin,
        is_owner: true,
        active: false,
        deactivated_at: Some(at(9)),
        deactivated_by: Some(before.id),
        updated_at: at(9),
        last_login_at: Some(at(8)),
        username: Some("anna".parse().expect("a user name")),
        ..before.clone()
    };
    let change = after.clone();
    write(store, move |tx| tx.update_user(&change));
    assert_eq!(stored(store, before.id), Some(after));
    write(store, move |tx| tx.record_login(before.id, at(11)));
    assert_eq!(stored(store, before.id).and_then(|user| user.last_login_at), Some(at(11)));
}

pub(crate) fn a_change_of_a_missing_user_is_an_error(store: &dyn Store) {
    let nobody = user("nobody");
    let id = nobody.id;
    let outcomes: [Result<(), StoreError>; 4] = [
        store.write(move |tx| tx.update_user(&nobody)),
        store.write(move |tx| tx.set_password_hash(id, "x", at(0))),
        store.write(move |tx| tx.record_login(id, at(0))),
        store.write(move |tx| tx.delete_user(id)),
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(StoreError::Corrupt(_))), "{outcome:?}");
    }
}

pub(crate) fn users_are_listed_by_email_in_pages(store: &dyn Store) {
    for name in ["carl", "ann", "dora", "bob"] {
        add(store, &user(name));
    }
    let page = |after: Option<&str>, limit: Option<u32>| {
        let after = after.map(|name| user(name).email);
        let filter = UserFilter { after, limit: limit.unwrap_or(100), ..UserFilter::default() };
        let users = store.read(|tx| tx.users(&filter)).expect("read");
        users.into_iter().map(|user| user.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(page(None, None), ["ann", "bob", "carl", "dora"]);
    assert_eq!(page(None, Some(2)), ["ann", "bob"]);
    assert_eq!(page(Some("bob"), Some(1)), ["carl"]);
    assert!(page(Some("dora"), None).is_empty());
    assert!(page(None, Some(0)).is_empty());
    let filter = UserFilter { after: Some(user("ann").email), offset: 1, limit: 1, search: None };
    let behind = store.read(|tx| tx.users(&filter)).expect("read");
    assert_eq!(behind.iter().map(|user| user.name.to_string()).collect::<Vec<_>>(), ["carl"]);
}

pub(crate) fn users_are_found_by_a_part_in_whatever_case_in_pages(store: &dyn Store) {
    for (name, shown) in
        [("ann", "Émile Zola"), ("bob", "50%_Bob"), ("carl", "ÉMILIE"), ("dora", "Dora"), ("emil", "x")]
    {
        add(store, &User { name: shown.parse().expect("a name"), ..user(name) });
    }
    let page = |part: &str, after: Option<&str>, limit: Option<u32>| {
        let (search, after) = (UserSearch::new(part), after.map(|name| user(name).email));
        let filter = UserFilter { search, after, limit: limit.unwrap_or(100), offset: 0 };
        let users = store.read(|tx| tx.users(&filter)).expect("read");
        users.into_iter().map(|user| user.email.local_part().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(page("émil", None, None), ["ann", "carl"]);
    assert_eq!(page(" ÉMIL ", None, Some(1)), ["ann"]);
    assert_eq!(page("émil", Some("ann"), Some(1)), ["carl"]);
    assert!(page("émil", Some("carl"), Some(1)).is_empty() && page("émil", None, Some(0)).is_empty());
    assert_eq!(page("EMIL@", None, None), ["emil"]);
    assert_eq!(page("@example", None, Some(2)), ["ann", "bob"]);
    // No sign stands for others.
    assert_eq!((page("%", None, None), page("_", None, None)), (vec!["bob".to_owned()], vec!["bob".to_owned()]));
    assert_eq!(page(" ", None, None).len(), 5, "blanks alone are no search");
}

pub(crate) fn admins_are_counted(store: &dyn Store) {
    let count = |only, now| store.read(|tx| tx.count_admins(only, at(now))).expect("read");
    let counts = |active, with_way_in, with_password| AdminCounts { active, with_way_in, with_password };
    let has_admin = || store.read(|tx| tx.has_admin()).expect("read");
    add(store, &user("ann"));
    assert_eq!((count(None, 5), has_admin()), (counts(0, 0, 0), false));
    add(store, &User { role: Role::Admin, active: false, ..user("off") });
    assert_eq!((count(None, 5), has_admin()), (counts(0, 0, 0), true));
    let (on, waiting) = (User { role: Role::Admin, ..user("on") }, User { role: Role::Admin, ..user("waiting") });
    add(store, &on);
    assert_eq!((count(None, 5), has_admin()), (counts(1, 0, 0), true));
    add(store, &waiting);
    let value = reset(&waiting, "w1", ResetPurpose::Setup);
    let void = value.hash;
    write(store, move |tx| {
        tx.set_password_hash(on.id, "a hash", at(2))?;
        tx.insert_password_reset(&value)
    });
    assert_eq!(count(None, 5), counts(2, 2, 1));
    assert_eq!((count(Some(on.id), 5), count(Some(waiting.id), 5)), (counts(1, 1, 1), counts(1, 1, 0)));
    assert_eq!(count(Some(waiting.id), 100), counts(1, 0, 0), "the value has expired");
    write(store, move |tx| tx.use_password_reset(&void, at(6)));
    assert_eq!(count(None, 7), counts(2, 1, 1), "the value is used");
    write(store, move |tx| tx.clear_password(on.id, at(8)));
    assert_eq!(count(None, 9), counts(2, 0, 0));
}

pub(crate) fn deleting_a_user_takes_everything_of_theirs(store: &dyn Store) {
    let (ann, bob) = (user("ann"), user("bob"));
    let (hers, his) = (token(&ann, "ci"), token(&bob, "ci"));
    let signed_in = session(&ann);
    let reset = reset(&ann, "r1", ResetPurpose::Reset);
    let (gone, kept, ended, void) = (hers.id, his.id, signed_in.id, reset.hash);
    add(store, &ann);
    add(store, &bob);
    write(store, move |tx| {
        tx.insert_token(&hers, &hash("hers"))?;
        tx.insert_token(&his, &hash("his"))?;
        tx.insert_session(&signed_in, &hash("session"), None)?;
        tx.insert_password_reset(&reset)
    });
    write(store, move |tx| tx.delete_user(ann.id));
    store
        .read(|tx| {
            assert!(tx.user(ann.id)?.is_none());
            assert!(tx.token(gone)?.is_none() && tx.token_credential(gone)?.is_none());
            assert!(tx.session(ended)?.is_none() && tx.session_credential(ended)?.is_none());
            assert!(tx.password_reset(&void)?.is_none());
            assert!(tx.token(kept)?.is_some());
            Ok::<_, StoreError>(())
        })
        .expect("read");
}

fn reset(user: &User, value: &str, purpose: ResetPurpose) -> PasswordReset {
    PasswordReset {
        hash: hash(value),
        user_id: user.id,
        purpose,
        created_by: Some(UserId::random()),
        by_token: true,
        created_at: at(1),
        expires_at: at(100),
        used_at: None,
    }
}

pub(crate) fn a_reset_value_is_single_and_used_once(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let values = [("r1", ResetPurpose::Reset), ("s1", ResetPurpose::Setup), ("r2", ResetPurpose::Reset)];
    for (value, purpose) in values {
        let reset = reset(&ann, value, purpose);
        write(store, move |tx| tx.insert_password_reset(&reset));
    }
    let found = |value: &str| store.read(|tx| tx.password_reset(&hash(value))).expect("read");
    assert_eq!(found("r1"), None, "the newer one of the same purpose replaced it");
    assert_eq!(found("r2").map(|reset| (reset.user_id, reset.purpose)), Some((ann.id, ResetPurpose::Reset)));
    write(store, |tx| tx.use_password_reset(&hash("r2"), at(7)));
    assert_eq!(found("r2").and_then(|reset| reset.used_at), Some(at(7)));
    let again = store.write(|tx| tx.use_password_reset(&hash("r2"), at(8)));
    assert!(matches!(again, Err(StoreError::Corrupt(_))), "{again:?}");
    write(store, move |tx| tx.delete_password_resets(ann.id));
    assert_eq!(found("s1"), None);
    assert!(found("r2").is_some(), "a used one stays");
}
