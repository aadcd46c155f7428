//! Rotation of tokens on the wire: O-06.

use da::domain::Timestamp;
use serde_json::{Value, json};

use crate::support::{Answer, Api, TestServer, Visitor, keys};

const UNKNOWN: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";

fn hours_between(from: &Value, to: &Value) -> u64 {
    let time = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    (time(to).since(time(from)).as_secs() + 1_800) / 3_600
}

fn create(api: &Api, body: Value) -> Value {
    let mut asked = json!({ "name": "ci" });
    asked.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    api.post("/auth/tokens", &asked).is(201).json()
}

fn path(created: &Value) -> String {
    format!("/auth/tokens/{}", created["id"].as_str().unwrap())
}

fn rotate(api: &Api, created: &Value, body: Value) -> Answer {
    api.post(&format!("{}/rotate", path(created)), &body)
}

fn bearer(api: &Api, created: &Value) -> Api {
    api.with(created["token"].as_str().unwrap())
}

#[test]
fn old_and_new_work_side_by_side_and_the_lists_say_so() {
    let server = TestServer::start();
    let admin = server.admin();
    let old = create(&admin, json!({ "expires_in_days": 30 }));
    let answer = rotate(&admin, &old, json!({})).is(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let new = answer.json();
    assert_eq!(keys(&new), ["created_at", "created_via", "expires_at", "id", "name", "prefix", "token"]);
    assert_eq!((&new["name"], hours_between(&new["created_at"], &new["expires_at"])), (&json!("ci"), 30 * 24));
    assert_ne!(new["id"], old["id"]);
    for token in [&old, &new] {
        bearer(&admin, token).get("/auth/me").is(200);
    }
    for list in ["/auth/tokens", "/auth/admin/tokens"] {
        let rows = admin.get(list).is(200).json();
        assert_eq!((&rows[0]["id"], &rows[0]["replaced_by"]), (&new["id"], &Value::Null), "{list}");
        assert_eq!((&rows[1]["replaced_by"], &rows[1]["revoked_at"]), (&new["id"], &Value::Null), "{list}");
        assert!(rows[1]["overlap_until"].is_string() && rows[0]["overlap_until"].is_null(), "{list}");
    }
    let page = Visitor::admin(&server).get("/tokens").is(200).text();
    assert_eq!(page.matches("works beside the new one until").count(), 1, "{page}");
    let page = admin.get("/api/admin/audit?action=token.rotate").is(200).json();
    let row = &page["items"][0];
    assert_eq!(row["resource"], format!("token:{}", old["id"].as_str().unwrap()));
    assert_eq!((&row["params"]["replaced_by"], &row["params"]["name"]), (&new["id"], &json!("ci")));
    assert_eq!(hours_between(&row["at"], &row["params"]["overlap_until"]), 24);
    assert!(!page.to_string().contains("eyJ"), "{page}");
}

#[test]
fn without_an_overlap_the_old_one_ends_at_once() {
    let server = TestServer::start();
    let admin = server.admin();
    let old = create(&admin, json!({}));
    let new = rotate(&admin, &old, json!({ "overlap_hours": 0 })).is(201).json();
    bearer(&admin, &old).get("/auth/me").refused(401, "token_revoked", "Token revoked");
    bearer(&admin, &new).get("/auth/me").is(200);
    let row = admin.get(&path(&old)).is(200).json();
    assert!(row["revoked_at"].is_string() && row["replaced_by"] == new["id"], "{row}");
}

#[test]
fn either_of_the_two_is_revoked_as_always() {
    let server = TestServer::start();
    let admin = server.admin();
    for ended in [0, 1] {
        let old = create(&admin, json!({}));
        let pair = [old.clone(), rotate(&admin, &old, json!({})).is(201).json()];
        admin.delete(&path(&pair[ended])).is(204);
        admin.delete(&path(&pair[ended])).is(204);
        bearer(&admin, &pair[ended]).get("/auth/me").refused(401, "token_revoked", "Token revoked");
        bearer(&admin, &pair[1 - ended]).get("/auth/me").is(200);
    }
}

#[test]
fn what_is_not_there_or_works_no_more_is_not_rotated() {
    let server = TestServer::start();
    let admin = server.admin();
    let ann = server.user(&admin, "ann@example.com", "viewer");
    let of_ann = create(&ann, json!({}));
    for id in [UNKNOWN, "x", of_ann["id"].as_str().unwrap()] {
        let answer = admin.post_empty(&format!("/auth/tokens/{id}/rotate"));
        answer.refused(404, "token_not_found", "Token not found");
    }
    let revoked = create(&admin, json!({}));
    admin.delete(&path(&revoked)).is(204);
    let ended = "Only a token that works can be rotated; this one is";
    rotate(&admin, &revoked, json!({})).refused(409, "token_ended", &format!("{ended} revoked"));
    let expired = create(&admin, json!({ "name": "expired" }));
    server.change_store("UPDATE personal_access_tokens SET expires_at = created_at + 1 WHERE name = 'expired'", []);
    rotate(&admin, &expired, json!({})).refused(409, "token_ended", &format!("{ended} expired"));
    for overlap in [0, 24] {
        let old = create(&admin, json!({}));
        rotate(&admin, &old, json!({ "overlap_hours": overlap })).is(201);
        let text = "The token was rotated before; rotate the one that replaced it";
        rotate(&admin, &old, json!({})).refused(409, "token_rotated", text);
    }
}

#[test]
fn an_overlap_is_nothing_to_thirty_days_and_never_longer_than_the_token() {
    let server = TestServer::start();
    let admin = server.admin();
    let old = create(&admin, json!({ "expires_in_days": 2 }));
    for hours in [-1, 721, i64::MAX, i64::MIN] {
        let refused = rotate(&admin, &old, json!({ "overlap_hours": hours }));
        refused.refused(400, "invalid_lifetime", "overlap_hours must be from 0 to 720 (30 days)");
    }
    rotate(&admin, &old, json!({ "overlap_hours": "24" })).has_fault("int_type", &["body", "overlap_hours"]);
    rotate(&admin, &old, json!({ "overlap_hours": 720 })).is(201);
    let row = admin.get(&path(&old)).is(200).json();
    assert_eq!(row["overlap_until"], row["expires_at"]);
}

#[test]
fn the_new_one_lives_as_long_as_the_old_one_did_or_as_asked() {
    let server = TestServer::start();
    let admin = server.admin();
    let rotated = |days: Value, body: Value| {
        let new = rotate(&admin, &create(&admin, json!({ "expires_in_days": days })), body).is(201).json();
        let end = &new["expires_at"];
        end.is_string().then(|| hours_between(&new["created_at"], end) / 24)
    };
    assert_eq!(rotated(Value::Null, json!({})), None);
    assert_eq!(rotated(json!(3650), json!({})), Some(3650));
    assert_eq!(rotated(json!(3), json!({ "expires_in_days": 7 })), Some(7));
    assert_eq!(rotated(json!(3), json!({ "expires_in_days": null })), None);
    let old = create(&admin, json!({}));
    rotate(&admin, &old, json!({ "expires_in_days": 0 })).refused_as(400, "invalid_lifetime");
}

#[test]
fn the_operators_maximum_holds_for_rotated_tokens() {
    let mut server = TestServer::start();
    let admin = server.admin();
    let [endless, year] = [Value::Null, json!(365)].map(|days| create(&admin, json!({ "expires_in_days": days })));
    server.terminate();
    std::fs::write(server.data_dir().join("da-server.yaml"), "token_max_days: 30\n").unwrap();
    server.restart();
    for old in [&endless, &year] {
        rotate(&admin, old, json!({ "expires_in_days": 31 })).refused_as(400, "invalid_lifetime");
        let new = rotate(&admin, old, json!({})).is(201).json();
        assert_eq!(hours_between(&new["created_at"], &new["expires_at"]), 30 * 24);
    }
}

#[test]
fn a_token_rotates_only_itself_and_only_if_it_was_made_for_it() {
    let server = TestServer::start();
    let admin = server.admin();
    let plain = create(&admin, json!({}));
    let renewable = create(&admin, json!({ "renewable": true }));
    let needed = "This endpoint requires an interactive session, not a PAT";
    let other = create(&admin, json!({ "renewable": true }));
    for id in [&plain["id"], &other["id"], &json!(UNKNOWN)] {
        let path = format!("/auth/tokens/{}/rotate", id.as_str().unwrap());
        bearer(&admin, &plain).post_empty(&path).refused(403, "session_required", needed);
        bearer(&admin, &renewable).post_empty(&path).refused(403, "session_required", needed);
    }
    let made = admin.get("/api/admin/audit?action=token.create").is(200).json();
    assert_eq!(made["items"][0]["params"]["renewable"], true);
    assert_eq!(made["items"][2]["params"].get("renewable"), None);
}

#[test]
fn a_token_that_renews_itself_never_moves_its_last_day() {
    let server = TestServer::start();
    let admin = server.admin();
    let first = create(&admin, json!({ "renewable": true, "expires_in_days": 10 }));
    let mut token = first.clone();
    for body in [json!({}), json!({ "expires_in_days": 90 }), json!({ "expires_in_days": null })] {
        let new = rotate(&bearer(&admin, &token), &token, body).is(201).json();
        assert_eq!(new["expires_at"], first["expires_at"]);
        assert_eq!(admin.get(&path(&new)).is(200).json()["renewable"], true);
        token = new;
    }
    let shorter = rotate(&bearer(&admin, &token), &token, json!({ "expires_in_days": 1 })).is(201).json();
    assert_eq!(hours_between(&shorter["created_at"], &shorter["expires_at"]), 24);
    // The person behind it may give it a new life.
    let longer = rotate(&admin, &shorter, json!({ "expires_in_days": 90 })).is(201).json();
    assert_eq!(hours_between(&longer["created_at"], &longer["expires_at"]), 90 * 24);
    let rows = admin.get("/api/admin/audit?action=token.rotate").is(200).json();
    let via = |row: usize| rows["items"][row]["via"].as_str().unwrap().split(':').next().unwrap().to_owned();
    assert_eq!((via(0), via(1)), ("session".to_owned(), "token".to_owned()));
}

/// The ways to revoke a token: as its holder, as its owner, as an admin.
type Revocation = fn(&TestServer, &Api, &Api, &Value) -> Answer;

#[test]
fn a_revocation_ends_every_token_that_the_token_rotated_itself_into() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let ways: [(Revocation, &str); 3] = [
        (|server, _, _, first| bearer(&server.stranger(), first).delete(&path(first)), "token.revoke"),
        (|_, eve, _, first| eve.delete(&path(first)), "token.revoke"),
        (|_, _, admin, first| admin.delete(&path(first).replace("/auth/", "/auth/admin/")), "token.admin_revoke"),
    ];
    for (revoke, action) in ways {
        let mut chain = vec![create(&eve, json!({ "renewable": true }))];
        for _ in 0..3 {
            let last = chain.last().unwrap();
            let next = rotate(&bearer(&server.stranger(), last), last, json!({ "overlap_hours": 24 })).is(201).json();
            chain.push(next);
        }
        let other = create(&eve, json!({ "renewable": true }));
        revoke(&server, &eve, &admin, &chain[0]).is(204);
        for token in &chain {
            bearer(&server.stranger(), token).get("/auth/me").refused_as(401, "token_revoked");
            assert!(eve.get(&path(token)).is(200).json()["revoked_at"].is_string());
        }
        bearer(&server.stranger(), &other).get("/auth/me").is(200);
        // Each one has its row.
        let rows = admin.get(&format!("/api/admin/audit?action={action}&limit=4")).is(200).json();
        for (row, token) in rows["items"].as_array().unwrap().iter().rev().zip(&chain) {
            assert_eq!(row["resource"], format!("token:{}", token["id"].as_str().unwrap()));
            let from = if token["id"] == chain[0]["id"] { Value::Null } else { chain[0]["id"].clone() };
            assert_eq!(row["params"]["rotated_from"], from);
        }
    }
}

