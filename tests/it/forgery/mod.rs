//! The forgery table: none of these tokens is accepted, and none tells more than it should. S-01..S-05, C-09.

mod claims;
mod encodings;
mod headers;
mod workshop;

use std::{
    collections::BTreeSet,
    io::ErrorKind,
    net::TcpListener,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{Answer, TestServer};
use workshop::{Expected, Forgery, Workshop};

/// Longer than any honest refusal on a busy machine, shorter than what a costly parser needs.
const AT_ONCE: Duration = Duration::from_secs(3);

#[track_caller]
fn is_refused(forgery: &Forgery, call: impl Fn() -> Answer) {
    let began = Instant::now();
    let answer = call();
    assert!(began.elapsed() < AT_ONCE, "{}: took {:?}", forgery.name, began.elapsed());
    let found = (answer.status, answer.json()["code"].as_str().unwrap_or("none").to_owned());
    let found = (found.0, found.1.as_str());
    match forgery.expected {
        Expected::Generic => {
            assert_eq!(found, (401, "invalid_token"), "{}", forgery.name);
            assert_eq!(answer.json()["detail"], "Invalid or expired token", "{}", forgery.name);
        }
        Expected::Specific(code) => assert_eq!(found, (401, code), "{}", forgery.name),
        Expected::Somehow => assert!(matches!(found.0, 400 | 401 | 431), "{}: {found:?}", forgery.name),
    }
}

fn are_refused(server: &TestServer, forgeries: &[Forgery]) {
    let names: BTreeSet<&str> = forgeries.iter().map(|forgery| forgery.name.as_str()).collect();
    assert_eq!(names.len(), forgeries.len(), "two cases of one name");
    for forgery in forgeries {
        let caller = server.stranger().with(&forgery.token);
        is_refused(forgery, || caller.get("/auth/me"));
        is_refused(forgery, || caller.post("/auth/tokens", &json!({ "name": "forged" })));
    }
}

/// Runs a table against a live session and a live token, and shows that both were good and nothing was made.
fn check(table: fn(&Workshop) -> Vec<Forgery>, at_least: usize) {
    let server = TestServer::start();
    let admin = server.admin();
    let token = admin.with_new_token("real");
    for real in [&admin, &token] {
        let forgeries = table(&Workshop::open(&server, real.bearer()));
        assert!(forgeries.len() >= at_least, "{} cases", forgeries.len());
        are_refused(&server, &forgeries);
        real.get("/auth/me").is(200);
    }
    assert_eq!(admin.get("/auth/tokens").is(200).json().as_array().unwrap().len(), 1);
}

#[test]
fn no_algorithm_but_ours_is_believed() {
    check(headers::algorithms, 80);
}

#[test]
fn a_public_or_well_known_secret_signs_nothing() {
    check(headers::shared_secrets, 40);
}

#[test]
fn keys_come_only_from_our_own_table() {
    check(headers::key_ids, 25);
}

#[test]
fn header_members_that_change_the_rules_are_refused() {
    check(headers::members, 20);
}

#[test]
fn only_three_canonical_segments_are_a_token() {
    check(encodings::segments, 25);
}

#[test]
fn a_spelling_of_the_same_bytes_is_another_token() {
    check(encodings::spellings, 15);
}

#[test]
fn json_that_two_parsers_read_differently_is_refused() {
    check(encodings::hostile_json, 20);
}

#[test]
fn a_damaged_signature_is_no_signature() {
    check(encodings::signatures, 20);
}

#[test]
fn changed_claims_break_the_signature() {
    check(claims::changed, 20);
}

#[test]
fn the_true_key_alone_forges_nothing() {
    check(claims::truly_signed, 30);
}

#[test]
fn no_address_in_a_token_is_called() {
    let server = TestServer::start();
    let admin = server.admin();
    let recorder = TcpListener::bind("127.0.0.1:0").unwrap();
    recorder.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys", recorder.local_addr().unwrap());
    let forgeries = headers::addresses(&Workshop::open(&server, admin.bearer()), &url);
    are_refused(&server, &forgeries);
    assert_eq!(recorder.accept().map(|_| ()).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_signed_token_tells_its_holder_why_it_ended() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    are_refused(&server, &claims::ended(&server));
}

#[test]
fn two_servers_do_not_know_each_others_tokens() {
    let (here, there) = (TestServer::start(), TestServer::start());
    let foreign = Workshop::open(&there, there.admin().bearer());
    let ours = Workshop::open(&here, here.admin().bearer());
    let forgeries = [
        Forgery::generic("as it is", foreign.real.clone()),
        Forgery::generic("their key, our claims", foreign.sign(&foreign.header, &ours.claims)),
        Forgery::generic("their key under our id", foreign.sign(&ours.header, &ours.claims)),
        Forgery::generic("our key id over their claims", foreign.sign(&ours.header, &foreign.claims)),
    ];
    are_refused(&here, &forgeries);
}

#[test]
fn a_token_does_nothing_that_needs_the_person() {
    let server = TestServer::start();
    let admin = server.admin();
    let token = admin.with_new_token("ci");
    token.post("/auth/tokens", &json!({ "name": "child" })).refused_as(403, "session_required");
    let user = json!({ "email": "eve@example.com", "issue_token": true });
    token.post("/api/users", &user).refused_as(403, "session_required");
    let change = json!({ "current": crate::support::ADMIN_PASSWORD, "password": "another quiet morning" });
    token.post("/auth/password/change", &change).refused_as(403, "session_required");
    assert_eq!(admin.get("/auth/tokens").json().as_array().unwrap().len(), 1);
    assert_eq!(admin.get("/api/users").json().as_array().unwrap().len(), 1);
    server.admin().get("/auth/me").is(200);
}
