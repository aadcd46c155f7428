//! The refusals of each page, by raw HTTP.

use serde_json::Value;

use crate::support::{Answer, SmallDisk, TestServer, Visitor, wait_for};

const SAME: &str = "Sec-Fetch-Site: same-origin\r\n";

/// Every form: its page, and fields that would do something.
const FORMS: [(&str, &[(&str, &str)]); 8] = [
    ("/tokens", &[("action", "create"), ("name", "x"), ("days", "7")]),
    ("/account", &[("action", "end-others")]),
    ("/admin/users", &[("action", "add"), ("email", "eve@example.com"), ("role", "admin")]),
    ("/admin/tokens", &[("action", "revoke"), ("id", "00000000-0000-4000-8000-000000000000")]),
    ("/install", &[]),
    ("/", &[]),
    ("/login", &[("email", "admin@example.com"), ("password", "correct horse battery")]),
    ("/setup", &[("setup_code", "x"), ("email", "eve@example.com"), ("password", "a quiet morning")]),
];

/// Asserts an error page: status, sentence, and the request id of the header.
#[track_caller]
fn is_page(answer: &Answer, status: u16, sentence: &str) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(text.contains(sentence) && text.contains(answer.header("x-request-id").unwrap()), "{text}");
    assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
}

#[test]
fn a_form_needs_the_token_that_its_page_has() {
    let server = TestServer::start();
    let mut admin = Visitor::admin(&server);
    let token = admin.form_token();
    for (page, fields) in FORMS {
        let sentence = "This form is out of date";
        is_page(&admin.post_raw(page, SAME, fields), 403, sentence);
        for wrong in ["", "x", &token[1..], &token.to_uppercase()] {
            let mut fields = fields.to_vec();
            fields.push(("form_token", wrong));
            is_page(&admin.post_raw(page, SAME, &fields), 403, sentence);
        }
    }
    admin.get("/tokens").is(200);
}

#[test]
fn a_form_of_another_origin_is_refused_even_with_the_token() {
    let server = TestServer::start();
    let mut admin = Visitor::admin(&server);
    let token = admin.form_token();
    let ours = format!("Origin: {}\r\n", server.url());
    for (page, fields) in FORMS {
        let mut fields = fields.to_vec();
        fields.push(("form_token", &token));
        for headers in [
            "Origin: null\r\n",
            "Origin: http://evil.example\r\n",
            "Sec-Fetch-Site: same-site\r\n",
            &format!("{ours}Sec-Fetch-Site: cross-site\r\n"),
            "Sec-Fetch-Site: none\r\n",
        ] {
            is_page(&admin.post_raw(page, headers, &fields), 403, "This request came from another site");
        }
    }
    // A browser that says no more than the origin is served, and one that says nothing is judged by its token.
    let mut fields = FORMS[0].1.to_vec();
    fields.push(("form_token", &token));
    for headers in [&ours, ""] {
        admin.post_raw("/tokens", headers, &fields).is(200);
    }
}

#[test]
fn a_form_that_names_no_action_of_its_page_is_refused() {
    let server = TestServer::start();
    let mut admin = Visitor::admin(&server);
    for page in ["/tokens", "/account", "/admin/users", "/admin/tokens"] {
        let id = ("id", "00000000-0000-4000-8000-000000000000");
        is_page(&admin.post(page, &[("action", "explode"), id]), 400, "This form does not belong to this page");
        is_page(&admin.post(page, &[id]), 422, "body.action: Field required");
    }
}

#[test]
fn things_of_others_and_of_nobody_are_told_alike() {
    let server = TestServer::start();
    let api = server.admin();
    let foreign = api.create_token("of the admin");
    api.add_user("bob@example.com", "analyst", "a quiet morning");
    let mut bob = Visitor::new(&server).signed_in("bob@example.com", "a quiet morning");
    for id in [foreign["id"].as_str().unwrap(), "00000000-0000-4000-8000-000000000000", "x", ""] {
        let refused = bob.post("/tokens", &[("action", "revoke"), ("id", id)]).is(404);
        assert!(refused.text().contains("Token not found"));
    }
    assert_eq!(api.get("/auth/tokens").json()[0]["revoked_at"], Value::Null);
}

#[test]
fn pages_of_admins_are_closed_to_others_as_pages() {
    let server = TestServer::start();
    server.admin().add_user("bob@example.com", "km_admin", "a quiet morning");
    let mut bob = Visitor::new(&server).signed_in("bob@example.com", "a quiet morning");
    for page in ["/admin/users", "/admin/tokens", "/admin/audit"] {
        let refused = bob.get(page);
        is_page(&refused, 403, "Requires role admin");
        // In the frame of every page: the way on is there, the pages of admins are not.
        assert!(refused.text().contains("Sign out") && refused.text().contains("href=\"/tokens\""));
        assert!(!refused.text().contains("href=\"/admin"));
    }
    is_page(&bob.post("/admin/users", FORMS[2].1), 403, "Requires role admin");
    is_page(&bob.get("/no/such/page"), 404, "Not Found");
    assert!(!bob.get("/tokens").is(200).text().contains("href=\"/admin"));
    assert_eq!(
        Visitor::new(&server).get("/no/such/page").is(302).header("location"),
        Some("/login?next=%2Fno%2Fsuch%2Fpage")
    );
}

