//! `da status` and `da diagnose`: A-38, D-18, D-20.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::support::{Person, StandIn, TestServer, dead_url, help, transcript};

#[test]
fn a_status_tells_server_account_and_token() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.run(["status"]), @r"
    exit: 0
    ----- stdout -----
    Status: healthy
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION])
      account: admin@example.com (role admin)
      token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days

    ----- stderr -----
    ");
    transcript!(person.run(["status", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "status": "healthy",
      "server": {
        "url": "http://127.0.0.1:[PORT]",
        "source": "environment",
        "version": "[VERSION]"
      },
      "account": {
        "email": "admin@example.com",
        "role": "admin",
        "verified": true
      },
      "token": {
        "source": "saved",
        "storage": "file",
        "type": "session",
        "expires_at": "[TIME]",
        "refresh_expires_at": "[TIME]"
      }
    }

    ----- stderr -----
    "#);
    transcript!(person.run(["status", "--local"]), @r"
    exit: 0
    ----- stdout -----
    Status: not asked
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`)
      account: admin@example.com (role admin)
      token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days

    ----- stderr -----
    ");
    transcript!(person.terminal(["status"]).shown(), @r"
    exit: 0
    ----- screen -----
    Status: healthy
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION])
      account: admin@example.com (role admin)
      token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days
    ");
}

#[test]
fn a_status_without_a_login_is_still_one() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    transcript!(person.run(["status"]), @r"
    exit: 0
    ----- stdout -----
    Status: healthy
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION])
      account: not logged in

    ----- stderr -----
    ");
    transcript!(person.run(["status", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "status": "healthy",
      "server": {
        "url": "http://127.0.0.1:[PORT]",
        "source": "environment",
        "version": "[VERSION]"
      },
      "account": null,
      "token": null
    }

    ----- stderr -----
    "#);
    transcript!(person.run(["status", "--local", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "status": null,
      "server": {
        "url": "http://127.0.0.1:[PORT]",
        "source": "environment",
        "version": null
      },
      "account": null,
      "token": null
    }

    ----- stderr -----
    "#);
}

#[test]
fn a_status_with_a_refused_token_shows_all_and_is_4() {
    let server = TestServer::start();
    transcript!(Person::at(server.url()).da(["status"]).env("DA_TOKEN", "x").run(), @r"
    exit: 4
    ----- stdout -----
    Status: healthy
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION])
      account: token from `DA_TOKEN` not accepted

    ----- stderr -----
    error: The server did not accept the token from `DA_TOKEN` for `http://127.0.0.1:[PORT]`
      caused by: 401 invalid_token: Invalid or expired token (request [REQUEST])
    hint: Unset `DA_TOKEN`, or set it to a token that works
    ");
}

#[test]
fn a_status_without_a_server_is_3() {
    transcript!(Person::at(dead_url()).run(["status"]), @r"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    error: Could not ask for the server's health
      caused by: cannot reach `http://127.0.0.1:[PORT]`: Connection refused (os error 111)
    hint: Is the server running? Choose another one with `--server URL` or `DA_SERVER`
    ");
    let ill = StandIn::fixed(200, "", r#"{"status":"degraded","version":"2.0.0"}"#);
    transcript!(Person::at(ill.url()).run(["status"]), @r"
    exit: 3
    ----- stdout -----
    Status: degraded
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version 2.0.0)
      account: not logged in

    ----- stderr -----
    error: The server is degraded
    ");
}

#[test]
fn a_sound_machine_is_healthy() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.run(["diagnose"]), @r"
    exit: 0
    ----- stdout -----
    Overall: healthy
      [ok     ] api (http://127.0.0.1:[PORT], [N]ms, clear text on this machine)
      [ok     ] version (da [VERSION], server [VERSION])
      [ok     ] clock (0 s apart)
      [ok     ] token (admin@example.com, saved token (file [HOME]/.config/da/token.json), renewed by itself, ends [TIME], in 30 days)
      [ok     ] files ([HOME]/.config/da, no keyring: there is no session bus (D-Bus))

    ----- stderr -----
    ");
    transcript!(person.run(["diagnose", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "overall": "healthy",
      "checks": [
        {
          "name": "api",
          "status": "ok",
          "detail": "http://127.0.0.1:[PORT], [N]ms, clear text on this machine"
        },
        {
          "name": "version",
          "status": "ok",
          "detail": "da [VERSION], server [VERSION]"
        },
        {
          "name": "clock",
          "status": "ok",
          "detail": "0 s apart"
        },
        {
          "name": "token",
          "status": "ok",
          "detail": "admin@example.com, saved token (file [HOME]/.config/da/token.json), renewed by itself, ends [TIME], in 30 days"
        },
        {
          "name": "files",
          "status": "ok",
          "detail": "[HOME]/.config/da, no keyring: there is no session bus (D-Bus)"
        }
      ],
      "suggested_actions": []
    }

    ----- stderr -----
    "#);
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    transcript!(person.run(["diagnose"]), @r"
    exit: 0
    ----- stdout -----
    Overall: degraded
      [ok     ] api (http://127.0.0.1:[PORT], [N]ms, clear text on this machine)
      [ok     ] version (da [VERSION], server [VERSION])
      [ok     ] clock (0 s apart)
      [warning] token (not logged in)
      [ok     ] files ([HOME]/.config/da, no keyring: there is no session bus (D-Bus))
    Suggested actions:
      - Run `da login`, or set `DA_TOKEN`

    ----- stderr -----
    ");
    transcript!(person.da(["diagnose"]).env("DA_TOKEN", "x").run(), @r"
    exit: 4
    ----- stdout -----
    Overall: unhealthy
      [ok     ] api (http://127.0.0.1:[PORT], [N]ms, clear text on this machine)
      [ok     ] version (da [VERSION], server [VERSION])
      [ok     ] clock (0 s apart)
      [failed ] token (The server did not accept the token from `DA_TOKEN` for `http://127.0.0.1:[PORT]`: 401 invalid_token: Invalid or expired token (request [REQUEST]))
      [ok     ] files ([HOME]/.config/da, no keyring: there is no session bus (D-Bus))
    Suggested actions:
      - Unset `DA_TOKEN`, or set it to a token that works

    ----- stderr -----
    error: The check `token` failed
    ");
    fs::create_dir_all(person.home.config_dir()).unwrap();
    fs::set_permissions(person.home.config_dir(), fs::Permissions::from_mode(0o777)).unwrap();
    transcript!(person.run(["diagnose"]), @r"
    exit: 1
    ----- stdout -----
    Overall: unhealthy
      [ok     ] api (http://127.0.0.1:[PORT], [N]ms, clear text on this machine)
      [ok     ] version (da [VERSION], server [VERSION])
      [ok     ] clock (0 s apart)
      [warning] token (not logged in)
      [failed ] files (others may write to [HOME]/.config/da, no keyring: there is no session bus (D-Bus))
    Suggested actions:
      - Run `da login`, or set `DA_TOKEN`
      - Close the directory: `chmod go-w '[HOME]/.config/da'`

    ----- stderr -----
    error: The check `files` failed
    ");
    transcript!(Person::at(dead_url()).da(["diagnose"]).env("DA_TOKEN", "x").run(), @r"
    exit: 3
    ----- stdout -----
    Overall: unhealthy
      [failed ] api (Could not ask for the server's health: cannot reach `http://127.0.0.1:[PORT]`: Connection refused (os error 111))
      [warning] token (token from `DA_TOKEN`, not checked)
      [ok     ] files ([HOME]/.config/da, no keyring: there is no session bus (D-Bus))
    Suggested actions:
      - Is the server running? Choose another one with `--server URL` or `DA_SERVER`
      - Check again when the server answers

    ----- stderr -----
    error: The check `api` failed
    ");
    let old = StandIn::fixed(200, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", r#"{"status":"healthy","version":"9.1"}"#);
    let run = Person::at(old.url()).run(["diagnose"]).exits(0);
    assert!(run.stdout.contains("[warning] clock") && run.stdout.contains("[warning] version"), "{}", run.stdout);
}

#[test]
fn the_help_of_status_and_diagnose() {
    insta::assert_snapshot!(help(["status"]), @r"
    Show the server's health, and which account and token are in force

    Usage: da status [OPTIONS]

    Options:
          --local  Only show what this machine knows; ask nobody
      -h, --help   Print help

    [GLOBAL OPTIONS]

    Examples:
      da status
      da status --json
      da status --local
    ");
    insta::assert_snapshot!(help(["diagnose"]), @r"
    Check connection, clock, token and files, and say what to do

    Usage: da diagnose [OPTIONS]

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da diagnose
      da diagnose --json
    ");
}
