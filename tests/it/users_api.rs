//! User administration on the wire: A-07..A-12, C-06, D-11.

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, TestServer, keys};

/// A row of the list; one user alone has `metadata` too.
pub(crate) const ROW: [&str; 13] = [
    "active",
    "created_at",
    "created_by",
    "deactivated_at",
    "email",
    "id",
    "is_admin",
    "is_owner",
    "last_login_at",
    "name",
    "role",
    "updated_at",
    "username",
];
const NOBODY: &str = "/api/users/00000000-0000-4000-8000-000000000000";

fn path(user: &Value) -> String {
    format!("/api/users/{}", user["id"].as_str().unwrap())
}

#[test]
fn users_are_listed_by_address() {
    let server = TestServer::start();
    let admin = server.admin();
    for email in ["zoe@example.com", "Bob@Example.com"] {
        admin.post("/api/users", &json!({ "email": email })).is(201);
    }
    let rows = admin.get("/api/users").is(200).json();
    let emails: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["email"].as_str().unwrap()).collect();
    assert_eq!(emails, [ADMIN_EMAIL, "bob@example.com", "zoe@example.com"]);
    assert_eq!(keys(&rows[0]), ROW);
    assert_eq!(admin.get("/api/users?limit=1").is(200).json().as_array().unwrap().len(), 1);
    let rest = admin.get("/api/users?cursor=bob%40example.com").is(200).json();
    assert_eq!(rest[0]["email"], "zoe@example.com");
}

#[test]
fn a_new_user_is_an_analyst_named_after_the_address() {
    let server = TestServer::start();
    let admin = server.admin();
    let user = admin.post("/api/users", &json!({ "email": " Eve@Example.com " })).is(201).json();
    let mut one = [&ROW[..], &["metadata"]].concat();
    one.sort_unstable();
    assert_eq!(keys(&user), one);
    assert_eq!(user["email"], "eve@example.com");
    assert_eq!((&user["username"], &user["metadata"]), (&Value::Null, &json!({})));
    assert_eq!(user["updated_at"], user["created_at"]);
    assert_eq!(user["created_by"], admin.get("/auth/me").json()["id"]);
    assert_eq!((&user["role"], &user["active"], &user["is_owner"]), (&json!("analyst"), &json!(true), &json!(false)));
    assert_eq!((&user["deactivated_at"], &user["last_login_at"]), (&Value::Null, &Value::Null));
    assert!(user["name"].as_str().unwrap().eq_ignore_ascii_case("eve"), "{user}");
    assert_eq!(admin.get(&path(&user)).is(200).json(), user);
}

#[test]
fn an_address_is_taken_in_every_spelling() {
    let server = TestServer::start();
    let admin = server.admin();
    for email in [ADMIN_EMAIL, "ADMIN@example.com", " admin@Example.com "] {
        admin.post("/api/users", &json!({ "email": email })).refused(
            409,
            "email_taken",
            "User with this email already exists",
        );
    }
}

#[test]
fn bad_addresses_roles_and_passwords_are_refused() {
    let server = TestServer::start();
    let admin = server.admin();
    let long = format!("{}@example.com", "x".repeat(250));
    for email in ["", "x", "@example.com", "x@", "a b@example.com", "x@y@example.com", "x\u{7}@example.com", &long] {
        admin.post("/api/users", &json!({ "email": email })).refused_as(400, "invalid_email");
    }
    for role in ["boss", "Admin", "owner", ""] {
        admin.post("/api/users", &json!({ "email": "eve@example.com", "role": role })).refused(
            400,
            "unknown_role",
            &format!("Unknown role: {role}"),
        );
    }
    for password in ["short", "password1", ""] {
        admin
            .post("/api/users", &json!({ "email": "eve@example.com", "password": password }))
            .refused_as(400, "weak_password");
    }
    assert_eq!(admin.get("/api/users").json().as_array().unwrap().len(), 1);
}

#[test]
fn a_change_touches_only_what_it_names() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = admin.add_user("eve@example.com", "analyst", "a quiet morning");
    let changed = admin.patch(&path(&eve), &json!({ "name": "Eve", "role": null })).is(200).json();
    assert_eq!(
        (&changed["name"], &changed["role"], &changed["active"]),
        (&json!("Eve"), &json!("analyst"), &json!(true))
    );
    let changed = admin.patch(&path(&eve), &json!({ "role": "km_admin" })).is(200).json();
    assert_eq!((&changed["name"], &changed["role"]), (&json!("Eve"), &json!("km_admin")));
    let changed = admin.patch(&path(&eve), &json!({ "active": false })).is(200).json();
    assert!(changed["deactivated_at"].is_string());
    let changed = admin.patch(&path(&eve), &json!({ "active": true })).is(200).json();
    assert_eq!((&changed["active"], &changed["deactivated_at"]), (&json!(true), &Value::Null));
    admin.patch(&path(&eve), &json!({ "role": "boss" })).refused(400, "unknown_role", "Unknown role: boss");
}

