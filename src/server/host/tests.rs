#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use http::HeaderValue;
use proptest::prelude::*;

use super::*;

#[test]
fn hosts_that_servers_really_have_are_accepted() {
    for text in [
        "localhost",
        "127.0.0.1:8000",
        "id.example.org",
        "id.example.org:443",
        "my_service:8000",
        "a-b.c_d.example",
        "[::1]:8000",
        "[2001:db8::1]",
        "xn--bcher-kva.example",
        "id.example.org.",
        "id.example.org.:443",
        "a.",
    ] {
        assert_eq!(text.parse::<Host>().unwrap().as_str(), text);
    }
    assert_eq!("ID.Example.Org".parse::<Host>().unwrap().as_str(), "id.example.org");
}

#[test]
fn everything_else_is_no_host() {
    let long = "a.".repeat(127) + "ab";
    for text in [
        "",
        ":",
        ":80",
        "a:",
        "a:0",
        "a:080",
        "a:65536",
        "a:+80",
        "a:80:80",
        "a:8 0",
        "a/b",
        "a/../b",
        "user@a",
        "a b",
        " a",
        "a ",
        "a\n",
        "a\r\n",
        "a`id`",
        "$(id)",
        "a'b",
        "a\"b",
        "a;b",
        ".",
        "a..",
        "1.2.3.4.",
        "a.1.",
        "[::1].",
        ".a",
        "a..b",
        "-a",
        "a-",
        "[::1",
        "[::1]x",
        "[::1]:",
        "[]",
        "[1.2.3.4]",
        "[fe80::1%eth0]",
        "::1",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "a.1",
        "0x7f000001",
        "127.0.0.0x1",
        "a.0X",
        "bücher.example",
        "a\u{0}",
        &long,
    ] {
        assert_eq!(text.parse::<Host>(), Err(InvalidHost), "{text:?}");
    }
}

#[test]
fn exactly_one_host_line_is_needed() {
    let mut headers = HeaderMap::new();
    assert_eq!(Host::from_headers(&headers), Err(InvalidHost));
    headers.append(HOST, HeaderValue::from_static("a.example"));
    assert_eq!(Host::from_headers(&headers).unwrap().as_str(), "a.example");
    headers.append(HOST, HeaderValue::from_static("a.example"));
    assert_eq!(Host::from_headers(&headers), Err(InvalidHost));
}

#[test]
fn a_public_url_is_kept_without_its_final_slash() {
    for (text, kept, prefix) in [
        ("https://id.example.org", "https://id.example.org", ""),
        ("https://id.example.org/", "https://id.example.org", ""),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", ""),
        ("https://example.org:8443/da/v_1/", "https://example.org:8443/da/v_1", "/da/v_1"),
        ("https://[::1]/da", "https://[::1]/da", "/da"),
        ("https://id.example.org:443/da", "https://id.example.org/da", "/da"),
        ("http://[::1]:80", "http://[::1]", ""),
        ("http://id.example.org:443", "http://id.example.org:443", ""),
        ("https://bücher.example:8443/da", "https://xn--bcher-kva.example:8443/da", "/da"),
    ] {
        let url: PublicUrl = text.parse().unwrap();
        assert_eq!((url.as_str(), url.prefix()), (kept, prefix));
    }
}

#[test]
fn everything_else_is_no_public_url() {
    for text in [
        "",
        "id.example.org",
        "ftp://a",
        "HTTPS://a",
        "https:/a",
        "https://",
        "https:///x",
        "https://a//",
        "https://a//b",
        "https://a/../b",
        "https://a/./b",
        "https://a/b?c",
        "https://a/b#c",
        "https://u@a",
        "https://a/b c",
        "https://a/b\n",
        "https://a/%2e",
        "https://a/b'c",
        "javascript://a",
    ] {
        assert_eq!(text.parse::<PublicUrl>(), Err(InvalidPublicUrl), "{text:?}");
    }
}

#[test]
fn a_port_that_the_scheme_implies_is_left_out_as_browsers_do() {
    let origin = |host: &str, https| {
        let base = BaseUrl::from_request(&host.parse().unwrap(), https, None);
        assert_eq!(base.as_str(), base.origin());
        base.to_string()
    };
    assert_eq!(origin("id.example.org:443", true), "https://id.example.org");
    assert_eq!(origin("id.example.org:443", false), "http://id.example.org:443");
    assert_eq!(origin("id.example.org:80", false), "http://id.example.org");
    assert_eq!(origin("[2001:db8::80]", false), "http://[2001:db8::80]");
    assert_eq!(origin("[::443]:443", true), "https://[::443]");
}

#[test]
fn the_configured_url_wins_over_the_host() {
    let host: Host = "evil.example".parse().unwrap();
    let public: PublicUrl = "https://id.example.org/da".parse().unwrap();
    assert_eq!(BaseUrl::from_request(&host, false, Some(&public)).as_str(), "https://id.example.org/da");
    assert_eq!(BaseUrl::from_request(&host, false, None).as_str(), "http://evil.example");
    assert!(BaseUrl::from_request(&host, true, None).is_https());
}

proptest! {
    #[test]
    fn no_host_carries_a_hostile_byte(text in "[a-z0-9.:\\[\\]_/ '\"`$(){}<>@\\\\\\x00-\\x1f-]{0,40}") {
        if let Ok(host) = text.parse::<Host>() {
            prop_assert!(host.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b)));
            prop_assert_eq!(host.to_string().parse::<Host>(), Ok(host));
        }
    }

    #[test]
    fn a_browser_sends_our_origin(host in "[a-z0-9x]{1,8}(\\.[a-z0-9x]{1,4}){0,3}(:[0-9]{1,4})?", https: bool) {
        if let Ok(host) = host.parse::<Host>() {
            let base = BaseUrl::from_request(&host, https, None);
            let url = url::Url::parse(base.as_str()).expect("a browser can go there");
            prop_assert_eq!(url.origin().ascii_serialization(), base.origin());
        }
    }

    #[test]
    fn parsing_never_panics(text: String) {
        let _ = text.parse::<Host>();
        let _ = text.parse::<PublicUrl>();
        let _ = format!("https://{text}").parse::<PublicUrl>();
    }

    #[test]
    fn a_public_url_round_trips(host in "[a-z][a-z0-9]{0,9}(:[1-9][0-9]{0,3})?", path in "(/[a-z0-9_~-]{1,8}){0,3}/?") {
        let url: PublicUrl = format!("https://{host}{path}").parse().unwrap();
        prop_assert!(!url.as_str().ends_with('/'));
        prop_assert_eq!(url.to_string().parse::<PublicUrl>(), Ok(url));
    }
}
