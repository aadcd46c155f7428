//! Everybody's tokens, for admins: A-24.

use serde_json::{Value, json};

use crate::support::{Api, TestServer, keys};

fn names(api: &Api, query: &str) -> Vec<String> {
    let rows = api.get(&format!("/auth/admin/tokens{query}")).is(200).json();
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_admin_sees_every_token_with_its_owner() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let created = eve.create_token("hers");
    let list = admin.get("/auth/admin/tokens").is(200);
    assert!(!list.text().contains(created["token"].as_str().unwrap()));
    let rows = list.json();
    assert_eq!(
        keys(&rows[0]),
        [
            "created_at",
            "created_via",
            "expires_at",
            "id",
            "last_used_at",
            "last_used_ip",
            "name",
            "overlap_until",
            "prefix",
            "renewable",
            "replaced_by",
            "revoked_at",
            "user_email",
            "user_id",
        ]
    );
    assert_eq!((&rows[0]["user_email"], &rows[0]["last_used_ip"]), (&json!("eve@example.com"), &Value::Null));
}

#[test]
fn filters_narrow_the_list() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    admin.create_token("mine");
    let ended = eve.create_token("ended")["id"].as_str().unwrap().to_owned();
    eve.create_token("hers");
    eve.delete(&format!("/auth/tokens/{ended}")).is(204);

    assert_eq!(names(&admin, ""), ["hers", "ended", "mine"]);
    assert_eq!(names(&admin, "?user=eve%40example.com"), ["hers", "ended"]);
    let id = eve.get("/auth/me").json()["id"].as_str().unwrap().to_owned();
    assert_eq!(names(&admin, &format!("?user={id}&status=active")), ["hers"]);
    assert_eq!(names(&admin, "?status=revoked"), ["ended"]);
    assert_eq!(names(&admin, "?status=expired"), [""; 0]);
    assert_eq!(names(&admin, "?last_used=never"), ["hers", "ended", "mine"]);
    assert_eq!(names(&admin, "?limit=1"), ["hers"]);
}

#[test]
fn an_admin_ends_anybodys_token() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "analyst");
    let created = eve.create_token("hers");
    let path = format!("/auth/admin/tokens/{}", created["id"].as_str().unwrap());
    eve.delete(&path).refused(403, "role_required", "Requires role admin or higher");
    admin.delete(&path).is(204);
    admin.delete(&path).is(204);
    eve.with(created["token"].as_str().unwrap()).get("/auth/me").refused(401, "token_revoked", "Token revoked");
    for id in ["00000000-0000-4000-8000-000000000000", "nonsense"] {
        admin.delete(&format!("/auth/admin/tokens/{id}")).refused(404, "token_not_found", "Token not found");
    }
}

#[test]
fn an_admins_token_is_an_admin() {
    let server = TestServer::start();
    let pat = server.admin().with_new_token("ci");
    pat.get("/auth/admin/tokens").is(200);
    pat.get("/api/users").is(200);
}

#[test]
fn nobody_below_admin_sees_the_list() {
    let server = TestServer::start();
    let admin = server.admin();
    for role in ["viewer", "analyst", "km_admin"] {
        let user = server.user(&admin, &format!("{role}@example.com"), role);
        user.get("/auth/admin/tokens").refused(403, "role_required", "Requires role admin or higher");
        user.with_new_token("x").get("/auth/admin/tokens").refused(
            403,
            "role_required",
            "Requires role admin or higher",
        );
    }
}
