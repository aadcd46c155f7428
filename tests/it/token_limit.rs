//! How many tokens a user may hold, and how long ended ones are kept: D-38, issue 11 item 2.

use std::{collections::BTreeSet, thread};

use serde_json::{Value, json};

use crate::{
    lists::add_tokens,
    support::{ADMIN_EMAIL, Answer, Api, Operator, TestServer, Visitor, wait_for},
};

fn limited(limit: &str) -> TestServer {
    TestServer::with_admin().env("DA_TOKEN_LIMIT", limit).start()
}

fn create(api: &Api, via: Option<&str>) -> Answer {
    let mut body = json!({ "name": "ci" });
    if let Some(via) = via {
        body["created_via"] = via.into();
    }
    api.post("/auth/tokens", &body)
}

/// Asserts that the limit was reached, and that text and field name it.
#[track_caller]
fn is_at_limit(answer: &Answer, limit: u32) {
    let body = answer.json();
    assert_eq!((answer.status, &body["code"], &body["limit"]), (409, &json!("token_limit_reached"), &json!(limit)));
    assert!(body["detail"].as_str().unwrap().contains(&limit.to_string()), "{body}");
}

fn id(created: &Value) -> String {
    created["id"].as_str().unwrap().to_owned()
}

fn active(api: &Api) -> usize {
    api.get("/auth/tokens?status=active").is(200).json().as_array().unwrap().len()
}

/// Returns how many rows of tokens the store has.
fn stored(server: &TestServer) -> u32 {
    let store = rusqlite::Connection::open(server.data_dir().join("da.db")).unwrap();
    store.query_row("SELECT count(*) FROM personal_access_tokens", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_user_holds_no_more_tokens_than_the_limit() {
    let server = limited("3");
    let admin = server.admin();
    let made: Vec<_> = (0..3).map(|_| create(&admin, None).is(201).json()).collect();
    is_at_limit(&create(&admin, None), 3);
    assert_eq!(active(&admin), 3);
    // Another user has a limit of their own, and an ended token makes room.
    let eve = server.user(&admin, "eve@example.com", "viewer");
    create(&eve, None).is(201);
    admin.delete(&format!("/auth/tokens/{}", id(&made[0]))).is(204);
    create(&admin, None).is(201);
    is_at_limit(&create(&admin, None), 3);
    let now = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)";
    server.change_store(
        &format!("UPDATE personal_access_tokens SET expires_at = {now} - 1 WHERE name = 'ci' AND revoked_at IS NULL"),
        (),
    );
    (0..3).for_each(|_| drop(create(&admin, None).is(201)));
    is_at_limit(&create(&admin, None), 3);
}

#[test]
fn exec_and_helper_tokens_have_a_limit_of_their_own() {
    let server = limited("2");
    let admin = server.admin();
    for via in [Some("exec"), Some("helper")] {
        create(&admin, via).is(201);
    }
    for via in [Some("exec"), Some("helper")] {
        is_at_limit(&create(&admin, via), 2);
    }
    (0..2).for_each(|_| drop(create(&admin, None).is(201)));
    is_at_limit(&create(&admin, None), 2);
    is_at_limit(&create(&admin, Some("exec")), 2);
}

#[test]
fn rotation_works_at_the_limit_and_is_bounded_too() {
    let server = limited("2");
    let admin = server.admin();
    let mut newest: Vec<_> = (0..2).map(|_| id(&create(&admin, None).is(201).json())).collect();
    let rotate =
        |id: &str, hours: u32| admin.post(&format!("/auth/tokens/{id}/rotate"), &json!({ "overlap_hours": hours }));
    for token in &mut newest {
        *token = id(&rotate(token, 720).is(201).json());
    }
    // Two tokens, and two that they replaced: an endless chain would be as many live tokens as one likes.
    is_at_limit(&rotate(&newest[0], 720), 2);
    is_at_limit(&create(&admin, None), 2);
    let last = id(&rotate(&newest[0], 0).is(201).json());
    assert_eq!(
        (active(&admin), admin.get(&format!("/auth/tokens/{last}")).is(200).json()["revoked_at"].clone()),
        (4, Value::Null)
    );
}

#[test]
fn every_way_of_making_a_token_obeys_the_limit() {
    let server = limited("1");
    let admin = server.admin();
    create(&admin, None).is(201);
    // The page tells it on its form.
    let mut visitor = Visitor::admin(&server);
    visitor.get("/tokens").is(200);
    let page = visitor.post("/tokens", &[("action", "create"), ("name", "x"), ("days", "7")]);
    assert!(page.status == 409 && page.text().contains("token_limit"), "{} {}", page.status, page.text());
    // A device is told when it is approved; what was approved before, when it is collected.
    let ask = || {
        let body = json!({ "client_name": "x", "want": "token", "token_name": "device" });
        server.stranger().post("/auth/device", &body).is(200).json()
    };
    let poll =
        |asked: &Value| server.stranger().post("/auth/device/token", &json!({ "device_code": asked["device_code"] }));
    let decide = |asked: &Value| admin.post("/auth/device/approve", &json!({ "user_code": asked["user_code"] }));
    let asked = ask();
    is_at_limit(&decide(&asked), 1);
    let eve = server.user(&admin, "eve@example.com", "viewer");
    let asked = ask();
    eve.post("/auth/device/approve", &json!({ "user_code": asked["user_code"] })).is(200);
    create(&eve, None).is(201);
    is_at_limit(&poll(&asked), 1);
    assert_eq!(active(&eve), 1);
    // The command line says it in words.
    let run = Operator::admin(&server).da(&["token", "create", "--name", "y"]).exits(1);
    assert!(run.stderr.contains("1 live tokens") && run.stderr.contains("token_limit_reached"), "{}", run.stderr);
}

#[test]
fn parallel_requests_do_not_pass_the_limit_together() {
    let server = limited("5");
    let admin = server.admin();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let callers: Vec<_> = (0..24).map(|_| scope.spawn(|| create(&admin, None).status)).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    let count = |status: u16| statuses.iter().filter(|one| **one == status).count();
    assert_eq!((count(201), count(409)), (5, 19), "{statuses:?}");
    assert_eq!(active(&admin), 5);
}

#[test]
fn a_large_old_store_is_counted_in_full_and_no_limit_is_warned_of() {
    let server = TestServer::start();
    let admin = server.admin();
    add_tokens(&server, ADMIN_EMAIL, 999);
    create(&admin, None).is(201);
    is_at_limit(&create(&admin, None), 1000);
    let server = TestServer::with_admin().arg("--token-limit").arg("0").env("DA_ENDED_TOKEN_DAYS", "0").start();
    let admin = server.admin();
    add_tokens(&server, ADMIN_EMAIL, 2_000);
    create(&admin, None).is(201);
    for limit in ["token_limit", "ended_token_days"] {
        assert!(server.log().lines().any(|line| line.contains("WARN") && line.contains(limit)), "{}", server.log());
    }
}

#[test]
fn creating_and_revoking_in_a_loop_does_not_fill_the_store() {
    let server = limited("2");
    let admin = server.admin();
    let kept = id(&create(&admin, None).is(201).json());
    for _ in 0..60 {
        let made = id(&create(&admin, None).is(201).json());
        admin.delete(&format!("/auth/tokens/{made}")).is(204);
    }
    let rows = stored(&server);
    assert!((20..=23).contains(&rows), "{rows}: ten times the limit, and the live ones");
    // Those that end by themselves are bounded alike, and the live one stays.
    let now = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)";
    for _ in 0..50 {
        let made = create(&admin, None).is(201).json();
        let end =
            format!("UPDATE personal_access_tokens SET expires_at = {now} - 1 WHERE id = unhex(replace(?1, '-', ''))");
        server.change_store(&end, [id(&made)]);
    }
    let rows = stored(&server);
    assert!((40..=44).contains(&rows), "{rows}");
    admin.get(&format!("/auth/tokens/{kept}")).is(200);
}

