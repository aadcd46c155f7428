//! Guessing passwords is slowed down, and shuts nobody else out (C-10, S-14, S-15).

use serde_json::json;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Answer, SmallDisk, TestServer, wait_for};

const PASSWORD: &str = "a quiet morning";

/// A server that believes a proxy on loopback, so that tries can come from many addresses.
fn server() -> TestServer {
    TestServer::with_admin().arg("--trusted-proxy=127.0.0.1").start()
}

/// Tries to sign in from `address`.
fn attempt(server: &TestServer, address: &str, email: &str, password: &str) -> Answer {
    let headers = format!("Content-Type: application/json\r\nX-Forwarded-For: {address}\r\n");
    let body = json!({ "email": email, "password": password }).to_string();
    server.stranger().send("POST", "/auth/token", &headers, &body)
}

/// Asserts a 429 that says to come back after more than `least` and at most `most` seconds.
#[track_caller]
fn is_throttled(answer: &Answer, least: u64, most: u64) {
    assert_eq!(answer.status, 429, "{}", answer.text());
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(seconds > least && seconds <= most, "{seconds}");
    answer.clone().refused(429, "too_many_attempts", &format!("Too many attempts. Try again in {seconds} seconds"));
}

#[test]
fn five_failures_close_an_account_for_one_address_for_an_hour_however_the_name_is_spelled() {
    let server = server();
    let spellings =
        ["admin@example.com", "ADMIN@example.com", " admin@example.com", "Admin@Example.COM\t", "admin@EXAMPLE.com "];
    for spelling in spellings {
        attempt(&server, "203.0.113.1", spelling, "wrong").is(401);
    }
    for spelling in spellings {
        is_throttled(&attempt(&server, "203.0.113.1", spelling, ADMIN_PASSWORD), 3_500, 3_600);
    }
    attempt(&server, "203.0.113.2", ADMIN_EMAIL, ADMIN_PASSWORD).is(200);
    attempt(&server, "203.0.113.1", "other@example.com", "wrong").is(401);
}

#[test]
fn twenty_tries_of_one_address_are_all_it_has_in_a_minute() {
    let server = server();
    for n in 0..20 {
        attempt(&server, "203.0.113.1", &format!("user{n}@example.com"), "wrong").is(401);
    }
    is_throttled(&attempt(&server, "203.0.113.1", ADMIN_EMAIL, ADMIN_PASSWORD), 0, 60);
    attempt(&server, "203.0.113.2", ADMIN_EMAIL, ADMIN_PASSWORD).is(200);
}

#[test]
fn an_ipv6_network_is_one_address() {
    let server = server();
    for n in 0..5 {
        attempt(&server, &format!("2001:db8::{n}"), ADMIN_EMAIL, "wrong").is(401);
    }
    is_throttled(&attempt(&server, "2001:db8::ffff", ADMIN_EMAIL, ADMIN_PASSWORD), 3_500, 3_600);
    attempt(&server, "2001:db8:0:1::1", ADMIN_EMAIL, ADMIN_PASSWORD).is(200);
}

#[test]
fn a_hundred_failures_leave_each_further_address_one_try_and_the_owner_a_way_in() {
    let server = server();
    for n in 0..100 {
        attempt(&server, &format!("203.0.113.{}", n / 5), ADMIN_EMAIL, "wrong").is(401);
    }
    attempt(&server, "198.51.100.1", ADMIN_EMAIL, "wrong").is(401);
    is_throttled(&attempt(&server, "198.51.100.1", ADMIN_EMAIL, ADMIN_PASSWORD), 3_500, 3_600);
    for _ in 0..3 {
        attempt(&server, "198.51.100.2", ADMIN_EMAIL, ADMIN_PASSWORD).is(200);
    }
    attempt(&server, "198.51.100.3", "other@example.com", "wrong").is(401);
}

/// Lets an account fail a hundred times, from networks that no test uses.
fn attack(server: &TestServer) {
    for n in 0..100 {
        attempt(server, &format!("10.{}.0.1", n / 5), ADMIN_EMAIL, "wrong").is(401);
    }
}

/// Counts how many addresses may try a password of the account, each once.
fn admitted(server: &TestServer, addresses: impl IntoIterator<Item = String>) -> usize {
    let statuses = addresses.into_iter().map(|address| attempt(server, &address, ADMIN_EMAIL, "wrong").status);
    statuses.filter(|status| *status == 401).count()
}

