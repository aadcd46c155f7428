//! Claims on tokens.

use super::*;
use crate::{
    domain::{
        rotation::Replacement,
        token::TokenStatus,
        token_network::{Network, NetworkRows},
    },
    store::{
        TokenFilter,
        tokens::{EndedTokens, LiveTokens, Unused},
    },
};

fn insert(store: &dyn Store, token: &Token) {
    let token = token.clone();
    write(store, move |tx| tx.insert_token(&token, &hash(&token.id.to_string())));
}

fn stored(store: &dyn Store, id: TokenId) -> Token {
    store.read(|tx| tx.token(id)).expect("read").expect("there")
}

fn names(store: &dyn Store, filter: &TokenFilter) -> Vec<String> {
    let found = store.read(|tx| tx.tokens(filter)).expect("read");
    found.into_iter().map(|(token, _)| token.name.to_string()).collect()
}

pub(crate) fn a_token_comes_back_as_written(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let plain = token(&ann, "plain");
    let full = Token {
        expiry: Expiry::At(at(50)),
        last_used_at: Some(at(10)),
        last_used_ip: Some(ip("::ffff:192.0.2.1")),
        revoked_at: Some(at(20)),
        renewable: true,
        created_via: CreatedVia::Helper,
        replaced: Some(Replacement { by: plain.id, until: at(7), limit: at(9) }),
        ..token(&ann, "Zoë's 你好")
    };
    for token in [&plain, &full] {
        insert(store, token);
        assert_eq!(&stored(store, token.id), token);
    }
    let of_ann = TokenFilter { user: Some(ann.id), ..TokenFilter::default() };
    assert_eq!(names(store, &of_ann), [full.name.as_str(), plain.name.as_str()]);
    let all = store.read(|tx| tx.tokens(&TokenFilter::default())).expect("read");
    assert_eq!(all.first(), Some(&(full, ann.email)));
    assert_eq!(store.read(|tx| tx.token(TokenId::random())).expect("read"), None);
}

pub(crate) fn a_revoked_token_stays_revoked_at_the_first_instant(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let token = token(&ann, "ci");
    insert(store, &token);
    let revoke = |seconds| write(store, move |tx| tx.revoke_token(token.id, Some(ann.id), at(seconds)));
    assert!(revoke(5));
    assert!(!revoke(3) && !revoke(9));
    assert_eq!(stored(store, token.id).revoked_at, Some(at(5)));
    assert!(!write(store, move |tx| tx.revoke_token(TokenId::random(), Some(ann.id), at(1))));
}

pub(crate) fn all_tokens_of_a_user_end_together(store: &dyn Store) {
    let (ann, bob) = (user("ann"), user("bob"));
    add(store, &ann);
    add(store, &bob);
    let first = Token { revoked_at: Some(at(1)), ..token(&ann, "first") };
    let tokens = [first, token(&ann, "second"), token(&ann, "third"), token(&bob, "other")];
    for token in &tokens {
        insert(store, token);
    }
    assert_eq!(write(store, move |tx| tx.revoke_tokens(ann.id, None, at(9))), 2);
    assert_eq!(write(store, move |tx| tx.revoke_tokens(ann.id, None, at(10))), 0);
    let ends = tokens.map(|token| stored(store, token.id).revoked_at);
    assert_eq!(ends, [Some(at(1)), Some(at(9)), Some(at(9)), None]);
}

pub(crate) fn the_last_use_is_the_one_noted_last(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let id = token(&ann, "ci").id;
    insert(store, &Token { id, ..token(&ann, "ci") });
    for (seconds, address) in [(10, "192.0.2.1"), (5, "192.0.2.2"), (12, "2001:db8::2")] {
        write(store, move |tx| tx.record_token_use(id, at(seconds), Some(ip(address))));
        let used = stored(store, id);
        assert_eq!(used.last_used_at.zip(used.last_used_ip), Some((at(seconds), ip(address))));
    }
}

