//! Rows of other servers with null, missing or odd values: they are shown as far as they can be read, and hide no other
//! row (issue 11 items 30 and 32).

use serde_json::{Value, json};

use crate::support::{
    Person, StandIn,
    original::{self, Kind},
    reply,
};

const ANN: &str = "ann@agnes.test";

fn signed_in(server: &StandIn) -> Person {
    let person = Person::at(server.url());
    person.sign_in(original::EMAIL, original::PASSWORD);
    person
}

#[test]
fn one_odd_user_does_not_stop_the_commands_about_others() {
    let normal = original::other_user("22222222-2222-4333-8444-555555555555", ANN);
    for (field, value) in [
        ("name", json!(null)),
        ("name", json!(7)),
        ("id", json!("seed-admin")),
        ("id", json!(42)),
        ("id", json!(null)),
        ("id", json!("../x")),
        ("role", json!(null)),
        ("role", json!("super-duper")),
        ("email", json!(null)),
        ("active", json!(null)),
        ("active", json!(1)),
        ("created_at", json!(null)),
        ("created_at", json!("yesterday")),
        ("created_at", json!(1_700_000_000)),
        ("deactivated_at", json!("some day")),
    ] {
        let mut odd = original::other_user("33333333-2222-4333-8444-555555555555", "odd@agnes.test");
        odd[field] = value.clone();
        let mut lacking = original::other_user("44444444-2222-4333-8444-555555555555", "lacking@agnes.test");
        lacking.as_object_mut().unwrap().remove(field);
        let server = original::start_as(Kind::default(), vec![odd, lacking, normal.clone()]);
        let person = signed_in(&server);
        for args in [
            &["list-users"][..],
            &["list-users", "--json"],
            &["show-user", ANN],
            &["set-role", ANN, "viewer"],
            &["deactivate", ANN],
            &["activate", ANN],
            &["reset-password", ANN],
            &["token", "list", "--user", ANN],
            &["remove-user", ANN, "--yes"],
        ] {
            let run = person.run([&["admin"], args].concat());
            assert_eq!(run.code, Some(0), "{field} {value} {args:?}: {run:?}");
        }
    }
}

#[test]
fn a_user_whose_id_is_no_uuid_is_administered() {
    for id in ["seed-admin", "42", "a b/../c?d"] {
        let server = original::start_as(Kind::default(), vec![original::other_user(id, ANN)]);
        let person = signed_in(&server);
        let run = person.run(["admin", "show-user", ANN]).exits(0);
        assert!(run.stdout.starts_with(&format!("id:          {id}\n")), "{}", run.stdout);
        person.run(["admin", "reset-password", ANN]);
        let asked = server.asked().pop().unwrap().path;
        let segments = asked.split('/').count();
        assert!(asked.starts_with("/api/users/") && segments == 5 && asked.ends_with("/reset-password"), "{asked}");
    }
    let server = original::start_as(Kind::default(), vec![original::other_user("seed-admin", ANN)]);
    let person = signed_in(&server);
    for reference in [ANN, "seed-admin", "seed-adm"] {
        person.run(["admin", "set-role", reference, "viewer"]).exits(0);
    }
    person.run(["admin", "remove-user", "seed-admin", "--yes"]).exits(0);
}

#[test]
fn rows_that_cannot_be_read_are_left_out_and_told() {
    let mut odd = original::other_user("x", "odd@agnes.test");
    odd["id"] = json!(null);
    let server = original::start_as(Kind::default(), vec![odd]);
    let run = signed_in(&server).run(["admin", "list-users"]).exits(0);
    assert!(run.stdout.contains(original::EMAIL) && !run.stdout.contains("odd@"), "{}", run.stdout);
    assert_eq!(run.stderr, "warning: Rows of the server's lists that cannot be read are left out: 1\n");
}

/// Starts a server that knows `rows` under every address of a list.
fn listing(rows: &Value) -> StandIn {
    let (list, page) = (rows.to_string(), json!({ "items": rows, "next_cursor": null }).to_string());
    StandIn::start(move |asked, stream| {
        let body = if asked.path.contains("sessions") { &page } else { &list };
        let status = if asked.method == "DELETE" { 204 } else { 200 };
        reply(stream, status, "Content-Type: application/json\r\n", if status == 204 { "" } else { body });
    })
}

