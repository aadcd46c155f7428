//! `da admin audit`: the log for people, for scripts, and as it grows (A-43).

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    sync::mpsc,
    thread,
};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{ADMIN_EMAIL, Operator, PATIENCE, TestServer, process, transcript};

#[test]
fn the_log_tells_what_happened_oldest_first() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    admin.da(&["admin", "add-user", "ann@example.org"]).exits(0);
    transcript!(admin.da(&["admin", "audit"]), @r#"
    exit: 0
    ----- stdout -----
    [TIME] bootstrap                [PREFIX] -               user:[UUID] ok (system)
    [TIME] login                    [PREFIX] 127.0.0.1       session:[UUID] ok (session:[UUID]) {"device_label":"[DEVICE]"}
    [TIME] user.create              [PREFIX] 127.0.0.1       user:[UUID] ok (session:[UUID]) {"email":"ann@example.org","role":"analyst"}

    ----- stderr -----
    "#);
    transcript!(admin.da(&["admin", "audit", "--action", "user.create", "--user", ADMIN_EMAIL]), @r#"
    exit: 0
    ----- stdout -----
    [TIME] user.create              [PREFIX] 127.0.0.1       user:[UUID] ok (session:[UUID]) {"email":"ann@example.org","role":"analyst"}

    ----- stderr -----
    "#);
    assert_eq!(admin.da(&["admin", "audit", "--user", "ann@example.org"]).exits(0).stdout, "");
    assert_eq!(admin.da(&["admin", "audit", "--since", "2h", "--limit", "1"]).exits(0).stdout.lines().count(), 1);
    assert_eq!(admin.da(&["admin", "audit", "--since", "2999-01-01"]).exits(0).stdout, "");

    let run = admin.da(&["admin", "audit", "--json"]).exits(0);
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    let actions: Vec<_> = rows.iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["bootstrap", "login", "user.create"]);
}

#[test]
fn a_filter_that_is_wrong_is_said() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    transcript!(admin.da(&["admin", "audit", "--since", "yesterday"]), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value 'yesterday' for '--since <TIME>': expected a time such as `[DATE]` or `[TIME]`, or a span such as `2h` or `7d`

    For more information, try '--help'.
    ");
    transcript!(admin.da(&["admin", "audit", "--action", "user.created"]), @"
    exit: 0
    ----- stdout -----

    ----- stderr -----
    No row fits
    ");
    admin.da(&["admin", "audit", "--limit", "0"]).exits(2);
}

#[test]
fn a_followed_log_shows_what_comes_until_it_is_ended() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    let mut command = admin.command(&["admin", "audit", "--follow", "--json"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (sender, rows) = mpsc::channel();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            drop(sender.send(serde_json::from_str::<Value>(&line).unwrap()));
        }
    });
    let action = || rows.recv_timeout(PATIENCE).unwrap()["action"].as_str().unwrap().to_owned();
    assert_eq!([action(), action()], ["bootstrap", "login"]);
    admin.da(&["admin", "add-user", "ann@example.org"]).exits(0);
    assert_eq!(action(), "user.create");
    admin.da(&["admin", "remove-user", "ann@example.org", "--yes"]).exits(0);
    assert_eq!(action(), "user.delete");
    process::signal(&child, Signal::INT);
    assert!(!process::wait(&mut child, "the follower to end").success());
    assert!(rows.try_recv().is_err(), "no row is told twice");
}

#[test]
fn a_follower_whose_server_ends_says_so() {
    let mut server = TestServer::start();
    let admin = Operator::admin(&server);
    let mut command = admin.command(&["admin", "audit", "--follow"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut first).unwrap();
    assert!(server.terminate().success());
    assert_eq!(process::wait(&mut child, "the follower to end").code(), Some(3), "{first}");
}

#[test]
fn a_followed_log_shows_rows_that_are_older_than_those_before_them() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    admin.da(&["admin", "add-user", "ann@example.org"]).exits(0);
    // As if the clock had been set back since.
    server.change_store("UPDATE audit_log SET at = at + 86400000000", []);
    for (round, options) in [&[][..], &["--since", "1h"], &["--action", "user.delete"]].into_iter().enumerate() {
        let mut command = admin.command(&["admin", "audit", "--follow", "--json"]);
        let mut child = command.args(options).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, rows) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                drop(sender.send(serde_json::from_str::<Value>(&line).unwrap()));
            }
        });
        let mut count_of = std::collections::BTreeMap::new();
        let mut until = |action: &str, count: usize| {
            while count_of.get(action).copied().unwrap_or(0) < count {
                let row = rows.recv_timeout(PATIENCE).unwrap();
                *count_of.entry(row["action"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            }
        };
        // What is there already is shown first; then the follower has taken its place in the log.
        until("user.delete", round);
        if !options.contains(&"--action") {
            until("user.create", round + 1);
        }
        admin.da(&["admin", "remove-user", "ann@example.org", "--yes"]).exits(0);
        until("user.delete", round + 1);
        admin.da(&["admin", "add-user", "ann@example.org"]).exits(0);
        if !options.contains(&"--action") {
            until("user.create", round + 2);
        }
        process::signal(&child, Signal::INT);
        process::wait(&mut child, "the follower to end");
        server.change_store("UPDATE audit_log SET at = at + 86400000000", []);
    }
}
