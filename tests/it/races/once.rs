//! What may happen once happens once, and what may happen often happens as often as it is asked for: S-26.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use super::at_once;
use crate::support::{Api, TestServer};

fn audit_rows(admin: &Api, action: &str) -> Vec<Value> {
    let page = admin.get(&format!("/api/admin/audit?action={action}&limit=200")).is(200).json();
    page["items"].as_array().unwrap().clone()
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|one| **one == status).count()
}

#[test]
fn fifty_tokens_are_made_at_once() {
    let server = TestServer::start();
    let admin = server.admin();
    let made = at_once((0..50).collect(), |n| admin.create_token(&format!("token {n}")));
    let ids: BTreeSet<&str> = made.iter().map(|token| token["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 50);
    for token in &made {
        admin.with(token["token"].as_str().unwrap()).get("/auth/me").is(200);
    }
    assert_eq!(admin.get("/auth/tokens").json().as_array().unwrap().len(), 50);
    assert_eq!(audit_rows(&admin, "token.create").len(), 50);
}

#[test]
fn fifty_tokens_of_one_name_are_fifty_tokens() {
    let server = TestServer::start();
    let admin = server.admin();
    at_once((0..50).collect(), |_| admin.create_token("ci"));
    assert_eq!(admin.get("/auth/tokens").json().as_array().unwrap().len(), 50);
}

#[test]
fn a_token_is_revoked_once_however_many_ask_for_it() {
    let server = TestServer::start();
    let admin = server.admin();
    let path = format!("/auth/tokens/{}", admin.create_token("ci")["id"].as_str().unwrap());
    let as_admin = path.replace("/auth/", "/auth/admin/");
    let statuses =
        at_once((0..50).collect(), |n: usize| admin.delete(if n.is_multiple_of(2) { &path } else { &as_admin }).status);
    assert_eq!(count(&statuses, 204), 50, "{statuses:?}");
    let revoked_at = admin.get(&path).json()["revoked_at"].clone();
    assert!(revoked_at.is_string());
    admin.delete(&path).is(204);
    admin.delete(&as_admin).is(204);
    assert_eq!(admin.get(&path).json()["revoked_at"], revoked_at);
    let rows = audit_rows(&admin, "token.revoke").len() + audit_rows(&admin, "token.admin_revoke").len();
    assert_eq!(rows, 1);
}

#[test]
fn one_address_makes_one_user() {
    let server = TestServer::start();
    let admin = server.admin();
    let spellings = ["eve@example.com", "EVE@example.com", " eve@Example.com ", "Eve@EXAMPLE.COM"];
    let statuses = at_once((0..8).collect(), |n: usize| {
        let body = json!({ "email": spellings[n % 4], "role": "viewer" });
        admin.post("/api/users", &body).status
    });
    assert_eq!((count(&statuses, 201), count(&statuses, 409)), (1, 7), "{statuses:?}");
    let users = admin.get("/api/users").json();
    let eves = users.as_array().unwrap().iter().filter(|user| user["email"] == "eve@example.com").count();
    assert_eq!(eves, 1);
    assert_eq!(audit_rows(&admin, "user.create").len(), 1);
}

#[test]
fn a_user_is_deleted_once() {
    let server = TestServer::start();
    let admin = server.admin();
    let made = admin.add_user("eve@example.com", "viewer", "a quiet morning");
    let path = format!("/api/users/{}", made["id"].as_str().unwrap());
    let statuses = at_once(vec![&admin; 8], |admin| admin.delete(&path).status);
    assert_eq!((count(&statuses, 204), count(&statuses, 404)), (1, 7), "{statuses:?}");
    assert_eq!(audit_rows(&admin, "user.delete").len(), 1);
}

#[test]
fn a_reset_value_is_redeemed_once() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let admin = server.admin();
    let eve = admin.add_user("eve@example.com", "viewer", "a quiet morning");
    let path = format!("/api/users/{}/reset-password", eve["id"].as_str().unwrap());
    for round in 0..4 {
        let value = admin.post_empty(&path).is(200).json()["reset_token"].clone();
        let passwords: Vec<String> = (0..3).map(|n| format!("a quiet morning {round} {n}")).collect();
        let statuses = at_once(passwords.iter().collect(), |password| {
            let body = json!({ "token": value, "password": password });
            server.stranger().post("/auth/password/reset", &body).status
        });
        assert_eq!(count(&statuses, 204), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 204 | 400 | 401)), "{statuses:?}");
        for (password, status) in passwords.iter().zip(&statuses) {
            let signed_in = server.stranger().try_sign_in("eve@example.com", password).status;
            assert_eq!(signed_in == 200, *status == 204, "{signed_in} {statuses:?}");
        }
    }
}

#[test]
fn a_setup_code_makes_one_admin() {
    let server = TestServer::empty().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let code = fs::read_to_string(server.data_dir().join("setup-code")).unwrap();
    let answers = at_once((0..4).collect(), |n| {
        let email = format!("admin{n}@example.com");
        let body = json!({ "email": email, "password": "a quiet morning", "setup_code": code.trim() });
        server.stranger().post("/auth/bootstrap", &body)
    });
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!((count(&statuses, 200), count(&statuses, 403)), (1, 3), "{statuses:?}");
    let winner = answers.iter().find(|answer| answer.status == 200).unwrap().json();
    let admin = server.stranger().with(winner["access_token"].as_str().unwrap());
    let users = admin.get("/api/users").is(200).json();
    assert_eq!(users.as_array().unwrap().len(), 1, "{users}");
    assert_eq!(users[0]["email"], winner["email"]);
}

#[test]
fn one_password_is_changed_once() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let sessions: Vec<Api> =
        (0..3).map(|_| server.stranger().sign_in("eve@example.com", "a quiet morning")).chain([eve]).collect();
    let statuses = at_once(sessions.iter().enumerate().collect(), |(n, session)| {
        let body = json!({ "current": "a quiet morning", "password": format!("a quiet morning {n}") });
        session.post("/auth/password/change", &body).status
    });
    assert_eq!(count(&statuses, 204), 1, "{statuses:?}");
    for (n, (session, status)) in sessions.iter().zip(&statuses).enumerate() {
        let lives = session.get("/auth/me").status == 200;
        let signed_in = server.stranger().try_sign_in("eve@example.com", &format!("a quiet morning {n}")).status;
        assert_eq!((lives, signed_in == 200), (*status == 204, *status == 204), "{statuses:?}");
    }
}
