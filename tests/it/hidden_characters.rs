//! Characters that hide or reorder text reach no name, no page and no terminal (S-63, S-20).

use serde_json::{Value, json};

use crate::support::{Answer, Api, Operator, TestServer, Visitor};

const HIDDEN: [char; 12] = [
    '\u{202e}',
    '\u{2066}',
    '\u{200f}',
    '\u{61c}',
    '\u{200b}',
    '\u{2060}',
    '\u{feff}',
    '\u{ad}',
    '\u{3164}',
    '\u{2028}',
    '\u{e0041}',
    '\u{200d}',
];
/// Names that hold joiners, selectors and marks which everybody sees.
const VISIBLE: [&str; 7] = ["👩‍💻 laptop", "Zoe\u{308}", "नरेन्द्र", "क्‍ष", "می‌خواهم", "สมชาย คำ", "❤️‍🔥"];

/// A place that takes a name, and the code of its refusal.
type Place = (&'static str, &'static str, fn(&Api, &Value, &str) -> Answer);

const PLACES: [Place; 6] = [
    ("token", "invalid_name", |api, _, name| api.post("/auth/tokens", &json!({ "name": name }))),
    ("device token", "invalid_name", |api, _, name| {
        api.post("/auth/device", &json!({ "client_name": "da", "want": "token", "token_name": name }))
    }),
    ("own name", "invalid_name", |api, _, name| api.patch("/api/profile", &json!({ "name": name }))),
    ("user", "invalid_name", |api, user, name| {
        api.patch(&format!("/api/users/{}", user["id"].as_str().unwrap()), &json!({ "name": name }))
    }),
    ("new user", "invalid_name", |api, _, name| {
        let email = format!("{}@new.example", name.chars().map(|c| format!("{:x}", u32::from(c))).collect::<String>());
        api.post("/api/users", &json!({ "email": email, "name": name }))
    }),
    ("username", "invalid_username", |api, user, name| {
        let name = name.replace(' ', ".").trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
        api.patch(&format!("/api/users/{}", user["id"].as_str().unwrap()), &json!({ "username": name }))
    }),
];

#[test]
fn no_place_takes_a_name_with_a_hidden_character() {
    let server = TestServer::start();
    let admin = server.admin();
    let user = admin.add_user("ann@example.org", "analyst", "a quiet morning");
    for (place, code, set) in PLACES {
        for hidden in HIDDEN {
            let answer = set(&admin, &user, &format!("ci{hidden}x"));
            assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(code)), "{place} {hidden:?}");
        }
        for name in VISIBLE.iter().filter(|_| place != "username") {
            let answer = set(&admin, &user, name);
            assert!((200..300).contains(&answer.status), "{place} {name}: {}", answer.text());
        }
    }
}

#[test]
fn what_a_device_calls_itself_is_cleaned_before_a_person_reads_it() {
    let server = TestServer::start();
    let mut browser = Visitor::admin(&server);
    for hidden in HIDDEN {
        let name = format!("lap{hidden}top");
        let request = json!({ "client_name": name, "device_label": name, "want": "token", "token_name": "ci" });
        let started = server.stranger().post("/auth/device", &request).is(200).json();
        let page = browser.get(&format!("/device?user_code={}", started["user_code"].as_str().unwrap())).text();
        assert!(page.contains("lap\u{fffd}top") && !page.contains(hidden), "{hidden:?}");
    }
}

#[test]
fn names_that_an_earlier_version_took_are_shown_without_what_they_hide() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    admin.creates_token("nightly");
    let older = "ci\u{202e}drowssap\u{200b}";
    server.change_store("UPDATE personal_access_tokens SET name = ?1", [older]);
    server.change_store("UPDATE users SET name = ?1", [older]);
    let mut browser = Visitor::admin(&server);
    for path in ["/", "/tokens", "/account", "/admin/users", "/admin/tokens"] {
        let page = browser.get(path).is(200).text();
        assert!(!page.contains(['\u{202e}', '\u{200b}']), "{path}");
    }
    assert!(browser.get("/tokens").text().contains("ci\u{fffd}drowssap\u{fffd}"));
    let list = admin.da(&["token", "list"]).exits(0).stdout;
    assert!(list.contains("ci\u{fffd}drowssap\u{fffd}"), "{list}");
    let json = admin.da(&["token", "list", "--json"]).exits(0).stdout;
    assert!(json.contains("ci\\u202edrowssap\\u200b"), "{json}");
    // It can still be revoked by the id.
    let rows = server.admin().get("/auth/tokens").is(200).json();
    assert_eq!(rows[0]["name"], older);
    server.admin().delete(&format!("/auth/tokens/{}", rows[0]["id"].as_str().unwrap())).is(204);
}
