//! A device asks, a person decides, the device collects: RFC 8628, K-03, S-76.

use std::thread;

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Api, TestServer, jwt_part, keys, stored_id};

/// Starts a request for a session; returns the answer.
fn start(server: &TestServer) -> Value {
    start_with(server, &json!({ "client_name": "da", "device_label": "laptop", "device_fingerprint": "a word" }))
}

fn start_with(server: &TestServer, request: &Value) -> Value {
    server.stranger().post("/auth/device", request).is(200).json()
}

fn poll(server: &TestServer, started: &Value) -> Answer {
    server.stranger().post("/auth/device/token", &json!({ "device_code": started["device_code"] }))
}

fn approve(api: &Api, started: &Value) -> Answer {
    api.post("/auth/device/approve", &json!({ "user_code": started["user_code"] }))
}

/// Lets so many seconds pass for everything that waits.
fn let_pass(server: &TestServer, seconds: i64) {
    server.change_store(
        "UPDATE device_authorizations SET created_at = created_at - ?1, expires_at = expires_at - ?1, \
         last_poll_at = last_poll_at - ?1",
        [seconds * 1_000_000],
    );
}

/// Asserts an error of RFC 6749 section 5.2, which is one of ours as well.
#[track_caller]
fn is_refused(answer: &Answer, error: &str) {
    let body = answer.json();
    assert_eq!((answer.status, &body["error"], &body["code"]), (400, &json!(error), &json!(error)), "{body}");
    assert_eq!(keys(&body), ["code", "detail", "error", "error_description", "request_id"]);
    assert_eq!(body["error_description"], body["detail"]);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[test]
fn a_device_gets_a_session_once_it_is_approved() {
    let server = TestServer::start();
    let started = start(&server);
    assert_eq!(
        keys(&started),
        ["device_code", "expires_in", "interval", "user_code", "verification_uri", "verification_uri_complete"]
    );
    assert_eq!((&started["expires_in"], &started["interval"]), (&json!(900), &json!(5)));
    let page = format!("{}/device", server.url());
    let user_code = started["user_code"].as_str().unwrap();
    assert_eq!(started["verification_uri"], page);
    assert_eq!(started["verification_uri_complete"], format!("{page}?user_code={user_code}"));
    assert!(user_code.len() == 9 && user_code.as_bytes()[4] == b'-', "{user_code}");
    is_refused(&poll(&server, &started), "authorization_pending");

    let admin = server.admin();
    approve(&admin, &started).is(200);
    let answer = poll(&server, &started).is(200).json();
    assert_eq!(
        keys(&answer),
        ["access_token", "email", "expires_in", "refresh_expires_in", "refresh_token", "role", "token_type", "user_id"]
    );
    assert_eq!((&answer["email"], &answer["expires_in"]), (&json!(ADMIN_EMAIL), &json!(3600)));
    let device = server.stranger().with(answer["access_token"].as_str().unwrap());
    let sessions = device.get("/api/sessions").is(200).json();
    let session = &sessions["items"][0];
    assert_eq!(
        (&session["device_label"], &session["device_fingerprint"], &session["auth_provider"], &session["current"]),
        (&json!("laptop"), &json!("a word"), &json!("local"), &json!(true))
    );
    let refresh = json!({ "refresh_token": answer["refresh_token"], "device_fingerprint": "a word" });
    server.stranger().post("/auth/refresh", &refresh).is(200);

    // It works once, and the code is used up.
    is_refused(&poll(&server, &started), "invalid_grant");
    approve(&admin, &started).refused(404, "user_code_not_found", "This code is unknown, was used, or has expired");

    let rows = admin.get("/api/admin/audit?limit=20").is(200).json();
    let row = |action: &str| rows["items"].as_array().unwrap().iter().find(|row| row["action"] == action).unwrap();
    let approved = row("device.approve");
    assert_eq!(
        approved["params"],
        json!({ "client_name": "da", "device_label": "laptop", "device_ip": "127.0.0.1", "want": "session" })
    );
    assert_eq!(approved["user_id"], answer["user_id"]);
    let login = row("login");
    assert_eq!(login["params"]["device_label"], "laptop");
    assert_eq!(approved["resource"], format!("grant:{}", login["params"]["grant"].as_str().unwrap()));
    server.on_host(["server", "audit", "verify"]).run().exits(0);
}

#[test]
fn a_device_may_ask_for_a_token_that_bears_its_name() {
    let server = TestServer::start();
    let admin = server.admin();
    for (request, name, days) in [
        (json!({ "client_name": "da", "want": "token", "token_name": " build agent " }), "build agent", Some(90)),
        (json!({ "client_name": "da", "want": "token", "device_label": "a laptop" }), "a laptop", Some(90)),
        (json!({ "client_name": "da", "want": "token", "device_label": "é".repeat(300) }), &*"é".repeat(200), Some(90)),
        (json!({ "client_name": "da", "want": "token", "expires_in_days": 7 }), "da", Some(7)),
        (json!({ "client_name": "da", "want": "token", "expires_in_days": null }), "da", None),
    ] {
        let started = start_with(&server, &request);
        approve(&admin, &started).is(200);
        let answer = poll(&server, &started).is(200).json();
        assert_eq!(answer["expires_in"].as_u64(), days.map(|days| days * 86_400), "{answer}");
        assert!(answer["refresh_token"].is_null());
        let (granted, token) = (&answer["token"], answer["access_token"].as_str().unwrap());
        assert_eq!(granted["name"], name);
        let me = server.stranger().with(token).get("/auth/me").is(200).json();
        assert_eq!((&me["typ"], &me["email"]), (&json!("pat"), &json!(ADMIN_EMAIL)));
        let listed = admin.get(&format!("/auth/tokens/{}", granted["id"].as_str().unwrap())).is(200).json();
        assert_eq!(listed["expires_at"], granted["expires_at"]);
        assert_eq!(days.is_none(), granted["expires_at"].is_null());
        is_refused(&poll(&server, &started), "invalid_grant");
    }
    let store = rusqlite::Connection::open(server.data_dir().join("da.db")).unwrap();
    let paired = "SELECT count(*) FROM personal_access_tokens WHERE created_via = 1";
    assert_eq!(store.query_row(paired, [], |row| row.get::<_, i64>(0)).unwrap(), 5);
    let rows = admin.get("/api/admin/audit?action=token.create&limit=1").is(200).json();
    let row = &rows["items"][0];
    assert_eq!(row["params"]["name"], "da");
    assert!(row["params"]["grant"].is_string() && row["via"].as_str().unwrap().starts_with("token:"), "{row}");
}

#[test]
fn what_cannot_be_given_is_not_asked_for() {
    let server = TestServer::start();
    for (request, status, code) in [
        (json!({}), 422, "invalid_body"),
        (json!({ "client_name": "da", "want": "everything" }), 400, "bad_request"),
        (json!({ "client_name": "da", "want": "token", "token_name": "a\u{0}b" }), 400, "invalid_name"),
        (json!({ "client_name": " ", "want": "token" }), 400, "invalid_name"),
        (json!({ "client_name": "da", "want": "token", "expires_in_days": 0 }), 400, "invalid_lifetime"),
        (json!({ "client_name": "da", "want": "token", "expires_in_days": 3651 }), 400, "invalid_lifetime"),
        (json!({ "client_name": "da", "want": "token", "scopes": [] }), 400, "unsupported_restriction"),
        (json!({ "client_name": "da", "scopes": ["read"] }), 400, "unsupported_restriction"),
    ] {
        server.stranger().post("/auth/device", &request).refused_as(status, code);
    }
}

#[test]
fn who_asks_too_often_has_to_slow_down_by_five_seconds_each_time() {
    let server = TestServer::start();
    let started = start(&server);
    is_refused(&poll(&server, &started), "authorization_pending");
    is_refused(&poll(&server, &started), "slow_down");
    let_pass(&server, 8);
    is_refused(&poll(&server, &started), "slow_down");
    let_pass(&server, 16);
    is_refused(&poll(&server, &started), "authorization_pending");
    let_pass(&server, 14);
    is_refused(&poll(&server, &started), "slow_down");
    // Whoever has been told so is not kept from what was approved meanwhile.
    approve(&server.admin(), &started).is(200);
    poll(&server, &started).is(200);
}

#[test]
fn a_device_that_never_slows_down_soon_costs_no_write() {
    let server = TestServer::start();
    let started = start(&server);
    is_refused(&poll(&server, &started), "authorization_pending");
    for _ in 0..30 {
        is_refused(&poll(&server, &started), "slow_down");
    }
    let store = rusqlite::Connection::open(server.data_dir().join("da.db")).unwrap();
    let noted = || -> (i64, i64) {
        let sql = "SELECT poll_interval, last_poll_at FROM device_authorizations";
        store.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let before = noted();
    assert_eq!(before.0, 60_000_000);
    is_refused(&poll(&server, &started), "slow_down");
    assert_eq!(noted(), before);
    let_pass(&server, 60);
    is_refused(&poll(&server, &started), "authorization_pending");
    assert_eq!(noted().0, before.0);
    is_refused(&poll(&server, &started), "slow_down");
    approve(&server.admin(), &started).is(200);
    poll(&server, &started).is(200);
}

#[test]
fn a_denied_device_gets_nothing() {
    let server = TestServer::start();
    let (started, admin) = (start(&server), server.admin());
    let decision = json!({ "user_code": started["user_code"] });
    admin.post("/auth/device/deny", &decision).is(200);
    is_refused(&poll(&server, &started), "access_denied");
    admin.post("/auth/device/approve", &decision).refused_as(404, "user_code_not_found");
    is_refused(&poll(&server, &started), "access_denied");
    let rows = admin.get("/api/admin/audit?action=device.deny").is(200).json();
    assert_eq!(rows["items"][0]["params"]["device_label"], "laptop");
}

#[test]
fn an_expired_code_is_told_as_one_for_a_while_and_then_forgotten() {
    let server = TestServer::start();
    let (waiting, approved, admin) = (start(&server), start(&server), server.admin());
    approve(&admin, &approved).is(200);
    let_pass(&server, 600);
    is_refused(&poll(&server, &waiting), "authorization_pending");
    let_pass(&server, 300);
    approve(&admin, &waiting).refused_as(404, "user_code_not_found");
    is_refused(&poll(&server, &waiting), "expired_token");
    is_refused(&poll(&server, &approved), "expired_token");
    let_pass(&server, 901);
    start(&server);
    is_refused(&poll(&server, &waiting), "invalid_grant");
}

#[test]
fn only_the_device_that_began_collects() {
    let server = TestServer::start();
    let (started, other) = (start(&server), start(&server));
    approve(&server.admin(), &started).is(200);
    let code = started["device_code"].as_str().unwrap();
    let elsewhere = other["device_code"].as_str().unwrap();
    // The row of the one, the secret of the other.
    let mixed = format!("{}{}", &code[..24], &elsewhere[24..]);
    let user_code = started["user_code"].as_str().unwrap();
    for wrong in ["", "dad_", user_code, &mixed, &code.to_uppercase(), &format!("{code}A"), &format!("{code} ")] {
        is_refused(&server.stranger().post("/auth/device/token", &json!({ "device_code": wrong })), "invalid_grant");
    }
    poll(&server, &started).is(200);
}

#[test]
fn of_two_racing_questions_one_is_answered() {
    let server = TestServer::start();
    let admin = server.admin();
    for _ in 0..5 {
        let started = start(&server);
        approve(&admin, &started).is(200);
        let answers: Vec<Answer> = thread::scope(|scope| {
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| poll(&server, &started))).collect();
            asked.into_iter().map(|asked| asked.join().unwrap()).collect()
        });
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        answers.iter().filter(|answer| answer.status != 200).for_each(|answer| is_refused(answer, "invalid_grant"));
    }
    // Approving races with denying: one of them has decided, and the device hears that one.
    for _ in 0..5 {
        let started = start(&server);
        let decision = json!({ "user_code": started["user_code"] });
        let statuses = thread::scope(|scope| {
            let decided = ["approve", "deny"].map(|word| {
                let (admin, decision) = (&admin, &decision);
                scope.spawn(move || admin.post(&format!("/auth/device/{word}"), decision).status)
            });
            decided.map(|decided| decided.join().unwrap())
        });
        assert!([[200, 404], [404, 200]].contains(&statuses), "{statuses:?}");
        assert_eq!(poll(&server, &started).status == 200, statuses[0] == 200);
    }
}