#[test]
fn a_revocation_in_the_middle_ends_what_comes_after_it() {
    let server = TestServer::start();
    let admin = server.admin();
    let first = create(&admin, json!({ "renewable": true }));
    let second = rotate(&bearer(&server.stranger(), &first), &first, json!({})).is(201).json();
    let third = rotate(&bearer(&server.stranger(), &second), &second, json!({})).is(201).json();
    admin.delete(&path(&second)).is(204);
    bearer(&server.stranger(), &first).get("/auth/me").is(200);
    for token in [&second, &third] {
        bearer(&server.stranger(), token).get("/auth/me").is(401);
    }
}

#[test]
fn a_token_whose_overlap_is_over_still_takes_its_successors_with_it() {
    let server = TestServer::start();
    let admin = server.admin();
    let first = create(&admin, json!({ "renewable": true }));
    // The thief of a token rotates it: the stolen one ends at once.
    let second = rotate(&bearer(&server.stranger(), &first), &first, json!({ "overlap_hours": 0 })).is(201).json();
    bearer(&server.stranger(), &first).get("/auth/me").is(401);
    bearer(&server.stranger(), &second).get("/auth/me").is(200);
    admin.delete(&path(&first)).is(204);
    bearer(&server.stranger(), &second).get("/auth/me").refused_as(401, "token_revoked");
}

