//! `da` against servers that mean harm or are broken: S-61, S-62, S-63, S-66.

use std::{
    io::Write as _,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, Asked, Person, Run, StandIn, dead_url, help, reply, transcript};

/// What a terminal would obey: colours, title, clearing, C1, bidi, line ends, a bell.
const EVIL: &str = "\u{1b}[31mred\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}1A\u{202e}txt.exe\u{2066}\u{200f}\u{feff}\r\nerror: forged\u{2028}\u{8}";

const LOGIN: [&str; 4] = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];

fn is_harmless(text: &str) -> bool {
    !text.chars().any(|c| c != '\n' && da::domain::text::is_unsafe_to_show(c))
}

/// Runs every command that reads answers, as text and as JSON.
fn every_command(person: &Person) -> Vec<Run> {
    let id = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
    let commands: [&[&str]; 19] = [
        &["whoami"],
        &["status"],
        &["diagnose"],
        &["token", "list"],
        &["token", "show", id],
        &["token", "show", "x"],
        &["token", "revoke", "x"],
        &["token", "create", "--name", "x"],
        &["token", "create", "--name", "x", "--raw"],
        &["admin", "list-users"],
        &["admin", "show-user", id],
        &["admin", "add-user", "a@b.c"],
        &["admin", "set-role", "a@b.c", "admin"],
        &["admin", "reset-password", id],
        &["admin", "token", "list"],
        &["admin", "token", "revoke", "x"],
        &["admin", "audit"],
        &["auth", "password", "change", "--password-stdin"],
        &LOGIN,
    ];
    let mut runs = Vec::new();
    for args in commands {
        let input = "hunter2 is secret\nhunter2 is secret\n";
        runs.push(person.da(args).env("DA_TOKEN", "token-in-force").stdin(input).run());
        if !args.contains(&"--raw") {
            runs.push(person.da(args).arg("--json").env("DA_TOKEN", "token-in-force").stdin(input).run());
        }
    }
    let import = ["import-token", "--token", "-"];
    runs.push(person.da(import).stdin("e30.eyJlbWFpbCI6ImFAYi5jIiwicm9sZSI6InYifQ.c2ln").run());
    runs
}

#[test]
fn a_redirect_carries_nothing_away() {
    let other = StandIn::fixed(200, "", "{}");
    for status in [301, 302, 303, 307, 308] {
        let target = other.url();
        let moved = StandIn::start(move |_, stream| {
            reply(stream, status, &format!("Location: {target}/elsewhere\r\n"), "");
        });
        let person = Person::at(moved.url());
        let login = person.da(LOGIN).stdin("hunter2 is secret").run().exits(1);
        let whoami = person.da(["whoami"]).env("DA_TOKEN", "token-in-force").run().exits(1);
        let import = person.da(["import-token", "--token", "-"]).stdin("e30.eyJlbWFpbCI6ImEiLCJyb2xlIjoidiJ9.s").run();
        for run in [login, whoami, import.exits(1)] {
            assert!(run.stderr.contains(&format!("({status}): `{}/elsewhere`", other.url())), "{}", run.stderr);
        }
        assert!(!person.token_file().exists());
    }
    assert_eq!(other.asked().len(), 0);
}

