//! From an empty server to a first admin, and through the sign-in page.

use std::fs;

use super::{open_as_admin, sign_in};
use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Browser, Options, TestServer, wait_for};

#[test]
fn the_first_admin_is_made_by_the_setup_code_once() {
    let server = TestServer::empty().start();
    let browser = Browser::start();
    browser.open(&server.url());
    browser.follow("Create the first admin");
    browser.fill("Setup code", "not the code");
    browser.fill("E-mail", "ann@example.com");
    browser.fill("Password, at least 8 characters", "a quiet morning");
    browser.press("Create the admin and sign in");
    assert_eq!(browser.text("//*[@role='alert']"), "This is not the setup code");

    let code = fs::read_to_string(server.data_dir().join("setup-code")).unwrap();
    browser.fill("Setup code", code.trim());
    browser.fill("Password, at least 8 characters", "a quiet morning");
    browser.press("Create the admin and sign in");
    assert!(browser.text("//h1").contains("Welcome"));
    assert!(browser.has("//nav//a[.='Audit log']"), "an admin's pages are there");

    // Now that there is an admin, the way is to sign in.
    browser.press("Sign out");
    browser.open(&format!("{}/setup", server.url()));
    assert_eq!(browser.path(), "/login");
    assert!(!browser.has("//a[.='Create the first admin']"));
}

#[test]
fn a_bookmark_leads_through_the_sign_in_page_and_on() {
    let server = TestServer::start();
    let browser = Browser::start();
    browser.open(&format!("{}/admin/audit", server.url()));
    assert_eq!(browser.path(), "/login?next=%2Fadmin%2Faudit");
    sign_in(&browser, ADMIN_EMAIL, "wrong");
    assert_eq!(browser.text("//*[@role='alert']"), "Invalid email or password");
    browser.fill("Password", ADMIN_PASSWORD);
    browser.press("Sign in");
    assert_eq!(browser.path(), "/admin/audit");

    // What would lead elsewhere leads home.
    browser.press("Sign out");
    browser.open(&format!("{}/login?next=//evil.example/x", server.url()));
    sign_in(&browser, ADMIN_EMAIL, ADMIN_PASSWORD);
    assert_eq!(browser.path(), "/");
}

#[test]
fn signing_out_ends_the_session_on_the_server() {
    let server = TestServer::start();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/tokens");
    let session = browser.cookie("access_token").unwrap();
    server.stranger().with(&session).get("/auth/me").is(200);
    browser.press("Sign out");
    assert_eq!(browser.path(), "/login");
    server.stranger().with(&session).get("/auth/me").is(401);
    browser.back();
    wait_for("the sign-in page", || browser.path().starts_with("/login").then_some(()));
    assert!(!browser.page().contains("Your tokens"), "a page that was left is not shown from a memory");
}

#[test]
fn too_many_failures_are_told_on_the_form() {
    let server = TestServer::start();
    let browser = Browser::start();
    browser.open(&format!("{}/login", server.url()));
    for _ in 0..6 {
        sign_in(&browser, "somebody@example.com", "wrong");
        browser.text("//*[@role='alert']");
    }
    assert!(browser.text("//*[@role='alert']").contains("Too many"), "{}", browser.page());
    assert!(browser.has("//input[@type='password']"));
}

/// A host name in a local network is no secure context: browsers say nothing of the site that a request comes from but
/// its origin, and refuse the clipboard.
#[test]
fn forms_work_over_clear_text_in_a_local_network() {
    let server = TestServer::start();
    let browser = Options::default().resolving("da.test").start();
    browser.open(&format!("http://da.test:{}/tokens", server.address().port()));
    sign_in(&browser, ADMIN_EMAIL, ADMIN_PASSWORD);
    browser.fill("Name", "laptop");
    browser.press("Create");
    let token = browser.text("//pre");
    assert!(token.starts_with("eyJ"), "{}", browser.page());
    browser.press("Copy");
    assert!(browser.has("//button[starts-with(., 'Selected')]"));
    assert_eq!(browser.run("return getSelection().toString().trim()"), token);
}

#[test]
fn everything_but_copying_works_without_scripts() {
    let server = TestServer::start();
    let browser = Options::default().without_javascript().start();
    open_as_admin(&browser, &server, "/tokens");
    assert!(browser.text("//main").contains("None yet"), "{}", browser.page());
    browser.fill("Name", "nightly");
    browser.press("Create");
    let token = browser.text("//pre");
    server.stranger().with(&token).get("/auth/me").is(200);
    assert!(!browser.has("//pre/following-sibling::button[not(@hidden)]"), "no button that only a script could press");
    assert!(browser.text("//time").ends_with("UTC"), "no script has changed the time");
    browser.unfold("", "Revoke");
    browser.press("Revoke nightly");
    assert!(browser.text("//main").contains("revoked"));
    server.stranger().with(&token).get("/auth/me").is(401);
    browser.follow("Users");
    browser.unfold("", "Add a user");
    browser.fill("E-mail", "bob@example.com");
    browser.press("Add");
    assert!(browser.page().contains("bob@example.com"));
    browser.press("Sign out");
    assert_eq!(browser.path(), "/login");
}
