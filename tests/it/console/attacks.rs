//! What an attacker tries by raw HTTP: cookies, `next`, replays, races, accounts, secrets (S-10, S-14, S-32..S-35, S-59).

use std::fs;

use serde_json::json;

use crate::{
    races::at_once,
    support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, TestServer, Visitor},
};

const BOB: &str = "bob@example.com";
const PASSWORD: &str = "a quiet morning";
const SESSION: &str = "access_token";
const CREATE: [(&str, &str); 3] = [("action", "create"), ("name", "x"), ("days", "7")];

/// Returns the status that the API gives to a bearer.
fn me(server: &TestServer, bearer: &str) -> u16 {
    server.stranger().with(bearer).get("/auth/me").status
}

#[test]
fn a_sign_in_makes_a_new_session_and_ends_the_one_before() {
    let server = TestServer::start();
    server.admin().add_user(BOB, "analyst", PASSWORD);
    // An attacker's own session, planted in a victim's browser before the sign-in.
    let planted = Visitor::new(&server).signed_in(BOB, PASSWORD).cookie(SESSION).unwrap();
    let mut victim = Visitor::new(&server);
    victim.get("/login").is(200);
    victim.plant(SESSION, &planted);
    let first = victim.signed_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    let first_session = first.cookie(SESSION).unwrap();
    assert_ne!(first_session, planted);
    assert_eq!((me(&server, &planted), me(&server, &first_session)), (401, 200));

    let again = first.signed_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    assert_eq!((me(&server, &first_session), me(&server, &again.cookie(SESSION).unwrap())), (401, 200));
    // A wrong password ends nothing.
    let mut wrong = again.clone();
    wrong.post("/login", &[("email", ADMIN_EMAIL), ("password", "wrong")]).is(401);
    assert_eq!(me(&server, &again.cookie(SESSION).unwrap()), 200);
}

#[test]
fn a_token_in_the_sessions_cookie_may_no_more_than_a_token() {
    let server = TestServer::start();
    let token = server.admin().with_new_token("ci");
    let mut visitor = Visitor::new(&server);
    visitor.get("/login").is(200);
    visitor.plant(SESSION, token.bearer());
    visitor.get("/tokens").is(200);
    for (page, fields) in [("/tokens", &CREATE[..]), ("/install", &[]), ("/account", &[("action", "end-others")])] {
        assert!(visitor.post(page, fields).is(403).text().contains("requires an interactive session"), "{page}");
    }
    visitor.post("/", &[]).is(302);
    assert_eq!(me(&server, token.bearer()), 200, "signing out is no revocation");
    assert_eq!(token.get("/auth/tokens").json().as_array().unwrap().len(), 1);
}

#[test]
fn a_form_replayed_after_the_sign_out_does_nothing() {
    let server = TestServer::start();
    let mut admin = Visitor::admin(&server);
    let mut left_open = admin.clone();
    admin.post("/", &[]).is(302);
    for (page, fields) in [("/tokens", &CREATE[..]), ("/", &[])] {
        let refused = left_open.post(page, fields).is(401);
        assert!(refused.text().contains("href=\"/\">Sign in"), "{}", refused.text());
    }
    left_open.get("/tokens").is(302);
    assert_eq!(server.admin().get("/auth/tokens").json(), json!([]));
}

