//! Every list of the API and of the command line is paged and bounded: D-38, issue 11 item 2.

use std::collections::BTreeSet;

use da::{
    api::{Access, Method},
    server::{router::table, url_map::RouteInfo},
};
use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, Answer, Api, Operator, TestServer};

/// Adds tokens of a user behind the server's back: `old-1` is the oldest.
pub(crate) fn add_tokens(server: &TestServer, email: &str, count: u32) {
    server.change_store(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)
         INSERT INTO personal_access_tokens (id, user_id, name, token_hash, created_at)
         SELECT randomblob(16), (SELECT id FROM users WHERE email = ?1), 'old-' || n, zeroblob(32), 1 FROM numbers",
        (email, count),
    );
}

/// The lists that are open to a signed-in admin.
fn lists() -> Vec<RouteInfo> {
    table().into_iter().filter(|line| line.list && line.access != Access::Host).collect()
}

fn rows(answer: &Answer) -> Vec<Value> {
    let json = answer.json();
    json.as_array().or_else(|| json["items"].as_array()).unwrap_or_else(|| panic!("no list: {json}")).clone()
}

/// Returns the target of the link to the next page.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    Some(link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned())
}

/// Follows the links of a bare array; returns all its rows.
fn walk(api: &Api, path: &str) -> Vec<Value> {
    let (mut all, mut path) = (Vec::new(), path.to_owned());
    loop {
        let answer = api.get(&path).is(200);
        assert!(rows(&answer).len() <= 1000);
        all.extend(rows(&answer));
        match next(&answer) {
            Some(target) => path = target,
            None => return all,
        }
    }
}

