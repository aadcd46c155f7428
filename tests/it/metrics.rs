//! The metrics, and who may read them (M-25, M-49, C-13, C-18).

use std::{net::TcpStream, process::Command};

use serde_json::json;

use crate::support::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Api, Metrics, Run, SmallDisk, TestHome, TestServer, exchange, net_namespace, wait_for,
};

fn scrape(api: &Api) -> Metrics {
    Metrics::of(&api.get("/metrics"))
}

#[test]
fn the_counters_tell_what_was_done() {
    let server = TestServer::start();
    let stranger = server.stranger();
    let admin = server.admin();
    let eve = server.user(&admin, "eve@example.com", "viewer");
    let token = admin.with_new_token("ci");
    let before = scrape(&stranger);

    for _ in 0..3 {
        server.admin();
    }
    for _ in 0..2 {
        stranger.try_sign_in(ADMIN_EMAIL, "wrong").is(401);
    }
    for _ in 0..5 {
        token.get("/auth/me").is(200);
    }
    admin.get("/auth/me/").is(200);
    stranger.with("nonsense").get("/auth/me").is(401);
    stranger.get("/auth/me").is(401);
    eve.get("/api/users").is(403);
    let id = token.get("/auth/tokens").is(200).json()[0]["id"].as_str().unwrap().to_owned();
    admin.delete(&format!("/auth/tokens/{id}")).is(204);
    token.get("/auth/me").refused_as(401, "token_revoked");
    stranger.send("HEAD", "/live", "", "").is(200);
    stranger.send("POST", "/live", "", "").is(405);
    stranger.send("GET", "/tokens", "Accept: text/html\r\n", "").is(302);

    let after = scrape(&stranger);
    let grown = |name: &str, labels: &[(&str, &str)]| after.since(&before, name, labels);
    let requests = |method: &str, route: &str, status: &str| {
        grown("da_requests_total", &[("method", method), ("route", route), ("status", status)])
    };
    for (method, route, status, count) in [
        ("POST", "/auth/token", "200", 3.0),
        ("POST", "/auth/token", "401", 2.0),
        ("GET", "/auth/me", "200", 6.0),
        ("GET", "/auth/me", "401", 3.0),
        ("GET", "/api/users", "403", 1.0),
        ("DELETE", "/auth/tokens/{id}", "204", 1.0),
        ("HEAD", "/live", "200", 1.0),
        ("POST", "none", "405", 1.0),
        ("GET", "/tokens", "302", 1.0),
        ("GET", "/metrics", "200", 1.0),
    ] {
        assert_eq!(requests(method, route, status), count, "{method} {route} {status}");
    }
    let login = |outcome: &str| grown("da_logins_total", &[("outcome", outcome)]);
    assert_eq!((login("success"), login("invalid"), login("throttled")), (3.0, 2.0, 0.0));
    let checks = |kind: &str, outcome: &str| grown("da_token_checks_total", &[("kind", kind), ("outcome", outcome)]);
    assert_eq!((checks("pat", "accepted"), checks("pat", "revoked"), checks("unreadable", "invalid")), (6.0, 1.0, 1.0));
    assert_eq!(checks("session", "accepted"), 3.0, "the list of users, the slash, and the revocation");
    let failures = |reason: &str| grown("da_auth_failures_total", &[("reason", reason)]);
    assert_eq!((failures("invalid_login"), failures("invalid_token"), failures("token_revoked")), (2.0, 1.0, 1.0));
    assert_eq!((failures("missing_credential"), failures("role_required")), (2.0, 1.0));
    let took = |suffix: &str| {
        grown(&format!("da_request_duration_seconds_{suffix}"), &[("method", "GET"), ("route", "/auth/me")])
    };
    assert_eq!(took("count"), 9.0);
    assert!(took("sum") > 0.0 && took("sum") < 60.0, "{}", took("sum"));
    assert!(took("bucket") >= 9.0);
    // Three sign-ins, a revocation, two failures and one refusal each wrote at least a row.
    assert!(grown("da_store_changes_total", &[]) >= 7.0);
    assert!(grown("da_store_batch_size_sum", &[]) >= grown("da_store_batch_size_count", &[]));
}

#[test]
fn a_device_that_was_let_in_counts_as_a_sign_in() {
    let server = TestServer::start();
    let (stranger, admin) = (server.stranger(), server.admin());
    let started = stranger.post("/auth/device", &json!({ "client_name": "da" })).is(200).json();
    let poll = json!({ "device_code": started["device_code"] });
    stranger.post("/auth/device/token", &poll).is(400);
    assert_eq!(scrape(&stranger).get("da_logins_total", &[("outcome", "approved")]), Some(0.0));
    admin.decide("approve", started["user_code"].as_str().unwrap());
    stranger.post("/auth/device/token", &poll).is(200);
    assert_eq!(scrape(&stranger).get("da_logins_total", &[("outcome", "approved")]), Some(1.0));
}

