//! The `Host` table: what a client calls the server never harms whoever reads the answer. S-30, S-31, D-13.

use crate::support::{Answer, TestServer, exchange};

fn get(server: &TestServer, path: &str, lines: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{lines}\r\n");
    exchange(server.address(), request.as_bytes()).unwrap()
}

/// Returns the line of the installer that names the server.
fn baked(answer: &Answer) -> String {
    let text = answer.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("BAKED_SERVER=")).collect();
    let [line] = lines[..] else { panic!("{lines:?}") };
    line.to_owned()
}

const HOSTILE: [&str; 52] = [
    "",
    " ",
    ":",
    ":80",
    "a:",
    "a:0",
    "a:65536",
    "a:99999999999",
    "a:-1",
    "a:+80",
    "a:80:80",
    "a:8x",
    "a b",
    "a/b",
    "a/../b",
    "/etc/passwd",
    "a?b",
    "a#b",
    "a\\b",
    "user@a",
    "user:password@a",
    "a'b",
    "a\"b",
    "a`id`",
    "$(id)",
    "a;id",
    "a|id",
    "a&b",
    "a<b>",
    "<script>alert(1)</script>",
    "a{b}",
    "a%00",
    "a%0d%0a",
    "a%2f",
    "a,b",
    "a!",
    "a*",
    "a..b",
    ".a",
    "-a",
    "a-",
    "a_.-b",
    "[::1",
    "::1",
    "[::1]x",
    "[::g]",
    "[127.0.0.1]",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "0x7f.1",
    "bücher.example",
];

#[test]
fn a_host_that_is_none_is_refused_on_every_kind_of_answer() {
    let server = TestServer::start();
    let long = format!("{}a", "a.".repeat(130));
    let label = "a".repeat(64);
    for host in HOSTILE.into_iter().chain([long.as_str(), label.as_str()]) {
        for path in ["/cli/install.sh", "/install", "/login", "/auth/me", "/api/version", "/live", "/nowhere"] {
            let answer = get(&server, path, &format!("Host: {host}\r\n"));
            assert_eq!(answer.status, 400, "{host:?} on {path}: {}", answer.text());
            assert!(host.len() < 3 || !answer.text().contains(host), "{host:?}: {}", answer.text());
            assert_eq!(answer.header("location"), None);
        }
    }
    for control in ["a\u{1}b", "a\u{7f}", "a\0b", "a\rb"] {
        get(&server, "/cli/install.sh", &format!("Host: {control}\r\n")).is(400);
    }
    get(&server, "/live", &format!("Host: {}\r\n", server.address())).is(200);
}

