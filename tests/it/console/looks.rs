//! What the pages look like, and to whom: accessibility, valid HTML, weight, narrow and wide, light and dark, by keyboard.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use super::{device::authorize_path, open_as_admin, sign_in};
use crate::{
    architecture::root,
    support::{ADMIN_EMAIL, ADMIN_PASSWORD, Browser, Run, TestServer, Visitor},
};

/// Where to put a picture of every page, to be looked at; the README shows two of them.
const PICTURES: &str = "DA_SCREENSHOTS";

/// The pages of somebody signed in, with names for their pictures.
const PAGES: [(&str, &str); 11] = [
    ("home", "/"),
    ("tokens", "/tokens"),
    ("account", "/account"),
    ("device", "/device"),
    ("users", "/admin/users"),
    ("all-tokens", "/admin/tokens"),
    ("sessions", "/admin/sessions?user=admin@example.com&state=any"),
    ("audit", "/admin/audit"),
    ("install", "/install"),
    ("not-found", "/no/such/page"),
    ("login", "/login"),
];

/// Returns a server with something to show.
fn furnished() -> TestServer {
    let server = TestServer::start();
    let admin = server.admin();
    for (name, days) in [("laptop", json!(365)), ("nightly report", json!(7)), ("build agent", json!(null))] {
        admin.post("/auth/tokens", &json!({ "name": name, "expires_in_days": days })).is(201);
    }
    let old = admin.create_token("old phone");
    admin.delete(&format!("/auth/tokens/{}", old["id"].as_str().unwrap())).is(204);
    admin.with_new_token("deploy").get("/auth/me").is(200);
    for (email, role) in
        [("ann@example.com", "km_admin"), ("bob@example.com", "analyst"), ("cleo@example.com", "viewer")]
    {
        admin.add_user(email, role, "a quiet morning");
    }
    let id = admin.get("/api/users").json()[2]["id"].as_str().unwrap().to_owned();
    admin.post_empty(&format!("/api/users/{id}/deactivate")).is(200);
    server
}

/// Judges the page that is shown, narrow and wide, light and dark.
fn judge(browser: &Browser, name: &str) {
    for (width, scheme) in [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")] {
        browser.look(width, scheme);
        if let Some(directory) = env::var_os(PICTURES) {
            let picture = PathBuf::from(directory).join(format!("{name}-{width}-{scheme}.png"));
            let height = browser.run("return document.documentElement.scrollHeight").as_u64().unwrap();
            fs::write(picture, browser.screenshot(width, u32::try_from(height.min(540)).unwrap())).unwrap();
        }
        let overflow = browser.run("return document.scrollingElement.scrollWidth - innerWidth");
        assert!(overflow.as_i64().unwrap() <= 0, "{name} is {overflow} pixels wider than {width}");
        let faults = axe(browser);
        assert!(faults.is_empty(), "{name}, {width} pixels, {scheme}: {faults:#?}");
    }
}

/// Returns every violation that axe-core finds on the page.
fn axe(browser: &Browser) -> Vec<Value> {
    let source = fs::read_to_string(checkers().join("axe-core/axe.min.js")).unwrap();
    let script = format!(
        "{source};\nconst done = arguments[arguments.length - 1]; \
         axe.run(document, {{ resultTypes: ['violations'] }}).then(result => done(result.violations.map(fault => \
         [fault.id, fault.help, fault.nodes.map(node => node.html)])), error => done([String(error)]))"
    );
    browser.run_async(&script).as_array().unwrap().clone()
}

/// Returns where `.ci/test` installs the checkers of pages.
fn checkers() -> PathBuf {
    let path = root().join("target/pages/node_modules");
    assert!(path.is_dir(), "`bash .ci/test` installs the checkers of pages into {}", path.display());
    path
}