#[test]
fn an_emptied_name_is_the_default_again() {
    let server = TestServer::start();
    let admin = server.admin();
    let user = admin.post("/api/users", &json!({ "email": "eve@example.com", "name": "Eve" })).is(201).json();
    let user = admin.patch(&path(&user), &json!({ "name": " " })).is(200).json();
    assert_eq!(user["name"], "eve");
}

#[test]
fn unknown_and_malformed_ids_are_one_404() {
    let server = TestServer::start();
    let admin = server.admin();
    for path in [NOBODY, "/api/users/nonsense", "/api/users/1%20OR%201=1"] {
        for answer in [
            admin.get(path),
            admin.delete(path),
            admin.patch(path, &json!({ "name": "x" })),
            admin.post_empty(&format!("{path}/activate")),
            admin.post_empty(&format!("{path}/deactivate")),
            admin.post_empty(&format!("{path}/reset-password")),
            admin.post(&format!("{path}/set-password"), &json!({ "password": "a quiet morning" })),
        ] {
            answer.refused(404, "user_not_found", "User not found");
        }
    }
}

#[test]
fn the_last_admin_cannot_be_lost() {
    let server = TestServer::start();
    let admin = server.admin();
    let me = admin.get("/auth/me").json();
    for role in ["analyst", "km_admin"] {
        admin.patch(&path(&me), &json!({ "role": role })).refused(
            409,
            "last_admin",
            "Cannot demote the last active admin",
        );
    }
    admin.patch(&path(&me), &json!({ "active": false })).refused(409, "yourself", "Cannot deactivate yourself");
    admin.post_empty(&format!("{}/deactivate", path(&me))).refused(409, "yourself", "Cannot deactivate yourself");
    admin.delete(&path(&me)).refused(409, "yourself", "Cannot delete yourself");
    admin.get("/api/users").is(200);
}

#[test]
fn a_second_admin_makes_the_first_replaceable() {
    let server = TestServer::start();
    let admin = server.admin();
    let me = admin.get("/auth/me").json();
    let other = server.user(&admin, "eve@example.com", "admin");
    admin.patch(&path(&me), &json!({ "role": "analyst" })).is(200);
    // The role is read from the store on every request (S-06).
    admin.get("/api/users").refused(403, "role_required", "Requires role admin or higher");
    other.get("/api/users").is(200);
    other.delete(&path(&me)).is(204);
}

#[test]
fn two_admins_cannot_remove_each_other_at_once() {
    let server = TestServer::start();
    let first = server.admin();
    let one = first.get("/auth/me").json();
    for round in 0..5 {
        let second = server.user(&first, &format!("admin{round}@example.com"), "admin");
        let two = second.get("/auth/me").json();
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let demotion = json!({ "role": "viewer" });
            let calls = [(&first, path(&two)), (&second, path(&one))]
                .map(|(admin, path)| (admin, path, demotion.clone()))
                .map(|(admin, path, demotion)| scope.spawn(move || admin.patch(&path, &demotion).status));
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        });
        assert!(statuses.iter().filter(|status| **status == 200).count() <= 1, "{statuses:?}");
        if first.get("/api/users").status == 200 {
            continue;
        }
        second.patch(&path(&one), &json!({ "role": "admin" })).is(200);
        first.patch(&path(&two), &json!({ "role": "viewer" })).is(200);
    }
}

#[test]
fn fifty_creates_of_one_address_make_one_user() {
    let server = TestServer::start();
    let admin = server.admin();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..50)
            .map(|_| scope.spawn(|| admin.post("/api/users", &json!({ "email": "eve@example.com" })).status))
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 49, "{statuses:?}");
}

#[test]
fn nobody_below_admin_administers_users() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "km_admin");
    let me = path(&eve.get("/auth/me").json());
    for answer in [
        eve.get("/api/users"),
        eve.post("/api/users", &json!({ "email": "x@example.com" })),
        eve.get(&me),
        eve.get(NOBODY),
        eve.patch(&me, &json!({ "role": "admin" })),
        eve.delete(&me),
        eve.post_empty(&format!("{me}/activate")),
        eve.post_empty(&format!("{me}/deactivate")),
        eve.post_empty(&format!("{me}/reset-password")),
        eve.post(&format!("{me}/set-password"), &json!({ "password": "a quiet morning" })),
    ] {
        answer.refused(403, "role_required", "Requires role admin or higher");
    }
    assert_eq!(eve.get("/auth/me").json()["role"], "km_admin");
}