#[test]
fn cookies_and_ways_on_fit_https_and_a_path() {
    let server = TestServer::with_admin().arg("--public-url=https://id.example.org/da").start();
    let mut visitor = Visitor::new(&server);
    let page = visitor.get("/login?next=/tokens").is(200);
    assert!(page.text().contains("action=\"/da/login\"") && page.text().contains("href=\"/da/assets/style."));
    let form = page.header("set-cookie").unwrap();
    assert!(form.starts_with("__Host-da_form="), "{form}");
    for flag in ["; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/;"] {
        assert!(form.contains(flag), "{flag}: {form}");
    }
    // Under the name for http nothing is accepted: a neighbour in the domain may have set it.
    let mut forged = visitor.clone();
    forged.plant("__Host-da_form", "");
    forged.plant("da_form", &visitor.form_token());
    let login = [("email", ADMIN_EMAIL), ("password", ADMIN_PASSWORD), ("next", "/tokens")];
    forged.post("/login", &login).is(403);

    let entered = visitor.post("/login", &login).is(302);
    assert_eq!(entered.header("location"), Some("/da/tokens"));
    let session = entered.header("set-cookie").unwrap();
    for flag in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/;", "; Max-Age=86400"] {
        assert!(session.contains(flag), "{flag}: {session}");
    }
    let left = visitor.post("/", &[]).is(302);
    assert_eq!(left.header("location"), Some("/da/login"));
    assert!(left.header("set-cookie").unwrap().contains("; Secure"));
}

#[test]
fn next_leads_to_our_own_pages_and_splits_no_header() {
    let direct = TestServer::start();
    let prefixed = TestServer::with_admin().arg("--public-url=http://id.example.org/da").start();
    for (server, home) in [(&direct, "/"), (&prefixed, "/da/")] {
        for next in [
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\t/evil.example",
            "/\r\nSet-Cookie: a=b",
            "/x\r\n\r\n<script>",
            "\n//evil.example",
            " //evil.example",
            "@evil.example",
            ".evil.example",
            "",
        ] {
            let mut visitor = Visitor::new(server);
            visitor.get("/login").is(200);
            let login = [("email", ADMIN_EMAIL), ("password", ADMIN_PASSWORD), ("next", next)];
            let answer = visitor.post("/login", &login).is(302);
            assert_eq!(answer.header("location"), Some(home), "{next:?}");
            assert!(answer.header("set-cookie").unwrap().starts_with("access_token="), "{next:?}");
        }
    }
    // What an admin searched for comes back in the address, as text.
    let mut admin = Visitor::admin(&direct);
    let add = [("action", "add"), ("email", BOB), ("role", "viewer")];
    let answer = admin.post("/admin/users?q=%0d%0aSet-Cookie:%20a=b&q2=//evil", &add).is(302);
    assert!(answer.header("location").unwrap().starts_with("/admin/users?"), "{answer:?}");
    assert_eq!(answer.header("set-cookie"), None);
}

#[test]
fn the_sign_in_form_tells_accounts_apart_for_nobody() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let admin = server.admin();
    admin.add_user(BOB, "analyst", PASSWORD);
    let off = admin.add_user("off@example.com", "analyst", PASSWORD);
    admin.post_empty(&format!("/api/users/{}/deactivate", off["id"].as_str().unwrap())).is(200);
    admin.post("/api/users", &json!({ "email": "none@example.com", "role": "analyst" })).is(201);
    let outcome = |email: &str| {
        let mut visitor = Visitor::new(&server);
        visitor.get("/login").is(200);
        let answer = visitor.post("/login", &[("email", email), ("password", "wrong")]);
        let page = answer.text().replace(email, "EMAIL").replace(&visitor.form_token(), "TOKEN");
        let headers = answer.header_names().join(" ");
        (answer.status, headers, page)
    };
    let known = outcome(BOB);
    assert_eq!(known.0, 401);
    for email in ["nobody@example.com", "off@example.com", "none@example.com", "BOB@example.com"] {
        assert_eq!(outcome(email), known, "{email}");
    }
}

#[test]
fn a_setup_code_makes_one_admin_by_the_form_too() {
    let server = TestServer::empty().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let code = fs::read_to_string(server.data_dir().join("setup-code")).unwrap();
    let visitors: Vec<(String, Visitor)> = (0..4)
        .map(|n| {
            let mut visitor = Visitor::new(&server);
            visitor.get("/setup").is(200);
            (format!("admin{n}@example.com"), visitor)
        })
        .collect();
    let late = visitors[0].clone();
    let set_up = |(email, mut visitor): (String, Visitor)| {
        visitor.post("/setup", &[("setup_code", code.trim()), ("email", &email), ("password", PASSWORD)])
    };
    let mut statuses: Vec<u16> = at_once(visitors, set_up).iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [302, 403, 403, 403]);
    let refused = set_up(late);
    assert!(refused.is(403).text().contains("an admin exists"));
    assert_eq!(Visitor::new(&server).get("/setup").is(302).header("location"), Some("/login"));
}

