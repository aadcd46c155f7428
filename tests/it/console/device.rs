//! `/device` and `/authorize`: what a person sees before they let a device or a program in (RFC 8628, RFC 8252).

use serde_json::{Value, json};

use super::sign_in;
use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Browser, Options, TestServer, Visitor};

/// Returns the path of a request that a program on this machine could make.
pub(super) fn authorize_path() -> String {
    format!(
        "/authorize?response_type=code&client_id=da-cli&redirect_uri=http%3A%2F%2F127.0.0.1%3A8399%2Fcallback\
         &code_challenge={}&code_challenge_method=S256&state=a-state&device_label=laptop%20(linux)",
        "A".repeat(43)
    )
}

fn start(server: &TestServer, request: &Value) -> Value {
    server.stranger().post("/auth/device", request).is(200).json()
}

fn poll(server: &TestServer, started: &Value) -> Value {
    server.stranger().post("/auth/device/token", &json!({ "device_code": started["device_code"] })).json()
}

/// Returns what the page says of a device.
fn told(browser: &Browser, term: &str) -> String {
    browser.text(&format!("//dt[normalize-space()='{term}']/following-sibling::dd[1]"))
}

#[test]
fn a_stranger_signs_in_first_and_keeps_the_code() {
    let server = TestServer::start();
    // Everything works without a script.
    let browser = Options::default().without_javascript().start();
    let started = start(&server, &json!({ "client_name": "da", "device_label": "laptop (linux)" }));
    let user_code = started["user_code"].as_str().unwrap();
    browser.open(started["verification_uri_complete"].as_str().unwrap());
    browser.text("//h1[.='Sign in']");
    browser.fill("E-mail", ADMIN_EMAIL);
    browser.fill("Password", "wrong");
    browser.click("//button[normalize-space()='Sign in']");
    assert!(browser.text("//*[@role='alert']").contains("Invalid"));
    browser.fill("E-mail", ADMIN_EMAIL);
    browser.fill("Password", ADMIN_PASSWORD);
    browser.click("//button[normalize-space()='Sign in']");
    browser.text("//h1[.='Let this device act as you?']");
    assert_eq!(told(&browser, "In the name of"), ADMIN_EMAIL);
    assert_eq!(told(&browser, "Gets"), "a session, for 30 days at most; you can end it on your account page");
    assert_eq!((told(&browser, "Program"), told(&browser, "Device")), ("da".to_owned(), "laptop (linux)".to_owned()));
    assert_eq!(told(&browser, "Code"), format!("{user_code} - the device must show the same"));
    assert_eq!(told(&browser, "Asked from"), "127.0.0.1, where you are");
    assert!(browser.page().contains("Approve only what you started yourself, just now."));
    // Looking has decided nothing.
    assert_eq!(poll(&server, &started)["error"], "authorization_pending");
    browser.click("//button[normalize-space()='Approve']");
    assert!(browser.text("//*[@role='status']").contains("Approved: the device laptop (linux)"));
    assert_eq!(poll(&server, &started)["email"], ADMIN_EMAIL);
}

#[test]
fn the_code_is_typed_and_a_wrong_one_is_told_without_a_difference() {
    let server = TestServer::start();
    let browser = Browser::start();
    browser.open(&format!("{}/account", server.url()));
    sign_in(&browser, ADMIN_EMAIL, ADMIN_PASSWORD);
    browser.follow("Let it sign in");
    browser.fill("Code", "aaaa aaaa");
    browser.press("Continue");
    assert_eq!(browser.text("//*[@role='alert']"), "This code is unknown, was used, or has expired");

    let token = json!({ "client_name": "da", "want": "token", "token_name": "build agent", "expires_in_days": null });
    let started = start(&server, &token);
    let typed = started["user_code"].as_str().unwrap().to_lowercase().replace('-', " ");
    browser.fill("Code", &typed);
    browser.press("Continue");
    let gets = "a token without an end, named build agent; you can revoke it on your tokens page";
    assert_eq!(told(&browser, "Gets"), gets);
    assert_eq!(told(&browser, "Device"), "without a name");
    browser.press("Deny");
    assert_eq!(browser.text("//*[@role='status']"), "Denied: the device gets nothing.");
    assert_eq!(poll(&server, &started)["error"], "access_denied");
    browser.open(&format!("{}/device?user_code={}", server.url(), started["user_code"].as_str().unwrap()));
    assert_eq!(browser.text("//*[@role='alert']"), "This code is unknown, was used, or has expired");
}