pub(crate) fn a_credential_carries_the_user_as_of_now(store: &dyn Store) {
    let mut ann = user("ann");
    add(store, &ann);
    let token = Token { expiry: Expiry::At(at(99)), ..token(&ann, "ci") };
    insert(store, &token);
    let credential = || store.read(|tx| tx.token_credential(token.id)).expect("read").expect("there");
    let found = credential();
    assert!(found.hash.matches(&hash(&token.id.to_string())));
    assert_eq!((found.expiry, found.revoked, found.last_used), (Expiry::At(at(99)), false, None));
    assert_eq!(found.user, ann);
    ann.active = false;
    let change = ann.clone();
    write(store, move |tx| {
        tx.update_user(&change)?;
        tx.record_token_use(token.id, at(7), None)?;
        tx.revoke_token(token.id, Some(change.id), at(8))
    });
    let found = credential();
    assert_eq!((found.revoked, found.last_used), (true, Some((at(7), None))));
    assert_eq!(found.user, ann);
    assert!(store.read(|tx| tx.token_credential(TokenId::random())).expect("read").is_none());
}

pub(crate) fn a_token_is_replaced_once_and_works_until_its_overlap_ends(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let [old, new, other] = ["old", "new", "other"].map(|name| token(&ann, name));
    for token in [&old, &new, &other] {
        insert(store, token);
    }
    let (old, new, other) = (old.id, new.id, other.id);
    let replace =
        |by, until| write(store, move |tx| tx.replace_token(old, &Replacement { by, until: at(until), limit: at(50) }));
    assert!(replace(new, 50));
    assert!(!replace(other, 60), "once");
    let predecessor = |id| store.read(|tx| tx.predecessor(id)).expect("read").map(|token| token.id);
    assert_eq!((predecessor(new), predecessor(other), predecessor(old)), (Some(old), None, None));
    let credential = || store.read(|tx| tx.token_credential(old)).expect("read").expect("there");
    assert_eq!((credential().revoked, credential().replaced_until), (false, Some(at(50))));
    for (until, stands) in [(20, 20), (40, 40), (70, 50)] {
        write(store, move |tx| tx.move_overlap(old, at(until)));
        assert_eq!(credential().replaced_until, Some(at(stands)));
    }
    let count = |status, seconds| {
        let filter = TokenFilter { status: Some((status, at(seconds))), ..TokenFilter::default() };
        store.read(|tx| tx.count_tokens(&filter, None)).expect("read")
    };
    assert_eq!((count(TokenStatus::Active, 49), count(TokenStatus::Revoked, 49)), (3, 0));
    assert_eq!((count(TokenStatus::Active, 50), count(TokenStatus::Revoked, 50)), (2, 1));
    let revoke = |id, seconds| write(store, move |tx| tx.revoke_token(id, Some(ann.id), at(seconds)));
    assert!(!revoke(old, 51), "it has ended with its overlap");
    assert_eq!(stored(store, old).ended_at(at(51)), Some(at(50)));
    assert!(revoke(old, 49) && revoke(new, 49));
    assert_eq!(stored(store, old).ended_at(at(51)), Some(at(49)));
    let replacement = Replacement { by: other, until: at(60), limit: at(60) };
    assert!(!write(store, move |tx| tx.replace_token(new, &replacement)), "it was ended");
}

