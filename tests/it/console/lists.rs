//! Long lists: every row on one page and on one only, every page light, filters that hold from page to page (S-44).

use serde_json::json;

use super::looks::assets_of;
use crate::support::{TestServer, Visitor};

/// More than two pages.
const MANY: usize = 101;

fn name(n: usize) -> String {
    format!("nightly report {n:03}")
}

fn email(n: usize) -> String {
    format!("user{n:03}@example.com")
}

/// Returns a server with long lists, and its admin.
fn crowded() -> (TestServer, Visitor) {
    let server = TestServer::start();
    let admin = server.admin();
    for n in 0..MANY {
        admin.create_token(&name(n));
        admin.post("/api/users", &json!({ "email": email(n), "role": "viewer" })).is(201);
    }
    let visitor = Visitor::admin(&server);
    (server, visitor)
}

/// Reads a list from page to page by the link that leads on; returns the pages.
fn pages(visitor: &mut Visitor, start: &str, link: &str) -> Vec<String> {
    let assets = assets_of(visitor);
    let (mut pages, mut next) = (Vec::new(), Some(start.to_owned()));
    while let Some(path) = next {
        let page = visitor.get(&path).is(200).text();
        assert!(page.len() + assets < 60_000, "{path}: {} + {assets} bytes", page.len());
        next = page.split("<a href=\"").find_map(|part| {
            let (href, rest) = part.split_once("\">")?;
            rest.starts_with(&format!("{link}</a>")).then(|| href.replace("&amp;", "&").replace("&#38;", "&"))
        });
        pages.push(page);
        assert!(pages.len() < 20, "{path}");
    }
    pages
}

/// Asserts that each of the many is on exactly one page.
#[track_caller]
fn each_once(pages: &[String], heading: impl Fn(usize) -> String) {
    for n in 0..MANY {
        let heading = heading(n);
        let on = pages.iter().filter(|page| page.contains(&heading)).count();
        assert_eq!(on, 1, "{heading}");
    }
}

#[test]
fn long_lists_are_read_page_by_page_and_no_page_is_heavy() {
    let (_server, mut admin) = crowded();
    let own = pages(&mut admin, "/tokens", "Older tokens");
    each_once(&own, |n| format!("<h3>{} ", name(n)));
    let users = pages(&mut admin, "/admin/users", "Next page");
    each_once(&users, |n| format!("<h2>{} ", email(n)));
    let all = pages(&mut admin, "/admin/tokens", "Next page");
    each_once(&all, |n| format!("<td>{}</td>", name(n)));
    let audit = pages(&mut admin, "/admin/audit?action=user.create", "Older rows");
    each_once(&audit, |n| format!("{}&#34;", email(n)));
    assert_eq!((own.len(), users.len(), all.len(), audit.len()), (3, 3, 3, 3));

    // A search goes on with the pages too, and what is not there is on none.
    let found = pages(&mut admin, "/admin/users?q=USER", "Next page");
    each_once(&found, |n| format!("<h2>{} ", email(n)));
    assert!(!found.concat().contains("<h2>admin@example.com"));
    let none = pages(&mut admin, "/admin/users?q=nobody", "Next page");
    assert!(none[0].contains("Nobody matches"));
    let revoked = pages(&mut admin, "/admin/tokens?status=revoked", "Next page");
    assert!(revoked[0].contains("No token matches") && revoked[0].contains(&format!("{MANY} active")));

    // Who revokes on a later page comes back to it.
    let second = own[0].split("href=\"").find(|part| part.starts_with("/tokens?after=")).unwrap();
    let second = second.split('"').next().unwrap().to_owned();
    let id = own[1].split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let back = admin.post(&second, &[("action", "revoke"), ("id", &id)]).is(302);
    assert_eq!(back.header("location"), Some(second.as_str()));
    assert!(admin.get(&second).text().contains("pill revoked"));
}

#[test]
fn many_sessions_are_read_page_by_page_too() {
    let server = TestServer::start();
    let mut admin = Visitor::admin(&server);
    // As if the same browser had signed in again and again.
    let columns = "user_id, token_hash, token_expires_at, user_agent, created_at, last_active_at, expires_at";
    server.change_store(
        &format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
             INSERT INTO auth_sessions (id, device_label, {columns}) \
             SELECT randomblob(16), printf('laptop %03d', i - 1), {columns} FROM auth_sessions, n"
        ),
        [i64::try_from(MANY).unwrap()],
    );
    server.change_store(
        "UPDATE auth_sessions SET family_id = id, user_agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, \
         like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0'",
        [],
    );
    let sessions = pages(&mut admin, "/admin/sessions?user=admin@example.com", "Next page");
    each_once(&sessions, |n| format!(">laptop {n:03}</td>"));
    assert_eq!(sessions.len(), 3);
}

#[test]
fn the_audit_log_is_narrowed_by_time_and_by_all_else_at_once() {
    let server = TestServer::start();
    server.admin().create_token("ci");
    let mut admin = Visitor::admin(&server);
    let page = admin.get("/admin/audit").is(200).text();
    let today = page.split("datetime=\"").nth(1).unwrap()[..10].to_owned();
    let mut rows = |query: &str| admin.get(&format!("/admin/audit?{query}")).is(200).text().matches("<tr><td>").count();
    let all = rows("");
    assert!(all >= 4, "{all}");
    assert_eq!(rows(&format!("since={today}")), all);
    assert_eq!(rows(&format!("since={today}&until=2200-01-01")), all);
    assert_eq!(rows(&format!("until={today}")), 0);
    assert_eq!(rows("since=2200-01-01"), 0);
    assert_eq!(rows("since=yesterday"), all, "a day that is none narrows nothing");
    let narrow = format!("since={today}&actor=admin@example.com&action=token.create");
    assert_eq!(rows(&narrow), 1);
    assert_eq!(rows(&format!("{narrow}&resource=user:x")), 0);
    assert_eq!(rows("actor=nobody@example.com"), 0);
    assert_eq!(rows("before=1"), 0);
}
