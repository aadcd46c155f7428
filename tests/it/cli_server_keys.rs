//! Signing keys on the host, with the server stopped: `da server keys` (M-22, S-19, S-72).

use serde_json::{Value, json};

use crate::support::{Api, Run, Terminal, TestServer, jwt_part, transcript};

fn kid_of(caller: &Api) -> String {
    jwt_part(caller.bearer(), 0)["kid"].as_str().unwrap().to_owned()
}

/// Shows each key by a name.
fn named(mut run: Run, keys: &[(&str, &'static str)]) -> Run {
    for (kid, name) in keys {
        run.stdout = run.stdout.replace(kid, name);
        run.stderr = run.stderr.replace(kid, name);
    }
    run
}

fn rotate(server: &TestServer) -> Value {
    let run = server.host(&["server", "keys", "rotate", "--json"]).run().exits(0);
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn a_rotation_ends_nothing_and_a_retirement_all_that_the_key_signed() {
    let mut server = TestServer::start();
    let admin = server.admin();
    let old = admin.with_new_token("old");
    let old_kid = kid_of(&old);
    server.terminate();
    let rotated = rotate(&server);
    let new_kid = rotated["kid"].as_str().unwrap().to_owned();
    assert_eq!(rotated, json!({ "kid": new_kid, "former": old_kid }));
    let keys = [(old_kid.as_str(), "[OLD_KEY_______]"), (new_kid.as_str(), "[NEW_KEY_______]")];

    server.restart();
    for caller in [&admin, &old] {
        caller.get("/auth/me").is(200);
    }
    let (new_session, new) = (server.admin(), admin.with_new_token("new"));
    assert_eq!([kid_of(&new_session), kid_of(&new)], [new_kid.clone(), new_kid.clone()]);
    let published = server.stranger().get("/.well-known/jwks.json").json();
    let kids: Vec<_> = published["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(kids, [&new_kid, &old_kid]);
    server.terminate();

    transcript!(named(server.host(&["server", "keys", "list"]).run(), &keys), @"
    exit: 0
    ----- stdout -----
    KID              STATUS  CREATED             RETIRED             TOKENS SESSIONS
    [NEW_KEY_______] active  [TIME] -                   1      1
    [OLD_KEY_______] verify  [TIME] -                   1      1

    ----- stderr -----
    ");
    transcript!(named(server.host(&["server", "keys", "retire", &new_kid, "--yes"]).run(), &keys), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The signing key `[NEW_KEY_______]` is the active one
    hint: Put another in its place with `da server keys rotate`, then retire this one
    ");
    transcript!(named(server.host(&["server", "keys", "retire", &old_kid]).run(), &keys), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Cannot ask for `Retire [OLD_KEY_______]? 1 token and 1 session end at once [y/N]`: there is no terminal
    hint: Use `--yes`
    ");
    transcript!(named(server.host(&["server", "keys", "retire", &old_kid, "--yes"]).run(), &keys), @"
    exit: 0
    ----- stdout -----
    Retired [OLD_KEY_______]: 1 token and 1 session ended

    ----- stderr -----
    ");
    transcript!(named(server.host(&["server", "keys", "retire", "--yes", &old_kid]).run(), &keys), @"
    exit: 0
    ----- stdout -----
    [OLD_KEY_______] was retired before

    ----- stderr -----
    ");
    transcript!(named(server.host(&["server", "keys", "list", "--json"]).run(), &keys), @r#"
    exit: 0
    ----- stdout -----
    [
      {
        "kid": "[NEW_KEY_______]",
        "status": "active",
        "created_at": "[TIME]",
        "retired_at": null,
        "live_tokens": 1,
        "live_sessions": 1
      },
      {
        "kid": "[OLD_KEY_______]",
        "status": "retired",
        "created_at": "[TIME]",
        "retired_at": "[TIME]",
        "live_tokens": 0,
        "live_sessions": 0
      }
    ]

    ----- stderr -----
    "#);
    server.restart();

    for caller in [&admin, &old] {
        caller.get("/auth/me").refused(401, "invalid_token", "Invalid or expired token");
    }
    for caller in [&new_session, &new] {
        caller.get("/auth/me").is(200);
    }
    // The lists say the same as the checks.
    let tokens = new.get("/auth/tokens").json();
    let revoked: Vec<_> =
        tokens.as_array().unwrap().iter().map(|row| (&row["name"], !row["revoked_at"].is_null())).collect();
    assert_eq!(revoked, [(&json!("new"), false), (&json!("old"), true)]);
    let sessions = new.get("/api/admin/sessions").json();
    let reasons: Vec<_> =
        sessions["items"].as_array().unwrap().iter().map(|row| row["revoked_reason"].clone()).collect();
    assert_eq!(reasons, [Value::Null, json!("admin_revoked")]);
    let published = server.stranger().get("/.well-known/jwks.json").json();
    assert_eq!(published["keys"].as_array().unwrap().len(), 1);

    // Each change is in the log, once.
    let rows = new.get("/api/admin/audit?limit=200").json();
    let mut told: Vec<_> = rows["items"].as_array().unwrap().iter().collect();
    told.retain(|row| row["action"].as_str().unwrap().starts_with("key."));
    let told: Vec<_> = told.iter().map(|row| (&row["action"], &row["via"], &row["resource"], &row["params"])).collect();
    let system = json!("system");
    assert_eq!(
        told,
        [
            (
                &json!("key.retire"),
                &system,
                &json!(format!("key:{old_kid}")),
                &json!({ "ended_tokens": 1, "ended_sessions": 1 })
            ),
            (&json!("key.rotate"), &system, &json!(format!("key:{new_kid}")), &json!({ "former": old_kid })),
        ]
    );
    server.host(&["server", "audit", "verify"]).run().exits(0);
}

#[test]
fn a_session_that_a_retired_key_signed_cannot_be_continued() {
    let mut server = TestServer::start();
    let login = json!({ "email": crate::support::ADMIN_EMAIL, "password": crate::support::ADMIN_PASSWORD, "want_refresh": true });
    let entered = server.stranger().post("/auth/token", &login).is(200).json();
    let old_kid = jwt_part(entered["access_token"].as_str().unwrap(), 0)["kid"].as_str().unwrap().to_owned();
    let other = server.stranger().post("/auth/token", &login).is(200).json();
    server.terminate();
    rotate(&server);
    server.restart();
    let refresh = |token: &Value| server.stranger().post("/auth/refresh", &json!({ "refresh_token": token }));
    let continued = refresh(&other["refresh_token"]).is(200).json();
    server.terminate();
    server.host(&["server", "keys", "retire", &old_kid, "--yes"]).run().exits(0);
    server.restart();
    let refresh = |token: &Value| server.stranger().post("/auth/refresh", &json!({ "refresh_token": token }));
    refresh(&entered["refresh_token"]).refused(401, "token_revoked", "Token revoked");
    // One that was continued since is by the new key, and notices a second use of its old refresh token as ever.
    server.stranger().with(continued["access_token"].as_str().unwrap()).get("/auth/me").is(200);
    refresh(&other["refresh_token"]).refused_as(401, "refresh_reused");
    refresh(&continued["refresh_token"]).refused_as(401, "token_revoked");
}

#[test]
fn a_retirement_is_asked_for() {
    let mut server = TestServer::start();
    let old_kid = kid_of(&server.admin());
    server.terminate();
    rotate(&server);
    let retire = || {
        let command = server.host(&["server", "keys", "retire", &old_kid]).env("TERM", "dumb").into_command();
        let mut terminal = Terminal::start(&command);
        terminal.expect("0 tokens and 1 session end at once [y/N]: ");
        terminal
    };
    let mut terminal = retire();
    terminal.send_line("n");
    terminal.expect("Nothing was done");
    assert_eq!(terminal.wait().0, Some(1));
    let mut terminal = retire();
    terminal.send_line("y");
    terminal.expect("0 tokens and 1 session ended");
    assert_eq!(terminal.wait().0, Some(0));
}

#[test]
fn an_unknown_key_is_told_as_such() {
    let mut server = TestServer::start();
    server.terminate();
    server.host(&["server", "keys", "retire", "--yes", "-nobodys_key_ABC"]).run().exits(1);
    server.host(&["server", "keys", "retire", "nobody", "--yes"]).run().exits(2);
    transcript!(server.host(&["server", "keys", "retire", "-nobodys_key_ABC", "--yes"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: There is no signing key `-nobodys_key_ABC`
    hint: `da server keys list` shows the keys
    ");
}
