//! What others write, and what other sites try (S-32, S-34).

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use serde_json::json;

use super::{open_as_admin, sign_in};
use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Browser, Options, TestServer, wait_for};

const HOSTILE: &str = r#"<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'"&amp;${1}{{7*7}}"#;

#[test]
fn hostile_names_are_text_on_every_page() {
    let server = TestServer::start();
    let admin = server.admin();
    let me = admin.get("/auth/me").json();
    let id = me["id"].as_str().or(me["user_id"].as_str()).unwrap();
    admin.patch(&format!("/api/users/{id}"), &json!({ "name": HOSTILE })).is(200);
    admin.create_token(HOSTILE);
    let login = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD });
    let headers = format!("Content-Type: application/json\r\nUser-Agent: {HOSTILE}\r\n");
    server.stranger().send("POST", "/auth/token", &headers, login.to_string()).is(200);
    let labelled = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD, "device_label": HOSTILE });
    server.stranger().post("/auth/token", &labelled).is(200);

    let browser = Browser::start();
    open_as_admin(&browser, &server, "/");
    let hostile_query = "%3Cscript%3Ewindow.pwned=1%3C/script%3E%22%3E%3Cimg%20src=x%3E";
    for page in [
        "/",
        "/tokens",
        "/account",
        "/admin/users",
        &format!("/admin/users?id={id}"),
        "/admin/tokens",
        "/admin/audit",
        &format!("/admin/users?id={hostile_query}&q={hostile_query}"),
        &format!("/admin/users?q={hostile_query}"),
        &format!("/admin/tokens?user={hostile_query}&status={hostile_query}"),
        &format!("/admin/audit?actor={hostile_query}&resource={hostile_query}&since={hostile_query}"),
        &format!("/login?next={hostile_query}"),
    ] {
        browser.open(&format!("{}{page}", server.url()));
        browser.text("//h1");
        let live = "return [document.querySelectorAll('main img, main script').length, window.pwned ?? null]";
        assert_eq!(browser.run(live), json!([0, null]), "{page}");
    }
    let mine = format!("/admin/users?id={id}");
    for page in ["/", "/tokens", "/account", "/admin/users", &mine, "/admin/tokens", "/admin/audit"] {
        browser.open(&format!("{}{page}", server.url()));
        assert!(browser.run("return document.body.innerHTML").as_str().unwrap().contains("&lt;img src=x"), "{page}");
    }
    // The one page that is not there is no script.
    let complaints: Vec<String> =
        browser.complaints().into_iter().filter(|line| !line.contains("status of 404")).collect();
    assert_eq!(complaints, Vec::<String>::new(), "no script was even tried");
}

#[test]
fn forms_of_another_origin_are_refused_with_the_cookies_present() {
    let server = TestServer::start();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/tokens");
    // Another port of the same host: another origin on the same site, whose requests carry every cookie.
    let evil = serve(evil_page(&server.url()));
    for form in ["tokens", "account", "users", "admin-tokens", "install", "sign-out", "login", "setup"] {
        browser.open(&evil);
        browser.press(form);
        assert_eq!(browser.text("//h1"), "Forbidden", "{form}");
        assert!(browser.page().contains("came from another site"), "{form}: {}", browser.page());
    }
    browser.open(&format!("{}/tokens", server.url()));
    assert!(browser.text("//main").contains("None yet"), "nothing was made, and the session is alive");
    assert_eq!(server.admin().get("/api/users").json().as_array().unwrap().len(), 1);
}