pub(crate) fn tokens_are_filtered(store: &dyn Store) {
    let (ann, bob) = (user("ann"), user("bob"));
    add(store, &ann);
    add(store, &bob);
    for token in [
        token(&ann, "for-ever"),
        Token { expiry: Expiry::At(at(50)), last_used_at: Some(at(40)), ..token(&ann, "short") },
        Token { expiry: Expiry::At(at(50)), revoked_at: Some(at(2)), ..token(&ann, "revoked") },
        Token { last_used_at: Some(at(10)), ..token(&bob, "old") },
    ] {
        insert(store, &token);
    }
    let status = |status, seconds| TokenFilter { status: Some((status, at(seconds))), ..TokenFilter::default() };
    let unused = |unused| TokenFilter { unused: Some(unused), ..TokenFilter::default() };
    assert_eq!(names(store, &TokenFilter::default()), ["old", "revoked", "short", "for-ever"]);
    assert_eq!(names(store, &status(TokenStatus::Active, 49)), ["old", "short", "for-ever"]);
    assert_eq!(names(store, &status(TokenStatus::Active, 50)), ["old", "for-ever"]);
    assert_eq!(names(store, &status(TokenStatus::Expired, 50)), ["short"]);
    assert_eq!(names(store, &status(TokenStatus::Expired, 49)), [""; 0]);
    assert_eq!(names(store, &status(TokenStatus::Revoked, 99)), ["revoked"]);
    assert_eq!(names(store, &unused(Unused::Ever)), ["revoked", "for-ever"]);
    assert_eq!(names(store, &unused(Unused::Since(at(40)))), ["old", "revoked", "for-ever"]);
    let of_ann = TokenFilter { user: Some(ann.id), ..status(TokenStatus::Active, 50) };
    assert_eq!(names(store, &of_ann), ["for-ever"]);
}

pub(crate) fn tokens_that_end_are_counted_by_their_numbers(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let newest = || store.read(|tx| tx.newest_token_number()).expect("read");
    assert_eq!(newest(), 0);
    let ending = |seconds| Expiry::At(at(seconds));
    for (name, expiry) in [("past", ending(9)), ("first", ending(10)), ("last", ending(19)), ("later", ending(20))] {
        insert(store, &Token { expiry, ..token(&ann, name) });
    }
    insert(store, &token(&ann, "for-ever"));
    insert(store, &Token { expiry: ending(15), revoked_at: Some(at(1)), ..token(&ann, "revoked") });
    let count = |numbers: std::ops::RangeInclusive<i64>| {
        let window = at(10)..at(20);
        store.read(|tx| tx.count_tokens_ending(numbers.clone(), &window)).expect("read")
    };
    assert_eq!((newest(), count(1..=newest())), (6, 2));
    assert_eq!((count(1..=2), count(3..=newest()), count(7..=99)), (1, 1, 0));
}

pub(crate) fn tokens_are_paged_without_gap_or_repeat(store: &dyn Store) {
    let (ann, bob) = (user("ann"), user("bob"));
    add(store, &ann);
    add(store, &bob);
    for number in 0..7 {
        let revoked_at = (number % 3 == 1).then_some(at(1));
        insert(store, &Token { revoked_at, ..token(&ann, &format!("t{number}")) });
        insert(store, &token(&bob, "other"));
    }
    for limit in [1, 3, 100] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let filter = TokenFilter { user: Some(ann.id), after, limit, ..TokenFilter::default() };
            let page = store.read(|tx| tx.tokens(&filter)).expect("read");
            assert!(page.len() <= limit as usize);
            let Some((last, _)) = page.last() else { break };
            after = Some(last.id);
            seen.extend(page.into_iter().map(|(token, _)| token.name.to_string()));
            insert(store, &token(&ann, "late"));
        }
        seen.retain(|name| name != "late");
        assert_eq!(seen, ["t6", "t5", "t4", "t3", "t2", "t1", "t0"]);
    }
    let behind = |user, offset| names(store, &TokenFilter { user, offset, limit: 2, ..TokenFilter::default() });
    assert_eq!(behind(None, 0).len(), 2);
    let all = names(store, &TokenFilter::default());
    assert_eq!(behind(None, 4), all[4..6]);
    let own = names(store, &TokenFilter { user: Some(ann.id), ..TokenFilter::default() });
    assert_eq!(behind(Some(ann.id), 5), own[5..7]);
    assert!(behind(Some(ann.id), 1000).is_empty());
}

