//! Who is refused because something changed meanwhile hears the same, and is in the audit log, as everybody else: C-09,
//! S-13.

use serde_json::json;

use super::at_once;
use crate::support::{Api, TestServer};

fn rows(admin: &Api, action: &str) -> usize {
    let page = admin.get(&format!("/api/admin/audit?action={action}&limit=200")).is(200).json();
    page["items"].as_array().unwrap().len()
}

fn id(api: &Api) -> String {
    api.get("/auth/me").is(200).json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_admin_who_is_demoted_while_at_work_leaves_a_row_for_each_refusal() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let root = server.admin();
    let mut refused = 0;
    for round in 0..5 {
        let other = server.user(&root, &format!("admin{round}@example.com"), "admin");
        let path = format!("/api/users/{}", id(&other));
        let statuses = at_once((0..24).collect(), |n| match n {
            0 => root.patch(&path, &json!({ "role": "viewer" })).status,
            n => other.post("/api/users", &json!({ "email": format!("user{round}-{n}@example.com") })).status,
        });
        assert!(statuses.iter().all(|status| matches!(status, 200 | 201 | 403)), "{statuses:?}");
        refused += statuses.iter().filter(|status| **status == 403).count();
        assert_eq!(rows(&root, "access_denied"), refused, "round {round}");
    }
}

#[test]
fn a_sign_in_that_comes_too_late_leaves_a_row() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let root = server.admin();
    let mut refused = 0;
    for round in 0..3 {
        let email = format!("user{round}@example.com");
        let user = root.add_user(&email, "viewer", "a quiet morning");
        let path = format!("/api/users/{}", user["id"].as_str().unwrap());
        // Each waits for its turn to hash; the account is switched off while most of them do.
        let statuses = at_once((0..5).collect(), |n| match n {
            0 => root.post_empty(&format!("{path}/deactivate")).status,
            _ => server.stranger().try_sign_in(&email, "a quiet morning").status,
        });
        assert!(statuses.iter().all(|status| matches!(status, 200 | 401)), "{statuses:?}");
        refused += statuses.iter().filter(|status| **status == 401).count();
        assert_eq!(rows(&root, "login_failed"), refused, "round {round}");
    }
}

#[test]
fn a_user_who_is_deleted_while_at_work_is_unknown_from_then_on() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let root = server.admin();
    for round in 0..5 {
        let user = server.user(&root, &format!("user{round}@example.com"), "viewer");
        let path = format!("/api/users/{}", id(&user));
        at_once((0..24).collect(), |n| match n {
            0 => drop(root.delete(&path).is(204)),
            n => {
                let answer = user.post("/auth/tokens", &json!({ "name": format!("token {n}") }));
                if answer.status != 201 {
                    answer.refused(401, "account_unknown", "User not found");
                }
            }
        });
    }
}