#[test]
fn gauges_tell_the_state_and_every_family_has_its_type() {
    let server = TestServer::start();
    let admin = server.admin();
    let idle: Vec<_> = (0..5).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    let metrics = wait_for("the connections to be counted", || {
        let metrics = scrape(&admin);
        (metrics.get("da_connections", &[]) >= Some(6.0)).then_some(metrics)
    });
    drop(idle);
    let gauge = |name: &str| metrics.get(name, &[]).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!((gauge("da_hash_queue"), gauge("da_hash_queue_capacity")), (0.0, 64.0));
    assert!(gauge("da_signing_key_age_seconds") < 600.0);
    let size = std::fs::metadata(server.data_dir().join("da.db")).unwrap().len();
    assert!(size > 0 && metrics.get("da_store_bytes", &[("file", "database")]).is_some());
    assert!(metrics.get("da_store_bytes", &[("file", "log")]).unwrap() > 0.0);
    assert!(gauge("da_disk_free_bytes") > 0.0);
    assert!(gauge("process_start_time_seconds") > 1.7e9);
    assert!(gauge("process_resident_memory_bytes") > 1e6);
    assert!(gauge("process_open_fds") > 5.0 && gauge("process_open_fds") < gauge("process_max_fds"));
    assert!(gauge("process_cpu_seconds_total") > 0.0);
    assert_eq!(metrics.get("da_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), Some(1.0));
    for (family, kind) in [
        ("da_requests", "counter"),
        ("da_request_duration_seconds", "histogram"),
        ("da_logins", "counter"),
        ("da_token_checks", "counter"),
        ("da_store_batch_size", "histogram"),
        ("da_store_commit_failures", "counter"),
        ("da_audit_write_failures", "counter"),
        ("da_refusals_not_recorded", "counter"),
        ("da_new_networks_not_recorded", "counter"),
        ("da_connections_refused", "counter"),
        ("da_connections", "gauge"),
        ("da_build", "info"),
    ] {
        assert_eq!(metrics.kind(family), Some(kind), "{family}");
    }
}

#[test]
fn what_strangers_type_becomes_no_label() {
    let server = TestServer::start();
    let stranger = server.stranger();
    for n in 0..40 {
        let method = format!("M{n}");
        stranger.get(&format!("/gone/{n}?secret={n}")).is(404);
        stranger.send(&method, &format!("/x{n}"), "", "").is(404);
        stranger.get(&format!("/auth/tokens/no-such-id-{n}")).is(401);
    }
    let answer = stranger.get("/metrics");
    for typed in ["gone", "secret", "no-such-id", "M1", "/x1"] {
        assert!(!answer.text().contains(typed), "{typed}");
    }
    let metrics = Metrics::of(&answer);
    let unmatched = |method: &str| metrics.get("da_requests_total", &[("route", "none"), ("method", method)]);
    assert_eq!((unmatched("GET"), unmatched("other")), (Some(40.0), Some(40.0)));
    let map: Vec<_> = da::server::router::table().iter().map(|line| line.path.to_owned()).collect();
    for route in metrics.values_of("da_requests_total", "route") {
        assert!(route == "none" || map.contains(&route), "{route}");
    }
    assert!(!metrics.values_of("da_requests_total", "status").contains(&"other".to_owned()));
}

#[test]
fn tokens_that_end_within_thirty_days_are_counted() {
    let mut server = TestServer::start();
    let admin = server.admin();
    for (name, days) in [("a", json!(1)), ("b", json!(29)), ("later", json!(31)), ("for ever", json!(null))] {
        admin.post("/auth/tokens", &json!({ "name": name, "expires_in_days": days })).is(201);
    }
    let revoked = admin.post("/auth/tokens", &json!({ "name": "x", "expires_in_days": 5 })).is(201).json();
    admin.delete(&format!("/auth/tokens/{}", revoked["id"].as_str().unwrap())).is(204);
    // Counted at the start, and then at least a minute later.
    server.terminate();
    server.restart_elsewhere();
    wait_for("two ending tokens", || {
        (scrape(&server.stranger()).get("da_tokens_ending_30d", &[]) == Some(2.0)).then_some(())
    });
}

#[test]
fn what_could_not_be_written_is_counted() {
    let disk = SmallDisk::mount("8m");
    let server = TestServer::with_admin().under(disk.enter()).data_in(disk.path()).start();
    let admin = server.admin();
    let viewer = server.user(&admin, "viewer@example.com", "viewer");
    let before = scrape(&admin);
    disk.fill();
    wait_for("a change to be refused", || {
        (admin.post("/auth/tokens", &json!({ "name": "n" })).status == 507).then_some(())
    });
    viewer.get("/api/users").is(403);
    viewer.get("/api/users").is(403);
    let after = scrape(&admin);
    assert!(after.since(&before, "da_store_commit_failures_total", &[]) >= 3.0);
    assert_eq!(after.since(&before, "da_audit_write_failures_total", &[]), 2.0);
    assert!(after.get("da_disk_free_bytes", &[]).unwrap() < 100_000.0);
    disk.free();
    for _ in 0..310 {
        viewer.get("/api/users").is(403);
    }
    let last = scrape(&admin);
    assert!(last.since(&after, "da_refusals_not_recorded_total", &[]) >= 10.0);
    assert_eq!(last.since(&after, "da_audit_write_failures_total", &[]), 0.0);
}

#[test]
fn a_proxys_client_reads_no_metrics_whoever_is_trusted() {
    for setup in [TestServer::empty(), TestServer::empty().arg("--trusted-proxy=127.0.0.1")] {
        let server = setup.start();
        let stranger = server.stranger();
        stranger.get("/metrics").is(200);
        stranger.get("/metrics/").is(200);
        for header in [
            "X-Forwarded-For: 10.0.0.1",
            "X-Forwarded-For: 127.0.0.1",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: id.example.org",
            "X-Real-IP: 127.0.0.1",
            "Forwarded: for=127.0.0.1",
            "Via: 1.1 proxy",
        ] {
            stranger.send("GET", "/metrics", &format!("{header}\r\n"), "").refused_as(403, "internal_only");
        }
        server.wait_for_log(r#""path":"/metrics""#);
    }
}

/// Starts a server and asks it from each address, in a network of its own.
const FROM_EACH: &str = r#"
ip link set lo up
for address in 203.0.113.1 $ADDRESSES; do ip address add "$address/32" dev lo; done
"$DA" serve --listen 203.0.113.1:8000 --behind-proxy --data-dir "$HOME/data" >"$HOME/out" 2>"$HOME/log" &
trap 'kill $!; wait' EXIT
tries=0
until grep -q listening "$HOME/out"; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || { cat "$HOME/log"; exit 1; }
    sleep 0.05
done
for address in $ADDRESSES; do
    printf '%s %s\n' "$address" "$(curl -s -o /dev/null -w '%{http_code}' --interface "$address" http://203.0.113.1:8000/metrics)"
done
"#;

#[test]
fn private_networks_read_the_metrics_and_public_ones_do_not() {
    let home = TestHome::new();
    let words = net_namespace();
    let mut command: Command = home.command(&words[0]);
    command.args(&words[1..]).args(["/bin/sh", "-euc", FROM_EACH]);
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("DA", env!("CARGO_BIN_EXE_da"));
    let addresses =
        "10.1.2.3 172.16.0.1 172.17.0.2 172.31.255.254 192.168.1.1 169.254.1.1 172.32.0.1 8.8.8.8 203.0.113.9";
    let run = Run::of(command.env("ADDRESSES", addresses), b"").exits(0);
    let answers: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(
        answers,
        [
            "10.1.2.3 200",
            "172.16.0.1 200",
            "172.17.0.2 200",
            "172.31.255.254 200",
            "192.168.1.1 200",
            "169.254.1.1 200",
            "172.32.0.1 403",
            "8.8.8.8 403",
            "203.0.113.9 403",
        ]
    );
}

#[test]
fn a_listener_of_their_own_takes_the_metrics_from_the_main_one() {
    let mut server = TestServer::with_admin().arg("--metrics-listen=127.0.0.1:0").start();
    server.admin();
    server.stranger().get("/metrics").refused_as(404, "not_found");
    let line = server.stdout().lines().find_map(|line| line.strip_prefix("metrics on http://").map(str::to_owned));
    let address = line.unwrap().strip_suffix("/metrics").unwrap().parse().unwrap();
    let own = Api::stranger(address);
    let metrics = Metrics::of(&own.send("GET", "/metrics", "X-Forwarded-For: 203.0.113.9\r\n", ""));
    assert_eq!(metrics.get("da_logins_total", &[("outcome", "success")]), Some(1.0));
    assert_eq!(own.send("HEAD", "/metrics", "", "").is(200).body, b"");
    for path in ["/", "/live", "/auth/me", "/api/users"] {
        own.get(path).refused_as(404, "not_found");
    }
    own.post("/metrics", &json!({})).refused_as(404, "not_found");
    let _kept = TcpStream::connect(address).unwrap();
    assert_eq!(server.terminate().code(), Some(0));
}

/// Reads the older text format with Debian's parser; tells its families and samples as JSON.
const TEXT_READER: &str = r#"
import json, sys
from prometheus_client.parser import text_string_to_metric_families as read
families = list(read(sys.stdin.read()))
print(json.dumps({
    "types": {family.name: family.type for family in families},
    "samples": sorted([sample.name, sorted(sample.labels.items())] for family in families for sample in family.samples),
}))
"#;

#[test]
fn a_client_that_prefers_the_older_text_format_gets_it() {
    let mut server = TestServer::with_admin().arg("--metrics-listen=127.0.0.1:0").start();
    let main = TestServer::start();
    let line = server.stdout().lines().find_map(|line| line.strip_prefix("metrics on http://").map(str::to_owned));
    let own = Api::stranger(line.unwrap().strip_suffix("/metrics").unwrap().parse().unwrap());
    for api in [own, main.stranger()] {
        let ask = |accept: &str| api.send("GET", "/metrics", &format!("Accept: {accept}\r\n"), "").is(200);
        let victoria_metrics = "text/plain;version=0.0.4;q=1,*/*;q=0.1";
        for accept in [victoria_metrics, "text/plain", "text/plain; version=0.0.4", "*/*;q=0.1,text/plain"] {
            let answer = ask(accept);
            assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"), "{accept}");
            assert!(answer.header("vary").is_some_and(|vary| vary.eq_ignore_ascii_case("accept")));
            let read = Run::of(Command::new("/usr/bin/python3").args(["-c", TEXT_READER]), &answer.body).exits(0);
            let read: serde_json::Value = serde_json::from_str(&read.stdout).unwrap();
            for (family, kind) in [
                ("da_requests", "counter"),
                ("da_request_duration_seconds", "histogram"),
                ("da_connections", "gauge"),
                ("da_build_info", "gauge"),
            ] {
                assert_eq!(read["types"][family], kind, "{family}: {}", read["types"]);
            }
            let untyped = read["types"].as_object().unwrap().iter().find(|(_, kind)| *kind == "unknown");
            assert_eq!(untyped, None);
            assert!(read["samples"].as_array().unwrap().len() > 50);
            assert!(!answer.text().contains("# EOF"));
        }
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                          application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,\
                          text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        for accept in [prometheus, "*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"] {
            Metrics::of(&ask(accept));
        }
    }
    assert!(server.terminate().success());
}

#[test]
fn requests_that_the_edge_refuses_are_counted() {
    let server = TestServer::start();
    let before = scrape(&server.stranger());
    let host = server.address();
    let raw = |request: String| exchange(host, request.as_bytes()).unwrap();
    for (status, request) in [
        (400, "GET /\x01 HTTP/1.1\r\n\r\n".to_owned()),
        (400, format!("GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n")),
        (405, format!("TRACE / HTTP/1.1\r\nHost: {host}\r\n\r\n")),
        (413, format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 70000\r\n\r\n")),
        (414, format!("GET /{} HTTP/1.1\r\nHost: {host}\r\n\r\n", "x".repeat(9000))),
        (431, format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n", "x".repeat(40_000))),
        (505, format!("GET / HTTP/2.0\r\nHost: {host}\r\n\r\n")),
    ] {
        let answer = raw(request).is(status);
        let id = answer.json()["request_id"].as_str().unwrap().to_owned();
        assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_eq!(answer.header("x-request-id"), Some(id.as_str()));
        server.wait_for_log(&id);
    }
    let after = scrape(&server.stranger());
    for (status, count) in [("400", 2.0), ("405", 1.0), ("413", 1.0), ("414", 1.0), ("431", 1.0), ("505", 1.0)] {
        let labels = [("route", "none"), ("status", status)];
        assert_eq!(after.since(&before, "da_requests_total", &labels), count, "{status}");
    }
}

#[test]
fn a_taken_metrics_address_leaves_nothing_behind() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let home = TestHome::new();
    let taken = format!("--metrics-listen={}", holder.local_addr().unwrap());
    let run = home.da(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", &taken]).run().exits(1);
    assert!(run.stderr.contains("--metrics-listen HOST:PORT"), "{}", run.stderr);
    assert!(!home.path().join("data").exists());
}

#[test]
fn counting_survives_a_flood_of_sign_ins() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "3").start();
    for _ in 0..5 {
        server.stranger().try_sign_in("eve@example.com", ADMIN_PASSWORD);
    }
    let metrics = scrape(&server.stranger());
    let login = |outcome: &str| metrics.get("da_logins_total", &[("outcome", outcome)]).unwrap();
    assert_eq!((login("invalid"), login("throttled")), (3.0, 2.0));
    assert_eq!(metrics.get("da_auth_failures_total", &[("reason", "too_many_attempts")]), Some(2.0));
}
