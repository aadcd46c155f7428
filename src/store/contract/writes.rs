//! Claims on changes and reads as such.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Barrier,
    thread,
};

use super::*;
use crate::store::UserFilter;

fn is_known(store: &dyn Store, user: &User) -> bool {
    store.read(|tx| tx.user(user.id)).expect("read").is_some()
}

pub(crate) fn a_refused_change_undoes_only_itself(store: &dyn Store) {
    let users: Vec<_> = (0..32).map(|number| user(&format!("u{number}"))).collect();
    let together = Barrier::new(users.len());
    thread::scope(|scope| {
        for (number, user) in users.iter().enumerate() {
            let together = &together;
            scope.spawn(move || {
                let change = user.clone();
                together.wait();
                let outcome: Result<(), StoreError> = store.write(move |tx| {
                    tx.insert_user(&change)?;
                    if number % 2 == 0 { Ok(()) } else { Err(StoreError::Corrupt("refused".to_owned())) }
                });
                assert_eq!(outcome.is_ok(), number % 2 == 0);
            });
        }
    });
    for (number, user) in users.iter().enumerate() {
        assert_eq!(is_known(store, user), number % 2 == 0, "{number}");
    }
}

pub(crate) fn a_panicking_change_undoes_only_itself(store: &dyn Store) {
    let users: Vec<_> = (0..16).map(|number| user(&format!("u{number}"))).collect();
    let together = Barrier::new(users.len());
    thread::scope(|scope| {
        for (number, user) in users.iter().enumerate() {
            let together = &together;
            scope.spawn(move || {
                let change = user.clone();
                together.wait();
                let outcome: Result<(), StoreError> = store.write(move |tx| {
                    tx.insert_user(&change)?;
                    assert!(number != 7, "a defect in a use case");
                    Ok(())
                });
                assert_eq!(outcome.is_ok(), number != 7);
            });
        }
    });
    for (number, user) in users.iter().enumerate() {
        assert_eq!(is_known(store, user), number != 7, "{number}");
    }
}

pub(crate) fn a_write_is_seen_by_the_next_read(store: &dyn Store) {
    for number in 0..50 {
        let user = user(&format!("u{number}"));
        add(store, &user);
        assert!(is_known(store, &user));
    }
}

pub(crate) fn a_change_sees_its_own_changes(store: &dyn Store) {
    let ann = user("ann");
    write(store, move |tx| {
        tx.insert_user(&ann)?;
        assert_eq!(tx.user_by_email(&ann.email)?, Some(ann));
        Ok(())
    });
}

pub(crate) fn a_read_sees_one_moment(store: &dyn Store) {
    let (ann, bob) = (user("ann"), user("bob"));
    add(store, &ann);
    let seen = store.read(|tx| {
        let before = tx.users(&UserFilter::default())?.len();
        add(store, &bob);
        Ok::<_, StoreError>((before, tx.users(&UserFilter::default())?.len()))
    });
    assert_eq!(seen.expect("read"), (1, 1));
    assert!(is_known(store, &bob));
}

pub(crate) fn a_panicking_read_harms_no_other(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    for _ in 0..40 {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            store.read(|tx| {
                assert!(tx.has_admin()?, "a defect in a use case");
                Ok::<_, StoreError>(())
            })
        }));
        outcome.expect_err("panicked");
        assert!(is_known(store, &ann));
    }
    let bob = user("bob");
    add(store, &bob);
    assert!(is_known(store, &bob), "no connection kept an old view");
    store.check().expect("readable");
}

pub(crate) fn concurrent_inserts_of_one_address_give_one_user(store: &dyn Store) {
    let won = at_once(32, || {
        let twin = user("ann");
        store.write(move |tx| tx.insert_user(&twin)).is_ok()
    });
    assert_eq!(won, 1);
}

pub(crate) fn concurrent_revocations_count_once(store: &dyn Store) {
    let ann = user("ann");
    let token = token(&ann, "ci");
    let (id, by) = (token.id, ann.id);
    add(store, &ann);
    write(store, move |tx| tx.insert_token(&token, &hash("x")));
    let won = at_once(32, || write(store, move |tx| tx.revoke_token(id, Some(by), at(9))));
    assert_eq!(won, 1);
}

/// Runs `attempt` in `number` threads at once; counts the successful ones.
fn at_once(number: usize, attempt: impl Fn() -> bool + Sync) -> usize {
    let together = Barrier::new(number);
    thread::scope(|scope| {
        let run = || {
            together.wait();
            attempt()
        };
        let threads: Vec<_> = (0..number).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().expect("no panic"))).sum()
    })
}
