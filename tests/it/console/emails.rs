//! Addresses beyond ASCII in a real browser, which would convert or refuse them in a field of type `email`.

use serde_json::json;

use super::sign_in;
use crate::support::{Browser, TestServer, Visitor};

const PASSWORD: &str = "a quiet morning";

#[test]
fn a_person_signs_in_with_either_form_of_the_domain_and_with_a_name_beyond_ascii() {
    let server = TestServer::start();
    let admin = server.admin();
    for email in ["ann@bücher.example", "สมชาย@xn--o3cw4h"] {
        admin.add_user(email, "analyst", PASSWORD);
    }
    let browser = Browser::start();
    for (typed, shown) in [
        ("ann@bücher.example", "ann@bücher.example"),
        ("Ann@xn--bcher-kva.example", "ann@bücher.example"),
        ("สมชาย@ไทย", "สมชาย@ไทย"),
    ] {
        browser.open(&format!("{}/login", server.url()));
        sign_in(&browser, typed, PASSWORD);
        browser.text("//h1");
        assert_eq!(browser.path(), "/", "{typed}");
        browser.open(&format!("{}/account", server.url()));
        let page = browser.page();
        assert!(page.contains(shown) && !page.contains("xn--"), "{page}");
        browser.press("Sign out");
        browser.text("//h1[.='Sign in']");
    }
}

#[test]
fn an_admin_sees_people_in_their_script_and_finds_them_in_both_forms() {
    let server = TestServer::start();
    server.admin().post("/api/users", &json!({ "email": "zoë@bücher.example" })).is(201);
    let mut admin = Visitor::admin(&server);
    for query in ["b%C3%BCcher", "xn--bcher", "zo%C3%AB", "zoe%CC%88", "B%C3%9CCHER"] {
        let page = admin.get(&format!("/admin/users?q={query}")).is(200).text();
        assert!(page.contains("<h2>zoë@bücher.example"), "{query}");
    }
    for list in ["tokens?user=", "sessions?user=", "audit?actor="] {
        for form in ["zo%C3%AB%40b%C3%BCcher.example", "zo%C3%AB%40xn--bcher-kva.example"] {
            admin.get(&format!("/admin/{list}{form}")).is(200);
        }
    }
}
