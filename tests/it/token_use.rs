//! When and from where a token was last used.

use std::thread;

use serde_json::{Value, json};

use crate::support::{Api, Metrics, TestServer, wait_for};

fn used_from(token: &Api, address: &str) {
    let headers = format!("Authorization: Bearer {}\r\nX-Forwarded-For: {address}\r\n", token.bearer());
    token.send("GET", "/auth/me", &headers, "").is(200);
}

fn rows_of_new_addresses(admin: &Api) -> Vec<Value> {
    let page = admin.get("/api/admin/audit?action=token.first_use_new_ip&limit=200").is(200).json();
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

#[test]
fn addresses_that_take_turns_are_told_once_each() {
    let server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1").start();
    let admin = server.admin();
    let made = admin.create_token("ci");
    let token = admin.with(made["token"].as_str().unwrap());
    used_from(&token, "203.0.113.1");
    last_use_is(&admin, "203.0.113.1");
    for _ in 0..50 {
        for address in ["203.0.113.2", "203.0.113.1", "2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:2::1"] {
            used_from(&token, address);
        }
    }
    let rows = wait_for("three rows", || Some(rows_of_new_addresses(&admin)).filter(|rows| rows.len() >= 3));
    let mut told: Vec<_> = rows.iter().map(|row| row["params"]["ip"].as_str().unwrap().to_owned()).collect();
    told.sort();
    assert_eq!(told, ["2001:db8:0:1::1", "2001:db8:0:2::1", "203.0.113.2"], "{rows:?}");
}

#[test]
fn known_addresses_are_known_after_a_restart_and_the_oldest_of_seventeen_is_forgotten() {
    let mut server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1").start();
    let admin = server.admin();
    let made = admin.create_token("ci");
    let token = admin.with(made["token"].as_str().unwrap());
    for number in 1..=17 {
        let address = format!("203.0.113.{number}");
        used_from(&token, &address);
        last_use_is(&admin, &address);
    }
    let rows = wait_for("16 rows", || Some(rows_of_new_addresses(&admin)).filter(|rows| rows.len() >= 16));
    assert_eq!(rows.len(), 16);
    let count = |server: &TestServer| -> i64 {
        let store = rusqlite::Connection::open(server.data_dir().join("da.db")).unwrap();
        store.query_row("SELECT count(*) FROM token_networks", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&server), 16);

    server.terminate();
    server.restart_elsewhere();
    let admin = server.admin();
    let token = admin.with(made["token"].as_str().unwrap());
    for (address, rows) in [("203.0.113.9", 16), ("203.0.113.1", 17)] {
        used_from(&token, address);
        last_use_is(&admin, address);
        assert_eq!(rows_of_new_addresses(&admin).len(), rows, "{address}");
    }
    // All goes with the token's owner.
    assert_eq!(count(&server), 16);
}

#[test]
fn sixty_new_addresses_an_hour_get_a_row_and_the_rest_is_counted() {
    let mut server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1").start();
    let admin = server.admin();
    let made = admin.create_token("ci");
    let token = admin.with(made["token"].as_str().unwrap());
    for number in 0..70 {
        let address = format!("198.51.100.{number}");
        used_from(&token, &address);
        last_use_is(&admin, &address);
    }
    assert_eq!(rows_of_new_addresses(&admin).len(), 60);
    let metrics = Metrics::of(&server.stranger().get("/metrics"));
    assert_eq!(metrics.get("da_new_networks_not_recorded_total", &[]), Some(9.0));

    // The count outlives a restart; an hour later the next row says how many were left out.
    server.terminate();
    server.restart_elsewhere();
    let admin = server.admin();
    let token = admin.with(made["token"].as_str().unwrap());
    used_from(&token, "198.51.100.200");
    last_use_is(&admin, "198.51.100.200");
    assert_eq!(rows_of_new_addresses(&admin).len(), 60);
    server.change_store("UPDATE token_network_rows SET since = since - 3600000000", []);
    used_from(&token, "198.51.100.201");
    last_use_is(&admin, "198.51.100.201");
    let rows = rows_of_new_addresses(&admin);
    assert_eq!(rows.len(), 61);
    let left_out = json!({ "ip": "198.51.100.201", "previous_ip": "198.51.100.200", "left_out": 10 });
    assert_eq!(rows[0]["params"], left_out);
}

fn last_use_is(admin: &Api, address: &str) {
    wait_for("the last use to be noted", || {
        let row = admin.get("/auth/admin/tokens").is(200).json();
        (row[0]["last_used_ip"] == address).then_some(())
    });
}