#[test]
fn the_code_is_read_however_it_is_typed() {
    let server = TestServer::start();
    let admin = server.admin();
    for typed in
        [str::to_lowercase, |code: &str| code.replace('-', ""), |code: &str| format!(" {} ", code.replace('-', " "))]
    {
        let started = start(&server);
        let decision = json!({ "user_code": typed(started["user_code"].as_str().unwrap()) });
        admin.post("/auth/device/approve", &decision).is(200);
        poll(&server, &started).is(200);
    }
}

#[test]
fn only_a_person_in_a_session_decides() {
    let server = TestServer::start();
    let (started, admin) = (start(&server), server.admin());
    let decision = json!({ "user_code": started["user_code"] });
    for path in ["/auth/device/approve", "/auth/device/deny"] {
        server.stranger().post(path, &decision).refused_as(401, "missing_credential");
        admin.with_new_token("a job").post(path, &decision).refused_as(403, "session_required");
        // Another site, with the browser's cookie.
        let cookie = format!(
            "Cookie: access_token={}\r\nOrigin: https://evil.example\r\nContent-Type: application/json\r\n",
            admin.bearer()
        );
        server.stranger().send("POST", path, &cookie, decision.to_string()).refused_as(403, "cross_origin");
    }
    is_refused(&poll(&server, &started), "authorization_pending");
}

