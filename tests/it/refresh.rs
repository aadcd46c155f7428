//! Continuing a session on the wire: K-08, C-03, RFC 9700 section 4.14.2.

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Api, TestServer, keys, stored_id, wait_for};

/// Signs in as the first admin with a refresh token.
fn sign_in(server: &TestServer) -> Value {
    let login = json!({
        "email": ADMIN_EMAIL,
        "password": ADMIN_PASSWORD,
        "device_label": "laptop",
        "device_fingerprint": "a word",
        "want_refresh": true,
    });
    server.stranger().post("/auth/token", &login).is(200).json()
}

fn refresh(server: &TestServer, token: &Value) -> Answer {
    refresh_as(server, token, "a word")
}

fn refresh_as(server: &TestServer, token: &Value, fingerprint: &str) -> Answer {
    server.stranger().post("/auth/refresh", &json!({ "refresh_token": token, "device_fingerprint": fingerprint }))
}

fn bearer(server: &TestServer, answer: &Value) -> Api {
    server.stranger().with(answer["access_token"].as_str().unwrap())
}

/// Returns the ids of the caller's live sessions.
fn live(api: &Api) -> Vec<String> {
    let page = api.get("/api/sessions").is(200).json();
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// Makes everything about sessions look older.
fn let_pass(server: &TestServer, seconds: u64) {
    server.change_store(
        "UPDATE auth_sessions SET created_at = created_at - ?1, last_active_at = last_active_at - ?1, \
         token_expires_at = token_expires_at - ?1, expires_at = expires_at - ?1, revoked_at = revoked_at - ?1",
        [i64::try_from(seconds).unwrap() * 1_000_000],
    );
}

#[test]
fn a_refresh_replaces_both_tokens_and_keeps_the_sign_in() {
    let server = TestServer::start();
    let first = sign_in(&server);
    assert_eq!((&first["expires_in"], &first["refresh_expires_in"]), (&json!(3600), &json!(30 * 86_400)));
    let before = live(&bearer(&server, &first));
    let_pass(&server, 3000);

    let second = refresh(&server, &first["refresh_token"]).is(200).json();
    assert_eq!(keys(&second), keys(&first));
    assert_eq!((&second["email"], &second["role"]), (&json!(ADMIN_EMAIL), &json!("admin")));
    assert_ne!(second["access_token"], first["access_token"]);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let left = second["refresh_expires_in"].as_u64().unwrap();
    assert!((30 * 86_400 - 3100..=30 * 86_400 - 3000).contains(&left), "the end of the sign-in stays: {left}");

    let api = bearer(&server, &second);
    let sessions = api.get("/api/sessions").is(200).json();
    let [session] = sessions["items"].as_array().unwrap().as_slice() else { panic!("one chain: {sessions}") };
    assert_eq!(session["previous_session_id"], before[0].as_str());
    assert_eq!(
        (&session["device_label"], &session["device_fingerprint"], &session["current"]),
        (&json!("laptop"), &json!("a word"), &json!(true))
    );
}

#[test]
fn requests_on_their_way_are_served_for_a_minute() {
    let server = TestServer::start();
    let first = sign_in(&server);
    let second = refresh(&server, &first["refresh_token"]).is(200).json();
    bearer(&server, &first).get("/auth/me").is(200);
    let_pass(&server, 61);
    bearer(&server, &first).get("/auth/me").refused(401, "token_revoked", "Token revoked");
    bearer(&server, &second).get("/auth/me").is(200);
}

#[test]
fn a_second_use_ends_the_whole_chain() {
    let server = TestServer::start();
    let elsewhere = server.admin();
    let first = sign_in(&server);
    // Somebody has copied the token and is faster; the owner comes with the same one, later.
    let stolen = refresh_as(&server, &first["refresh_token"], "thief").is(200).json();
    let stolen = refresh_as(&server, &stolen["refresh_token"], "thief").is(200).json();
    bearer(&server, &stolen).get("/auth/me").is(200);
    refresh(&server, &first["refresh_token"]).refused(
        401,
        "refresh_reused",
        "This refresh token was used before. The sign-in is ended, as somebody else may have a copy",
    );
    for answer in [&first, &stolen] {
        bearer(&server, answer).get("/auth/me").refused(401, "token_revoked", "Token revoked");
        let refused = refresh(&server, &answer["refresh_token"]).is(401).json();
        assert!(["token_revoked", "refresh_reused"].contains(&refused["code"].as_str().unwrap()), "{refused}");
    }
    elsewhere.get("/auth/me").is(200);
    let rows = elsewhere.get("/api/admin/audit?action=session.revoke").is(200).json();
    assert_eq!(rows["items"][0]["params"]["reason"], "reuse_detected");
    assert_eq!(rows["items"].as_array().unwrap().len(), 1, "it is told once: {rows}");
}

#[test]
fn a_lost_answer_is_given_again_to_the_same_client_for_ten_seconds() {
    let server = TestServer::start();
    let first = sign_in(&server);
    let second = refresh(&server, &first["refresh_token"]).is(200).json();
    let again = refresh(&server, &first["refresh_token"]).is(200).json();
    for key in ["access_token", "refresh_token"] {
        assert_eq!(again[key], second[key]);
    }
    bearer(&server, &again).get("/auth/me").is(200);

    let_pass(&server, 11);
    refresh(&server, &first["refresh_token"]).is(401);
    bearer(&server, &second).get("/auth/me").is(401);
}

#[test]
fn another_device_is_not_given_the_same_answer() {
    let server = TestServer::start();
    let first = sign_in(&server);
    refresh(&server, &first["refresh_token"]).is(200);
    refresh_as(&server, &first["refresh_token"], "another word").is(401);
    refresh(&server, &first["refresh_token"]).is(401);
}

#[test]
fn an_answer_whose_successor_was_used_is_not_given_again() {
    let server = TestServer::start();
    let first = sign_in(&server);
    let second = refresh(&server, &first["refresh_token"]).is(200).json();
    let third = refresh(&server, &second["refresh_token"]).is(200).json();
    refresh(&server, &first["refresh_token"]).is(401);
    bearer(&server, &third).get("/auth/me").is(401);
}

#[test]
fn what_ends_a_session_ends_its_refresh_token() {
    let server = TestServer::start();
    let admin = server.admin();
    let bob = admin.add_user("bob@example.com", "viewer", "a quiet morning");
    let path = format!("/api/users/{}", bob["id"].as_str().unwrap());
    let login = json!({ "email": "bob@example.com", "password": "a quiet morning", "want_refresh": true });
    let enter = || server.stranger().post("/auth/token", &login).is(200).json();
    let ends: [&dyn Fn(&Api); 5] = [
        &|api| drop(api.post_empty("/auth/logout").is(200)),
        &|api| drop(api.delete("/api/sessions").is(204)),
        &|_| drop(admin.post(&format!("{path}/set-password"), &json!({ "password": "a quiet morning" })).is(204)),
        &|_| {
            admin.post_empty(&format!("{path}/deactivate")).is(200);
            admin.post_empty(&format!("{path}/activate")).is(200);
        },
        &|_| {
            drop(
                admin
                    .post_empty(&format!("{}/revoke-sessions", path.replace("/api/users", "/api/admin/users")))
                    .is(200),
            )
        },
    ];
    for (number, end) in ends.iter().enumerate() {
        let first = enter();
        let second = refresh(&server, &first["refresh_token"]).is(200).json();
        end(&bearer(&server, &second));
        for answer in [&first, &second] {
            assert_eq!(
                bearer(&server, answer).get("/auth/me").status,
                401,
                "{number}: the chain's last minute ends, too"
            );
        }
        refresh(&server, &second["refresh_token"]).refused(401, "token_revoked", "Token revoked");
    }
}

#[test]
fn a_refresh_token_ends_by_itself_and_when_it_rests() {
    let server = TestServer::start();
    let (resting, busy) = (sign_in(&server), sign_in(&server));
    let_pass(&server, 14 * 86_400 - 60);
    let busy = refresh(&server, &busy["refresh_token"]).is(200).json();
    let_pass(&server, 120);
    refresh(&server, &resting["refresh_token"]).refused(401, "token_expired", "Token expired");
    let_pass(&server, 13 * 86_400);
    let busy = refresh(&server, &busy["refresh_token"]).is(200).json();
    let_pass(&server, 4 * 86_400);
    refresh(&server, &busy["refresh_token"]).refused(401, "token_expired", "Token expired");
}

#[test]
fn no_refresh_token_outlives_its_account() {
    let server = TestServer::start();
    let admin = server.admin();
    let bob = admin.add_user("bob@example.com", "viewer", "a quiet morning");
    let login = json!({ "email": "bob@example.com", "password": "a quiet morning", "want_refresh": true });
    let answer = server.stranger().post("/auth/token", &login).is(200).json();
    admin.delete(&format!("/api/users/{}", bob["id"].as_str().unwrap())).is(204);
    refresh(&server, &answer["refresh_token"]).refused(401, "invalid_token", "Invalid or expired token");
}

#[test]
fn what_is_no_refresh_token_is_refused_alike_and_ends_nothing() {
    let server = TestServer::start();
    let answer = sign_in(&server);
    let good = answer["refresh_token"].as_str().unwrap().to_owned();
    let mut other_secret = good.clone();
    other_secret.replace_range(30..31, if &good[30..31] == "A" { "B" } else { "A" });
    let access = answer["access_token"].as_str().unwrap().to_owned();
    for token in ["", "dar_", "x", &good[..40], &format!("{good}A"), &good.to_uppercase(), &other_secret, &access] {
        refresh(&server, &json!(token)).refused(401, "invalid_token", "Invalid or expired token");
    }
    server.stranger().post("/auth/refresh", &json!({})).is(422);
    server.stranger().post("/auth/refresh", &json!({ "refresh_token": 7 })).is(422);
    // A refresh token is no bearer.
    server.stranger().with(&good).get("/auth/me").refused(401, "invalid_token", "Invalid or expired token");
    refresh(&server, &json!(good)).is(200);
}

#[test]
fn the_store_holds_no_refresh_token() {
    let server = TestServer::start();
    let first = sign_in(&server);
    let second = refresh(&server, &first["refresh_token"]).is(200).json();
    let id = live(&bearer(&server, &second)).remove(0);
    let mut found = false;
    for name in ["da.db", "da.db-wal"] {
        let bytes = std::fs::read(server.data_dir().join(name)).unwrap_or_default();
        found |= bytes.windows(16).any(|part| part == stored_id(&id));
        for answer in [&first, &second] {
            let secret = &answer["refresh_token"].as_str().unwrap().as_bytes()[30..];
            assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{name}");
        }
    }
    assert!(found, "the rows are there");
    assert!(!server.log().contains("dar_"));
}

#[test]
fn without_the_wish_there_is_none() {
    let server = TestServer::start();
    let answer = server.stranger().try_sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).is(200).json();
    assert_eq!((&answer["refresh_token"], &answer["expires_in"]), (&Value::Null, &json!(86_400)));
}