#[test]
fn forms_of_another_site_are_refused_and_come_without_the_session() {
    let server = TestServer::start();
    let browser = Options::default().resolving("evil.test").start();
    open_as_admin(&browser, &server, "/tokens");
    let evil = serve(evil_page(&server.url())).replace("127.0.0.1", "evil.test");
    for (form, title) in [
        ("tokens", "Unauthorized"),
        ("account", "Unauthorized"),
        ("users", "Unauthorized"),
        ("sign-out", "Unauthorized"),
        ("login", "Forbidden"),
        ("setup", "Forbidden"),
    ] {
        browser.open(&evil);
        browser.press(form);
        assert_eq!(browser.text("//h1"), title, "{form}");
    }
    browser.open(&format!("{}/tokens", server.url()));
    assert!(browser.text("//main").contains("None yet"), "nothing was made, and the session is alive");
    assert_eq!(server.admin().get("/api/users").json().as_array().unwrap().len(), 1);
}

#[test]
fn no_other_page_frames_ours() {
    let server = TestServer::start();
    let browser = Browser::start();
    open_as_admin(&browser, &server, "/tokens");
    browser.open(&serve(format!("<!DOCTYPE html><title>evil</title><iframe src='{}/tokens'></iframe>", server.url())));
    let complaints = wait_for("the browser to refuse the frame", || {
        Some(browser.complaints().concat()).filter(|complaints| complaints.contains(&server.url()))
    });
    assert!(complaints.contains("frame-ancestors 'none'"), "{complaints}");
}

#[test]
fn no_next_leads_a_browser_away() {
    let server = TestServer::start();
    let browser = Browser::start();
    for next in [
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%2F%09%2Fevil.example",
        "%2F%0D%0A%2Fevil.example",
        "https%3A%2F%2Fevil.example",
        "javascript:document.title%3D'evil'",
    ] {
        browser.open(&format!("{}/login?next={next}", server.url()));
        sign_in(&browser, ADMIN_EMAIL, ADMIN_PASSWORD);
        assert_eq!(browser.run("return location.href"), format!("{}/", server.url()), "{next}");
        assert!(browser.text("//h1").contains("Welcome"), "{next}");
        browser.press("Sign out");
    }
    // These stay on our host, whatever they look like.
    for next in ["/..//evil.example", "/.//evil.example", "/tokens/..%2F%2Fevil.example", "/@evil.example"] {
        browser.open(&format!("{}/login?next={next}", server.url()));
        sign_in(&browser, ADMIN_EMAIL, ADMIN_PASSWORD);
        assert_eq!(browser.run("return location.origin"), server.url(), "{next}");
        browser.open(&server.url());
        browser.press("Sign out");
    }
}

/// Returns a page with every form of ours, filled in with what an attacker can know.
fn evil_page(target: &str) -> String {
    let forms = [
        ("tokens", "/tokens", "action=create&name=x&days=7"),
        ("account", "/account", "action=end-others"),
        ("users", "/admin/users", "action=add&email=eve@example.com&role=admin&password=a+quiet+morning&name="),
        ("admin-tokens", "/admin/tokens", "action=revoke&id=1"),
        ("install", "/install", ""),
        ("sign-out", "/", ""),
        ("login", "/login", "email=eve@example.com&password=x"),
        ("setup", "/setup", "setup_code=x&email=eve@example.com&password=x"),
    ];
    let forms = forms.map(|(name, path, fields)| {
        let fields = fields.split('&').filter_map(|field| field.split_once('='));
        let inputs: String = fields.map(|(k, v)| format!("<input type=hidden name='{k}' value='{v}'>")).collect();
        format!("<form method=post action='{target}{path}'>{inputs}<button>{name}</button></form>")
    });
    format!("<!DOCTYPE html><title>evil</title>{}", forms.concat())
}

/// Serves one page on a port of its own, as long as the test runs; returns its address.
fn serve(page: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (page, mut request) = (page.clone(), [0; 4096]);
            // A browser opens connections ahead and says nothing on them.
            thread::spawn(move || {
                if let Ok(1..) = stream.read(&mut request) {
                    let length = page.len();
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n");
                    drop(write!(stream, "{head}Connection: close\r\n\r\n{page}"));
                }
            });
        }
    });
    format!("http://{address}/")
}
