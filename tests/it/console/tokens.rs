//! One's own tokens, from the form to the program that uses them.

use serde_json::Value;

use super::{card, open_as_admin, sign_in};
use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Browser, TestHome, TestServer, wait_for};

#[test]
fn a_token_made_in_the_browser_works_in_a_terminal_until_it_is_revoked() {
    let server = TestServer::start();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/tokens");
    assert!(browser.text("//main").contains("None yet"));
    browser.fill("Name", "nightly report");
    browser.choose("Lifetime", "30 days");
    browser.press("Create");
    let token = browser.text("//section[@data-reveal]//pre");

    let home = TestHome::new();
    let whoami = || home.da(["whoami"]).env("DA_SERVER", server.url()).env("DA_TOKEN", &token).run();
    whoami().exits(0);
    // The use is written behind the answer.
    wait_for("the card to tell the use", || {
        browser.follow("Tokens");
        browser.text(&card("nightly report")).contains("from 127.0.0.1").then_some(())
    });

    browser.unfold(&card("nightly report"), "Revoke");
    browser.press("Revoke nightly report");
    assert!(browser.text(&card("nightly report")).contains("revoked"));
    let refused = whoami().exits(4);
    assert!(refused.stderr.contains("Token revoked"), "{}", refused.stderr);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_plain_token_is_gone_once_it_is_dismissed_or_left() {
    let server = TestServer::start();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/tokens");
    browser.fill("Name", "laptop");
    browser.press("Create");
    let token = browser.text("//pre");
    browser.press("I have it, hide it");
    assert!(!browser.has("//pre"));
    assert!(!browser.run("return document.documentElement.innerHTML").as_str().unwrap().contains(&token));
    assert_eq!(browser.run("return document.activeElement.id"), "main", "the focus is not lost with the button");

    browser.fill("Name", "desktop");
    browser.press("Create");
    let token = browser.text("//pre");
    browser.follow("Home");
    assert!(browser.text("//h1").contains("Welcome"));
    browser.back();
    let back = browser.run("return document.documentElement.innerHTML");
    assert!(!back.as_str().unwrap().contains(&token), "leaving hides it for good");

    browser.open(&format!("{}/tokens", server.url()));
    browser.fill("Name", "phone");
    browser.press("Create");
    let token = browser.text("//pre");
    browser.reload();
    browser.text("//h2[.='Created so far']");
    let again = browser.run("return document.documentElement.innerHTML");
    assert!(!again.as_str().unwrap().contains(&token), "loading again hides it");
    let names: Vec<Value> = server.admin().get("/auth/tokens").json().as_array().unwrap().clone();
    assert_eq!(names.len(), 3, "and makes no other one: {names:?}");
}

#[test]
fn copying_puts_the_token_on_the_clipboard() {
    let server = TestServer::start();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/tokens");
    browser.fill("Name", "laptop");
    browser.press("Create");
    let token = browser.text("//pre");
    browser.run(
        "window.copied = []; \
         Object.defineProperty(navigator, 'clipboard', { value: { writeText: async text => copied.push(text) } })",
    );
    browser.press("Copy");
    browser.text("//button[.='Copied']");
    assert_eq!(browser.run("return copied[0]"), token);
}

#[test]
fn times_are_in_the_readers_zone_with_the_exact_utc_in_the_title() {
    let server = TestServer::start();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/account");
    let script = "const t = document.querySelector('time'); return [t.textContent, t.title, \
                  new Date(t.title).toLocaleString('en-US', { dateStyle: 'medium', timeStyle: 'short', timeZone: ZONE })]";
    for zone in ["Asia/Tokyo", "America/St_Johns"] {
        browser.move_to(zone);
        browser.reload();
        let shown = browser.run(&script.replace("ZONE", &format!("'{zone}'")));
        assert_eq!(shown[0], shown[2], "{zone}");
        assert!(shown[1].as_str().unwrap().ends_with("+00:00"), "{shown}");
    }
}

#[test]
fn an_agents_set_up_holds_a_token_only_when_asked_for() {
    let server = TestServer::start();
    let browser = Browser::start();
    browser.open(&format!("{}/install", server.url()));
    assert!(browser.page().contains(&format!("curl -fsSL {}/cli/install.sh | sh", server.url())));
    assert!(!browser.has("//button[contains(., 'agent')]"));
    browser.leave_by("//main//a[.='Sign in']");
    sign_in(&browser, ADMIN_EMAIL, ADMIN_PASSWORD);
    assert_eq!(browser.path(), "/install");
    browser.press("Create a set-up for an agent");
    let payload = browser.text("//section[@data-reveal]//pre");
    for step in ["cli/install.sh", "import-token", "whoami", "diagnose", "Tell me"] {
        assert!(payload.contains(step), "{payload}");
    }
    let token = payload.split('\'').find(|part| part.starts_with("eyJ")).unwrap();
    server.stranger().with(token).get("/auth/me").is(200);
}