#[test]
fn a_chain_is_refreshed_sixty_times_an_hour() {
    let server = TestServer::start();
    let mut last = sign_in(&server);
    let mut before = last.clone();
    for _ in 0..60 {
        before = last;
        last = refresh(&server, &before["refresh_token"]).is(200).json();
    }
    let refused = refresh(&server, &last["refresh_token"]);
    refused.refused_as(429, "too_many_attempts");
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((3_000..=3_601).contains(&seconds), "{seconds}");
    // The refresh token is not used up, the session works, and a lost answer is given again.
    bearer(&server, &last).get("/auth/me").is(200);
    assert_eq!(refresh(&server, &before["refresh_token"]).is(200).json()["refresh_token"], last["refresh_token"]);
    // Another sign-in has a count of its own.
    let other = sign_in(&server);
    refresh(&server, &other["refresh_token"]).is(200);
    let_pass(&server, seconds);
    let next = refresh(&server, &last["refresh_token"]).is(200).json();
    // A second use is found beyond the limit, too.
    refresh_as(&server, &last["refresh_token"], "thief").refused_as(401, "refresh_reused");
    bearer(&server, &next).get("/auth/me").is(401);
}

#[test]
fn the_rows_of_replaced_sessions_are_kept_for_a_day() {
    let mut server = TestServer::start();
    let first = sign_in(&server);
    let second = refresh(&server, &first["refresh_token"]).is(200).json();
    let rows = |server: &TestServer| {
        let store = rusqlite::Connection::open(server.data_dir().join("da.db")).unwrap();
        let count = "SELECT count(*) FROM auth_sessions WHERE previous_session_id IS NOT NULL OR refresh_token_hash IS NOT NULL";
        store.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let_pass(&server, 86_000);
    server.terminate();
    server.restart();
    assert_eq!(rows(&server), 2);
    // Within the day the second use of a refresh token ends the chain.
    let third = refresh(&server, &second["refresh_token"]).is(200).json();
    let other = sign_in(&server);
    let other_next = refresh(&server, &other["refresh_token"]).is(200).json();
    refresh(&server, &first["refresh_token"]).refused_as(401, "refresh_reused");
    refresh(&server, &third["refresh_token"]).refused_as(401, "token_revoked");
    let_pass(&server, 86_400 + 120);
    server.terminate();
    server.restart();
    server.wait_for_log("swept ended sessions");
    // Later it is as unknown as any other text, and the chain goes on.
    refresh(&server, &other["refresh_token"]).refused_as(401, "invalid_token");
    refresh(&server, &other_next["refresh_token"]).is(200);
}

#[test]
fn a_clock_that_was_set_back_keeps_no_window_open() {
    let server = TestServer::start();
    let first = sign_in(&server);
    let second = refresh(&server, &first["refresh_token"]).is(200).json();
    // An hour later by the rows is an hour back by the clock.
    server.change_store("UPDATE auth_sessions SET revoked_at = revoked_at + ?1", [3_600_000_000_i64]);
    bearer(&server, &first).get("/auth/me").refused_as(401, "token_revoked");
    bearer(&server, &second).get("/auth/me").is(200);
    refresh(&server, &first["refresh_token"]).refused_as(401, "refresh_reused");
    bearer(&server, &second).get("/auth/me").is(401);
}

#[test]
fn a_last_use_in_the_future_does_not_disable_the_idle_limit() {
    let server = TestServer::start();
    let hour = 3_600_000_000_i64;
    let last_use = |id: &str, micros: i64| {
        let sql = "UPDATE auth_sessions SET idle_limit = ?2, last_active_at = last_active_at + ?3 WHERE id = ?1";
        server.change_store(sql, rusqlite::params![stored_id(id), hour, micros]);
    };
    for (ahead, status) in [(-hour, 401), (-hour / 2, 200), (hour / 2, 200), (hour + 1_000_000, 401), (240 * hour, 401)]
    {
        let answer = sign_in(&server);
        let api = bearer(&server, &answer);
        let id = live(&api).remove(0);
        let admin = server.admin();
        last_use(&id, ahead);
        let listed = admin.get("/api/admin/sessions?active=true").is(200).text().contains(&id);
        assert_eq!((listed, api.get("/auth/me").status), (status == 200, status), "{ahead}");
        refresh(&server, &answer["refresh_token"]).is(status);
    }
    // A use brings the time back to the present.
    let answer = sign_in(&server);
    let api = bearer(&server, &answer);
    let id = live(&api).remove(0);
    last_use(&id, hour / 2);
    api.get("/auth/me").is(200);
    wait_for("the last use to be corrected", || {
        let store = rusqlite::Connection::open(server.data_dir().join("da.db")).unwrap();
        let sql = "SELECT last_active_at FROM auth_sessions WHERE id = ?1";
        let at: i64 = store.query_row(sql, [stored_id(&id)], |row| row.get(0)).unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
        (i64::try_from(now).unwrap() >= at).then_some(())
    });
}
