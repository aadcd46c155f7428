//! An admin's personal access token gives no credential that outlives it: D-44, S-05.

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Api, Operator, Person, TestServer, Visitor};

const PASSWORD: &str = "a quiet morning";

/// A server with one account of each kind, and the paths of these accounts.
struct Scene {
    server: TestServer,
    session: Api,
    token: Api,
    own: String,
    admin: String,
    deactivated: String,
    analyst: String,
}

fn path(user: &Value) -> String {
    format!("/api/users/{}", user["id"].as_str().unwrap())
}

fn scene() -> Scene {
    let server = TestServer::start();
    let session = server.admin();
    let token = session.with_new_token("stolen");
    let own = path(&session.get("/auth/me").json());
    let [admin, deactivated] =
        ["anna@example.com", "gone@example.com"].map(|email| path(&session.add_user(email, "admin", PASSWORD)));
    session.post_empty(&format!("{deactivated}/deactivate")).is(200);
    let analyst = path(&session.add_user("eve@example.com", "analyst", PASSWORD));
    Scene { server, session, token, own, admin, deactivated, analyst }
}

/// What gives its caller a credential of an admin: a name, the method, the path and the body.
fn dangerous(scene: &Scene) -> Vec<(&'static str, String, Value)> {
    let Scene { own, admin, deactivated, analyst, .. } = scene;
    let password = || json!({ "password": "a louder evening" });
    let mut calls = Vec::new();
    for target in [own, admin, deactivated] {
        calls.push(("POST", format!("{target}/set-password"), password()));
        calls.push((
            "POST",
            format!("{target}/set-password"),
            json!({ "password": "a louder evening", "must_change": true }),
        ));
        calls.push(("POST", format!("{target}/reset-password"), json!({})));
    }
    for body in [
        json!({ "email": "new@example.com", "role": "admin", "password": PASSWORD }),
        json!({ "email": "new@example.com", "role": "admin" }),
        json!({ "email": "new@example.com", "role": "admin", "issue_token": true }),
    ] {
        calls.push(("POST", "/api/users".to_owned(), body));
    }
    for body in [
        json!({ "role": "admin" }),
        json!({ "role": "admin", "name": "Eve" }),
        json!({ "role": "admin", "active": false }),
    ] {
        calls.push(("PATCH", analyst.clone(), body));
    }
    calls.push(("PATCH", deactivated.clone(), json!({ "active": true })));
    calls.push(("POST", format!("{deactivated}/activate"), json!({})));
    calls
}

fn send(api: &Api, method: &str, path: &str, body: &Value) -> Answer {
    if method == "PATCH" { api.patch(path, body) } else { api.post(path, body) }
}

fn snapshot(scene: &Scene) -> Value {
    scene.session.get("/api/users").is(200).json()
}

#[test]
fn a_pat_gets_no_credential_of_an_admin() {
    let scene = scene();
    let before = snapshot(&scene);
    for (method, path, body) in dangerous(&scene) {
        let refused = send(&scene.token, method, &path, &body);
        assert_eq!(refused.status, 403, "{method} {path} {body}: {}", refused.text());
        refused.refused_as(403, "session_required");
        assert!(refused.json()["detail"].as_str().unwrap().contains("interactive session"), "{}", refused.text());
        // In a cookie it is no session either.
        let headers = format!(
            "Cookie: access_token={}\r\nOrigin: {}\r\nContent-Type: application/json\r\n",
            scene.token.bearer(),
            scene.server.url()
        );
        let refused = scene.server.stranger().send(method, &path, &headers, body.to_string());
        refused.refused_as(403, "session_required");
    }
    assert_eq!(snapshot(&scene), before);
    for email in [ADMIN_EMAIL, "anna@example.com"] {
        let password = if email == ADMIN_EMAIL { ADMIN_PASSWORD } else { PASSWORD };
        scene.server.stranger().sign_in(email, password);
        scene.server.stranger().try_sign_in(email, "a louder evening").is(401);
    }
    // The refusals are in the audit log.
    let rows = scene.session.get("/api/admin/audit?action=access_denied&limit=1").is(200).json();
    assert!(rows["items"][0]["via"].as_str().unwrap().starts_with("token:"), "{rows}");
    // The stolen token ends with its revocation.
    let id = scene.session.get("/auth/tokens").is(200).json()[0]["id"].as_str().unwrap().to_owned();
    scene.session.delete(&format!("/auth/tokens/{id}")).is(204);
    scene.token.get("/auth/me").is(401);
}