fn ids(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_route_table_knows_every_list() {
    let listed: Vec<_> = table().into_iter().filter(|line| line.list).map(|line| line.path).collect();
    let expected = [
        "/api/sessions",
        "/api/admin/sessions",
        "/auth/tokens",
        "/auth/admin/tokens",
        "/api/users",
        "/api/admin/audit",
        "/api/admin/keys",
        "/api/admin/settings",
    ];
    assert_eq!(listed, expected);
    let server = TestServer::start();
    let admin = server.admin();
    let id = admin.get("/auth/me").json()["id"].as_str().unwrap().to_owned();
    for line in table().into_iter().filter(|line| line.method == Method::Get && !line.page && !line.list) {
        let answer = admin.get(&line.path.replace("{id}", &id)).json();
        assert!(!answer.is_array() && answer.get("items").is_none(), "{} answers a list: {answer}", line.path);
    }
}

#[test]
fn every_list_is_bounded_and_refuses_what_it_does_not_declare() {
    let server = TestServer::start();
    let admin = server.admin();
    for name in ["a", "b", "c"] {
        admin.create_token(name);
        server.user(&admin, &format!("{name}@example.com"), "viewer");
        server.admin();
    }
    for line in lists() {
        let get = |query: &str| admin.get(&format!("{}?{query}", line.path));
        assert_eq!(rows(&get("limit=1").is(200)).len(), 1, "{}", line.path);
        assert_eq!(rows(&get("limit=2").is(200)).len(), 2, "{}", line.path);
        for huge in ["1001", "100000", "4294967296", "99999999999999999999999"] {
            assert!(rows(&get(&format!("limit={huge}")).is(200)).len() >= 3, "{} {huge}", line.path);
        }
        for wrong in ["0", "-1", "%2B1", "1.5", "1e3", "ten", "", "0x10", "%201"] {
            let answer = get(&format!("limit={wrong}")).is(422);
            assert_eq!(answer.json()["detail"][0]["loc"], json!(["query", "limit"]), "{} {wrong}", line.path);
        }
        get("limit=1&limit=2").is(422).has_fault("value_error", &["query", "limit"]);
        for unknown in ["limitt", "page", "per_page", "Limit", "skip", "x", "curser"] {
            let answer = get(&format!("{unknown}=1"));
            answer.refused_as(400, "bad_request");
            assert!(answer.text().contains(&format!("`{unknown}`")), "{} {unknown}: {}", line.path, answer.text());
        }
        let stale = get("cursor=nonsense%00");
        assert_eq!(stale.status, 400, "{}: {}", line.path, stale.text());
        assert!(stale.text().contains("cursor"), "{}: {}", line.path, stale.text());
    }
    let path = "/api/sessions";
    admin.delete(&format!("{path}?exept=current")).refused_as(400, "bad_request");
    assert!(rows(&admin.get(path).is(200)).len() >= 3, "nothing was ended");
}

#[test]
fn bad_filters_name_their_parameter() {
    let server = TestServer::start();
    let admin = server.admin();
    for (query, name) in [
        ("/auth/tokens?status=live", "status"),
        ("/auth/admin/tokens?status=live", "status"),
        ("/auth/admin/tokens?last_used=soon", "last_used"),
        ("/auth/tokens?offset=-1", "offset"),
        ("/api/users?offset=x", "offset"),
        ("/auth/tokens?cursor=00000000-0000-4000-8000-000000000000", "cursor"),
        ("/api/sessions?cursor=00000000-0000-4000-8000-000000000000", "cursor"),
        ("/api/admin/sessions?active=yes", "active"),
        ("/api/admin/sessions?user_id=ann", "user_id"),
        ("/api/admin/audit?since=yesterday", "since"),
        ("/api/admin/audit?until=1", "until"),
        ("/api/admin/audit?user_id=ann", "user_id"),
    ] {
        let answer = admin.get(query);
        assert!(matches!(answer.status, 400 | 422), "{query}: {}", answer.text());
        assert!(answer.text().contains(name), "{query}: {}", answer.text());
    }
}

#[test]
fn arrays_answer_a_thousand_rows_and_a_link_to_the_rest() {
    let server = TestServer::start();
    let admin = server.admin();
    add_tokens(&server, ADMIN_EMAIL, 2_500);
    for path in ["/auth/tokens", "/auth/admin/tokens"] {
        let first = admin.get(path).is(200);
        assert_eq!(rows(&first).len(), 1000);
        assert_eq!(rows(&first)[0]["name"], "old-2500", "newest first");
        let all = walk(&admin, path);
        let names: Vec<_> = all.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
        let expected: Vec<_> = (1..=2_500).rev().map(|number| format!("old-{number}")).collect();
        assert_eq!(names, expected, "{path}");
        let small = walk(&admin, &format!("{path}?limit=999&status=active"));
        assert_eq!(ids(&small), ids(&all), "the link keeps filter and limit");
        let name = |query: &str| rows(&admin.get(&format!("{path}?{query}")).is(200))[0]["name"].clone();
        assert_eq!(name("offset=1000&limit=1"), "old-1500");
        let cursor = all[999]["id"].as_str().unwrap();
        assert_eq!(
            (name(&format!("cursor={cursor}")), name(&format!("cursor={cursor}&offset=2"))),
            (json!("old-1500"), json!("old-1498"))
        );
        let last = admin.get(&format!("{path}?offset=1500")).is(200);
        assert_eq!((rows(&last).len(), next(&last)), (1000, None), "the last page has no link");
        assert!(rows(&admin.get(&format!("{path}?offset=4294967296")).is(200)).is_empty());
    }
}

#[test]
fn users_are_paged_like_tokens() {
    let server = TestServer::start();
    let admin = server.admin();
    server.change_store(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200)
         INSERT INTO users (id, email, name, created_at, updated_at)
         SELECT randomblob(16), printf('u%05d+x@example.com', n), 'u', 1, 1 FROM numbers",
        (),
    );
    let all = walk(&admin, "/api/users");
    assert_eq!((all.len(), ids(&all).len()), (1201, 1201));
    assert_eq!(ids(&walk(&admin, "/api/users?limit=7")), ids(&all));
    assert_eq!(rows(&admin.get("/api/users?offset=1200").is(200)).len(), 1);
    let operator = Operator::admin(&server);
    assert_eq!(operator.da(&["admin", "list-users"]).exits(0).stdout.lines().count(), 1201);
    let json: Vec<Value> =
        serde_json::from_str(&operator.da(&["admin", "list-users", "--json"]).exits(0).stdout).unwrap();
    assert_eq!(ids(&json), ids(&all));
    operator.da(&["admin", "show-user", "u01200+x@example.com"]).exits(0);
}