#[test]
fn what_a_session_approved_ends_with_it_unless_its_owner_just_signs_out() {
    let server = TestServer::start();
    let admin = server.admin();
    let ann = server.user(&admin, "ann@example.com", "analyst");
    let own = |api: &Api| api.get("/api/sessions").is(200).json()["items"].clone();
    for by_admin in [false, true] {
        // Somebody has a copy of a session of Ann's, and approves a device with it.
        let stolen = server.stranger().sign_in("ann@example.com", "a quiet morning");
        let started = start(&server);
        approve(&stolen, &started).is(200);
        let session = own(&stolen).as_array().unwrap().iter().find(|item| item["current"] == true).unwrap().clone();
        let id = session["id"].as_str().unwrap();
        if by_admin {
            admin.delete(&format!("/api/admin/sessions/{id}")).is(204);
        } else {
            ann.delete(&format!("/api/sessions/{id}")).is(204);
        }
        is_refused(&poll(&server, &started), "access_denied");
        assert_eq!(own(&ann).as_array().unwrap().len(), 1, "nobody came back");
    }
    // Who approves on a borrowed phone and signs out there wanted it.
    let phone = server.stranger().sign_in("ann@example.com", "a quiet morning");
    let started = start(&server);
    approve(&phone, &started).is(200);
    phone.post_empty("/auth/logout").is(200);
    poll(&server, &started).is(200);
}

