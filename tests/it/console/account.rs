//! One's own account.

use serde_json::json;

use super::{open_as_admin, sign_in};
use crate::support::{ADMIN_EMAIL, Browser, TestServer};

#[test]
fn a_new_password_ends_the_other_session_and_is_the_one_that_counts() {
    let server = TestServer::start();
    let elsewhere = server.admin();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/account");
    assert!(browser.page().contains("this one"));
    browser.fill("Present password", "wrong");
    browser.fill("New password, at least 8 characters", "a new morning");
    browser.fill("The same again", "a new morning");
    browser.press("Change");
    browser.text("//*[@role='alert']");
    elsewhere.get("/auth/me").is(200);

    browser.fill("Present password", crate::support::ADMIN_PASSWORD);
    browser.fill("New password, at least 8 characters", "a new morning");
    browser.fill("The same again", "another one");
    browser.press("Change");
    assert!(browser.text("//*[@role='alert']").contains("differ"));

    browser.fill("Present password", crate::support::ADMIN_PASSWORD);
    browser.fill("New password, at least 8 characters", "a new morning");
    browser.fill("The same again", "a new morning");
    browser.press("Change");
    assert!(browser.text("//*[@role='status']").contains("changed"));
    elsewhere.get("/auth/me").is(401);
    browser.press("Sign out");
    sign_in(&browser, ADMIN_EMAIL, "a new morning");
    assert_eq!(browser.path(), "/");
}

#[test]
fn other_sessions_are_listed_and_ended() {
    let server = TestServer::start();
    let elsewhere = server.admin();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/account");
    assert!(browser.text("//li[1]").contains("this one") && browser.text("//li[1]").contains("Chrome on Linux"));
    assert!(browser.text("//li[2]").contains("signed in") && browser.text("//li[2]").contains("from 127.0.0.1"));
    browser.press("End the other sessions");
    assert!(browser.text("//*[@role='status']").contains("ended"));
    // A sign-in stays in view when its session has ended.
    assert!(browser.text("//li[1]").contains("this one") && browser.text("//li[2]").contains("Ended"));
    elsewhere.get("/auth/me").is(401);

    let rows = server.admin().get("/api/admin/audit?action=session.revoke").is(200).json();
    let row = &rows["items"][0];
    assert_eq!((&row["params"]["ended_sessions"], &row["result"]), (&json!(1), &json!("ok")), "{rows}");
    let me = server.admin().get("/auth/me").json();
    assert_eq!(row["resource"], format!("user:{}", me["id"].as_str().unwrap()));
    assert_eq!(row["user_id"], me["id"]);
    assert_eq!(rows["items"].as_array().unwrap().len(), 1);
}

#[test]
fn profile_leads_to_the_tokens() {
    let server = TestServer::start();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/profile");
    assert_eq!(browser.path(), "/tokens");
}
