//! One's own tokens on the wire: A-16..A-23, S-05, S-10, S-26.

use da::domain::Timestamp;
use serde_json::{Value, json};

use crate::support::{TestServer, jwt_part, keys};

const ROW: [&str; 11] = [
    "created_at",
    "created_via",
    "expires_at",
    "id",
    "last_used_at",
    "name",
    "overlap_until",
    "prefix",
    "renewable",
    "replaced_by",
    "revoked_at",
];

fn days_between(from: &Value, to: &Value) -> u64 {
    let time = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    time(to).since(time(from)).as_secs() / 86_400
}

#[test]
fn a_token_is_shown_once_with_its_row() {
    let server = TestServer::start();
    let admin = server.admin();
    let answer = admin.post("/auth/tokens", &json!({ "name": "  ci \t" })).is(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert_eq!(keys(&body), ["created_at", "created_via", "expires_at", "id", "name", "prefix", "token"]);
    assert_eq!(body["name"], "ci");
    assert_eq!(body["prefix"].as_str().unwrap(), &body["id"].as_str().unwrap()[..8]);
    assert_eq!(days_between(&body["created_at"], &body["expires_at"]), 90);

    let list = admin.get("/auth/tokens").is(200);
    assert!(!list.text().contains(body["token"].as_str().unwrap()));
    let rows = list.json();
    assert_eq!(keys(&rows[0]), ROW);
    assert_eq!((&rows[0]["id"], &rows[0]["expires_at"]), (&body["id"], &body["expires_at"]));
    assert_eq!((&rows[0]["revoked_at"], &rows[0]["last_used_at"]), (&Value::Null, &Value::Null));
}

#[test]
fn the_claims_say_what_the_row_says() {
    let server = TestServer::start();
    let created = server.admin().create_token("ci");
    let token = created["token"].as_str().unwrap();
    let (header, claims) = (jwt_part(token, 0), jwt_part(token, 1));
    assert_eq!(header["alg"], "EdDSA");
    assert!(header["kid"].is_string());
    assert_eq!(claims["jti"], created["id"]);
    assert_eq!(
        (&claims["typ"], &claims["email"], &claims["role"]),
        (&json!("pat"), &json!("admin@example.com"), &json!("admin"))
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 90 * 86_400);
}

#[test]
fn a_token_without_an_end_has_no_exp_claim() {
    let server = TestServer::start();
    let created = server.admin().post("/auth/tokens", &json!({ "name": "ci", "expires_in_days": null })).is(201).json();
    assert_eq!(created["expires_at"], Value::Null);
    assert_eq!(jwt_part(created["token"].as_str().unwrap(), 1).get("exp"), None);
}

#[test]
fn the_lifetime_is_one_day_to_ten_years() {
    let server = TestServer::start();
    let admin = server.admin();
    let ask = |days: i64| admin.post("/auth/tokens", &json!({ "name": "ci", "expires_in_days": days }));
    for days in [0, -1, i64::MIN] {
        ask(days).refused(400, "invalid_lifetime", "expires_in_days must be a positive integer");
    }
    for days in [3651, i64::MAX] {
        ask(days).refused(400, "invalid_lifetime", "expires_in_days must not exceed 3650 (10 years)");
    }
    for days in [1, 3650] {
        let body = ask(days).is(201).json();
        assert_eq!(i64::try_from(days_between(&body["created_at"], &body["expires_at"])), Ok(days));
    }
}

#[test]
fn a_blank_name_is_refused() {
    let server = TestServer::start();
    for name in ["", "  ", "\u{a0}"] {
        server.admin().post("/auth/tokens", &json!({ "name": name })).refused(400, "invalid_name", "name is required");
    }
}

#[test]
fn no_token_makes_a_token() {
    let server = TestServer::start();
    let pat = server.admin().with_new_token("ci");
    pat.post("/auth/tokens", &json!({ "name": "more" })).refused(
        403,
        "session_required",
        "This endpoint requires an interactive session, not a PAT",
    );
}

#[test]
fn a_client_says_that_a_token_is_for_a_command_or_a_helper() {
    let server = TestServer::start();
    let admin = server.admin();
    for (asked, recorded) in
        [(json!("exec"), "exec"), (json!("helper"), "helper"), (json!(""), "session"), (Value::Null, "session")]
    {
        let made = admin.post("/auth/tokens", &json!({ "name": "ci", "created_via": asked })).is(201).json();
        assert_eq!(made["created_via"], recorded);
        let id = made["id"].as_str().unwrap();
        assert_eq!(admin.get(&format!("/auth/tokens/{id}")).is(200).json()["created_via"], recorded);
        assert_eq!(admin.get("/auth/admin/tokens?limit=1").is(200).json()[0]["created_via"], recorded);
        // A rotation widens nothing.
        let new = admin.post_empty(&format!("/auth/tokens/{id}/rotate")).is(201).json();
        assert_eq!(new["created_via"], recorded);
    }
    for other in ["session", "pair", "admin", "import", "Helper", "full"] {
        admin.post("/auth/tokens", &json!({ "name": "ci", "created_via": other })).refused_as(400, "bad_request");
    }
    admin.post("/auth/tokens", &json!({ "name": "ci", "created_via": ["helper"] })).refused_as(422, "invalid_body");
    let body = json!({ "email": "eve@example.com", "name": "", "issue_token": true });
    admin.post("/api/users", &body).is(201);
    assert_eq!(admin.get("/auth/admin/tokens?limit=1").is(200).json()[0]["created_via"], "admin");
}

#[test]
fn a_restriction_that_the_server_does_not_support_is_refused_wherever_a_token_is_made() {
    let server = TestServer::start();
    let admin = server.admin();
    let old = admin.create_token("old");
    let rotate = format!("/auth/tokens/{}/rotate", old["id"].as_str().unwrap());
    let requests = [
        ("/auth/tokens", json!({ "name": "ci" })),
        (&rotate, json!({})),
        ("/api/users", json!({ "email": "bot@example.com", "issue_token": true })),
        ("/auth/device", json!({ "client_name": "da", "want": "token" })),
        ("/auth/device", json!({ "client_name": "da" })),
    ];
    let with = |body: &Value, name: &str, value: &Value| {
        let mut body = body.clone();
        body[name] = value.clone();
        body
    };
    for (path, body) in &requests {
        for name in ["scopes", "scope", "allowed_resources", "allowed_tools", "audience", "surface"] {
            for value in [json!([]), json!(["read"]), json!("read"), json!({}), json!(false), json!(1), json!("stack")]
            {
                admin.post(path, &with(body, name, &value)).refused_as(400, "unsupported_restriction");
            }
        }
    }
    assert_eq!(admin.get("/auth/tokens").is(200).json().as_array().unwrap().len(), 1);
    assert_eq!(admin.get("/api/users").is(200).json().as_array().unwrap().len(), 1);
    for (path, body) in &requests {
        let mut body = body.clone();
        for (name, value) in [
            ("scopes", Value::Null),
            ("scope", json!("")),
            ("allowed_resources", Value::Null),
            ("allowed_tools", json!("")),
            ("audience", Value::Null),
            ("surface", json!("all")),
        ] {
            body[name] = value;
        }
        let status = admin.post(path, &body).status;
        assert!(matches!(status, 200 | 201), "{path}: {status}");
    }
}

#[test]
fn a_lifetime_in_seconds_has_two_names() {
    let server = TestServer::start();
    let admin = server.admin();
    let seconds = |body: Value| {
        let made = admin.post("/auth/tokens", &body).is(201).json();
        let time = |name: &str| made[name].as_str().unwrap().parse::<Timestamp>().unwrap();
        time("expires_at").since(time("created_at")).as_secs()
    };
    assert_eq!(seconds(json!({ "name": "ci", "ttl_seconds": 3600 })), 3_600);
    assert_eq!(seconds(json!({ "name": "ci", "ttl_seconds": 3600, "expires_in_days": 90 })), 3_600);
    assert_eq!(seconds(json!({ "name": "ci", "ttl_seconds": 3600, "expires_in_days": null })), 3_600);
    assert_eq!(seconds(json!({ "name": "ci", "ttl_seconds": 7200, "expires_in_seconds": 7200 })), 7_200);
    assert_eq!(seconds(json!({ "name": "ci", "ttl_seconds": null, "expires_in_seconds": 60 })), 60);
    assert_eq!(seconds(json!({ "name": "ci", "ttl_seconds": 172_800 })), 172_800);
    assert_eq!(seconds(json!({ "name": "ci", "ttl_seconds": null })), 90 * 86_400);
    for body in [
        json!({ "name": "ci", "ttl_seconds": 3600, "expires_in_seconds": 3601 }),
        json!({ "name": "ci", "ttl_seconds": 59 }),
        json!({ "name": "ci", "ttl_seconds": 0 }),
        json!({ "name": "ci", "ttl_seconds": -3600 }),
        json!({ "name": "ci", "ttl_seconds": 315_360_001 }),
    ] {
        admin.post("/auth/tokens", &body).refused_as(400, "invalid_lifetime");
    }
    admin
        .post("/auth/tokens", &json!({ "name": "ci", "ttl_seconds": "3600" }))
        .has_fault("int_type", &["body", "ttl_seconds"]);
}

#[test]
fn a_token_reads_and_revokes_its_owners_tokens() {
    let server = TestServer::start();
    let admin = server.admin();
    let victim = admin.create_token("old")["id"].as_str().unwrap().to_owned();
    let pat = admin.with_new_token("ci");
    assert_eq!(pat.get("/auth/tokens").is(200).json().as_array().unwrap().len(), 2);
    pat.get(&format!("/auth/tokens/{victim}")).is(200);
    pat.delete(&format!("/auth/tokens/{victim}")).is(204);
}

#[test]
fn tokens_are_listed_newest_first_with_the_revoked_ones() {
    let server = TestServer::start();
    let admin = server.admin();
    let ids: Vec<Value> = ["a", "b", "c"].map(|name| admin.create_token(name)["id"].clone()).into();
    admin.delete(&format!("/auth/tokens/{}", ids[1].as_str().unwrap())).is(204);
    let rows = admin.get("/auth/tokens").is(200).json();
    let listed: Vec<&Value> = rows.as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert_eq!(listed, ids.iter().rev().collect::<Vec<_>>());
    assert!(rows[1]["revoked_at"].is_string());
}

#[test]
fn a_revoked_token_is_refused_from_the_next_request_on() {
    let server = TestServer::start();
    let admin = server.admin();
    let created = admin.create_token("ci");
    let path = format!("/auth/tokens/{}", created["id"].as_str().unwrap());
    let pat = admin.with(created["token"].as_str().unwrap());
    pat.get("/auth/me").is(200);
    let answer = admin.delete(&path).is(204);
    assert!(answer.body.is_empty());
    pat.get("/auth/me").refused(401, "token_revoked", "Token revoked");
}

#[test]
fn revoking_again_moves_nothing() {
    let server = TestServer::start();
    let admin = server.admin();
    let path = format!("/auth/tokens/{}", admin.create_token("ci")["id"].as_str().unwrap());
    admin.delete(&path).is(204);
    let first = admin.get(&path).json()["revoked_at"].clone();
    assert!(first.is_string());
    admin.delete(&path).is(204);
    assert_eq!(admin.get(&path).json()["revoked_at"], first);
}

#[test]
fn a_token_may_end_itself() {
    let server = TestServer::start();
    let admin = server.admin();
    let created = admin.create_token("leaked");
    let pat = admin.with(created["token"].as_str().unwrap());
    pat.delete(&format!("/auth/tokens/{}", created["id"].as_str().unwrap())).is(204);
    pat.get("/auth/me").refused(401, "token_revoked", "Token revoked");
}

#[test]
fn other_peoples_tokens_do_not_exist_even_for_an_admin() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let (hers, mine) = (eve.create_token("hers"), admin.create_token("mine"));
    for (caller, id) in [
        (&admin, hers["id"].as_str().unwrap()),
        (&eve, mine["id"].as_str().unwrap()),
        (&eve, "00000000-0000-4000-8000-000000000000"),
        (&eve, "not-an-id"),
        (&eve, "%27%20OR%201=1"),
    ] {
        let path = format!("/auth/tokens/{id}");
        caller.get(&path).refused(404, "token_not_found", "Token not found");
        caller.delete(&path).refused(404, "token_not_found", "Token not found");
    }
    assert_eq!(eve.get("/auth/tokens").json().as_array().unwrap().len(), 1);
    admin.with(hers["token"].as_str().unwrap()).get("/auth/me").is(200);
}