/// A session of Ann's: its bearer, its id, and what continues it, if anything does.
struct Approver {
    api: Api,
    id: String,
    email: String,
    refresh_token: Value,
}

/// One way to end the session that approved: a name, whether it is the user's own plain sign-out, and what happens.
type End = (&'static str, bool, fn(&TestServer, &Api, &Api, &Approver));

const ENDS: [End; 14] = [
    ("sign-out", true, |_, _, _, session| drop(session.api.post_empty("/auth/logout").is(200))),
    ("ended from another session", false, |_, _, ann, session| {
        ann.delete(&format!("/api/sessions/{}", session.id)).is(204);
    }),
    ("all others ended", false, |_, _, ann, _| drop(ann.delete("/api/sessions?except=current").is(204))),
    ("all ended", false, |_, _, ann, _| drop(ann.delete("/api/sessions").is(204))),
    ("ended by an admin", false, |_, admin, _, session| {
        admin.delete(&format!("/api/admin/sessions/{}", session.id)).is(204);
    }),
    ("all ended by an admin", false, |_, admin, ann, _| {
        let id = ann.get("/auth/me").is(200).json()["id"].as_str().unwrap().to_owned();
        admin.post_empty(&format!("/api/admin/users/{id}/revoke-sessions")).is(200);
    }),
    ("password set by an admin", false, |_, admin, ann, _| {
        let id = ann.get("/auth/me").is(200).json()["id"].as_str().unwrap().to_owned();
        admin.post(&format!("/api/users/{id}/set-password"), &json!({ "password": "a quiet morning" })).is(204);
    }),
    ("own password changed", false, |_, _, ann, _| {
        let change = json!({ "current": "a quiet morning", "password": "a louder morning" });
        ann.post("/auth/password/change", &change).is(204);
    }),
    ("password reset", false, |server, admin, ann, _| {
        let id = ann.get("/auth/me").is(200).json()["id"].as_str().unwrap().to_owned();
        let value = admin.post_empty(&format!("/api/users/{id}/reset-password")).is(200).json()["reset_token"].clone();
        let redeem = json!({ "token": value, "password": "a quiet morning" });
        server.stranger().post("/auth/password/reset", &redeem).is(204);
    }),
    ("deactivated and activated", false, |_, admin, ann, _| {
        let id = ann.get("/auth/me").is(200).json()["id"].as_str().unwrap().to_owned();
        admin.post_empty(&format!("/api/users/{id}/deactivate")).is(200);
        admin.post_empty(&format!("/api/users/{id}/activate")).is(200);
    }),
    ("refresh token reused", false, |server, _, _, session| {
        let refresh = |word: &str| {
            let body = json!({ "refresh_token": session.refresh_token, "device_fingerprint": word });
            server.stranger().post("/auth/refresh", &body)
        };
        refresh("owner").is(200);
        refresh("thief").refused_as(401, "refresh_reused");
    }),
    ("too many sessions", false, |server, _, _, session| {
        server.change_store(
            "UPDATE auth_sessions SET last_active_at = last_active_at - 1000000 WHERE id = ?1",
            [stored_id(&session.id)],
        );
        for _ in 0..3 {
            server.stranger().sign_in(&session.email, "a quiet morning");
        }
    }),
    ("idle", false, |server, _, _, session| {
        server.change_store(
            "UPDATE auth_sessions SET idle_limit = 60000000, last_active_at = last_active_at - 60000000 WHERE id = ?1",
            [stored_id(&session.id)],
        );
    }),
    ("expired", false, |server, _, _, session| {
        server.change_store(
            "UPDATE auth_sessions SET expires_at = created_at, token_expires_at = created_at WHERE id = ?1",
            [stored_id(&session.id)],
        );
    }),
];

#[test]
fn every_end_of_a_session_but_signing_out_withdraws_what_it_approved() {
    let server =
        TestServer::with_admin().env("DA_SESSIONS_PER_USER", "3").env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let admin = server.admin();
    for (number, (what, collects, end)) in ENDS.into_iter().enumerate() {
        let email = format!("ann{number}@example.com");
        let ann = server.user(&admin, &email, "analyst");
        let login = json!({ "email": email, "password": "a quiet morning", "want_refresh": true });
        let answer = server.stranger().post("/auth/token", &login).is(200).json();
        let api = server.stranger().with(answer["access_token"].as_str().unwrap());
        let id = jwt_part(api.bearer(), 1)["jti"].as_str().unwrap().to_owned();
        let session = Approver { api, id, email, refresh_token: answer["refresh_token"].clone() };
        let started =
            ["session", "token"].map(|want| start_with(&server, &json!({ "client_name": "da", "want": want })));
        for started in &started {
            approve(&session.api, started).is(200);
        }
        end(&server, &admin, &ann, &session);
        for started in &started {
            let answer = poll(&server, started);
            if collects {
                answer.is(200);
            } else {
                assert_eq!(answer.json()["code"], "access_denied", "{what}");
            }
        }
        // Only so many requests of one host wait at once.
        let_pass(&server, 2_000);
    }
}

#[test]
fn an_approval_outlives_the_refresh_of_its_session() {
    let server = TestServer::start();
    let login = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD, "want_refresh": true });
    let mut answer = server.stranger().post("/auth/token", &login).is(200).json();
    let started = start(&server);
    approve(&server.stranger().with(answer["access_token"].as_str().unwrap()), &started).is(200);
    for _ in 0..3 {
        answer = server
            .stranger()
            .post("/auth/refresh", &json!({ "refresh_token": answer["refresh_token"] }))
            .is(200)
            .json();
    }
    poll(&server, &started).is(200);
}