#[test]
fn what_the_owner_rotated_with_a_session_survives_the_old_token() {
    let server = TestServer::start();
    let admin = server.admin();
    for renewable in [false, true] {
        let old = create(&admin, json!({ "renewable": renewable }));
        let new = rotate(&admin, &old, json!({})).is(201).json();
        admin.delete(&path(&old)).is(204);
        bearer(&server.stranger(), &old).get("/auth/me").is(401);
        bearer(&server.stranger(), &new).get("/auth/me").is(200);
    }
}

#[test]
fn a_revocation_reaches_the_last_token_of_a_chain_whose_middle_was_removed() {
    // Of ended tokens ten times the limit are kept: the chain loses its first links.
    let server = TestServer::with_admin().env("DA_TOKEN_LIMIT", "2").start();
    let admin = server.admin();
    let first = create(&admin, json!({ "renewable": true }));
    let mut last = rotate(&bearer(&server.stranger(), &first), &first, json!({ "overlap_hours": 720 })).is(201).json();
    let second = last.clone();
    for _ in 0..30 {
        last = rotate(&bearer(&server.stranger(), &last), &last, json!({ "overlap_hours": 0 })).is(201).json();
    }
    admin.get(&path(&second)).is(404);
    bearer(&server.stranger(), &last).get("/auth/me").is(200);
    admin.delete(&path(&first)).is(204);
    bearer(&server.stranger(), &last).get("/auth/me").refused_as(401, "token_revoked");
}