#[test]
fn a_session_and_the_host_do_what_a_pat_cannot() {
    let scene = scene();
    for (number, (method, path, mut body)) in dangerous(&scene).into_iter().enumerate() {
        // A password of one's own ends one's session.
        if path.starts_with(&scene.own) {
            continue;
        }
        if let Some(email) = body.get_mut("email") {
            *email = json!(format!("new{number}@example.com"));
        }
        let answer = send(&scene.session, method, &path, &body);
        assert!((200..300).contains(&answer.status), "{method} {path} {body}: {}", answer.text());
    }
    let host = |args: &[&str], input: &str| scene.server.on_host(args).stdin(input).run().exits(0);
    host(&["admin", "set-password", ADMIN_EMAIL, "--password-stdin", "--permanent", "--local"], "a fresh start now");
    scene.server.stranger().sign_in(ADMIN_EMAIL, "a fresh start now");
    host(&["admin", "reset-password", "anna@example.com", "--local"], "");
    host(&["admin", "add-user", "host@example.com", "--role", "admin", "--local"], "");
}

#[test]
fn a_pat_administers_everybody_else() {
    let scene = scene();
    let Scene { token, analyst, .. } = &scene;
    token.post(&format!("{analyst}/set-password"), &json!({ "password": "a louder evening" })).is(204);
    scene.server.stranger().sign_in("eve@example.com", "a louder evening");
    let value = token.post_empty(&format!("{analyst}/reset-password")).is(200).json()["reset_token"].clone();
    let redeem = json!({ "token": value, "password": "a third evening" });
    scene.server.stranger().post("/auth/password/reset", &redeem).is(204);
    token.patch(analyst, &json!({ "role": "km_admin" })).is(200);
    token.post_empty(&format!("{analyst}/deactivate")).is(200);
    token.post_empty(&format!("{analyst}/activate")).is(200);
    token.post("/api/users", &json!({ "email": "bob@example.com", "role": "km_admin", "password": PASSWORD })).is(201);
    // An admin's role and name can be written as they are, and an admin can be demoted.
    token.patch(&scene.admin, &json!({ "role": "admin", "name": "Anna" })).is(200);
    token.patch(&scene.admin, &json!({ "role": "viewer" })).is(200);
    token.post(&format!("{}/set-password", scene.admin), &json!({ "password": "a louder evening" })).is(204);
    // Order of the refusals: a weak password, then an unknown user, then the kind of credential.
    token
        .post(&format!("{}/set-password", scene.own), &json!({ "password": "short" }))
        .refused_as(400, "weak_password");
    let nobody = "/api/users/6fa459ea-ee8a-4ca4-894e-db77e160355e/reset-password";
    token.post_empty(nobody).refused_as(404, "user_not_found");
}

#[test]
fn a_reset_value_of_a_pat_is_void_once_its_target_is_an_admin() {
    let scene = scene();
    let stranger = scene.server.stranger();
    let reset = |by: &Api| {
        let value = by.post_empty(&format!("{}/reset-password", scene.analyst)).is(200).json()["reset_token"].clone();
        json!({ "token": value, "password": "a louder evening" })
    };
    let by_token = reset(&scene.token);
    scene.session.patch(&scene.analyst, &json!({ "role": "admin" })).is(200);
    stranger.post("/auth/password/reset", &by_token).refused_as(400, "invalid_reset_token");
    stranger.try_sign_in("eve@example.com", "a louder evening").is(401);
    // The value of a session keeps working through the promotion.
    scene.session.patch(&scene.analyst, &json!({ "role": "analyst" })).is(200);
    let by_session = reset(&scene.session);
    scene.session.patch(&scene.analyst, &json!({ "role": "admin" })).is(200);
    stranger.post("/auth/password/reset", &by_session).is(204);
}

/// Gives an account a password with the token of an admin; returns the path and the address of the account.
type TakeOver<'a> = dyn Fn(&Scene) -> (String, &'static str) + 'a;

/// Signs in to such an account, and returns a session and a token of it.
fn taken_over(scene: &Scene, email: &str) -> [Api; 2] {
    let session = scene.server.stranger().sign_in(email, "a louder evening");
    let token = session.with_new_token("kept");
    [session, token]
}

