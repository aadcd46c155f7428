//! When and from where a token was last used.

use std::thread;

use serde_json::{Value, json};

use crate::support::{Api, TestServer, wait_for};

fn used_from(token: &Api, address: &str) {
    let headers = format!("Authorization: Bearer {}\r\nX-Forwarded-For: {address}\r\n", token.bearer());
    token.send("GET", "/auth/me", &headers, "").is(200);
}

fn rows_of_new_addresses(admin: &Api) -> Vec<Value> {
    let page = admin.get("/api/admin/audit?action=token.first_use_new_ip").is(200).json();
    page["items"].as_array().unwrap().clone()
}

#[test]
fn a_new_address_is_told_once() {
    let server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1").start();
    let admin = server.admin();
    let made = admin.create_token("ci");
    let token = admin.with(made["token"].as_str().unwrap());
    used_from(&token, "203.0.113.1");
    for _ in 0..20 {
        used_from(&token, "203.0.113.2");
    }
    wait_for("the last use to be noted", || {
        let row = admin.get("/auth/admin/tokens").is(200).json();
        (row[0]["last_used_ip"] == "203.0.113.2").then_some(())
    });
    let rows = rows_of_new_addresses(&admin);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["params"], json!({ "ip": "203.0.113.2", "previous_ip": "203.0.113.1" }));
    assert_eq!(rows[0]["resource"], format!("token:{}", made["id"].as_str().unwrap()));
    assert_eq!(rows[0]["via"], rows[0]["resource"]);
}

#[test]
fn two_addresses_at_once_are_told_apart() {
    const TOKENS: usize = 12;
    let server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1").start();
    let admin = server.admin();
    for number in 0..TOKENS {
        let token = admin.with_new_token(&format!("ci-{number}"));
        thread::scope(|scope| {
            for address in ["203.0.113.1", "203.0.113.2"] {
                let token = &token;
                scope.spawn(move || used_from(token, address));
            }
        });
    }
    let rows = wait_for("a row for each token", || Some(rows_of_new_addresses(&admin)).filter(|r| r.len() >= TOKENS));
    assert_eq!(rows.len(), TOKENS);
}