/// Sets a time of the token with this name to so many days ago.
fn age(server: &TestServer, column: &str, name: &str, days: u32) {
    let ago = format!("CAST(unixepoch('subsec') * 1000000 AS INTEGER) - {days} * 86400000000");
    server.change_store(&format!("UPDATE personal_access_tokens SET {column} = {ago} WHERE name = ?1"), [name]);
}

/// Makes tokens of each kind that ended 89 and 91 days ago, starts the server anew and returns the names of those left.
fn left_after_a_sweep(days: &str, swept: bool) -> BTreeSet<String> {
    let mut server = TestServer::with_admin().env("DA_ENDED_TOKEN_DAYS", days).start();
    let admin = server.admin();
    let live = admin.post("/auth/tokens", &json!({ "name": "live", "expires_in_days": null })).is(201).json();
    for name in ["revoked", "expired", "replaced"] {
        for days in [89, 91] {
            let named = format!("{name} {days}");
            let made = admin.post("/auth/tokens", &json!({ "name": named, "expires_in_days": null })).is(201).json();
            match name {
                "revoked" => age(&server, "revoked_at", &named, days),
                "expired" => age(&server, "expires_at", &named, days),
                _ => {
                    let path = format!("/auth/tokens/{}/rotate", id(&made));
                    let new = id(&admin.post(&path, &json!({ "overlap_hours": 1 })).is(201).json());
                    let rename = "UPDATE personal_access_tokens SET name = 'successor' WHERE id = unhex(?1)";
                    server.change_store(rename, [new.replace('-', "")]);
                    age(&server, "overlap_until", &named, days);
                }
            }
        }
    }
    server.terminate();
    let heads = server.log().matches("audit log").count();
    server.restart();
    if swept {
        wait_for("the sweep", || server.log().contains("removed ended tokens").then_some(()));
    } else {
        // It is noted after the sweep.
        wait_for("the housekeeping", || (server.log().matches("audit log").count() > heads).then_some(()));
    }
    let holder = server.stranger().with(live["token"].as_str().unwrap());
    let rows = holder.get("/auth/tokens").is(200).json();
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn ended_tokens_are_removed_after_their_time_and_live_ones_are_not() {
    let left = names(&["live", "successor", "revoked 89", "expired 89", "replaced 89"]);
    assert_eq!(left_after_a_sweep("90", true), left);
    let all = left.iter().cloned().chain(names(&["revoked 91", "expired 91", "replaced 91"])).collect::<BTreeSet<_>>();
    assert_eq!(left_after_a_sweep("0", false), all);
}

#[test]
fn a_removed_token_is_refused_like_any_unknown_one() {
    let mut server = TestServer::start();
    let admin = server.admin();
    let made = admin.create_token("ci");
    age(&server, "revoked_at", "ci", 91);
    server.terminate();
    server.restart();
    wait_for("the sweep", || server.log().contains("removed ended tokens").then_some(()));
    let admin = server.admin();
    admin.with(made["token"].as_str().unwrap()).get("/auth/me").is(401);
    admin.get(&format!("/auth/tokens/{}", id(&made))).refused_as(404, "token_not_found");
    assert_eq!(stored(&server), 0);
}