#[test]
fn what_a_password_of_a_pat_opened_ends_when_its_account_becomes_an_admin() {
    let password = json!({ "password": "a louder evening" });
    let ways: [(&str, &TakeOver<'_>); 4] = [
        ("set-password", &|scene| {
            scene.token.post(&format!("{}/set-password", scene.analyst), &password).is(204);
            (scene.analyst.clone(), "eve@example.com")
        }),
        ("a redeemed reset value", &|scene| {
            let value = scene.token.post_empty(&format!("{}/reset-password", scene.analyst)).is(200).json();
            let reset = json!({ "token": value["reset_token"], "password": "a louder evening" });
            scene.server.stranger().post("/auth/password/reset", &reset).is(204);
            (scene.analyst.clone(), "eve@example.com")
        }),
        ("an account made with it", &|scene| {
            let new = json!({ "email": "new@example.com", "role": "viewer", "password": "a louder evening" });
            (path(&scene.token.post("/api/users", &new).is(201).json()), "new@example.com")
        }),
        ("an admin that it demoted", &|scene| {
            scene.token.patch(&scene.admin, &json!({ "role": "viewer" })).is(200);
            scene.token.post(&format!("{}/set-password", scene.admin), &password).is(204);
            (scene.admin.clone(), "anna@example.com")
        }),
    ];
    for (way, take_over) in ways {
        for set_again in [false, true] {
            let scene = scene();
            let (account, email) = take_over(&scene);
            let taken = taken_over(&scene, email);
            if set_again {
                scene.session.post(&format!("{account}/set-password"), &json!({ "password": PASSWORD })).is(204);
            }
            scene.session.patch(&account, &json!({ "role": "admin" })).is(200);
            for credential in &taken {
                credential.get("/auth/me").is(401);
            }
            for known in ["a louder evening", PASSWORD] {
                assert_eq!(scene.server.stranger().try_sign_in(email, known).status, 401, "{way}");
            }
            // The owner gives the admin a password, and it stays.
            scene.session.post(&format!("{account}/set-password"), &json!({ "password": PASSWORD })).is(204);
            scene.session.patch(&account, &json!({ "role": "viewer" })).is(200);
            scene.session.patch(&account, &json!({ "role": "admin" })).is(200);
            scene.server.stranger().sign_in(email, PASSWORD);
        }
    }
}

#[test]
fn the_pages_take_a_pat_in_the_cookie_for_a_pat() {
    let scene = scene();
    let before = snapshot(&scene);
    let mut visitor = Visitor::new(&scene.server);
    visitor.plant("access_token", scene.token.bearer());
    visitor.get("/admin/users").is(200);
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let [own, admin, gone, eve] = [&scene.own, &scene.admin, &scene.deactivated, &scene.analyst].map(|path| id(path));
    for fields in [
        &[("action", "set-password"), ("id", &*own), ("password", "a louder evening")][..],
        &[("action", "reset-password"), ("id", &own)],
        &[("action", "set-password"), ("id", &admin), ("password", "a louder evening")],
        &[("action", "reset-password"), ("id", &admin)],
        &[("action", "set-role"), ("id", &eve), ("role", "admin")],
        &[("action", "activate"), ("id", &gone)],
        &[("action", "add"), ("email", "new@example.com"), ("role", "admin"), ("password", PASSWORD)],
    ] {
        let answer = visitor.post("/admin/users", fields);
        assert_eq!(answer.status, 403, "{fields:?}: {}", answer.text());
        assert!(answer.text().contains("interactive session"), "{fields:?}: {}", answer.text());
    }
    let change =
        [("action", "change-password"), ("current", ADMIN_PASSWORD), ("password", PASSWORD), ("again", PASSWORD)];
    let answer = visitor.post("/account", &change);
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_eq!(snapshot(&scene), before);
    scene.server.stranger().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
}

#[test]
fn a_pat_changes_no_password_of_its_own_and_approves_nobody() {
    let scene = scene();
    let change = json!({ "current": ADMIN_PASSWORD, "password": "a louder evening" });
    scene.token.post("/auth/password/change", &change).refused_as(403, "session_required");
    scene.token.post("/auth/device/approve", &json!({ "user_code": "AAAA-AAAA" })).refused_as(403, "session_required");
}

#[test]
fn the_command_line_names_the_ways_that_work() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    let token = server.admin().create_token("ci")["token"].as_str().unwrap().to_owned();
    admin.da(&["admin", "add-user", "eve@example.com"]).exits(0);
    let job = Person::at(server.url());
    for (args, input) in [
        (&["admin", "reset-password", ADMIN_EMAIL][..], ""),
        (&["admin", "set-password", ADMIN_EMAIL, "--password-stdin"], PASSWORD),
        (&["admin", "add-user", "new@example.com", "--role", "admin"], ""),
        (&["admin", "set-role", "eve@example.com", "admin"], ""),
    ] {
        let run = job.da(args).env("DA_TOKEN", &token).stdin(input).run().exits(5);
        assert!(run.stderr.contains("403 session_required"), "{}", run.stderr);
        assert!(run.stderr.contains("Unset `DA_TOKEN`, and run `da login`"), "{}", run.stderr);
        assert!(run.stderr.contains("`da admin --local`"), "{}", run.stderr);
    }
}
