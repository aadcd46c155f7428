//! Addresses beyond ASCII: one account for every way to write one, in every place that takes an address (D-11, C-32).

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Operator, TestHome, TestServer};

const PASSWORD: &str = "a quiet morning";

/// The canonical form, the form for people, and other ways to write the same address.
const ADDRESSES: [(&str, &str, &[&str]); 6] = [
    (
        "ann@xn--bcher-kva.example",
        "ann@bücher.example",
        &["ANN@BÜCHER.example", "Ann@XN--BCHER-KVA.example", "ann@bu\u{308}cher.example", "ann@bücher。example"],
    ),
    ("zoë@example.org", "zoë@example.org", &["zoe\u{308}@example.org", "ZOË@Example.org"]),
    ("नरेन्द्र@xn--p1b6ci4b4b3a.xn--h2brj9c", "नरेन्द्र@उदाहरण.भारत", &[]),
    ("สมชาย@xn--o3cw4h", "สมชาย@ไทย", &[]),
    ("محمد@example.org", "محمد@example.org", &["محمد@EXAMPLE.org"]),
    ("νίκος@example.org", "νίκος@example.org", &["ΝΊΚΟΣ@example.org"]),
];

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn every_form_of_an_address_is_one_account_everywhere_on_the_wire() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let admin = server.admin();
    for (wire, shown, others) in ADDRESSES {
        // Created in the form for people, so that the others are proven equal to it.
        let user = admin.post("/api/users", &json!({ "email": shown, "password": PASSWORD })).is(201).json();
        assert_eq!(user["email"], wire);
        for text in [wire, shown].iter().chain(others) {
            admin.post("/api/users", &json!({ "email": text })).refused_as(409, "email_taken");
            let signed_in = admin.try_sign_in(text, PASSWORD).is(200).json();
            assert_eq!((&signed_in["user_id"], &signed_in["email"]), (&user["id"], &json!(wire)), "{text}");
            let token = admin.with(signed_in["access_token"].as_str().unwrap()).create_token("t");
            let found = admin.get(&format!("/auth/admin/tokens?user={}", encoded(text))).is(200).json();
            assert!(found.as_array().unwrap().iter().any(|row| row["id"] == token["id"]), "{text}: {found}");
            assert!(found.as_array().unwrap().iter().all(|row| row["user_email"] == wire), "{text}: {found}");
        }
    }
}

#[test]
fn what_cannot_be_supported_is_refused_at_creation_with_its_reason() {
    let server = TestServer::start();
    let admin = server.admin();
    for (email, reason) in [
        ("ad\u{202e}min@example.org", "U+202E"),
        ("ad\u{200b}min@example.org", "U+200B"),
        ("ad\u{200d}min@example.org", "U+200D"),
        ("ａｎｎ@example.org", "U+FF41"),
        ("ann＠example.org", "`name@domain`"),
        ("\"ann lee\"@example.org", "U+0022"),
        ("ann@[127.0.0.1]", "not a domain name"),
        ("ann@example.org.", "not a domain name"),
        ("ann@xn--a.example", "not a domain name"),
        ("ann@b\u{202e}c.example", "not a domain name"),
        ("สมชายสมชายสมชายสมชายสมชาย@example.org", "too long"),
    ] {
        let answer = admin.post("/api/users", &json!({ "email": email }));
        answer.refused_as(400, "invalid_email");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with("email is not a valid address: ") && detail.contains(reason), "{email:?}: {detail}");
    }
    assert_eq!(admin.get("/api/users").json().as_array().unwrap().len(), 1);
}

#[test]
fn failures_in_every_form_count_for_one_account() {
    let server = TestServer::start();
    let admin = server.admin();
    admin.add_user("ann@bücher.example", "analyst", PASSWORD);
    let forms = ["ann@bücher.example", "ann@xn--bcher-kva.example", "ANN@bu\u{308}cher.example"];
    for form in forms.iter().cycle().take(5) {
        admin.try_sign_in(form, "wrong wrong wrong").is(401);
    }
    for form in forms {
        admin.try_sign_in(form, PASSWORD).is(429);
    }
}