pub(crate) fn a_page_after_what_is_not_there_is_refused(store: &dyn Store) {
    let (ann, bob) = (user("ann"), user("bob"));
    add(store, &ann);
    add(store, &bob);
    let his = token(&bob, "his");
    insert(store, &his);
    let page = |user, after| {
        let filter = TokenFilter { user, after: Some(after), ..TokenFilter::default() };
        store.read(|tx| tx.tokens(&filter)).map(|page| page.len())
    };
    assert!(matches!(page(None, TokenId::random()), Err(StoreError::Missing)));
    assert!(matches!(page(Some(ann.id), his.id), Err(StoreError::Missing)), "it is none of hers");
    assert!(matches!(page(None, his.id), Ok(0)));
}

pub(crate) fn replaced_and_ending_tokens_are_filtered(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let new = token(&ann, "new");
    let replaced = Some(Replacement { by: new.id, until: at(50), limit: at(60) });
    insert(store, &new);
    insert(store, &Token { replaced, ..token(&ann, "old") });
    insert(store, &Token { expiry: Expiry::At(at(70)), ..token(&ann, "ending") });
    let active = |replaced, seconds| TokenFilter {
        status: Some((TokenStatus::Active, at(seconds))),
        replaced,
        ..TokenFilter::default()
    };
    assert_eq!(names(store, &active(true, 49)), ["old"]);
    assert_eq!(names(store, &active(true, 50)), [""; 0], "its overlap is over");
    assert_eq!(names(store, &active(false, 49)), ["ending", "old", "new"]);
    let ends_by = |seconds| TokenFilter { ends_by: Some(at(seconds)), ..active(false, 1) };
    assert_eq!((names(store, &ends_by(70)), names(store, &ends_by(69))), (vec!["ending".to_owned()], vec![]));
    let count = |most| store.read(|tx| tx.count_tokens(&active(false, 1), most)).expect("read");
    assert_eq!((count(None), count(Some(2)), count(Some(9))), (3, 2, 3));
}

pub(crate) fn live_tokens_are_counted_by_their_kind(store: &dyn Store) {
    let (ann, bob) = (user("ann"), user("bob"));
    add(store, &ann);
    add(store, &bob);
    let new = token(&ann, "new");
    let replaced = Some(Replacement { by: new.id, until: at(50), limit: at(60) });
    for token in [
        Token { created_via: CreatedVia::Exec, ..token(&ann, "exec") },
        Token { created_via: CreatedVia::Helper, ..token(&ann, "helper") },
        Token { created_via: CreatedVia::Helper, revoked_at: Some(at(1)), ..token(&ann, "revoked helper") },
        Token { created_via: CreatedVia::Pair, expiry: Expiry::At(at(50)), ..token(&ann, "pair") },
        Token { revoked_at: Some(at(1)), ..token(&ann, "revoked") },
        Token { replaced, ..token(&ann, "replaced") },
        token(&bob, "his"),
        new,
    ] {
        insert(store, &token);
    }
    let count = |brief, replaced, seconds, most| {
        let live = LiveTokens { user: ann.id, brief, replaced, at: at(seconds) };
        store.read(|tx| tx.count_live_tokens(&live, most)).expect("read")
    };
    assert_eq!((count(false, false, 49, 9), count(false, false, 50, 9), count(false, false, 49, 1)), (2, 1, 1));
    assert_eq!((count(true, false, 49, 9), count(true, true, 49, 9)), (2, 0));
    assert_eq!((count(false, true, 49, 9), count(false, true, 50, 9)), (1, 0));
    let unrevoked = |most| store.read(|tx| tx.count_unrevoked_tokens(ann.id, most)).expect("read");
    assert_eq!((unrevoked(99), unrevoked(2)), (5, 2));
}

