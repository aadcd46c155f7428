//! A password that an admin set is changed before anything else is reached: A-13, S-07.

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Api, Person, TestServer, Visitor, transcript};

const EMAIL: &str = "eve@example.com";
const OWN: &str = "a quiet morning";
const GIVEN: &str = "chosen by an admin";

/// An admin, and the path of a user whose password the admin may set.
struct Scene {
    server: TestServer,
    admin: Api,
    path: String,
    token: Api,
}

impl Scene {
    fn new() -> Self {
        let server = TestServer::start();
        let admin = server.admin();
        let user = admin.add_user(EMAIL, "admin", OWN);
        let token = server.stranger().sign_in(EMAIL, OWN).with_new_token("ci");
        let path = format!("/api/users/{}", user["id"].as_str().unwrap());
        Self { server, admin, path, token }
    }

    fn set(&self, must_change: Value) {
        let body = json!({ "password": GIVEN, "must_change": must_change });
        self.admin.post(&format!("{}/set-password", self.path), &body).is(204);
    }

    fn held() -> Self {
        let scene = Self::new();
        scene.set(json!(true));
        scene
    }

    fn sign_in(&self) -> Api {
        self.server.stranger().sign_in(EMAIL, GIVEN)
    }

    fn newest(&self, action: &str) -> Value {
        self.admin.get(&format!("/api/admin/audit?action={action}")).is(200).json()["items"][0].clone()
    }
}

#[test]
fn a_session_reaches_the_change_and_nothing_else_until_it_is_made() {
    let scene = Scene::held();
    let answer = scene.server.stranger().try_sign_in(EMAIL, GIVEN).is(200).json();
    assert_eq!(answer["must_change_password"], true);
    let eve = scene.server.stranger().with(answer["access_token"].as_str().unwrap());
    assert_eq!(eve.get("/auth/me").is(200).json()["must_change_password"], true);
    let told = "An admin set your password. Change it first, with `da auth password change` or on the page /account; \
                your tokens go on working";
    for path in ["/auth/tokens", "/api/sessions", "/api/users", "/api/catalog/tables", "/api/admin/audit"] {
        eve.get(path).refused(403, "password_change_required", told);
    }
    eve.post("/auth/tokens", &json!({ "name": "x" })).refused(403, "password_change_required", told);
    eve.delete("/api/sessions").refused(403, "password_change_required", told);
    eve.post("/auth/password/change", &json!({ "current": "wrong", "password": "another one" })).is(400);
    eve.post("/auth/password/change", &json!({ "current": GIVEN, "password": GIVEN })).refused(
        400,
        "weak_password",
        "Password must be another one than now",
    );
    eve.get("/auth/tokens").is(403);
    eve.post("/auth/password/change", &json!({ "current": GIVEN, "password": "my own choice" })).is(204);
    eve.get("/auth/tokens").is(200);
    assert_eq!(eve.get("/auth/me").is(200).json()["must_change_password"], false);
    assert!(scene.server.stranger().try_sign_in(EMAIL, "my own choice").json().get("must_change_password").is_none());
    assert_eq!(scene.newest("user.set_password")["params"]["was_required"], true);
}

#[test]
fn a_session_that_is_continued_is_held_on_and_may_be_ended() {
    let scene = Scene::held();
    let wanted = json!({ "email": EMAIL, "password": GIVEN, "want_refresh": true });
    let first = scene.server.stranger().post("/auth/token", &wanted).is(200).json();
    let next = scene.server.stranger().post("/auth/refresh", &json!({ "refresh_token": first["refresh_token"] }));
    let next = next.is(200).json();
    assert_eq!(next["must_change_password"], true);
    let eve = scene.server.stranger().with(next["access_token"].as_str().unwrap());
    eve.get("/auth/tokens").is(403);
    eve.post_empty("/auth/logout").is(200);
    eve.get("/auth/me").is(401);
}

#[test]
fn tokens_go_on_working() {
    let scene = Scene::held();
    scene.token.get("/auth/tokens").is(200);
    scene.token.get("/api/users").is(200);
    assert_eq!(scene.token.get("/auth/me").is(200).json()["must_change_password"], true);
}

#[test]
fn a_client_that_says_nothing_of_it_sets_a_password_to_keep() {
    let scene = Scene::new();
    scene.admin.post(&format!("{}/set-password", scene.path), &json!({ "password": GIVEN })).is(204);
    scene.sign_in().get("/auth/tokens").is(200);
    assert_eq!(scene.newest("user.set_password")["params"].get("must_change"), None);
    scene.set(json!(true));
    scene.sign_in().get("/auth/tokens").is(403);
    assert_eq!(scene.newest("user.set_password")["params"]["must_change"], true);
    scene.set(json!(false));
    scene.sign_in().get("/auth/tokens").is(200);
}

#[test]
fn a_reset_value_brings_a_password_of_ones_own() {
    let scene = Scene::held();
    let value = scene.admin.post_empty(&format!("{}/reset-password", scene.path)).is(200).json();
    let body = json!({ "token": value["reset_token"], "password": "my own choice" });
    scene.server.stranger().post("/auth/password/reset", &body).is(204);
    scene.server.stranger().sign_in(EMAIL, "my own choice").get("/auth/tokens").is(200);
}