#[test]
fn two_admins_who_demote_each_other_by_forms_leave_one() {
    let server = TestServer::start();
    let other = server.admin().add_user(BOB, "admin", PASSWORD)["id"].as_str().unwrap().to_owned();
    let me = server.admin().get("/auth/me").json()["id"].as_str().unwrap().to_owned();
    let pair = vec![(Visitor::admin(&server), other), (Visitor::new(&server).signed_in(BOB, PASSWORD), me)];
    let demote = |(mut visitor, id): (Visitor, String)| {
        visitor.post("/admin/users", &[("action", "set-role"), ("id", &id), ("role", "viewer")]).status
    };
    let mut statuses = at_once(pair, demote);
    statuses.sort_unstable();
    assert!(statuses[0] == 302 && matches!(statuses[1], 403 | 409), "{statuses:?}");
    let still = [(ADMIN_EMAIL, ADMIN_PASSWORD), (BOB, PASSWORD)]
        .map(|(email, password)| Visitor::new(&server).signed_in(email, password).get("/admin/users").status);
    assert!(matches!(still, [200, 403] | [403, 200]), "{still:?}");
}

#[test]
fn what_is_shown_once_is_in_no_address_log_or_audit_row() {
    let server = TestServer::with_admin().env("RUST_LOG", "trace").env("DA_RESET_HOURS", "1").start();
    let bob = server.admin().add_user(BOB, "analyst", PASSWORD)["id"].as_str().unwrap().to_owned();
    let mut admin = Visitor::admin(&server);
    let token = revealed(&admin.post("/tokens", &CREATE).is(200));
    let reset = admin.post("/admin/users", &[("action", "reset-password"), ("id", &bob)]).is(200);
    assert!(reset.text().contains("within 1 hour, with"), "{}", reset.text());
    let value = revealed(&reset);
    let payload = revealed(&admin.post("/install", &[]).is(200));
    let agents = payload.split("&#39;").find(|part| part.starts_with("eyJ")).unwrap().to_owned();
    let session = admin.cookie(SESSION).unwrap();
    for page in ["/", "/tokens", "/account", "/admin/users", "/admin/tokens", "/admin/audit", "/install"] {
        let shown = admin.get(page).is(200);
        assert_eq!(shown.header("cache-control"), Some("no-store"), "{page}");
        for secret in [&token, &value, &agents, &session] {
            assert!(!shown.text().contains(secret.as_str()), "{page}");
        }
    }
    server.wait_for_log("/install");
    let log = server.log();
    for secret in [&token, &value, &agents, &session, &admin.form_token()] {
        assert!(!log.contains(secret.as_str()), "{log}");
    }
}

/// Returns what a page shows once.
fn revealed(page: &Answer) -> String {
    let text = page.text();
    let start = text.find("<pre id=\"plain-token\"").unwrap_or_else(|| panic!("{text}"));
    let rest = &text[start..];
    rest[rest.find('>').unwrap() + 1..rest.find("</pre>").unwrap()].to_owned()
}

#[test]
fn huge_forms_and_deep_queries_are_refused_in_time() {
    let server = TestServer::start();
    let mut admin = Visitor::admin(&server);
    let long = "x".repeat(100_000);
    admin.post("/tokens", &[("action", "create"), ("name", &long), ("days", "7")]).is(413);
    let many: Vec<(&str, &str)> = std::iter::repeat_n(("a", "b"), 7_000).chain(CREATE).collect();
    admin.post("/tokens", &many).is(200);
    let deep = format!("/admin/users?q={}", "%5B".repeat(2_000));
    admin.get(&deep).is(200);
    let fields = "&q=a".repeat(1_500);
    admin.get(&format!("/admin/users?q=a{fields}")).is(422);
    admin.get("/tokens").is(200);
}