#[test]
fn every_page_is_accessible_and_fits_narrow_and_wide_light_and_dark() {
    let server = furnished();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/");
    for (name, path) in PAGES {
        browser.open(&format!("{}{path}", server.url()));
        judge(&browser, name);
    }
    browser.open(&format!("{}/admin/users", server.url()));
    browser.unfold("", "Add a user");
    judge(&browser, "users-unfolded");
    browser.follow("Change bob@example.com");
    judge(&browser, "user");
    browser.open(&format!("{}/tokens", server.url()));
    browser.fill("Name", "agent");
    browser.press("Create");
    judge(&browser, "tokens-revealed");
    browser.open(&format!("{}/install", server.url()));
    browser.press("Create a set-up for an agent");
    judge(&browser, "install-payload");
    browser.open(&format!("{}/admin/users", server.url()));
    browser.follow("Change cleo@example.com");
    browser.press("Create a one-time reset value");
    judge(&browser, "user-revealed");
    let started = json!({ "client_name": "da", "device_label": "build-agent (linux)", "want": "token" });
    let started = server.stranger().post("/auth/device", &started).is(200).json();
    browser.open(started["verification_uri_complete"].as_str().unwrap());
    judge(&browser, "device-decision");
    browser.press("Approve");
    judge(&browser, "device-approved");
    browser.open(&format!("{}{}", server.url(), authorize_path()));
    judge(&browser, "authorize");
    let complaints: Vec<String> =
        browser.complaints().into_iter().filter(|line| !line.contains("/no/such/page")).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn the_pages_of_a_stranger_and_of_a_newcomer_are_accessible() {
    let server = TestServer::empty().start();
    let browser = Browser::start();
    for (name, path) in [("setup", "/setup"), ("login-empty", "/login")] {
        browser.open(&format!("{}{path}", server.url()));
        judge(&browser, name);
    }

    let server = TestServer::start();
    for (name, path) in [("stranger-login", "/login"), ("stranger-install", "/install")] {
        browser.open(&format!("{}{path}", server.url()));
        judge(&browser, name);
    }
    browser.open(&format!("{}/login", server.url()));
    sign_in(&browser, "nobody@example.com", "wrong");
    judge(&browser, "login-refused");

    open_as_admin(&browser, &server, "/tokens");
    judge(&browser, "tokens-empty");
    browser.open(&server.url());
    judge(&browser, "home-empty");
    server.admin().add_user("cleo@example.com", "viewer", "a quiet morning");
    browser.press("Sign out");
    sign_in(&browser, "cleo@example.com", "a quiet morning");
    browser.open(&format!("{}/admin/users", server.url()));
    assert!(browser.page().contains("Requires role admin"));
    judge(&browser, "forbidden");
}

#[test]
fn every_page_is_valid_and_light() {
    let server = furnished();
    let pages = tempfile::tempdir().unwrap();
    let mut admin = Visitor::admin(&server);
    let mut stranger = Visitor::new(&server);
    let mut bodies: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, path) in PAGES {
        bodies.push((name.to_owned(), admin.get(path).body));
        bodies.push((format!("stranger-{name}"), stranger.get(path).body));
    }
    bodies.push(("setup".to_owned(), Visitor::new(&TestServer::empty().start()).get("/setup").is(200).body));
    let create = [("action", "create"), ("name", "x"), ("days", "7")];
    bodies.push(("revealed".to_owned(), admin.post("/tokens", &create).is(200).body));
    bodies.push(("payload".to_owned(), admin.post("/install", &[]).is(200).body));
    bodies.push(("refused".to_owned(), admin.post("/account", &[("action", "change-password")]).is(400).body));
    let started = server.stranger().post("/auth/device", &json!({ "client_name": "da" })).is(200).json();
    let user_code = started["user_code"].as_str().unwrap();
    bodies.push(("device-decision".to_owned(), admin.get(&format!("/device?user_code={user_code}")).is(200).body));
    bodies.push(("device-unknown".to_owned(), admin.get("/device?user_code=x").is(404).body));
    let deny = [("user_code", user_code), ("action", "deny")];
    bodies.push(("device-denied".to_owned(), admin.post("/device", &deny).is(200).body));
    bodies.push(("authorize".to_owned(), admin.get(&authorize_path()).is(200).body));
    bodies.retain(|(_, body)| !body.is_empty());

    let assets = assets_of(&mut stranger);
    for (name, body) in &bodies {
        assert!(body.len() + assets < 60_000, "{name}: {} + {assets} bytes", body.len());
        fs::write(pages.path().join(format!("{name}.html")), body).unwrap();
    }
    validate(pages.path());
}

/// Returns the bytes of the assets that every page loads.
pub(crate) fn assets_of(visitor: &mut Visitor) -> usize {
    let page = visitor.get("/install").is(200).text();
    let paths = page.split('"').filter(|part| part.starts_with("/assets/"));
    paths.map(|path| visitor.get(path).is(200).body.len()).sum()
}

/// Asserts that every page in a directory is valid HTML.
fn validate(pages: &Path) {
    // Trailing spaces and the length of a title are matters of taste.
    let rules = json!({
        "root": true,
        "extends": ["html-validate:standard"],
        "rules": { "no-trailing-whitespace": "off", "long-title": "off" },
    });
    fs::write(pages.join(".htmlvalidate.json"), rules.to_string()).unwrap();
    let mut command = Command::new("node");
    command
        .arg(checkers().join("html-validate/bin/html-validate.mjs"))
        .args(["--formatter=text", "."])
        .current_dir(pages);
    let run = Run::of(&mut command, b"");
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
}

#[test]
fn the_keyboard_reaches_everything_and_may_skip_the_navigation() {
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    let server = TestServer::start();
    let browser = Browser::start();
    browser.open(&format!("{}/login", server.url()));
    assert_eq!(browser.run("return document.activeElement.id"), "email", "typing can begin at once");
    browser.fill("E-mail", ADMIN_EMAIL);
    browser.fill("Password", ADMIN_PASSWORD);
    assert_eq!(browser.key(TAB), "Sign in");
    browser.press("Sign in");

    browser.open(&format!("{}/tokens", server.url()));
    assert_eq!(browser.key(TAB), "Skip to content");
    assert_eq!(browser.key(TAB), "Home");
    browser.open(&format!("{}/tokens", server.url()));
    browser.key(TAB);
    browser.key(ENTER);
    assert_eq!(browser.key(TAB), "name", "what comes after the skip is the form");
    assert_eq!(browser.key(TAB), "days");
    assert_eq!(browser.key(TAB), "Create");
}