#[test]
fn a_hundred_failures_leave_the_networks_around_an_address_ten_and_twenty_tries() {
    let server = server();
    attack(&server);
    let v4 = |site: u32| (0..13).map(move |host| format!("198.51.{site}.{host}"));
    assert_eq!(admitted(&server, v4(1)), 10);
    let mapped = (20..25).map(|host| format!("::ffff:198.51.1.{host}"));
    assert_eq!(admitted(&server, mapped), 0, "a mapped address is the same network");
    assert_eq!(admitted(&server, v4(2)), 10);
    assert_eq!(admitted(&server, v4(3)), 0);
    let v6 = |site: u32| (0..13).map(move |host| format!("2001:db8:0:{site:x}{host:02x}::{host}"));
    assert_eq!(admitted(&server, v6(1)), 10);
    assert_eq!(admitted(&server, v6(2)), 10);
    assert_eq!(admitted(&server, v6(3)), 0);
    let refused = attempt(&server, "2001:db8:0:400::1", ADMIN_EMAIL, ADMIN_PASSWORD);
    is_throttled(&refused, 3_500, 3_600);
    attempt(&server, "2001:db8:1::1", ADMIN_EMAIL, ADMIN_PASSWORD).is(200);
    attempt(&server, "203.0.113.9", ADMIN_EMAIL, ADMIN_PASSWORD).is(200);
    attempt(&server, "198.51.1.1", "other@example.com", "wrong").is(401);
}

/// Returns the rows of failed sign-ins: network, failures, and whether it is locked.
fn rows(server: &TestServer) -> Vec<(String, i64, bool)> {
    let store = rusqlite::Connection::open(server.data_dir().join("da.db")).unwrap();
    let mut statement =
        store.prepare("SELECT ip, failures, locked_until IS NOT NULL FROM login_attempts ORDER BY ip").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn failures_survive_a_restart_and_a_crash() {
    let mut server = server();
    for n in 0..5 {
        attempt(&server, "203.0.113.1", ADMIN_EMAIL, "wrong").is(401);
        if n == 2 {
            server.kill9();
            server.restart_elsewhere();
        }
    }
    let expected =
        [("", 5, false), ("203.0.0.0/16", 5, false), ("203.0.113.0/24", 5, false), ("203.0.113.1/32", 5, true)];
    let expected = expected.map(|(ip, failures, locked)| (ip.to_owned(), failures, locked));
    assert_eq!(rows(&server), expected);
    server.kill9();
    server.restart_elsewhere();
    is_throttled(&attempt(&server, "203.0.113.1", ADMIN_EMAIL, ADMIN_PASSWORD), 3_400, 3_600);
    assert!(server.terminate().success());
    server.restart_elsewhere();
    is_throttled(&attempt(&server, "203.0.113.1", "ADMIN@example.com", ADMIN_PASSWORD), 3_400, 3_600);
    attempt(&server, "203.0.113.2", ADMIN_EMAIL, ADMIN_PASSWORD).is(200);
}

#[test]
fn a_right_password_ends_the_failures_of_its_address_in_the_store_too() {
    let mut server = server();
    for _ in 0..4 {
        attempt(&server, "203.0.113.1", ADMIN_EMAIL, "wrong").is(401);
    }
    attempt(&server, "203.0.113.1", ADMIN_EMAIL, ADMIN_PASSWORD).is(200);
    assert!(server.terminate().success());
    let networks: Vec<_> = rows(&server).into_iter().map(|(network, ..)| network).collect();
    assert_eq!(networks, ["", "203.0.0.0/16", "203.0.113.0/24"]);
    server.restart_elsewhere();
    for _ in 0..5 {
        attempt(&server, "203.0.113.1", ADMIN_EMAIL, "wrong").is(401);
    }
    is_throttled(&attempt(&server, "203.0.113.1", ADMIN_EMAIL, ADMIN_PASSWORD), 3_500, 3_600);
}

#[test]
fn failures_of_an_hour_ago_are_forgotten_and_those_of_a_clock_that_was_set_back_are_not() {
    let mut server = server();
    for _ in 0..5 {
        attempt(&server, "203.0.113.1", ADMIN_EMAIL, "wrong").is(401);
    }
    for (shift, refused) in [("+ 7200", true), ("- 7200 - 3601", false)] {
        assert!(server.terminate().success());
        let sql = format!("UPDATE login_attempts SET first_at = first_at + 1000000 * (0 {shift})");
        server.change_store(&sql, []);
        server.restart_elsewhere();
        let answer = attempt(&server, "203.0.113.1", ADMIN_EMAIL, "wrong");
        assert_eq!(answer.status == 429, refused, "{shift}: {}", answer.text());
    }
}

#[test]
fn a_full_disk_stops_no_sign_in_and_loses_no_failure() {
    let disk = SmallDisk::mount("8m");
    let mut server =
        TestServer::with_admin().arg("--trusted-proxy=127.0.0.1").under(disk.enter()).data_in(disk.path()).start();
    let admin = server.admin();
    disk.fill();
    wait_for("a change to be refused", || {
        (admin.post("/auth/tokens", &json!({ "name": "n" })).status == 507).then_some(())
    });
    for _ in 0..5 {
        attempt(&server, "203.0.113.1", ADMIN_EMAIL, "wrong").is(401);
    }
    is_throttled(&attempt(&server, "203.0.113.1", ADMIN_EMAIL, ADMIN_PASSWORD), 3_500, 3_600);
    disk.free();
    attempt(&server, "203.0.113.2", ADMIN_EMAIL, "wrong").is(401);
    server.kill9();
    server.restart_elsewhere();
    is_throttled(&attempt(&server, "203.0.113.1", ADMIN_EMAIL, ADMIN_PASSWORD), 3_400, 3_600);
}

#[test]
fn parallel_guesses_get_no_more_tries() {
    let server = server();
    let guess = || attempt(&server, "203.0.113.1", ADMIN_EMAIL, "wrong").status;
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let guesses: Vec<_> = (0..20).map(|_| scope.spawn(guess)).collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 15, "{statuses:?}");
}