#[test]
fn who_may_not_sign_in_any_more_has_approved_nothing() {
    let server = TestServer::start();
    let admin = server.admin();
    type Ending = fn(&Api, &Api, &str);
    let endings: [(&str, Ending, &str); 5] = [
        (
            "deactivated",
            |admin, _, id| {
                admin.post_empty(&format!("/api/users/{id}/deactivate")).is(200);
            },
            "access_denied",
        ),
        (
            "deactivated and activated again",
            |admin, _, id| {
                admin.post_empty(&format!("/api/users/{id}/deactivate")).is(200);
                admin.post_empty(&format!("/api/users/{id}/activate")).is(200);
            },
            "access_denied",
        ),
        (
            "deleted",
            |admin, _, id| {
                admin.delete(&format!("/api/users/{id}")).is(204);
            },
            "invalid_grant",
        ),
        (
            "another password",
            |admin, _, id| {
                let password = json!({ "password": "a louder evening" });
                admin.post(&format!("/api/users/{id}/set-password"), &password).is(204);
            },
            "access_denied",
        ),
        (
            "all sessions ended",
            |_, user, _| {
                user.delete("/api/sessions").is(204);
            },
            "access_denied",
        ),
    ];
    for (n, (what, end, code)) in endings.into_iter().enumerate() {
        let user = server.user(&admin, &format!("user{n}@example.com"), "analyst");
        let id = user.get("/auth/me").json()["id"].as_str().unwrap().to_owned();
        let [session, token] =
            ["session", "token"].map(|want| start_with(&server, &json!({ "client_name": "da", "want": want })));
        approve(&user, &session).is(200);
        approve(&user, &token).is(200);
        end(&admin, &user, &id);
        for started in [session, token] {
            let answer = poll(&server, &started);
            assert_eq!(answer.json()["code"], code, "{what}");
            is_refused(&answer, code);
        }
    }
}