#[test]
fn a_first_token_comes_only_from_a_session() {
    let server = TestServer::start();
    let admin = server.admin();
    let request = json!({ "email": "bot@example.com", "issue_token": true });
    admin.with_new_token("ci").post("/api/users", &request).refused_as(403, "session_required");
    let answer = admin.post("/api/users", &request).is(201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let created = answer.json();
    let me = server.stranger().with(created["token"].as_str().unwrap()).get("/auth/me").is(200).json();
    assert_eq!((&me["email"], &me["typ"]), (&json!("bot@example.com"), &json!("pat")));
    assert_eq!(admin.get(&path(&created)).json().get("token"), None);
}

#[test]
fn a_row_says_whether_the_user_is_an_admin() {
    let server = TestServer::start();
    let admin = server.admin();
    for role in ["viewer", "analyst", "km_admin", "admin"] {
        let user = admin.add_user(&format!("{role}.1@example.com"), role, "a quiet morning");
        assert_eq!(user["is_admin"], role == "admin");
        assert_eq!(admin.get(&path(&user)).is(200).json()["is_admin"], role == "admin");
    }
    let rows = admin.get("/api/users").is(200).json();
    assert!(rows.as_array().unwrap().iter().all(|row| row["is_admin"] == (row["role"] == "admin")), "{rows}");
}

#[test]
fn the_last_admin_who_can_sign_in_stays() {
    let server = TestServer::start();
    let admin = server.admin();
    let me = path(&admin.get("/auth/me").json());
    let token = admin.with_new_token("ci");
    // Other admins, none of whom can sign in: without a password, with a value that nobody has redeemed, deactivated.
    let other = |email: &str, password: Option<&str>| {
        let body = json!({ "email": email, "role": "admin", "password": password });
        path(&admin.post("/api/users", &body).is(201).json())
    };
    let (nameless, waiting) = (other("none@example.com", None), other("waiting@example.com", None));
    let value = admin.post_empty(&format!("{waiting}/reset-password")).is(200).json()["reset_token"].clone();
    let off = other("off@example.com", Some("a quiet morning"));
    admin.post_empty(&format!("{off}/deactivate")).is(200);
    let told = "Cannot demote the last active admin who can sign in. Set a password for another admin first";
    for by in [&admin, &token] {
        for role in ["viewer", "analyst", "km_admin"] {
            by.patch(&me, &json!({ "role": role })).refused(409, "last_admin", told);
            by.patch(&me, &json!({ "role": role, "active": false })).refused_as(409, "last_admin");
        }
        by.post_empty(&format!("{me}/deactivate")).refused_as(409, "yourself");
        by.delete(&me).refused_as(409, "yourself");
    }
    let host = |args: &[&str]| server.on_host(args).run().exits(1).stderr;
    let own = "admin@example.com";
    assert!(host(&["admin", "set-role", own, "viewer", "--local"]).contains(told));
    assert!(host(&["admin", "deactivate", own, "--local"]).contains("the last active admin who can sign in"));
    assert!(host(&["admin", "remove-user", own, "--local", "--yes"]).contains("the last active admin who can sign in"));
    // Whoever cannot sign in may be taken away.
    admin.delete(&nameless).is(204);
    admin.patch(&off, &json!({ "role": "viewer" })).is(200);
    // Once the other one has a password, either may go, but not both.
    let redeem = json!({ "token": value, "password": "a quiet morning" });
    server.stranger().post("/auth/password/reset", &redeem).is(204);
    admin.patch(&me, &json!({ "role": "viewer" })).is(200);
    let left = server.stranger().sign_in("waiting@example.com", "a quiet morning");
    left.patch(&waiting, &json!({ "role": "viewer" })).refused(
        409,
        "last_admin",
        "Cannot demote the last active admin",
    );
}

#[test]
fn where_no_admin_can_sign_in_the_one_with_a_reset_value_stays() {
    let server = TestServer::start();
    let admin = server.admin();
    let token = admin.with_new_token("ci");
    let body = json!({ "email": "other@example.com", "role": "admin" });
    let other = path(&admin.post("/api/users", &body).is(201).json());
    let me = path(&admin.get("/auth/me").json());
    // A recovery without a password leaves a reset value, and no password that somebody could know.
    server.on_host(["server", "recover-admin", "admin@example.com", "--reset-value"]).run().exits(0);
    server.stranger().try_sign_in("admin@example.com", crate::support::ADMIN_PASSWORD).is(401);
    token.patch(&me, &json!({ "role": "viewer" })).refused_as(409, "last_admin");
    token.delete(&other).is(204);
    token.patch(&me, &json!({ "role": "viewer" })).refused(409, "last_admin", "Cannot demote the last active admin");
}

#[test]
fn a_username_is_set_cleared_and_taken_once_in_any_case() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = admin.post("/api/users", &json!({ "email": "eve@example.com", "username": " Eve.Lee " })).is(201).json();
    assert_eq!(eve["username"], "eve.lee");
    let bob = admin.post("/api/users", &json!({ "email": "bob@example.com" })).is(201).json();
    let taken = "User with this username already exists";
    for name in ["eve.lee", "EVE.LEE", " eve.Lee "] {
        admin.patch(&path(&bob), &json!({ "username": name })).refused(409, "username_taken", taken);
        admin.post("/api/users", &json!({ "email": "x@example.com", "username": name })).refused(
            409,
            "username_taken",
            taken,
        );
    }
    // One's own name is no other's.
    assert_eq!(admin.patch(&path(&eve), &json!({ "username": "EVE.lee" })).is(200).json()["username"], "eve.lee");
    for name in ["a b", "a/b", "-a", "a\u{202e}b", &"a".repeat(65)] {
        admin.patch(&path(&bob), &json!({ "username": name })).refused_as(400, "invalid_username");
    }
    let kept = admin.patch(&path(&eve), &json!({ "username": null, "name": "Eve" })).is(200).json();
    assert_eq!((&kept["username"], &kept["name"]), (&json!("eve.lee"), &json!("Eve")));
    let cleared = admin.patch(&path(&eve), &json!({ "username": "" })).is(200).json();
    assert_eq!(cleared["username"], Value::Null);
    assert_eq!(admin.patch(&path(&bob), &json!({ "username": "eve.lee" })).is(200).json()["username"], "eve.lee");
    // It is no login name.
    admin.patch(&path(&bob), &json!({ "username": "bob@other.example" })).is(200);
    server.stranger().try_sign_in("bob@other.example", "a quiet morning").is(401);
    let rows = admin.get("/api/users").is(200).json();
    assert_eq!((&rows[1]["username"], &rows[2]["username"]), (&json!("bob@other.example"), &Value::Null));
}

