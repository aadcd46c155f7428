//! Whose address counts: the peer, unless it is a trusted proxy (D-13, S-12).

use crate::support::TestServer;

/// Signs in wrongly with these headers and returns the address of the audit row.
fn recorded(server: &TestServer, headers: &str) -> String {
    let headers = format!("Content-Type: application/json\r\n{headers}");
    server.stranger().send("POST", "/auth/token", &headers, r#"{"email":"eve@example.com","password":"x"}"#).is(401);
    let page = server.admin().get("/api/admin/audit?action=login_failed&limit=1").is(200).json();
    page["items"][0]["ip"].as_str().unwrap().to_owned()
}

#[test]
fn a_header_from_nobody_special_is_ignored() {
    let server = TestServer::start();
    assert_eq!(recorded(&server, "X-Forwarded-For: 203.0.113.7\r\n"), "127.0.0.1");
    assert_eq!(recorded(&server, "Forwarded: for=203.0.113.7\r\nX-Real-IP: 203.0.113.7\r\n"), "127.0.0.1");
}

#[test]
fn behind_a_trusted_proxy_the_rightmost_untrusted_hop_counts() {
    let server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.0/8").arg("--trusted-proxy=10.0.0.0/8").start();
    for (headers, address) in [
        ("", "127.0.0.1"),
        ("X-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7"),
        ("X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n", "203.0.113.7"),
        ("X-Forwarded-For: 198.51.100.1, 203.0.113.7, 10.1.2.3\r\n", "203.0.113.7"),
        ("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7"),
        ("X-Forwarded-For: \u{e9}, 203.0.113.7\r\n", "203.0.113.7"),
        ("X-Forwarded-For: 2001:db8::7\r\n", "2001:db8::7"),
    ] {
        assert_eq!(recorded(&server, headers), address, "{headers:?}");
    }
}

#[test]
fn only_addresses_are_recorded() {
    let server = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1/32").start();
    for value in ["<script>", "203.0.113.7; DROP TABLE users", "unknown", "999.1.1.1", ""] {
        let address = recorded(&server, &format!("X-Forwarded-For: {value}\r\n"));
        assert!(address.parse::<std::net::IpAddr>().is_ok(), "{value:?}: {address}");
    }
}

#[test]
fn an_invented_header_does_not_evade_the_limit() {
    let server = TestServer::start();
    let mut last = 0;
    for n in 0..6 {
        let headers = format!("Content-Type: application/json\r\nX-Forwarded-For: 203.0.113.{n}\r\n");
        let body = r#"{"email":"eve@example.com","password":"x"}"#;
        last = server.stranger().send("POST", "/auth/token", &headers, body).status;
    }
    assert_eq!(last, 429);
}