#[test]
fn the_terminal_takes_every_form_and_shows_people_the_one_they_read() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    let added = admin.da(&["admin", "add-user", "ann@xn--bcher-kva.example"]).exits(0);
    assert!(added.stdout.contains("Created user: ann@bücher.example"), "{}", added.stdout);
    let list = admin.da(&["admin", "list-users"]).exits(0).stdout;
    assert!(list.contains("ann@bücher.example") && !list.contains("xn--"), "{list}");
    let json: Value = serde_json::from_str(&admin.da(&["admin", "list-users", "--json"]).exits(0).stdout).unwrap();
    assert!(json.as_array().unwrap().iter().any(|row| row["email"] == "ann@xn--bcher-kva.example"), "{json}");
    for form in ["ANN@bücher.example", "ann@xn--bcher-kva.example", "ann@bu\u{308}cher.example"] {
        let one: Value =
            serde_json::from_str(&admin.da(&["admin", "show-user", form, "--json"]).exits(0).stdout).unwrap();
        assert_eq!(one["email"], "ann@xn--bcher-kva.example");
        admin.da_fed(&["admin", "set-password", form, "--password-stdin"], PASSWORD).exits(0);
        let home = TestHome::new();
        let login = ["login", "--email", form, "--password-stdin"];
        let run = home.da(login).env("DA_SERVER", server.url()).stdin(PASSWORD).run().exits(0);
        assert!(run.stdout.contains("Logged in as ann@bücher.example"), "{}", run.stdout);
        // The admin set the password: whoami tells that it must be changed.
        let who = home.da(["whoami"]).env("DA_SERVER", server.url()).run().exits(5).stdout;
        assert!(who.contains("Email: ann@bücher.example"), "{who}");
        let who = home.da(["whoami", "--json"]).env("DA_SERVER", server.url()).run().exits(5).stdout;
        assert!(who.contains("\"ann@xn--bcher-kva.example\""), "{who}");
    }
}

#[test]
fn the_first_admin_and_a_recovered_one_may_be_named_in_either_form() {
    let home = TestHome::new();
    let setup =
        TestServer::empty().env("DA_ADMIN_EMAIL", "Chefin@Bücher.example").env("DA_ADMIN_PASSWORD", ADMIN_PASSWORD);
    let server = setup.start_in(home);
    let api = server.stranger();
    for form in ["chefin@bücher.example", "chefin@xn--bcher-kva.example"] {
        let answer = api.try_sign_in(form, ADMIN_PASSWORD).is(200).json();
        assert_eq!(answer["email"], "chefin@xn--bcher-kva.example");
        let run =
            server.host(&["server", "recover-admin", form, "--password-stdin"]).stdin(ADMIN_PASSWORD).run().exits(0);
        assert!(run.stdout.contains("chefin@bücher.example is an active admin"), "{}", run.stdout);
    }
    let users = api.sign_in("chefin@bücher.example", ADMIN_PASSWORD).get("/api/users").is(200).json();
    assert_eq!(users.as_array().unwrap().len(), 1, "{users}");
    assert_ne!(users[0]["email"], ADMIN_EMAIL);
}

#[test]
fn an_older_store_becomes_canonical_and_of_twins_both_still_sign_in() {
    let mut server = TestServer::start();
    let admin = server.admin();
    for (email, password) in
        [("one@a.example", "a quiet morning"), ("two@a.example", "a quiet evening"), ("zoe@a.example", PASSWORD)]
    {
        admin.add_user(email, "analyst", password);
    }
    assert!(server.terminate().success());
    // As an earlier version stored what was typed.
    for (now, before) in [
        ("one@a.example", "ann@xn--bcher-kva.example"),
        ("two@a.example", "ann@bücher.example"),
        ("zoe@a.example", "zoe\u{308}@bücher.example"),
    ] {
        server.change_store("UPDATE users SET email = ?2 WHERE email = ?1", [now, before]);
    }
    server.change_store("DELETE FROM meta WHERE key = 'emails_canonical'", []);
    server.restart();
    server.wait_for_log("keeps an older form of its e-mail address");
    let api = server.stranger();
    let who = |email: &str, password: &str| api.try_sign_in(email, password).is(200).json()["email"].clone();
    assert_eq!(who("zoë@bücher.example", PASSWORD), "zoë@xn--bcher-kva.example");
    assert_eq!(who("ann@xn--bcher-kva.example", "a quiet morning"), "ann@xn--bcher-kva.example");
    assert_eq!(who("ANN@Bücher.example", "a quiet evening"), "ann@bücher.example");
    let rows = server.admin().get("/api/users").is(200).json();
    assert_eq!(rows.as_array().unwrap().len(), 4);
    let run = server.host(&["server", "doctor"]).run().exits(0);
    let line = run.stdout.lines().find(|line| line.contains("email_addresses")).unwrap();
    assert!(line.contains("ann@bücher.example") && !line.contains("zoë"), "{line}");
    server.host(&["server", "audit", "verify"]).run().exits(0);
    // Once is enough: the next start changes nothing.
    assert!(server.terminate().success());
    server.restart();
    let audit = server.admin().get("/api/admin/audit?action=user.update").is(200).text();
    assert_eq!(audit.matches("\"upgrade\"").count() + audit.matches("\\\"upgrade\\\"").count(), 1, "{audit}");
}