#[test]
fn a_request_from_elsewhere_says_so() {
    let server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1/32").start();
    let headers = "Content-Type: application/json\r\nX-Forwarded-For: 203.0.113.9\r\n";
    let body = json!({ "client_name": "da", "want": "token", "expires_in_days": 7 }).to_string();
    let started = server.stranger().send("POST", "/auth/device", headers, body).is(200).json();
    let mut visitor = Visitor::admin(&server);
    let page = visitor.get(&format!("/device?user_code={}", started["user_code"].as_str().unwrap())).is(200).text();
    assert!(page.contains("<strong>203.0.113.9</strong>, not where you are (127.0.0.1)"), "{page}");
    assert!(page.contains("named da, for 7 days"), "{page}");
}

#[test]
fn hostile_names_are_text_and_cut() {
    let server = TestServer::start();
    let hostile = "<script>window.pwned=1</script>\u{0}\u{202e}\u{1b}[31m'\"";
    let started = start(
        &server,
        &json!({
            "client_name": format!("{hostile}{}", "x".repeat(10_000)),
            "device_label": format!("{hostile}{}", "y".repeat(10_000)),
            "device_fingerprint": "z".repeat(10_000),
        }),
    );
    let browser = Browser::start();
    browser.open(started["verification_uri_complete"].as_str().unwrap());
    sign_in(&browser, ADMIN_EMAIL, ADMIN_PASSWORD);
    let (program, device) = (told(&browser, "Program"), told(&browser, "Device"));
    assert_eq!((program.chars().count(), device.chars().count()), (100, 256));
    for text in [&program, &device] {
        assert!(text.starts_with("<script>window.pwned=1</script>\u{fffd}\u{fffd}\u{fffd}[31m'\""), "{text}");
    }
    let live = "return [document.querySelectorAll('main script').length, window.pwned ?? null]";
    assert_eq!(browser.run(live), json!([0, null]));
    browser.press("Approve");
    assert!(browser.text("//*[@role='status']").contains("Approved"));
    assert_eq!(browser.run(live), json!([0, null]));
    poll(&server, &started)["access_token"].as_str().unwrap();
}

#[test]
fn a_form_that_is_not_ours_decides_nothing() {
    let server = TestServer::start();
    let started = start(&server, &json!({ "client_name": "da" }));
    let user_code = started["user_code"].as_str().unwrap();
    let mut visitor = Visitor::admin(&server);
    let (token, fields) = (visitor.form_token(), [("user_code", user_code), ("action", "approve")]);
    visitor.post_raw("/device", "", &fields).is(403);
    let with_token = [fields[0], fields[1], ("form_token", &token)];
    visitor.post_raw("/device", "Sec-Fetch-Site: cross-site\r\n", &with_token).is(403);
    visitor.post_raw("/device", "Origin: https://evil.example\r\n", &with_token).is(403);
    visitor.post("/device", &[("user_code", user_code), ("action", "else")]).is(400);
    // No address approves by itself.
    visitor.get(&format!("/device?user_code={user_code}&action=approve&form_token={token}")).is(200);
    let pat = server.admin().with_new_token("a job");
    visitor.plant("access_token", pat.bearer());
    visitor.post("/device", &fields).is(403);
    assert_eq!(poll(&server, &started)["error"], "authorization_pending");
}

#[test]
fn guessing_on_the_page_is_stopped_too() {
    let server = TestServer::start();
    let mut visitor = Visitor::admin(&server);
    let started = start(&server, &json!({ "client_name": "da" }));
    let user_code = started["user_code"].as_str().unwrap();
    for _ in 0..5 {
        visitor.get("/device?user_code=AAAA-AAAA").is(404);
        visitor.post("/device", &[("user_code", "AAAA-AAAA"), ("action", "approve")]).is(404);
    }
    let stopped = visitor.get(&format!("/device?user_code={user_code}")).is(429);
    assert!(stopped.text().contains("Too many attempts") && stopped.header("retry-after").is_some());
    visitor.post("/device", &[("user_code", user_code), ("action", "approve")]).is(429);
    server
        .admin()
        .post("/auth/device/approve", &json!({ "user_code": user_code }))
        .refused_as(429, "too_many_attempts");
}
