//! Nothing that began after a credential was ended succeeds with it: S-06.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use serde_json::{Value, json};

use crate::support::{Api, PATIENCE, TestServer, wait_for};

const HAMMERS: usize = 4;
/// Refusals that each thread sees before it stops.
const REFUSALS: usize = 25;

/// Calls with `caller` on many threads while `end` ends it; every call that began after the acknowledgement must be
/// refused with `refusal`, and some before it must have been let in.
fn hammer(call: impl Fn() -> u16 + Sync, refusal: u16, end: impl FnOnce()) {
    let (acknowledged, let_in) = (AtomicBool::new(false), AtomicUsize::new(0));
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..HAMMERS {
            scope.spawn(|| {
                let mut refused = 0;
                while refused < REFUSALS {
                    assert!(began.elapsed() < PATIENCE, "no end of it was acknowledged");
                    let after = acknowledged.load(Ordering::SeqCst);
                    match call() {
                        status if status == refusal => refused += usize::from(after),
                        status => {
                            assert!(!after, "{status} after the acknowledgement");
                            assert_eq!(status, 200);
                            let_in.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                }
            });
        }
        wait_for("calls that are let in", || (let_in.load(Ordering::SeqCst) >= 2 * HAMMERS).then_some(()));
        end();
        acknowledged.store(true, Ordering::SeqCst);
    });
}

fn me(caller: &Api) -> u16 {
    caller.get("/auth/me").status
}

fn path_of(user: &Api) -> String {
    format!("/api/users/{}", user.get("/auth/me").json()["id"].as_str().unwrap())
}

#[test]
fn a_revoked_token_is_refused_from_the_acknowledgement_on() {
    let server = TestServer::start();
    let admin = server.admin();
    let created = admin.create_token("ci");
    let (token, path) =
        (admin.with(created["token"].as_str().unwrap()), format!("/auth/tokens/{}", created["id"].as_str().unwrap()));
    hammer(|| me(&token), 401, || drop(admin.delete(&path).is(204)));
}

#[test]
fn a_token_that_revokes_itself_is_refused_from_the_acknowledgement_on() {
    let server = TestServer::start();
    let admin = server.admin();
    let created = admin.create_token("ci");
    let (token, path) =
        (admin.with(created["token"].as_str().unwrap()), format!("/auth/tokens/{}", created["id"].as_str().unwrap()));
    hammer(|| me(&token), 401, || drop(token.delete(&path).is(204)));
}

#[test]
fn a_session_is_refused_from_the_end_of_signing_out_on() {
    let server = TestServer::start();
    let admin = server.admin();
    hammer(|| me(&admin), 401, || drop(admin.post_empty("/auth/logout").is(200)));
}

#[test]
fn a_new_password_ends_sessions_before_it_is_acknowledged() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let path = format!("{}/set-password", path_of(&eve));
    let body = json!({ "password": "another quiet morning" });
    hammer(|| me(&eve), 401, || drop(admin.post(&path, &body).is(204)));
}

#[test]
fn a_deactivated_user_is_refused_from_the_acknowledgement_on() {
    let server = TestServer::start();
    let admin = server.admin();
    let token = server.user(&admin, "eve@example.com", "analyst").with_new_token("ci");
    let path = format!("{}/deactivate", path_of(&token));
    hammer(|| me(&token), 401, || drop(admin.post_empty(&path).is(200)));
}

#[test]
fn a_deleted_user_is_refused_from_the_acknowledgement_on() {
    let server = TestServer::start();
    let admin = server.admin();
    let token = server.user(&admin, "eve@example.com", "analyst").with_new_token("ci");
    let path = path_of(&token);
    hammer(|| me(&token), 401, || drop(admin.delete(&path).is(204)));
}

#[test]
fn a_demoted_admin_administers_nothing_from_the_acknowledgement_on() {
    let server = TestServer::start();
    let admin = server.admin();
    let token = server.user(&admin, "eve@example.com", "admin").with_new_token("ci");
    let path = path_of(&token);
    let list = || token.get("/api/users").status;
    hammer(list, 403, || drop(admin.patch(&path, &json!({ "role": "analyst" })).is(200)));
    token.get("/auth/me").is(200);
}

#[test]
fn no_token_is_made_behind_a_deactivation() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let path = path_of(&eve);
    let made = std::sync::Mutex::new(Vec::<String>::new());
    let create = || {
        let answer = eve.post("/auth/tokens", &json!({ "name": "x" }));
        match answer.status {
            201 => {
                made.lock().unwrap().push(answer.json()["token"].as_str().unwrap().to_owned());
                200
            }
            status => status,
        }
    };
    hammer(create, 401, || {
        admin.post(&format!("{path}/deactivate"), &json!({ "revoke_tokens": true })).is(200);
    });
    admin.post_empty(&format!("{path}/activate")).is(200);
    let made = made.into_inner().unwrap();
    for token in &made {
        eve.with(token).get("/auth/me").refused(401, "token_revoked", "Token revoked");
    }
    let rows = admin.get("/auth/admin/tokens?user=eve@example.com").is(200).json();
    assert_eq!(rows.as_array().unwrap().len(), made.len(), "every row was answered with its token");
    assert!(rows.as_array().unwrap().iter().all(|row| row["revoked_at"] != Value::Null), "{rows}");
    eve.get("/auth/me").refused(401, "token_revoked", "Token revoked");
}

#[test]
fn no_session_is_opened_behind_a_deactivation() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let admin = server.admin();
    let path = path_of(&server.user(&admin, "eve@example.com", "analyst"));
    let opened = std::sync::Mutex::new(Vec::<String>::new());
    let statuses = super::at_once((0..5).collect(), |n| {
        if n == 4 {
            return admin.post_empty(&format!("{path}/deactivate")).status;
        }
        let answer = server.stranger().try_sign_in("eve@example.com", "a quiet morning");
        if answer.status == 200 {
            opened.lock().unwrap().push(answer.json()["access_token"].as_str().unwrap().to_owned());
        }
        answer.status
    });
    assert_eq!(statuses[4], 200);
    assert!(statuses[..4].iter().all(|status| matches!(status, 200 | 401)), "{statuses:?}");
    admin.post_empty(&format!("{path}/activate")).is(200);
    for session in opened.into_inner().unwrap() {
        server.stranger().with(&session).get("/auth/me").is(401);
    }
}