#[test]
fn the_pages_lead_to_the_form_and_to_the_way_out() {
    let scene = Scene::new();
    let mut admin = Visitor::admin(&scene.server);
    let id = scene.path.rsplit('/').next().unwrap();
    let page = format!("/admin/users?id={id}");
    assert!(admin.get(&page).is(200).text().contains("must be changed at the"));
    let form = [("action", "set-password"), ("id", id), ("password", GIVEN)];
    let set = admin.post(&page, &form).is(200).text();
    assert!(set.contains("must be changed at the next sign-in"), "{set}");

    let mut eve = Visitor::new(&scene.server).signed_in(EMAIL, GIVEN);
    for path in ["/", "/tokens", "/admin/users", "/profile"] {
        assert_eq!(eve.get(path).is(302).header("location"), Some("/account"), "{path}");
    }
    let account = eve.get("/account").is(200).text();
    assert!(account.contains("An admin set your password"), "{account}");
    assert!(!account.contains("When and where you signed in"), "{account}");
    eve.post("/account", &[("action", "end-others")]).is(403);
    eve.post("/tokens", &[("action", "create"), ("name", "x"), ("days", "7")]).is(403);
    let new = [("action", "change-password"), ("current", GIVEN), ("password", OWN), ("again", OWN)];
    let changed = eve.post("/account", &new).is(200).text();
    assert!(changed.contains("The password is changed") && !changed.contains("An admin set"), "{changed}");
    eve.get("/").is(200);

    scene.set(json!(true));
    let mut eve = Visitor::new(&scene.server).signed_in(EMAIL, GIVEN);
    assert_eq!(eve.post("/", &[]).is(302).header("location"), Some("/login"));
}

#[test]
fn the_command_line_asks_for_a_password_of_ones_own_right_away() {
    let scene = Scene::new();
    let admin = Person::admin(&scene.server);
    transcript!(admin.da(["admin", "set-password", EMAIL, "--password-stdin"]).stdin(GIVEN).run(), @r"
    exit: 0
    ----- stdout -----
    Password set for eve@example.com

    ----- stderr -----
    It must be changed after the next sign-in; `--permanent` sets one to keep
    ");
    let eve = Person::at(scene.server.url());
    transcript!(eve.da(["login", "--email", EMAIL, "--password-stdin"]).stdin(GIVEN).run(), @r"
    exit: 0
    ----- stdout -----
    Logged in as eve@example.com (role: admin)

    ----- stderr -----
    warning: An admin set your password; it must be changed before anything else
    Run `da auth password change`
    ");
    transcript!(eve.run(["token", "list"]), @r"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not list the tokens: An admin set your password. Change it first, with `da auth password change` or on the page /account; your tokens go on working
      caused by: 403 password_change_required (request [REQUEST])
    ");
    no_look_at_the_session_calls_it_well(&eve, &scene.token);
    let mut terminal = eve.terminal(["login", "--email", EMAIL]);
    terminal.expect("Password: ");
    terminal.send_line(GIVEN);
    terminal.expect("New password: ");
    terminal.send_line(OWN);
    terminal.expect("The same again: ");
    terminal.send_line(OWN);
    transcript!(terminal.shown(), @r"
    exit: 0
    ----- screen -----
    Password: 
    Logged in as eve@example.com (role: admin)
    warning: An admin set your password; it must be changed before anything else
    New password: 
    The same again: 
    Password changed.
    ");
    eve.run(["token", "list"]).exits(0);

    let keep = ["admin", "set-password", EMAIL, "--password-stdin", "--permanent", "--json"];
    transcript!(admin.da(keep).stdin(GIVEN).run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "user_id": "[UUID]",
      "password_set": true,
      "must_change": false
    }

    ----- stderr -----
    "#);
    eve.sign_in(EMAIL, GIVEN);
    eve.run(["token", "list"]).exits(0);

    admin.da(["admin", "set-password", EMAIL, "--password-stdin"]).stdin(GIVEN).run().exits(0);
    eve.sign_in(EMAIL, GIVEN);
    let both = format!("{GIVEN}\n{OWN}\n");
    eve.da(["auth", "password", "change", "--password-stdin"]).stdin(&both).run().exits(0);
    eve.run(["token", "list"]).exits(0);
    // An admin may be held like anybody else; others are not.
    scene.server.stranger().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).get("/api/users").is(200);
}

/// Nothing else works, so whoever asks is told that, the next step, and exit code 5; who one is is shown all the same.
fn no_look_at_the_session_calls_it_well(eve: &Person, token: &Api) {
    transcript!(eve.run(["whoami"]), @"
    exit: 5
    ----- stdout -----
    Email: eve@example.com
    Role:  admin
    Server: http://127.0.0.1:[PORT]
    Token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days

    ----- stderr -----
    error: An admin set your password; it must be changed before anything else
    hint: Run `da auth password change`
    ");
    transcript!(eve.run(["status"]), @"
    exit: 5
    ----- stdout -----
    Status: healthy
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION], [N]ms)
      account: eve@example.com (role admin)
      token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days
      warning: the saved token is in clear text, as `DA_CREDENTIAL_STORE` wants it

    ----- stderr -----
    error: An admin set your password; it must be changed before anything else
    hint: Run `da auth password change`
    ");
    let run = eve.run(["diagnose"]).exits(5);
    assert!(run.stdout.contains("[failed ] token (An admin set your password"), "{}", run.stdout);
    assert!(run.stdout.contains("  - Run `da auth password change`"), "{}", run.stdout);
    let told = |args: &[&str], code: i32| serde_json::from_str::<Value>(&eve.run(args).exits(code).stdout).unwrap();
    assert_eq!(told(&["whoami", "--json"], 5)["must_change_password"], true);
    assert_eq!(told(&["status", "--json"], 5)["account"]["must_change_password"], true);
    // Nobody was asked.
    assert_eq!(told(&["whoami", "--offline", "--json"], 0)["must_change_password"], Value::Null);
    assert_eq!(told(&["status", "--local", "--json"], 0)["account"]["must_change_password"], Value::Null);
    // A token goes on working.
    for args in [["whoami", "--json"], ["status", "--json"], ["diagnose", "--json"]] {
        eve.da(args).env("DA_TOKEN", token.bearer()).run().exits(0);
    }
}