#[test]
fn an_owner_switched_off_behind_the_servers_back_gets_nothing_either() {
    let server = TestServer::start();
    let admin = server.admin();
    let user = server.user(&admin, "bob@example.com", "analyst");
    let id = user.get("/auth/me").json()["id"].as_str().unwrap().to_owned();
    let started = start(&server);
    approve(&user, &started).is(200);
    server.change_store("UPDATE users SET active = 0 WHERE id = ?1", [stored_id(&id)]);
    is_refused(&poll(&server, &started), "access_denied");
    server.change_store("UPDATE users SET active = 1 WHERE id = ?1", [stored_id(&id)]);
    is_refused(&poll(&server, &started), "access_denied");
}

#[test]
fn ten_wrong_codes_are_enough() {
    let server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1/32").start();
    let (admin, started) = (server.admin(), start(&server));
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let guess = |api: &Api, ip: &str, code: &str| {
        let headers = format!(
            "Authorization: Bearer {}\r\nContent-Type: application/json\r\nX-Forwarded-For: {ip}\r\n",
            api.bearer()
        );
        api.send("POST", "/auth/device/approve", &headers, json!({ "user_code": code }).to_string())
    };
    for n in 0..10 {
        guess(&eve, &format!("192.0.2.{n}"), "AAAA-AAAA").refused_as(404, "user_code_not_found");
    }
    // The right one does not help any more, from nowhere.
    let stopped = guess(&eve, "192.0.2.99", started["user_code"].as_str().unwrap());
    stopped.refused_as(429, "too_many_attempts");
    let seconds: u64 = stopped.header("retry-after").unwrap().parse().unwrap();
    assert!((800..=900).contains(&seconds), "{seconds}");
    // Another account goes on, at the same address too.
    guess(&admin, "192.0.2.0", "AAAA-AAAA").refused_as(404, "user_code_not_found");
    guess(&admin, "192.0.2.0", started["user_code"].as_str().unwrap()).is(200);
}