#[test]
fn a_use_is_recorded_in_the_row() {
    let server = TestServer::start();
    let admin = server.admin();
    let created = admin.create_token("ci");
    admin.with(created["token"].as_str().unwrap()).get("/auth/me").is(200);
    let path = format!("/auth/tokens/{}", created["id"].as_str().unwrap());
    // Written behind: soon, not at once.
    crate::support::wait_for("the recorded use", || admin.get(&path).json()["last_used_at"].as_str().map(|_| ()));
}

#[test]
fn tokens_and_revocations_outlive_a_kill() {
    let mut server = TestServer::start();
    let admin = server.admin();
    let (kept, ended) = (admin.create_token("kept"), admin.create_token("ended"));
    admin.delete(&format!("/auth/tokens/{}", ended["id"].as_str().unwrap())).is(204);
    server.kill9();
    server.restart();
    let stranger = server.stranger();
    stranger.with(kept["token"].as_str().unwrap()).get("/auth/me").is(200);
    stranger.with(ended["token"].as_str().unwrap()).get("/auth/me").refused(401, "token_revoked", "Token revoked");
    stranger.with(admin.bearer()).get("/auth/me").is(200);
}

#[test]
fn a_server_that_is_asked_to_end_does_so_cleanly() {
    let mut server = TestServer::start();
    let admin = server.admin();
    assert_eq!(server.terminate().code(), Some(0), "{}", server.log());
    server.restart();
    server.stranger().with(admin.bearer()).get("/auth/me").is(200);
}
