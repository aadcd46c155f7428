//! An admin's pages.

use super::{card, open_as_admin, sign_in};
use crate::support::{ADMIN_EMAIL, Browser, TestServer, Visitor};

const BOB: &str = "bob@example.com";
const PASSWORD: &str = "a quiet morning";

#[test]
fn an_admin_runs_an_account_from_its_first_day_to_its_last() {
    let server = TestServer::start();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/admin/users");
    browser.unfold("", "Add a user");
    browser.fill("E-mail", BOB);
    browser.fill("Password; without one, hand over a reset value", PASSWORD);
    browser.press("Add");
    // The account's own page comes next, with what else there is to do.
    assert!(browser.text("//h1").contains(BOB) && browser.text("//h1").contains("analyst"));
    browser.choose("Role", "km_admin");
    browser.press("Set role");
    assert!(browser.text("//h1").contains("km_admin"));
    browser.fill("Name", "Bob B.");
    browser.press("Rename");
    assert!(browser.text("//main/dl").contains("Bob B."));

    // Bob works in a browser of his own until the account is switched off.
    let his = browser.beside();
    his.open(&format!("{}/tokens", server.url()));
    sign_in(&his, BOB, PASSWORD);
    assert_eq!(his.path(), "/tokens");
    browser.press("Deactivate");
    assert!(browser.text("//h1").contains("deactivated"));
    his.fill("Name", "one more");
    his.press("Create");
    assert!(his.text("//main").contains("Account deactivated"));
    his.open(&format!("{}/tokens", server.url()));
    assert_eq!(his.path(), "/login?next=%2Ftokens");
    sign_in(&his, BOB, PASSWORD);
    his.text("//*[@role='alert']");
    drop(his);

    browser.press("Activate");
    browser.fill("New password", "another morning");
    browser.press("Set password");
    assert!(browser.text("//*[@role='status']").contains("password is set"));
    // A password that an admin knows is to be changed first.
    let bob = Visitor::new(&server).signed_in(BOB, "another morning").get("/").is(302);
    assert_eq!(bob.header("location"), Some("/account"));

    browser.fill("To delete the account with its tokens, type its e-mail address", "bob");
    browser.press("Delete");
    assert!(browser.text("//*[@role='alert']").contains("e-mail address"));
    browser.fill("To delete the account with its tokens, type its e-mail address", BOB);
    browser.press("Delete");
    browser.text("//h1[.='Users']");
    assert!(browser.has(&card(ADMIN_EMAIL)) && !browser.has(&card(BOB)));
}

#[test]
fn the_last_admin_is_kept_and_told_why() {
    let server = TestServer::start();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/admin/users");
    browser.follow(&format!("Change {ADMIN_EMAIL}"));
    browser.press("Deactivate");
    assert_eq!(browser.text("//*[@role='alert']"), "Cannot deactivate yourself");
    browser.choose("Role", "viewer");
    browser.press("Set role");
    assert_eq!(browser.text("//*[@role='alert']"), "Cannot demote the last active admin");
    browser.fill("To delete the account with its tokens, type its e-mail address", ADMIN_EMAIL);
    browser.press("Delete");
    assert_eq!(browser.text("//*[@role='alert']"), "Cannot delete yourself");
    server.admin().get("/api/users").is(200);
}

#[test]
fn a_reset_value_is_shown_once_and_works_once() {
    let server = TestServer::start();
    server.admin().add_user(BOB, "analyst", PASSWORD);
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/admin/users");
    browser.fill("Search", "bob");
    browser.press("Search");
    assert!(!browser.has(&card(ADMIN_EMAIL)), "the search narrows the list");
    browser.follow(&format!("Change {BOB}"));
    browser.press("Create a one-time reset value");
    let value = browser.text("//section[@data-reveal]//pre");
    browser.follow("Users");
    assert!(!browser.run("return document.documentElement.innerHTML").as_str().unwrap().contains(&value));
    let reset = serde_json::json!({ "token": value, "password": "another morning" });
    server.stranger().post("/auth/password/reset", &reset).is(204);
    server.stranger().post("/auth/password/reset", &reset).is(400);
}