#[test]
fn a_header_of_an_untrusted_peer_evades_nothing() {
    let server = TestServer::start();
    for n in 0..5 {
        attempt(&server, &format!("203.0.113.{n}"), ADMIN_EMAIL, "wrong").is(401);
    }
    for headers in ["X-Forwarded-For: 198.51.100.1", "Forwarded: for=198.51.100.1", "X-Real-IP: 198.51.100.1"] {
        let body = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD }).to_string();
        let headers = format!("Content-Type: application/json\r\n{headers}\r\n");
        is_throttled(&server.stranger().send("POST", "/auth/token", &headers, &body), 3_500, 3_600);
    }
}

#[test]
fn every_way_to_try_a_password_shares_the_limits() {
    let server = server();
    let headers = "Content-Type: application/json\r\nX-Forwarded-For: 203.0.113.1\r\n";
    let body = json!({ "email": ADMIN_EMAIL, "password": "wrong" }).to_string();
    for path in ["/auth/token", "/auth/password/login", "/auth/token", "/auth/password/login", "/auth/token"] {
        server.stranger().send("POST", path, headers, &body).is(401);
    }
    for path in ["/auth/token", "/auth/password/login"] {
        is_throttled(&server.stranger().send("POST", path, headers, &body), 3_500, 3_600);
    }
}

#[test]
fn without_the_password_accounts_of_all_kinds_are_answered_alike() {
    let server = server();
    let admin = server.admin();
    admin.add_user("known@example.com", "viewer", PASSWORD);
    let off = admin.add_user("off@example.com", "viewer", PASSWORD);
    let path = format!("/api/users/{}/deactivate", off["id"].as_str().unwrap());
    admin.post(&path, &json!({})).is(200);
    admin.post("/api/users", &json!({ "email": "external@example.com" })).is(201);
    let answers = ["unknown@example.com", "known@example.com", "off@example.com", "external@example.com", "no address"]
        .map(|email| {
            let answer = attempt(&server, "203.0.113.9", email, "wrong").is(401);
            let mut body = answer.json();
            assert!(body["request_id"].take().is_string());
            let names =
                ["content-type", "content-length", "www-authenticate", "cache-control", "retry-after", "set-cookie"];
            (body, names.map(|name| answer.header(name).map(str::to_owned)), answer.header_names().join(" "))
        });
    assert_eq!(answers[0].0["detail"], "Invalid email or password");
    for answer in &answers[1..] {
        assert_eq!(answer, &answers[0]);
    }
}
