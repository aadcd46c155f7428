//! Signing keys are rotated and retired while the server works (S-19, M-22, S-50).

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
};

use serde_json::Value;

use crate::{
    admin_socket::ask,
    support::{Api, SetOnDrop, TestServer, jwt_part, wait_for},
};

fn kid(token: &str) -> String {
    jwt_part(token, 0)["kid"].as_str().unwrap().to_owned()
}

/// Runs `da server keys ... --json` on the host.
#[track_caller]
fn keys(server: &TestServer, args: &[&str]) -> Value {
    let run = server.host(&["server", "keys", "--json"]).args(args).run().exits(0);
    serde_json::from_str(&run.stdout).unwrap()
}

#[track_caller]
fn retire(server: &TestServer, kid: &str) -> Value {
    keys(server, &["retire", kid, "--yes"])
}

/// Checks a token again and again; whatever is no 200 fails.
fn check(caller: &Api, done: &AtomicBool, checks: &AtomicU32) {
    while !done.load(Ordering::Relaxed) {
        caller.get("/auth/me").is(200);
        checks.fetch_add(1, Ordering::Relaxed);
    }
}

/// Makes tokens and uses each at once; returns them.
fn make(session: &Api, done: &AtomicBool, checks: &AtomicU32) -> Vec<Api> {
    let mut made = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let token = session.with_new_token("made meanwhile");
        token.get("/auth/me").is(200);
        checks.fetch_add(1, Ordering::Relaxed);
        made.push(token);
    }
    made
}

#[test]
fn rotations_under_load_refuse_nobody_and_a_retirement_holds_from_the_next_request() {
    const ROTATIONS: usize = 8;
    let mut server = TestServer::with_admin().env("DA_SESSIONS_PER_USER", "0").start();
    let session = server.admin();
    let token = session.with_new_token("made before");
    let (done, checks) = (AtomicBool::new(false), AtomicU32::new(0));
    let mut former = Vec::new();
    let made: Vec<Api> = thread::scope(|scope| {
        let end = SetOnDrop(&done);
        scope.spawn(|| check(&token, &done, &checks));
        scope.spawn(|| check(&session, &done, &checks));
        let makers = [0; 2].map(|_| scope.spawn(|| make(&session, &done, &checks)));
        for _ in 0..ROTATIONS {
            let before = checks.load(Ordering::Relaxed);
            former.push(keys(&server, &["rotate"])["former"].as_str().unwrap().to_owned());
            wait_for("checks after a rotation", || (checks.load(Ordering::Relaxed) > before + 20).then_some(()));
        }
        drop(end);
        makers.into_iter().flat_map(|maker| maker.join().unwrap()).collect()
    });
    assert_eq!(kid(token.bearer()), former[0]);
    let by = |kid_of: &str| made.iter().filter(|token| kid(token.bearer()) == kid_of).count();
    assert!(former.iter().filter(|kid| by(kid) > 0).count() > ROTATIONS / 2, "tokens of most keys were made");
    made.iter().for_each(|token| drop(token.get("/auth/me").is(200)));
    let listed = keys(&server, &["list"]);
    assert_eq!(listed.as_array().unwrap().len(), ROTATIONS + 1);
    for row in listed.as_array().unwrap() {
        let name = row["kid"].as_str().unwrap();
        let before = u64::from(name == former[0]);
        assert_eq!(row["live_tokens"], by(name) as u64 + before, "{row}");
    }

    // A session by the newest key, which stays.
    let session = server.admin();
    let retired = retire(&server, &former[0]);
    token.get("/auth/me").refused(401, "invalid_token", "Invalid or expired token");
    assert_eq!((&retired["ended_tokens"], &retired["ended_sessions"]), (&(by(&former[0]) + 1).into(), &1.into()));
    retire(&server, &former[1]);
    // The retirement was acknowledged: not even this takes it back.
    server.kill9();
    server.restart();
    let works = |token: &Api| token.get("/auth/me").status == 200;
    assert!(!works(&token));
    for token in &made {
        assert_eq!(works(token), !former[..2].contains(&kid(token.bearer())), "{}", kid(token.bearer()));
    }
    let listed = session.get("/auth/tokens").is(200).json();
    let live = listed.as_array().unwrap().iter().filter(|row| row["revoked_at"].is_null()).count();
    assert_eq!(live, made.iter().filter(|token| works(token)).count(), "the list says the same");
    server.host(&["server", "audit", "verify"]).run().exits(0);
}

#[test]
fn what_a_key_signs_while_it_is_retired_is_refused_or_ends() {
    const ROUNDS: usize = 6;
    let server = TestServer::start();
    let mut made = Vec::new();
    for _ in 0..ROUNDS {
        let session = server.admin();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let end = SetOnDrop(&done);
            let maker = scope.spawn(|| {
                let mut made = Vec::new();
                // Until the session itself ends, as the same key signed it.
                while !done.load(Ordering::Relaxed) {
                    let answer = session.post("/auth/tokens", &serde_json::json!({ "name": "racing" }));
                    match answer.status {
                        201 => made.push(session.with(answer.json()["token"].as_str().unwrap())),
                        status => assert!(matches!(status, 401 | 503), "{}", answer.text()),
                    }
                }
                made
            });
            let former = keys(&server, &["rotate"])["former"].as_str().unwrap().to_owned();
            retire(&server, &former);
            drop(end);
            made.extend(maker.join().unwrap());
        });
    }
    let session = server.admin();
    let listed = session.get("/auth/tokens").is(200).json();
    assert_eq!(listed.as_array().unwrap().len(), made.len());
    for token in &made {
        let id = jwt_part(token.bearer(), 1)["jti"].clone();
        let row = listed.as_array().unwrap().iter().find(|row| row["id"] == id).unwrap();
        assert_eq!(token.get("/auth/me").status == 200, row["revoked_at"].is_null(), "{row}");
    }
}

#[test]
fn the_socket_says_why_a_key_cannot_be_retired() {
    let server = TestServer::start();
    let active = kid(server.admin().bearer());
    let retire = |kid: &str| ask(&server, "POST", &format!("/api/admin/keys/{kid}/retire"), "", "");
    retire(&active).refused(409, "key_active", "This signing key is active: rotate first, then retire it");
    for unknown in ["AAAAAAAAAAAAAAAA", "x"] {
        retire(unknown).refused(404, "key_not_found", "Signing key not found");
    }
}