#[test]
fn a_user_out_of_tries_blocks_nobody_at_the_address_and_fifty_wrong_codes_block_the_address() {
    let server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1/32").start();
    let admin = server.admin();
    let guess = |api: &Api, ip: &str, code: &str| {
        let headers = format!(
            "Authorization: Bearer {}\r\nContent-Type: application/json\r\nX-Forwarded-For: {ip}\r\n",
            api.bearer()
        );
        api.send("POST", "/auth/device/approve", &headers, json!({ "user_code": code }).to_string())
    };
    let users: Vec<Api> = (0..5).map(|n| server.user(&admin, &format!("eve{n}@example.com"), "analyst")).collect();
    for eve in &users {
        for _ in 0..10 {
            guess(eve, "::ffff:192.0.2.1", "AAAA-AAAA").refused_as(404, "user_code_not_found");
        }
        guess(eve, "192.0.2.1", "AAAA-AAAA").refused_as(429, "too_many_attempts");
        if eve.bearer() != users[4].bearer() {
            let started = start(&server);
            guess(&admin, "192.0.2.1", started["user_code"].as_str().unwrap()).is(200);
        }
    }
    let started = start(&server);
    guess(&admin, "192.0.2.1", started["user_code"].as_str().unwrap()).refused_as(429, "too_many_attempts");
    guess(&admin, "192.0.2.2", started["user_code"].as_str().unwrap()).is(200);
}

#[test]
fn tries_of_one_kind_leave_the_other_kinds_at_the_address_their_own() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "3").start();
    let (stranger, admin) = (server.stranger(), server.admin());
    let change = json!({ "current": "wrong", "password": "a quiet morning" });
    for _ in 0..5 {
        admin.post("/auth/password/change", &change).refused_as(400, "wrong_password");
    }
    for _ in 0..3 {
        start(&server);
        stranger.post("/auth/password/reset", &json!({ "token": "x", "password": "a quiet morning" })).is(400);
    }
    stranger.post("/auth/device", &json!({ "client_name": "da" })).refused_as(429, "too_many_attempts");
    for _ in 0..2 {
        stranger.try_sign_in("eve@example.com", "wrong").is(401);
    }
    stranger.try_sign_in("eve@example.com", "wrong").refused_as(429, "too_many_attempts");
}