#[test]
fn all_tokens_are_filtered_counted_and_revoked() {
    let server = TestServer::start();
    let admin = server.admin();
    let bob = server.user(&admin, BOB, "analyst");
    let used = bob.with_new_token("used");
    used.get("/auth/me").is(200);
    bob.create_token("idle");
    admin.create_token("mine");

    let browser = Browser::start();
    open_as_admin(&browser, &server, "/admin/users");
    browser.follow(&format!("Tokens of {BOB}"));
    assert_eq!(browser.path(), "/admin/tokens?user=bob%40example.com");
    let table = browser.text("//table");
    assert!(table.contains("used") && table.contains("idle") && !table.contains("mine"), "{table}");
    assert!(browser.page().contains("2 active"));
    browser.choose("Last used", "never");
    browser.press("Filter");
    assert!(!browser.has("//td[.='used']") && browser.has("//td[.='idle']"));

    browser.unfold("", "Revoke");
    browser.press("Revoke idle");
    // The list is the same part of all as before.
    assert!(browser.path().contains("user=bob%40example.com"), "{}", browser.path());
    assert!(browser.page().contains("1 active") && browser.page().contains("1 revoked"), "{}", browser.page());
    browser.choose("Last used", "any");
    browser.choose("State", "revoked");
    browser.press("Filter");
    assert!(browser.has("//td[.='idle']") && !browser.has("//td[.='used']"));
    used.get("/auth/me").is(200);
}

#[test]
fn sessions_are_found_by_their_owner_and_ended() {
    let server = TestServer::start();
    let admin = server.admin();
    let bob = server.user(&admin, BOB, "analyst");
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/admin/users");
    browser.follow(&format!("Change {BOB}"));
    browser.follow(&format!("sessions of {BOB}"));
    assert_eq!(browser.path(), "/admin/sessions?user=bob%40example.com");
    assert!(browser.has("//tbody/tr[1]") && !browser.has("//tbody/tr[2]"), "Bob's, and nobody else's");
    browser.unfold("", "End");
    browser.press("End unknown device");
    assert!(browser.page().contains("No session matches"));
    bob.get("/auth/me").refused_as(401, "token_revoked");
    browser.choose("State", "ended");
    browser.press("Filter");
    assert!(browser.text("//tbody/tr[1]").contains("admin_revoked"));

    // All of a user at once; the admin's own goes on.
    let again: Vec<_> = (0..2).map(|_| server.stranger().sign_in(BOB, PASSWORD)).collect();
    browser.open(&format!("{}/admin/sessions?user={BOB}", server.url()));
    browser.press(&format!("End all sessions of {BOB}"));
    assert!(browser.page().contains("No session matches"));
    for session in again {
        session.get("/auth/me").refused_as(401, "token_revoked");
    }
    browser.follow("Sessions");
    assert!(browser.text("//table").contains("this one"));
    browser.open(&format!("{}/admin/sessions?user=nobody@example.com", server.url()));
    assert!(browser.page().contains("No session matches"));
}

#[test]
fn the_audit_log_is_filtered_and_its_chain_checked() {
    let server = TestServer::start();
    let admin = server.admin();
    let bob = server.user(&admin, BOB, "analyst");
    bob.create_token("nightly");
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/admin/audit");
    let newest = browser.text("//tbody/tr[1]");
    assert!(newest.contains(ADMIN_EMAIL), "the sign-in of this browser comes first: {newest}");
    browser.fill("Who (e-mail or id)", BOB);
    browser.choose("What", "token.create");
    browser.press("Filter");
    assert!(browser.text("//tbody/tr[1]").contains(BOB));
    assert!(!browser.has("//tbody/tr[2]"));
    browser.leave_by("//tbody/tr[1]/td[5]/a");
    assert!(browser.path().starts_with("/admin/audit?resource=token%3A"), "{}", browser.path());
    assert!(browser.text("//tbody/tr[1]").contains("token.create") && !browser.has("//tbody/tr[2]"));
    browser.open(&format!("{}/admin/audit?until=2020-01-01", server.url()));
    assert!(browser.page().contains("No row matches"));
    browser.follow("Check the whole chain now");
    assert!(browser.text("//p[@role='status']").contains("The chain is intact"));
}