pub(crate) fn the_oldest_ended_tokens_are_removed(store: &dyn Store) {
    let (ann, bob) = (user("ann"), user("bob"));
    add(store, &ann);
    add(store, &bob);
    insert(store, &Token { revoked_at: Some(at(1)), ..token(&bob, "his") });
    for number in 0..5 {
        insert(store, &Token { revoked_at: Some(at(9)), ..token(&ann, &format!("revoked {number}")) });
        insert(store, &Token { expiry: Expiry::At(at(5)), ..token(&ann, &format!("expired {number}")) });
        insert(store, &Token { expiry: Expiry::At(at(99)), ..token(&ann, &format!("live {number}")) });
    }
    let of_ann = || {
        let filter = TokenFilter { user: Some(ann.id), ..TokenFilter::default() };
        names(store, &filter).into_iter().filter(|name| !name.starts_with("live")).collect::<Vec<_>>()
    };
    assert_eq!(write(store, move |tx| tx.trim_revoked_tokens(ann.id, 5, 9)), 0);
    assert_eq!(write(store, move |tx| tx.trim_revoked_tokens(ann.id, 2, 1)), 1, "a bounded number at once");
    assert_eq!(write(store, move |tx| tx.trim_revoked_tokens(ann.id, 2, 9)), 2);
    assert_eq!(write(store, move |tx| tx.trim_expired_tokens(ann.id, 5, 9, at(6))), 0);
    assert_eq!(write(store, move |tx| tx.trim_expired_tokens(ann.id, 3, 9, at(6))), 2);
    assert_eq!(of_ann(), ["expired 4", "revoked 4", "expired 3", "revoked 3", "expired 2"]);
    // The sweep looks at all of them, a step at a time.
    let step = |from, count| store.read(|tx| tx.ended_tokens(from, count, at(6))).expect("read");
    let first = step(0, 3);
    let rest = step(first.last.expect("some"), 99);
    let ended: Vec<_> = [first.ended, rest.ended].concat();
    assert_eq!(
        (ended.len(), step(rest.last.expect("some"), 99)),
        (4, EndedTokens::default()),
        "his, and three of hers"
    );
    let numbers: Vec<_> = ended.into_iter().chain([1_000]).collect();
    assert_eq!(write(store, move |tx| tx.remove_ended_tokens(&numbers, at(6))), 4);
    assert_eq!(of_ann(), ["revoked 4", "revoked 3"]);
    assert_eq!(names(store, &TokenFilter { user: Some(ann.id), ..TokenFilter::default() }).len(), 7);
}

pub(crate) fn a_token_needs_a_user(store: &dyn Store) {
    let stray = token(&user("nobody"), "ci");
    let refused = store.write(move |tx| tx.insert_token(&stray, &hash("x")));
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
}

pub(crate) fn sixteen_networks_of_a_token_are_remembered(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let (one, other) = (token(&ann, "one"), token(&ann, "other"));
    [&one, &other].into_iter().for_each(|token| insert(store, token));
    let network = |number: u8| Network::of(IpAddr::from([192, 0, 2, number]));
    let remember = |token: TokenId, number: u8, seconds: i64| {
        write(store, move |tx| tx.remember_network(token, network(number), at(seconds)));
    };
    let known = |token: TokenId| {
        let knows = |number: &u8| store.read(|tx| tx.knows_network(token, network(*number))).expect("read");
        (1..=20).filter(knows).collect::<Vec<u8>>()
    };
    (1..=16).for_each(|number| remember(one.id, number, number.into()));
    remember(other.id, 20, 0);
    assert_eq!(known(one.id), (1..=16).collect::<Vec<_>>());
    // The one used longest ago makes room; a new one stays, whatever its time.
    remember(one.id, 1, 17);
    remember(one.id, 17, 0);
    assert_eq!(known(one.id), [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
    assert_eq!(known(other.id), [20]);
}

pub(crate) fn the_count_of_rows_about_networks_goes_with_the_token(store: &dyn Store) {
    let ann = user("ann");
    add(store, &ann);
    let token = token(&ann, "ci");
    insert(store, &token);
    let id = token.id;
    let rows = || store.read(|tx| tx.network_rows(id)).expect("read");
    assert_eq!(rows(), None);
    for written in [1, 2] {
        let count = NetworkRows { since: at(3), written, left_out: 4 };
        write(store, move |tx| tx.set_network_rows(id, &count));
        assert_eq!(rows(), Some(count));
    }
    write(store, move |tx| tx.delete_user(ann.id));
    assert_eq!(rows(), None);
}