#[test]
fn odd_tokens_and_sessions_are_listed_and_ended() {
    let token = json!({
        "id": "6fa459ea-ee8a-4ca4-894e-db77e160355e", "name": "good", "prefix": "6fa459ea", "user_email": "a@b.c",
        "created_at": "2026-11-22 01:15:01", "expires_at": null, "last_used_at": null, "revoked_at": null,
        "user_id": "seed-admin",
    });
    for (field, value) in [
        ("id", json!(7)),
        ("name", json!(null)),
        ("prefix", json!(null)),
        ("created_at", json!("?")),
        ("created_at", json!(null)),
        ("expires_at", json!("never")),
        ("last_used_at", json!({})),
        ("revoked_at", json!(false)),
        ("replaced_by", json!([])),
        ("renewable", json!(null)),
        ("user_id", json!(null)),
        ("device_label", json!(null)),
        ("last_active_at", json!("?")),
        ("ip", json!(4)),
    ] {
        let mut odd = token.clone();
        odd["id"] = json!("7fa459ea-ee8a-4ca4-894e-db77e160355e");
        odd["name"] = json!("odd");
        odd[field] = value.clone();
        let server = listing(&json!([odd, token]));
        let person = Person::at(server.url()).env("DA_TOKEN", "eyJhbGciOiJIUzI1NiJ9.eyJ0eXAiOiJwYXQifQ.c2ln");
        for args in [
            &["token", "list"][..],
            &["token", "list", "--json"],
            &["token", "list", "--expiring", "14d"],
            &["token", "revoke", "good"],
            &["admin", "token", "list"],
            &["session", "list"],
            &["session", "revoke", "6fa4", "--yes"],
            &["admin", "session", "list"],
        ] {
            let run = person.run(args);
            assert_eq!(run.code, Some(0), "{field} {value} {args:?}: {run:?}");
        }
    }
}

#[test]
fn a_token_with_an_odd_id_is_revoked_by_its_name() {
    let row = json!({ "id": 17, "name": "ci", "revoked_at": null });
    let server = listing(&json!([row]));
    let person = Person::at(server.url()).env("DA_TOKEN", "eyJhbGciOiJIUzI1NiJ9.eyJ0eXAiOiJwYXQifQ.c2ln");
    person.run(["token", "revoke", "ci"]).exits(0);
    let last = server.asked().pop().unwrap();
    assert_eq!((last.method.as_str(), last.path.as_str()), ("DELETE", "/auth/tokens/17"));
}

#[test]
fn a_token_without_a_role_is_imported() {
    let server = original::start();
    let person = Person::at(server.url());
    // The claims are {"email":"a@b.c","typ":"pat"}; the server looks at the form alone.
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImFAYi5jIiwidHlwIjoic2Vzc2lvbiJ9.c2ln";
    let run = person.da(["import-token", "--token", "-"]).stdin(jwt).run().exits(0);
    assert_eq!(run.stdout, "Imported token for a@b.c (role: unknown).\n");
    let whoami: Value = serde_json::from_str(&person.run(["whoami", "--json"]).exits(0).stdout).unwrap();
    assert_eq!((&whoami["email"], &whoami["role"]), (&json!("a@b.c"), &json!("unknown")));
    person.run(["status"]).exits(0);
    let run = person.da(["import-token", "--token", "-", "--role", "viewer"]).stdin(jwt).run().exits(0);
    assert!(run.stdout.contains("(role: viewer)"), "{}", run.stdout);
}

#[test]
fn a_sign_in_without_a_role_succeeds() {
    let body = json!({ "access_token": original::session(), "token_type": "bearer", "email": "a@b.c" }).to_string();
    let server = StandIn::fixed(200, "", body);
    let person = Person::at(server.url());
    let run = person.da(["login", "--email", "a@b.c", "--password-stdin"]).stdin("p").run().exits(0);
    assert_eq!(run.stdout, "Logged in as a@b.c (role: unknown)\n");
}

#[test]
fn a_reset_prints_what_the_server_sent() {
    let server = original::start_as(Kind { sends_reset_urls: true, ..Kind::default() }, vec![]);
    let run = signed_in(&server).run(["admin", "reset-password", original::EMAIL]).exits(0);
    assert_eq!(run.stdout, "Reset page: https://agnes.test/reset?token=abc\n");
    assert!(run.stderr.starts_with("The server sent an e-mail. "), "{}", run.stderr);
    let run = signed_in(&server).run(["admin", "reset-password", original::EMAIL, "--json"]).exits(0);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json, json!({ "reset_url": "https://agnes.test/reset?token=abc", "email_sent": true }));
    let server = original::start();
    let run = signed_in(&server).run(["admin", "reset-password", original::EMAIL]).exits(0);
    assert_eq!(run.stdout, format!("Reset token: {}\n", "r".repeat(43)));
    assert!(run.stderr.starts_with("No e-mail was sent. "), "{}", run.stderr);
    for answer in [json!({}), json!({ "email_sent": false, "reset_token": null })] {
        let answer = answer.to_string();
        let id = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
        let server = StandIn::fixed(200, "", answer);
        for args in [&["admin", "reset-password", id][..], &["admin", "reset-password", id, "--json"]] {
            let run = Person::at(server.url()).env("DA_TOKEN", "t").run(args).exits(1);
            assert_eq!(run.stdout, "");
        }
    }
}

#[test]
fn an_admin_without_a_role_is_shown_as_one() {
    let mut row = original::other_user("5", ANN);
    row.as_object_mut().unwrap().remove("role");
    row["is_admin"] = json!(true);
    let server = original::start_as(Kind::default(), vec![row]);
    let run = signed_in(&server).run(["admin", "show-user", ANN]).exits(0);
    assert!(run.stdout.contains("role:        admin\n"), "{}", run.stdout);
}