#[test]
fn the_link_is_right_below_a_public_prefix() {
    let server = TestServer::with_admin().env("DA_PUBLIC_URL", "https://id.example.org/da").start();
    let admin = server.admin();
    admin.create_token("a");
    admin.create_token("b");
    let target = next(&admin.get("/auth/tokens?limit=1").is(200)).unwrap();
    assert!(target.starts_with("/da/auth/tokens?limit=1&cursor="), "{target}");
}

#[test]
fn the_filter_replaced_finds_what_works_beside_its_successor() {
    let server = TestServer::start();
    let admin = server.admin();
    let old = admin.create_token("ci")["id"].as_str().unwrap().to_owned();
    admin.create_token("other");
    admin.post(&format!("/auth/tokens/{old}/rotate"), &json!({ "overlap_hours": 24 })).is(201);
    for path in ["/auth/tokens", "/auth/admin/tokens"] {
        let found = |status: &str| ids(&rows(&admin.get(&format!("{path}?status={status}")).is(200)));
        assert_eq!(found("replaced"), BTreeSet::from([old.clone()]), "{path}");
        assert_eq!((found("active").len(), found("revoked").len(), found("expired").len()), (3, 0, 0));
    }
    let operator = Operator::admin(&server);
    let listed = operator.da(&["admin", "token", "list", "--status", "replaced"]).exits(0).stdout;
    assert!(listed.lines().count() == 2 && listed.contains(&old) && listed.contains(" replaced"), "{listed}");
    admin.delete(&format!("/auth/tokens/{old}")).is(204);
    assert_eq!(rows(&admin.get("/auth/tokens?status=replaced").is(200)), [] as [Value; 0]);
}

#[test]
fn the_command_line_follows_the_pages_of_a_large_store() {
    let server = TestServer::start();
    let person = Operator::admin(&server);
    add_tokens(&server, ADMIN_EMAIL, 2_100);
    let listed = person.da(&["token", "list"]).exits(0).stdout;
    assert_eq!(listed.lines().count(), 2_101, "one header, and each token once");
    let json: Vec<Value> = serde_json::from_str(&person.da(&["token", "list", "--json"]).exits(0).stdout).unwrap();
    assert_eq!(ids(&json).len(), 2_100);
    assert_eq!(person.da(&["admin", "token", "list"]).exits(0).stdout.lines().count(), 2_101);
    person.da(&["token", "show", "old-1"]).exits(0);
    let gone = person.da(&["token", "revoke", "old-1", "--yes"]).exits(0).stdout;
    assert!(gone.contains("(old-1)"), "{gone}");
    person.da(&["admin", "token", "revoke", "old-2", "--yes"]).exits(0);
    let id = |name: &str| json.iter().find(|row| row["name"] == name).unwrap()["id"].as_str().unwrap().to_owned();
    let status = |id: &str| server.admin().get(&format!("/auth/tokens/{id}")).is(200).json()["revoked_at"].clone();
    assert_ne!((status(&id("old-1")), status(&id("old-2"))), (Value::Null, Value::Null));
    assert_eq!(status(&id("old-3")), Value::Null);
}

#[test]
fn all_tokens_of_a_large_store_are_revoked() {
    let server = TestServer::start();
    let admin = server.admin();
    let person = Operator::admin(&server);
    add_tokens(&server, ADMIN_EMAIL, 1_005);
    server.change_store("UPDATE personal_access_tokens SET revoked_at = 2 WHERE name NOT LIKE '%00%'", ());
    let active = rows(&admin.get("/auth/tokens?status=active").is(200)).len();
    assert!(active > 5);
    let told = person.da(&["token", "revoke", "--all", "--yes"]).exits(0).stdout;
    assert_eq!(told.lines().count(), active);
    assert_eq!(rows(&admin.get("/auth/tokens?status=active").is(200)), [] as [Value; 0]);
}
