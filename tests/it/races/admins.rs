//! However admins act on each other, one active admin is left: S-24.

use serde_json::{Value, json};

use super::at_once;
use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Api, TestServer};

const PASSWORD: &str = "a quiet morning";

/// One of two admins.
#[derive(Clone)]
struct Admin {
    api: Api,
    id: String,
}

impl Admin {
    fn of(api: Api) -> Self {
        let id = api.get("/auth/me").is(200).json()["id"].as_str().unwrap().to_owned();
        Self { api, id }
    }

    fn still_administers(&self) -> bool {
        self.api.get("/api/users").status == 200
    }
}

/// Something that takes an admin away.
type Attack = fn(&Api, &str) -> Answer;

const ATTACKS: [Attack; 6] = [
    |by, id| by.patch(&format!("/api/users/{id}"), &json!({ "role": "viewer" })),
    |by, id| by.patch(&format!("/api/users/{id}"), &json!({ "active": false })),
    |by, id| by.patch(&format!("/api/users/{id}"), &json!({ "role": "analyst", "active": false })),
    |by, id| by.post(&format!("/api/users/{id}/deactivate"), &json!({ "revoke_tokens": true })),
    |by, id| by.post_empty(&format!("/api/users/{id}/deactivate")),
    |by, id| by.delete(&format!("/api/users/{id}")),
];

fn active_admins(by: &Api) -> usize {
    let users = by.get("/api/users").is(200).json();
    let is_active_admin = |user: &&Value| user["role"] == "admin" && user["active"] == true;
    users.as_array().unwrap().iter().filter(is_active_admin).count()
}

/// Returns who is left of two, and a new second admin beside them.
fn next_pair(server: &TestServer, pair: [Admin; 2], round: usize) -> [Admin; 2] {
    let [one, two] = pair;
    let (left, lost) = if one.still_administers() { (one, two) } else { (two, one) };
    assert!(left.still_administers(), "round {round}: nobody administers any more");
    assert!((1..=2).contains(&active_admins(&left.api)), "round {round}");
    let gone = left.api.delete(&format!("/api/users/{}", lost.id)).status;
    assert!(matches!(gone, 204 | 404), "round {round}: {gone}");
    assert_eq!(active_admins(&left.api), 1);
    let second = server.user(&left.api, &format!("admin{round}@example.com"), "admin");
    [left, Admin::of(second)]
}

#[test]
fn two_admins_who_attack_each_other_leave_one() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let first = server.admin();
    let second = server.user(&first, "admin0@example.com", "admin");
    let mut pair = [Admin::of(first), Admin::of(second)];
    let mut decided = 0;
    for round in 1..=24 {
        let attacks = [ATTACKS[round % 6], ATTACKS[(round / 6 + round) % 6]];
        let [one, two] = pair.clone();
        let moves = vec![(attacks[0], one.api, two.id.clone()), (attacks[1], two.api, one.id)];
        let statuses = at_once(moves, |(attack, by, id)| attack(&by, &id).status);
        let done = statuses.iter().filter(|status| **status < 300).count();
        assert!(done <= 1, "round {round}: {statuses:?}");
        let refused = statuses.iter().all(|status| matches!(status, 200 | 204 | 401 | 403 | 404 | 409));
        assert!(refused, "round {round}: {statuses:?}");
        decided += done;
        pair = next_pair(&server, pair, round);
    }
    assert_eq!(decided, 24, "one of the two came first in each round");
}

#[test]
fn two_admins_who_step_down_at_once_leave_one() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let first = server.admin();
    let second = server.user(&first, "admin0@example.com", "admin");
    let mut pair = [Admin::of(first), Admin::of(second)];
    for round in 1..=8 {
        let statuses = at_once(pair.to_vec(), |admin| {
            admin.api.patch(&format!("/api/users/{}", admin.id), &json!({ "role": "viewer" })).status
        });
        let mut sorted = statuses.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [200, 409], "round {round}");
        pair = next_pair(&server, pair, round);
    }
}

#[test]
fn many_admins_who_are_all_attacked_leave_one() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let root = server.admin();
    let admins: Vec<Admin> =
        (0..6).map(|n| Admin::of(server.user(&root, &format!("admin{n}@example.com"), "admin"))).collect();
    let ids: Vec<String> = admins.iter().map(|admin| admin.id.clone()).chain([Admin::of(root).id]).collect();
    at_once(admins.iter().enumerate().collect(), |(n, admin)| {
        for (k, id) in ids.iter().enumerate().filter(|(_, id)| **id != admin.id) {
            let status = ATTACKS[(n + k) % 6](&admin.api, id).status;
            assert!(matches!(status, 200 | 204 | 401 | 403 | 404 | 409), "{status}");
        }
    });
    let left: Vec<&Admin> = admins.iter().filter(|admin| admin.still_administers()).collect();
    assert_eq!(left.len(), 1, "everybody else was attacked by whoever is left");
    assert_eq!(active_admins(&left[0].api), 1);
    assert_ne!(server.stranger().try_sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).status, 200);
    let survivor = left[0].api.get("/auth/me").json()["email"].as_str().unwrap().to_owned();
    server.stranger().sign_in(&survivor, PASSWORD).get("/api/users").is(200);
}