#[test]
fn the_installer_holds_the_host_as_one_quoted_word() {
    let server = TestServer::start();
    for (host, name) in [
        ("id.example.org", "http://id.example.org"),
        ("ID.Example.Org:8443", "http://id.example.org:8443"),
        ("localhost:8000", "http://localhost:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("my_service", "http://my_service"),
        ("xn--bcher-kva.example", "http://xn--bcher-kva.example"),
    ] {
        let answer = get(&server, "/cli/install.sh", &format!("Host: {host}\r\n")).is(200);
        assert_eq!(baked(&answer), format!("BAKED_SERVER='{name}'"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.header("content-type").unwrap().starts_with("text/plain"));
        let page = get(&server, "/install", &format!("Host: {host}\r\n")).is(200);
        assert!(page.text().contains(&format!("{name}/cli/install.sh")), "{}", page.text());
        assert_eq!(page.header("cache-control"), Some("no-store"));
    }
}

#[test]
fn exactly_one_host_is_needed() {
    let server = TestServer::start();
    let own = format!("Host: {}\r\n", server.address());
    for lines in [
        String::new(),
        format!("{own}{own}"),
        format!("{own}Host: evil.example\r\n"),
        format!("Host: evil.example\r\n{own}"),
        format!("{own}X-Between: x\r\nhOST: evil.example\r\n"),
        format!("{own}Host:\r\n"),
        format!("Host : evil.example\r\n{own}"),
        format!("{own} evil.example\r\n"),
    ] {
        get(&server, "/cli/install.sh", &lines).is(400);
    }
    get(&server, "http://evil.example/cli/install.sh", &own).is(400);
    let agreed = get(&server, "http://good.example/cli/install.sh", "Host: good.example\r\n").is(200);
    assert_eq!(baked(&agreed), "BAKED_SERVER='http://good.example'");
    let old = "GET /cli/install.sh HTTP/1.0\r\n\r\n";
    exchange(server.address(), old.as_bytes()).unwrap().is(400);
}

/// Headers that name another host to somebody.
const OTHER_NAMES: [&str; 6] = [
    "X-Forwarded-Host: evil.example",
    "X-Host: evil.example",
    "X-Forwarded-Server: evil.example",
    "X-Original-Host: evil.example",
    "Forwarded: host=evil.example;proto=https",
    "X-HTTP-Host-Override: evil.example",
];

#[test]
fn no_other_header_names_the_host_not_even_from_a_trusted_proxy() {
    let direct = TestServer::start();
    let proxied = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1/32").start();
    for server in [&direct, &proxied] {
        for line in OTHER_NAMES {
            for path in ["/cli/install.sh", "/install", "/login", "/"] {
                let answer = get(server, path, &format!("Host: id.example.org\r\n{line}\r\n"));
                assert!(matches!(answer.status, 200 | 302), "{answer:?}");
                assert!(!format!("{answer:?}{}", answer.text()).contains("evil"), "{line} on {path}");
            }
        }
    }
}

#[test]
fn only_a_trusted_proxy_says_https() {
    let direct = TestServer::start();
    let proxied = TestServer::with_admin().arg("--trusted-proxy=127.0.0.1/32").start();
    let elsewhere = TestServer::with_admin().arg("--trusted-proxy=10.0.0.0/8").start();
    let lines = "Host: id.example.org\r\nX-Forwarded-Proto: https\r\n";
    for (server, scheme) in [(&direct, "http"), (&elsewhere, "http"), (&proxied, "https")] {
        let script = get(server, "/cli/install.sh", lines).is(200);
        assert_eq!(baked(&script), format!("BAKED_SERVER='{scheme}://id.example.org'"));
        let https = scheme == "https";
        assert_eq!(script.header("strict-transport-security").is_some(), https);
        let cookie = get(server, "/login", lines).is(200);
        assert_eq!(cookie.header("set-cookie").unwrap().contains("Secure"), https);
    }
    for value in ["ftp", "https'", "javascript", "HTTPS://x", "", "http"] {
        let script = get(&proxied, "/cli/install.sh", &format!("Host: a.example\r\nX-Forwarded-Proto: {value}\r\n"));
        assert_eq!(baked(&script), "BAKED_SERVER='http://a.example'", "{value:?}");
    }
}

#[test]
fn a_configured_public_url_wins_over_every_host() {
    let server = TestServer::with_admin().arg("--public-url=https://id.example.org/da").start();
    for host in ["localhost:8000", "id.example.org", "127.0.0.1"] {
        let script = get(&server, "/cli/install.sh", &format!("Host: {host}\r\n")).is(200);
        assert_eq!(baked(&script), "BAKED_SERVER='https://id.example.org/da'");
        let page = get(&server, "/install", &format!("Host: {host}\r\n")).is(200);
        assert!(!page.text().contains("evil"), "{}", page.text());
        let away = get(&server, "/", &format!("Host: {host}\r\n")).is(302);
        assert_eq!(away.header("location"), Some("/da/login?next=%2F"));
    }
    get(&server, "/cli/install.sh", "Host: a'b\r\n").is(400);
}

/// A path of each kind, with the status that it has under an allowed name.
const PATHS: [(&str, u16); 9] = [
    ("/login", 200),
    ("/install", 200),
    ("/cli/install.sh", 200),
    ("/auth/me", 401),
    ("/api/version", 200),
    ("/metrics", 200),
    ("/.well-known/jwks.json", 200),
    ("/live", 200),
    ("/nowhere", 404),
];

#[test]
fn with_a_public_url_other_names_are_misdirected_on_every_kind_of_path() {
    let server = TestServer::with_admin()
        .arg("--public-url=https://id.example.org:8443/da")
        .arg("--allow-host=other.example")
        .arg("--allow-host=bücher.example")
        .start();
    for host in [
        "id.example.org",
        "ID.Example.ORG:1",
        "id.example.org.",
        "localhost",
        "LocalHost:8000",
        "127.0.0.1",
        "192.0.2.9:8000",
        "[::1]:8000",
        "[2001:db8::1]",
        "other.example",
        "OTHER.example.:443",
        "xn--bcher-kva.example",
    ] {
        for (path, status) in PATHS {
            let answer = get(&server, path, &format!("Host: {host}\r\nAccept: application/json\r\n"));
            assert_eq!(answer.status, status, "{host} on {path}: {}", answer.text());
        }
        get(&server, &format!("http://{host}/live"), &format!("Host: {host}\r\n")).is(200);
    }
    for host in [
        "evil.example",
        "evil.example:8443",
        "EVIL.example.",
        "evil.id.example.org",
        "id.example.org.evil.example",
        "example.org",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "xn--evil-kva.example",
        "da",
    ] {
        for (path, _) in PATHS {
            for accept in ["application/json", "text/html"] {
                let answer = get(&server, path, &format!("Host: {host}\r\nAccept: {accept}\r\n"));
                answer.refused_as(421, "misdirected_request");
                assert_eq!(answer.header("location"), None);
                assert!(answer.text().contains("--allow-host"), "{}", answer.text());
            }
        }
        get(&server, &format!("http://{host}/live"), &format!("Host: {host}\r\n")).is(421);
    }
    for host in ["", "a b", "id.example.org:0", "..", "id.example.org/", "1.2.3", "bücher.example"] {
        get(&server, "/live", &format!("Host: {host}\r\n")).is(400);
    }
}

#[test]
fn without_a_public_url_every_name_is_answered() {
    let server = TestServer::with_admin().env("DA_ALLOW_HOSTS", "other.example").start();
    for host in ["evil.example", "other.example", "localhost", "127.0.0.1"] {
        get(&server, "/live", &format!("Host: {host}\r\n")).is(200);
    }
    assert!(server.log().contains("`allow_hosts` has no effect without `public_url`"), "{}", server.log());
}

#[test]
fn the_metrics_listener_and_the_admin_socket_have_their_own_way_in() {
    let setup = TestServer::with_admin().env("DA_ALLOW_HOSTS", "metrics.internal, other.example");
    let server = setup.arg("--public-url=https://id.example.org").arg("--metrics-listen=127.0.0.1:0").start();
    let line = server.stdout().lines().find_map(|line| line.strip_prefix("metrics on http://").map(str::to_owned));
    let address = line.unwrap().strip_suffix("/metrics").unwrap().parse().unwrap();
    let scrape = |host: &str| {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        exchange(address, request.as_bytes()).unwrap()
    };
    for host in ["metrics.internal:9100", "id.example.org", "127.0.0.1:9100", "localhost"] {
        scrape(host).is(200);
    }
    scrape("evil.example").refused_as(421, "misdirected_request");
    scrape("a b").is(400);
    // Nobody's DNS leads to the admin socket.
    server.host(&["admin", "list-users", "--local"]).run().exits(0);
}

#[test]
fn a_cookie_writes_only_under_the_name_it_was_made_for() {
    let server = TestServer::start();
    let admin = server.admin();
    let write = |host: &str, origin: &str| {
        let request = format!(
            "POST /auth/tokens HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nCookie: access_token={}\r\n{origin}\
             Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{{\"name\":\"x\"}}",
            admin.bearer()
        );
        exchange(server.address(), request.as_bytes()).unwrap()
    };
    let own = server.address().to_string();
    for origin in [
        "Origin: http://evil.example\r\n".to_owned(),
        format!("Origin: https://{own}\r\n"),
        format!("Origin: http://{own}.evil.example\r\n"),
        format!("Origin: http://evil.example?http://{own}\r\n"),
        format!("Origin: http://x@{own}\r\n"),
        "Origin: http://127.0.0.1\r\n".to_owned(),
        "Origin: null\r\n".to_owned(),
        "Origin:\r\n".to_owned(),
        format!("Referer: http://{own}/\r\n"),
        "Sec-Fetch-Site: same-site\r\n".to_owned(),
        "Sec-Fetch-Site: none\r\n".to_owned(),
        format!("Sec-Fetch-Site: cross-site\r\nOrigin: http://{own}\r\n"),
        format!("Origin: http://evil.example\r\nOrigin: http://{own}\r\n"),
        String::new(),
    ] {
        write(&own, &origin).refused_as(403, "cross_origin");
    }
    assert_eq!(admin.get("/auth/tokens").json(), serde_json::json!([]));
    write(&own, &format!("Origin: http://{own}\r\n")).is(201);
    write(&own, "Sec-Fetch-Site: same-origin\r\n").is(201);
}
