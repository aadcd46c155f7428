//! What others write, and what other sites try (S-32, S-34).

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use serde_json::json;

use super::open_as_admin;
use crate::support::{Browser, TestServer};

const HOSTILE: &str = r#"<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'"&amp;${1}{{7*7}}"#;

#[test]
fn hostile_names_are_text_on_every_page() {
    let server = TestServer::start();
    let admin = server.admin();
    let me = admin.get("/auth/me").json();
    let id = me["id"].as_str().or(me["user_id"].as_str()).unwrap();
    admin.patch(&format!("/api/users/{id}"), &json!({ "name": HOSTILE })).is(200);
    admin.create_token(HOSTILE);
    let login = json!({ "email": crate::support::ADMIN_EMAIL, "password": crate::support::ADMIN_PASSWORD });
    let headers = format!("Content-Type: application/json\r\nUser-Agent: {HOSTILE}\r\n");
    server.stranger().send("POST", "/auth/token", &headers, login.to_string()).is(200);

    let browser = Browser::start();
    open_as_admin(&browser, &server, "/");
    let hostile_query = "%3Cscript%3Ewindow.pwned=1%3C/script%3E%22%3E%3Cimg%20src=x%3E";
    for page in [
        "/",
        "/tokens",
        "/account",
        "/admin/users",
        "/admin/tokens",
        "/admin/audit",
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
    for page in ["/", "/tokens", "/account", "/admin/users", "/admin/tokens"] {
        browser.open(&format!("{}{page}", server.url()));
        assert!(browser.run("return document.body.innerHTML").as_str().unwrap().contains("&lt;img src=x"), "{page}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new(), "no script was even tried");
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
