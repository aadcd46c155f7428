//! One refresh token in many hands at once, and a server that is killed in between: K-08, S-50.

use std::thread;

use serde_json::{Value, json};

use super::at_once;
use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Api, TestServer, wait_for};

const AT_ONCE: usize = 24;

fn sign_in(server: &TestServer) -> Value {
    let login = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD, "want_refresh": true });
    server.stranger().post("/auth/token", &login).is(200).json()
}

fn request(answer: &Value, fingerprint: &str) -> Value {
    json!({ "refresh_token": answer["refresh_token"], "device_fingerprint": fingerprint })
}

fn bearer(server: &TestServer, answer: &Value) -> Api {
    server.stranger().with(answer["access_token"].as_str().unwrap())
}

/// Refreshes with one token, many times at once; `fingerprint` tells what each client says of itself.
fn refresh_at_once(server: &TestServer, answer: &Value, fingerprint: impl Fn(usize) -> String) -> Vec<Answer> {
    let requests = (0..AT_ONCE).map(|number| request(answer, &fingerprint(number))).collect();
    at_once(requests, |request: Value| server.stranger().post("/auth/refresh", &request))
}

#[test]
fn of_many_strangers_with_one_refresh_token_none_keeps_the_session() {
    let server = TestServer::start();
    let first = sign_in(&server);
    let answers = refresh_at_once(&server, &first, |number| format!("stranger {number}"));
    let served: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(served.len(), 1, "the token works once");
    for answer in [&first, &served[0].json()] {
        bearer(&server, answer).get("/auth/me").refused(401, "token_revoked", "Token revoked");
    }
    let rows = server.admin().get("/api/admin/audit?action=session.revoke").is(200).json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 1, "it is told once: {rows}");
}

#[test]
fn one_client_that_asks_many_times_at_once_has_one_answer() {
    let server = TestServer::start();
    let answers = refresh_at_once(&server, &sign_in(&server), |_| "one device".to_owned());
    let first = answers[0].json();
    for answer in answers {
        let body = answer.is(200).json();
        assert_eq!((&body["access_token"], &body["refresh_token"]), (&first["access_token"], &first["refresh_token"]));
    }
    bearer(&server, &first).get("/auth/me").is(200);
}

#[test]
fn a_refresh_survives_a_kill_whether_its_answer_came_or_not() {
    let mut server = TestServer::start();
    for _ in 0..4 {
        let mut known = sign_in(&server);
        let stranger = server.stranger();
        let refreshes = |server: &TestServer| server.log().matches("/auth/refresh").count();
        let before = refreshes(&server);
        thread::scope(|scope| {
            let client = scope.spawn(|| {
                let mut acknowledged = 0;
                while let Some(answer) = stranger.attempt("POST", "/auth/refresh", &request(&known, "one device")) {
                    known = answer.is(200).json();
                    acknowledged += 1;
                    assert!(acknowledged < 100_000, "the server was to be killed");
                }
                acknowledged
            });
            wait_for("some refreshes", || (refreshes(&server) > before + 20 || client.is_finished()).then_some(()));
            server.kill9();
            assert!(client.join().unwrap() > 0);
        });
        server.restart();
        bearer(&server, &known).get("/auth/me").is(200);
        // If the answer to a last refresh was lost, this is the same client's repetition.
        let next = server.stranger().post("/auth/refresh", &request(&known, "one device")).is(200).json();
        bearer(&server, &next).get("/auth/me").is(200);
    }
}
