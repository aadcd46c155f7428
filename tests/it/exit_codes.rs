//! Exit codes (D-20) and what any command says without a server.

use std::net::TcpListener;

use crate::support::{TestHome, TestServer, transcript};

#[test]
fn the_version_is_one_line() {
    transcript!(TestHome::new().da(["--version"]).run(), @r"
    exit: 0
    ----- stdout -----
    da [VERSION]

    ----- stderr -----
    ");
}

#[test]
fn wrong_usage_is_2() {
    let home = TestHome::new();
    for args in [
        &["frobnicate"][..],
        &["--frobnicate"],
        &["token", "create"],
        &["token", "create", "--name", "x", "--ttl", "90"],
    ] {
        let run = home.da(args).run().exits(2);
        assert_eq!(run.stdout, "", "{args:?}");
        assert_ne!(run.stderr, "", "{args:?}");
    }
    home.da::<[&str; 0]>([]).run().exits(2);
}

#[test]
fn an_unreachable_server_is_3() {
    let home = TestHome::new();
    // A port that was free a moment ago; nobody listens on it.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = format!("http://127.0.0.1:{port}");
    let run = home.da(["whoami"]).env("DA_SERVER", &server).env("DA_TOKEN", "x").run().exits(3);
    assert!(run.stderr.contains(&server), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn no_token_and_a_refused_token_are_4() {
    let server = TestServer::start();
    let home = TestHome::new();
    for command in [&["whoami"][..], &["token", "list"], &["admin", "list-users"]] {
        home.da(command).env("DA_SERVER", server.url()).run().exits(4);
        home.da(command).env("DA_SERVER", server.url()).env("DA_TOKEN", "garbage").run().exits(4);
    }
}

#[test]
fn a_missing_role_is_5() {
    let server = TestServer::start();
    let eve = server.user(&server.admin(), "eve@example.com", "analyst");
    let run = TestHome::new()
        .da(["admin", "list-users"])
        .env("DA_SERVER", server.url())
        .env("DA_TOKEN", eve.bearer())
        .run()
        .exits(5);
    assert!(run.stderr.contains("Requires role admin or higher"), "{}", run.stderr);
}

#[test]
fn everything_else_is_1() {
    let server = TestServer::start();
    let run = TestHome::new()
        .da(["token", "revoke", "no-such-token", "--yes"])
        .env("DA_SERVER", server.url())
        .env("DA_TOKEN", server.admin().bearer())
        .run()
        .exits(1);
    assert!(run.stderr.contains("no-such-token"), "{}", run.stderr);
}