#[test]
fn a_token_makes_no_tokens_on_the_pages_either() {
    let server = TestServer::start();
    let token = server.admin().with_new_token("ci");
    let mut visitor = Visitor::new(&server);
    visitor.get("/login").is(200);
    let bearer = format!("Authorization: Bearer {}\r\n{SAME}", token.bearer());
    let form_token = visitor.form_token();
    for (page, fields) in [FORMS[0], FORMS[1], FORMS[4]] {
        let mut fields = fields.to_vec();
        fields.push(("form_token", &form_token));
        is_page(&visitor.post_raw(page, &bearer, &fields), 403, "requires an interactive session");
    }
    assert_eq!(token.get("/auth/tokens").json().as_array().unwrap().len(), 1);
}

#[test]
fn refusals_on_a_form_have_the_status_of_the_api() {
    let server = TestServer::start();
    let mut admin = Visitor::admin(&server);
    let add: &[(&str, &str)] = &[("action", "add"), ("email", "admin@example.com"), ("role", "viewer")];
    for (page, fields, status, words) in [
        ("/admin/users", add, 409, "already"),
        ("/admin/users", &[("action", "add"), ("email", "not one"), ("role", "viewer")], 400, "mail"),
        ("/tokens", &[("action", "create"), ("name", ""), ("days", "7")], 400, "name"),
        (
            "/account",
            &[("action", "change-password"), ("current", "x"), ("password", "a"), ("again", "b")],
            400,
            "differ",
        ),
    ] {
        let answer = admin.post(page, fields).is(status);
        let text = answer.text();
        let alert = text.split("role=\"alert\">").nth(1).unwrap_or_else(|| panic!("{page}: {text}"));
        assert!(alert.split('<').next().unwrap().contains(words), "{alert}");
    }
    let mut stranger = Visitor::new(&server);
    stranger.get("/login").is(200);
    stranger.post("/login", &[("email", "admin@example.com"), ("password", "wrong")]).is(401);
    let throttled = wait_for("the throttle", || {
        let answer = stranger.post("/login", &[("email", "admin@example.com"), ("password", "wrong")]);
        (answer.status == 429).then_some(answer)
    });
    assert!(throttled.header("retry-after").is_some());
    assert!(throttled.text().contains("type=\"password\""), "the form is there for later");
}

#[test]
fn a_full_disk_is_told_as_a_page_with_its_request() {
    let disk = SmallDisk::mount("8m");
    let server = TestServer::with_admin().under(disk.enter()).data_in(disk.path()).start();
    let mut admin = Visitor::admin(&server);
    disk.fill();
    let create = [("action", "create"), ("name", "n"), ("days", "7")];
    let refused = wait_for("the disk to be full", || {
        let answer = admin.post("/tokens", &create);
        (answer.status != 200).then_some(answer)
    });
    is_page(&refused, 507, "disk is full or read-only; nothing was changed");
    // Reading goes on, and so does everything once there is space.
    admin.get("/tokens").is(200);
    disk.free();
    wait_for("the disk to be writable", || (admin.post("/tokens", &create).status == 200).then_some(()));
}

#[test]
fn assets_are_kept_for_good_and_pages_never() {
    let server = TestServer::start();
    let mut visitor = Visitor::new(&server);
    let page = visitor.get("/login").is(200);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let text = page.text();
    let assets: Vec<&str> = text.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert_eq!(assets.len(), 3, "{assets:?}");
    for path in assets {
        let asset = visitor.get(path).is(200);
        assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"));
        let stale = path.replacen('.', ".0", 1);
        assert_ne!(visitor.get(&stale).status, 200);
    }
}

#[test]
fn session_cookies_are_hidden_from_scripts_and_end_with_the_session() {
    let server = TestServer::start();
    let mut visitor = Visitor::new(&server);
    let form = visitor.get("/login").is(200);
    let flags = form.header("set-cookie").unwrap();
    assert!(
        flags.contains("; HttpOnly") && flags.contains("; SameSite=Strict") && flags.contains("; Path=/"),
        "{flags}"
    );
    let answer =
        visitor.post("/login", &[("email", "admin@example.com"), ("password", "correct horse battery")]).is(302);
    let flags = answer.header("set-cookie").unwrap();
    assert!(
        flags.contains("; HttpOnly") && flags.contains("; SameSite=Lax") && flags.contains("Max-Age=86400"),
        "{flags}"
    );
    let gone = visitor.post("/", &[]).is(302);
    assert!(gone.header("set-cookie").unwrap().contains("Max-Age=0"));
}

#[test]
fn the_sessions_cookie_has_the_name_that_the_operator_chose() {
    let server = TestServer::with_admin().env("DA_COOKIE_NAME", "acme-session").start();
    let mut visitor = Visitor::admin(&server);
    visitor.get("/tokens").is(200);
    let stranger = server.stranger();
    let bearer = server.admin().bearer().to_owned();
    stranger.send("GET", "/auth/me", &format!("Cookie: acme-session={bearer}\r\n"), "").is(200);
    stranger.send("GET", "/auth/me", &format!("Cookie: access_token={bearer}\r\n"), "").is(401);
    let gone = visitor.post("/", &[]).is(302);
    assert!(gone.header("set-cookie").unwrap().starts_with("acme-session=; "));

    let refused = server.on_host(["serve"]).env("DA_COOKIE_NAME", "a b").run().exits(2);
    assert!(refused.stderr.contains("`cookie_name` from DA_COOKIE_NAME is \"a b\", which is not a cookie name"));
}