#[test]
fn metadata_is_an_object_of_bounded_size_and_only_its_length_is_audited() {
    let server = TestServer::start();
    let admin = server.admin();
    let notes = json!({ "team": "blue", "n": [1, 2], "é": null });
    let eve = admin.post("/api/users", &json!({ "email": "eve@example.com", "metadata": notes })).is(201).json();
    assert_eq!(eve["metadata"], notes);
    assert_eq!(admin.get(&path(&eve)).is(200).json()["metadata"], notes);
    let kept = admin.patch(&path(&eve), &json!({ "name": "Eve" })).is(200).json();
    assert_eq!(kept["metadata"], notes);
    assert_eq!(admin.patch(&path(&eve), &json!({ "metadata": {} })).is(200).json()["metadata"], json!({}));
    for wrong in [json!([]), json!("x"), json!(7)] {
        admin.patch(&path(&eve), &json!({ "metadata": wrong })).is(422);
        admin.post("/api/users", &json!({ "email": "x@example.com", "metadata": wrong })).is(422);
    }
    let most = json!({ "a": "x".repeat(8 * 1024 - 8) });
    admin.patch(&path(&eve), &json!({ "metadata": most })).is(200);
    let large = json!({ "a": "x".repeat(8 * 1024 - 7) });
    let text = "metadata must not exceed 8 KiB";
    admin.patch(&path(&eve), &json!({ "metadata": large })).refused(400, "bad_request", text);
    admin.post("/api/users", &json!({ "email": "x@example.com", "metadata": large })).refused(400, "bad_request", text);
    let audit = admin.get("/api/admin/audit?action=user.update").is(200).text();
    assert!(audit.contains("metadata_bytes") && !audit.contains("xxx"), "{audit}");
}

#[test]
fn only_admins_set_usernames_and_every_change_is_audited_and_dated() {
    let server = TestServer::start();
    let admin = server.admin();
    let eve = admin.add_user("eve@example.com", "km_admin", "a quiet morning");
    let own = server.stranger().sign_in("eve@example.com", "a quiet morning");
    own.patch(&path(&eve), &json!({ "username": "root" })).is(403);
    let changed = admin.patch(&path(&eve), &json!({ "username": "eve" })).is(200).json();
    assert!(changed["updated_at"].as_str() > eve["updated_at"].as_str(), "{changed}");
    assert_eq!(changed["created_by"], admin.get("/auth/me").json()["id"]);
    let audit = admin.get("/api/admin/audit?action=user.update").is(200).text();
    assert!(audit.contains("username") && audit.contains("eve"), "{audit}");
}