#[test]
fn a_redirect_is_one_error_that_names_the_new_address() {
    let moved = StandIn::fixed(308, "Location: https://new.example.org/auth/me\r\n", "");
    transcript!(Person::at(moved.url()).da(["whoami"]).env("DA_TOKEN", "x").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not ask who you are
      caused by: the server sends to another address (308): `https://new.example.org/auth/me`
    hint: If you trust the new address, name it with `--server URL`
    ");
    let nowhere = StandIn::fixed(302, "", "");
    transcript!(Person::at(nowhere.url()).da(["whoami"]).env("DA_TOKEN", "x").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not ask who you are
      caused by: the server sends to another address (302) without naming it
    hint: Is that the address of a da server? Check `--server`
    ");
}

#[test]
fn clear_text_beyond_this_machine_needs_leave() {
    // A name that no resolver knows (RFC 6761): with leave the call is tried, and fails there.
    let person = Person::at("http://id.invalid");
    for args in [&["whoami"][..], &["token", "list"], &["status"], &["diagnose"], &["admin", "list-users"]] {
        person.da(args).env("DA_TOKEN", "x").run().exits(2);
        person.da(args).env("DA_TOKEN", "x").arg("--insecure-http").run().exits(3);
    }
    transcript!(person.da(["whoami"]).env("DA_TOKEN", "x").run(), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Nothing was sent
      caused by: `http://id.invalid` is not encrypted and not on this machine
    hint: Use `https://`, or allow clear text with `--insecure-http`
    ");
    person.da(LOGIN).stdin("hunter2 is secret").run().exits(2);
    let import = ["import-token", "--skip-verify", "--token", "-"];
    person.da(import).stdin("e30.eyJlbWFpbCI6ImEiLCJyb2xlIjoidiJ9.s").run().exits(2);
    assert!(!person.token_file().exists());
}

#[test]
fn a_proxy_never_sees_what_goes_to_this_machine_nor_clear_text_elsewhere() {
    let proxy = StandIn::fixed(200, "", "{}");
    let through = |url: &str| {
        let person = Person::at(url);
        let da = person.da(["whoami"]).env("DA_TOKEN", "token-in-force");
        da.env("http_proxy", proxy.url()).env("HTTP_PROXY", proxy.url()).env("ALL_PROXY", proxy.url()).run()
    };
    through(&dead_url()).exits(3);
    through("http://id.invalid").exits(2);
    assert_eq!(proxy.asked().len(), 0);
}

/// Answers every request with well-formed bodies whose every string is hostile.
fn evil_texts(asked: &Asked, stream: &mut TcpStream) {
    let id = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
    let time = "2026-11-22T01:15:01.991806+00:00";
    let token = json!({
        "id": id, "name": EVIL, "prefix": EVIL, "created_at": time, "expires_at": null, "last_used_at": null,
        "revoked_at": null, "user_id": id, "user_email": EVIL, "last_used_ip": EVIL, "token": EVIL,
    });
    let user = json!({
        "id": id, "email": EVIL, "name": EVIL, "role": EVIL, "active": true, "created_at": time, "typ": EVIL,
        "deactivated_at": null, "status": EVIL, "version": EVIL, "reset_token": EVIL, "email_sent": false,
        "access_token": EVIL, "token_type": EVIL, "user_id": id, "display_name": EVIL, "is_owner": false,
        "permissions": [EVIL], "groups": [EVIL], "scopes": [EVIL], "expires_at": null, "last_login_at": null,
    });
    let audit = json!({
        "items": [{
            "id": id, "at": time, "action": EVIL, "user_id": id, "user_email": EVIL, "via": EVIL, "resource": EVIL,
            "params": {EVIL: EVIL}, "result": EVIL, "ip": EVIL, "request_id": EVIL,
        }],
        "next": EVIL, "next_cursor": EVIL,
    });
    let body = match asked.path.split('?').next().unwrap_or_default() {
        "/auth/tokens" if asked.method == "GET" => json!([token]),
        "/auth/admin/tokens" => json!([token]),
        "/api/users" if asked.method == "GET" => json!([user]),
        "/api/admin/audit" => audit,
        path if path.starts_with("/auth/tokens") => token,
        _ => user,
    };
    reply(stream, 200, "", &body.to_string());
}

#[test]
fn hostile_text_in_a_good_answer_never_reaches_the_terminal() {
    let server = StandIn::start(evil_texts);
    let person = Person::at(server.url());
    for run in every_command(&person) {
        assert!(is_harmless(&run.stdout) && is_harmless(&run.stderr), "{run:?}");
        assert!(!run.stderr.lines().any(|line| line == "error: forged"), "{run:?}");
        assert!(!run.stderr.contains("panicked"), "{run:?}");
    }
    // On a terminal, too, where a question repeats the name.
    let da = person.da(["token", "revoke", "6fa459ea-ee8a-4ca4-894e-db77e160355e"]);
    let mut terminal = crate::support::Terminal::start(&da.env("DA_TOKEN", "x").env("TERM", "dumb").into_command());
    terminal.expect("[y/N]: ");
    terminal.send_line("n");
    assert!(is_harmless(&terminal.shown().screen.replace('\r', "")));
}

#[test]
fn hostile_text_in_a_refusal_never_reaches_the_terminal() {
    for status in [400, 401, 403, 404, 409, 422, 429, 500, 503] {
        let body = json!({ "detail": EVIL, "code": EVIL, "request_id": EVIL }).to_string();
        let server = StandIn::fixed(status, "X-Request-Id: \u{9b}31m\r\nRetry-After: \u{9b}\r\n", body);
        let person = Person::at(server.url());
        let exit = match status {
            401 => 4,
            403 => 5,
            500.. => 3,
            _ => 1,
        };
        let da = || person.da(["token", "list"]).env("DA_TOKEN", "x");
        let (text, as_json) = (da().run().exits(exit), da().arg("--json").run().exits(exit));
        assert!(is_harmless(&text.stderr) && text.stdout.is_empty(), "{text:?}");
        assert!(!text.stderr.lines().any(|line| line == "error: forged"), "{text:?}");
        let error: Value = serde_json::from_str(&as_json.stderr).unwrap();
        assert!(is_harmless(&as_json.stderr), "{as_json:?}");
        assert_eq!(error["error"]["exit_code"], exit);
        if status == 409 {
            assert_eq!(error["error"]["code"], EVIL, "JSON keeps the value, escaped");
        }
    }
    let list = json!({ "detail": [{ "type": EVIL, "loc": [EVIL], "msg": EVIL }] }).to_string();
    let server = StandIn::fixed(422, "", list);
    let run = Person::at(server.url()).da(["token", "list"]).env("DA_TOKEN", "x").run().exits(1);
    assert!(is_harmless(&run.stderr), "{run:?}");
}

#[test]
fn garbage_never_makes_it_panic_or_succeed() {
    let bodies = [
        "",
        "null",
        "[]",
        "{}",
        "true",
        "7",
        "\"text\"",
        "[[[[",
        "{\"id\":",
        "\u{feff}{}",
        "<html></html>",
        r#"{"access_token":7,"email":[],"role":{}}"#,
        r#"{"access_token":"","email":"","role":""}"#,
        r#"{"access_token":"a b","email":"a@b.c","role":"v"}"#,
        r#"[{"id":"not an id"}]"#,
        r#"[null]"#,
    ];
    for body in bodies {
        for status in [200, 404] {
            let server = StandIn::fixed(status, "", body);
            let person = Person::at(server.url());
            let login = person.da(LOGIN).stdin("hunter2 is secret").run();
            let create = person.da(["token", "create", "--name", "x"]).env("DA_TOKEN", "x").run();
            for run in [login, create] {
                assert!(!matches!(run.code, Some(0 | 101) | None), "{status} {body}: {run:?}");
                assert!(!run.stderr.contains("panicked"), "{status} {body}: {run:?}");
            }
            assert!(!person.token_file().exists(), "{status} {body}");
        }
    }
}

#[test]
fn deeply_nested_json_is_refused() {
    let server = StandIn::fixed(200, "", "[".repeat(1_000_000));
    let run = Person::at(server.url()).da(["token", "list"]).env("DA_TOKEN", "x").run().exits(1);
    assert!(run.stderr.contains("not one of a da server"), "{}", run.stderr);
}

#[test]
fn bytes_that_are_no_http_are_one_error() {
    for bytes in
        [&b"SSH-2.0-OpenSSH_9.6\r\n"[..], b"\x16\x03\x01\x00", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"]
    {
        let server = StandIn::start(move |_, stream| drop(stream.write_all(bytes)));
        let run = Person::at(server.url()).da(["whoami"]).env("DA_TOKEN", "x").run().exits(3);
        assert!(run.stderr.contains("caused by: cannot reach `http://127.0.0.1:"), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_giant_answer_is_cut_off() {
    let server = StandIn::start(|_, stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"));
        let chunk = [b'['; 64 * 1024];
        while stream.write_all(&chunk).is_ok() {}
    });
    transcript!(Person::at(server.url()).da(["token", "list"]).env("DA_TOKEN", "x").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not list the tokens
      caused by: the answer is not one of a da server: it is larger than 10 MiB
    hint: Is that the address of a da server? Check `--server`
    ");
}

#[test]
fn endless_headers_are_cut_off() {
    let server = StandIn::start(|_, stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\n"));
        while stream.write_all(b"X-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n").is_ok() {}
    });
    Person::at(server.url()).da(["token", "list"]).env("DA_TOKEN", "x").run().exits(3);
}

#[test]
fn a_slow_or_silent_server_does_not_hold_the_command() {
    let drip = |_: &Asked, stream: &mut TcpStream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"));
        while stream.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    };
    let silent = |_: &Asked, stream: &mut TcpStream| drop(std::io::copy(stream, &mut std::io::sink()));
    let started = Instant::now();
    let (drip, silent) = (StandIn::start(drip), StandIn::start(silent));
    transcript!(Person::at(drip.url()).da(["whoami", "--timeout", "1"]).env("DA_TOKEN", "x").run(), @r"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    error: Could not ask who you are
      caused by: cannot reach `http://127.0.0.1:[PORT]`: no answer in time (at most 1 s)
    hint: Is the server running? Choose another one with `--server URL` or `DA_SERVER`
    ");
    transcript!(Person::at(silent.url()).da(["whoami", "--timeout", "1"]).env("DA_TOKEN", "x").run(), @r"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    error: Could not ask who you are
      caused by: cannot reach `http://127.0.0.1:[PORT]`: no answer in time (at most 1 s)
    hint: Is the server running? Choose another one with `--server URL` or `DA_SERVER`
    ");
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_foreign_certificate_is_refused() {
    let server = StandIn::start(|_, _| {});
    let url = server.url().replace("http:", "https:");
    let run = Person::at(url).da(["whoami", "--timeout", "5"]).env("DA_TOKEN", "x").run().exits(3);
    assert!(run.stderr.contains("cannot reach"), "{}", run.stderr);
    assert!(!help(["whoami"]).contains("insecure-tls"));
}