#[test]
fn a_flood_of_requests_is_bounded_and_leaves_room_for_others() {
    let server =
        TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").arg("--trusted-proxy=127.0.0.1/32").start();
    let ask = |ip: &str| {
        let headers = format!("Content-Type: application/json\r\nX-Forwarded-For: {ip}\r\n");
        server.stranger().send("POST", "/auth/device", &headers, r#"{"client_name":"flood"}"#)
    };
    // All of a host.
    for n in 0..20 {
        ask(&format!("2001:db8::{n:x}")).is(200);
    }
    let refused = ask("2001:db8::ffff");
    refused.refused_as(429, "too_many_attempts");
    assert_eq!(refused.header("retry-after"), Some("60"));
    ask("2001:db8:0:1::1").is(200);
    ask("192.0.2.1").is(200);

    // All of a site, and of a provider: whoever is elsewhere is let in.
    let wait = |count: u32, ip: &str| {
        let rows = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
             INSERT INTO device_authorizations (id, device_code_hash, user_code_hash, client_name, device_label, ip, \
             status, created_at, expires_at, poll_interval) \
             SELECT randomblob(16), randomblob(32), randomblob(32), 'flood', '', CAST({ip} AS BLOB), 0, d.created_at, \
             d.expires_at, 1 FROM n JOIN (SELECT created_at, expires_at FROM device_authorizations LIMIT 1) AS d"
        );
        server.change_store(&rows, []);
    };
    wait(179, "x'20010db80000' || randomblob(10)");
    ask("2001:db8:0:2::1").refused_as(429, "too_many_attempts");
    ask("2001:db8:1::1").is(200);
    wait(799, "x'20010db8' || randomblob(12)");
    ask("2001:db8:2::1").refused_as(429, "too_many_attempts");
    ask("2001:db9::1").is(200);

    // Half of what is possible in all: the rest goes to those who have little of it.
    wait(3998, "randomblob(4)");
    ask("198.51.100.1").is(200);
    ask("198.51.100.1").is(200);
    ask("198.51.100.1").refused_as(429, "too_many_attempts");
    ask("198.51.100.2").is(200);
    // As many as a whole botnet could start.
    wait(4997, "randomblob(4)");
    ask("192.0.2.2").refused_as(503, "busy");
    // Whoever has begun is served.
    let_pass(&server, 901);
    ask("192.0.2.2").is(200);
}

#[test]
fn an_address_starts_as_many_requests_as_it_may_try_to_sign_in() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "3").start();
    for _ in 0..3 {
        start(&server);
    }
    let refused = server.stranger().post("/auth/device", &json!({ "client_name": "da" }));
    refused.refused_as(429, "too_many_attempts");
    assert!(refused.header("retry-after").is_some());
}

#[test]
fn what_waits_survives_a_restart_and_no_code_is_stored() {
    let mut server = TestServer::start();
    let (started, admin) = (start(&server), server.admin());
    server.kill9();
    server.restart_elsewhere();
    is_refused(&poll(&server, &started), "authorization_pending");
    let admin = server.stranger().with(admin.bearer());
    approve(&admin, &started).is(200);
    server.kill9();
    server.restart_elsewhere();
    poll(&server, &started).is(200);
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(server.data_dir()).unwrap().map(Result::unwrap).filter(|file| file.path().is_file()) {
        bytes.extend(std::fs::read(file.path()).unwrap());
    }
    let text = String::from_utf8_lossy(&bytes);
    let user_code = started["user_code"].as_str().unwrap();
    for secret in [&started["device_code"].as_str().unwrap()[24..], user_code, &user_code.replace('-', "")] {
        assert!(!text.contains(secret) && !server.log().contains(secret));
    }
}

#[test]
fn a_device_gets_no_longer_life_than_the_operator_allows() {
    let server = TestServer::with_admin().env("DA_TOKEN_MAX_DAYS", "7").start();
    let ask = |days: Value| {
        let mut request = json!({ "client_name": "da", "want": "token" });
        if days != json!("absent") {
            request["expires_in_days"] = days;
        }
        server.stranger().post("/auth/device", &request)
    };
    ask(json!(8)).refused_as(400, "invalid_lifetime");
    ask(Value::Null).refused_as(400, "invalid_lifetime");
    let started = ask(json!("absent")).is(200).json();
    approve(&server.admin(), &started).is(200);
    assert_eq!(poll(&server, &started).is(200).json()["expires_in"], 7 * 86_400);
}
