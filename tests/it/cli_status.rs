//! `da status` and `da diagnose`: A-38, D-18, D-20.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::Value;

use crate::support::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Person, Run, SessionBus, StandIn, TestServer, dead_url, help, reply, transcript,
};

#[test]
fn a_status_tells_server_account_and_token() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    transcript!(person.run(["status"]), @r"
    exit: 0
    ----- stdout -----
    Status: healthy
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION], [N]ms)
      account: admin@example.com (role admin)
      token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days
      warning: the saved token is in clear text, as `DA_CREDENTIAL_STORE` wants it

    ----- stderr -----
    ");
    transcript!(person.run(["status", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "status": "healthy",
      "profile": {
        "name": "default",
        "source": "default"
      },
      "server": {
        "url": "http://127.0.0.1:[PORT]",
        "source": "environment",
        "reachable": true,
        "version": "[VERSION]",
        "latency_ms": [N]
      },
      "account": {
        "email": "admin@example.com",
        "role": "admin",
        "verified": true,
        "must_change_password": false
      },
      "token": {
        "source": "saved",
        "storage": "file",
        "path": "[HOME]/.config/da/token.json",
        "clear_text": true,
        "kind": "session",
        "accepted": true,
        "expires_at": "[TIME]",
        "refresh_expires_at": "[TIME]"
      },
      "clock_skew_seconds": [N],
      "warnings": [
        {
          "code": "clear_text_storage",
          "message": "the saved token is in clear text, as `DA_CREDENTIAL_STORE` wants it"
        }
      ]
    }

    ----- stderr -----
    "#);
    transcript!(person.run(["status", "--local"]), @r"
    exit: 0
    ----- stdout -----
    Status: not asked
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`)
      account: admin@example.com (role admin)
      token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days
      warning: the saved token is in clear text, as `DA_CREDENTIAL_STORE` wants it

    ----- stderr -----
    ");
    transcript!(person.terminal(["status"]).shown(), @r"
    exit: 0
    ----- screen -----
    Status: healthy
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION], [N]ms)
      account: admin@example.com (role admin)
      token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days
      warning: the saved token is in clear text, as `DA_CREDENTIAL_STORE` wants it
    ");
}

#[test]
fn a_status_without_a_login_shows_the_rest_and_is_4() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    transcript!(person.run(["status"]), @r"
    exit: 4
    ----- stdout -----
    Status: healthy
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION], [N]ms)
      account: not logged in

    ----- stderr -----
    error: Not logged in to `http://127.0.0.1:[PORT]`
    hint: Run `da login`, or set `DA_TOKEN`
    ");
    transcript!(person.run(["status", "--json"]), @r#"
    exit: 4
    ----- stdout -----
    {
      "status": "healthy",
      "profile": {
        "name": "default",
        "source": "default"
      },
      "server": {
        "url": "http://127.0.0.1:[PORT]",
        "source": "environment",
        "reachable": true,
        "version": "[VERSION]",
        "latency_ms": [N]
      },
      "account": null,
      "token": null,
      "clock_skew_seconds": [N],
      "warnings": []
    }

    ----- stderr -----
    {"error":{"message":"Not logged in to `http://127.0.0.1:[PORT]`","causes":[],"hint":"Run `da login`, or set `DA_TOKEN`","exit_code":4,"status":null,"code":null,"request_id":null}}
    "#);
    transcript!(person.run(["status", "--local", "--json"]), @r#"
    exit: 4
    ----- stdout -----
    {
      "status": null,
      "profile": {
        "name": "default",
        "source": "default"
      },
      "server": {
        "url": "http://127.0.0.1:[PORT]",
        "source": "environment",
        "reachable": null,
        "version": null,
        "latency_ms": null
      },
      "account": null,
      "token": null,
      "clock_skew_seconds": null,
      "warnings": []
    }

    ----- stderr -----
    {"error":{"message":"Not logged in to `http://127.0.0.1:[PORT]`","causes":[],"hint":"Run `da login`, or set `DA_TOKEN`","exit_code":4,"status":null,"code":null,"request_id":null}}
    "#);
}

/// Returns the names of all keys, those of objects in objects too.
fn keys(value: &Value) -> Vec<String> {
    let Value::Object(object) = value else { return Vec::new() };
    let below = |(name, value): (&String, &Value)| {
        let inner = keys(value).into_iter().map(|key| format!("{name}.{key}")).collect::<Vec<_>>();
        [vec![name.clone()], inner].concat()
    };
    object.iter().flat_map(below).collect()
}

#[test]
fn the_keys_of_a_status_are_always_the_same() {
    let server = TestServer::start();
    let (person, stranger, nowhere) = (Person::admin(&server), Person::at(server.url()), Person::at(dead_url()));
    let token = person.new_token("ci");
    let object = |run: Run| -> Value { serde_json::from_str(&run.stdout).unwrap() };
    let status = |person: &Person, local: &[&str], code| {
        object(person.run([&["status", "--json"][..], local].concat()).exits(code))
    };
    let known = |account: bool| {
        let mut known = "status profile profile.name profile.source server server.url server.source server.reachable \
            server.version server.latency_ms account"
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        let below = |known: &mut Vec<String>, name: &str, keys: &str| {
            known.extend(keys.split_whitespace().map(|key| format!("{name}.{key}")));
        };
        if account {
            below(&mut known, "account", "email role verified must_change_password");
        }
        known.push("token".to_owned());
        if account {
            let keys = "source storage path clear_text kind accepted expires_at refresh_expires_at";
            below(&mut known, "token", keys);
        }
        known.extend(["clock_skew_seconds", "warnings"].map(str::to_owned));
        known
    };
    for local in [&[][..], &["--local"]] {
        assert_eq!(keys(&status(&person, local, 0)), known(true));
        assert_eq!(keys(&status(&stranger, local, 4)), known(false));
        let given = stranger.da(["status", "--json"]).args(local).env("DA_TOKEN", &token).run().exits(0);
        assert_eq!(keys(&object(given)), known(true));
    }
    assert_eq!(keys(&status(&nowhere, &[], 3)), known(false));
}

#[test]
fn clear_text_is_told_with_the_way_into_the_keyring() {
    let (server, bus) = (TestServer::start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    let warnings = |run: Run| -> Vec<String> {
        let status: Value = serde_json::from_str(&run.exits(0).stdout).unwrap();
        status["warnings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect()
    };
    assert!(warnings(person.run(["status", "--json"])).is_empty());
    person.run(["auth", "storage", "move", "file"]).exits(0);
    assert_eq!(warnings(person.run(["status", "--json"])), ["clear_text_storage"]);
    transcript!(person.run(["status"]), @r"
    exit: 0
    ----- stdout -----
    Status: healthy
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION], [N]ms)
      account: admin@example.com (role admin)
      token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days
      warning: the saved token is in clear text; `da auth storage move keyring` moves it into the keyring

    ----- stderr -----
    ");
    let token = person.new_token("ci");
    let given = |json: &[&str]| person.da(["status"]).args(json).env("DA_TOKEN", &token).run();
    assert_eq!(warnings(given(&["--json"])), ["saved_token_hidden"]);
    transcript!(given(&[]), @r"
    exit: 0
    ----- stdout -----
    Status: healthy
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION], [N]ms)
      account: admin@example.com (role admin)
      token: from `DA_TOKEN`, ends [TIME], in 90 days
      warning: the token from `DA_TOKEN` hides the saved token (file [HOME]/.config/da/token.json)

    ----- stderr -----
    ");
    let soon = person.run(["token", "create", "--name", "soon", "--ttl", "3d", "--raw"]).exits(0).stdout;
    let stranger = Person::at(server.url());
    assert_eq!(warnings(stranger.da(["status", "--json"]).env("DA_TOKEN", soon.trim()).run()), ["token_ends_soon"]);
    // A keyring that is locked is told; what is known without it is shown.
    person.run(["auth", "storage", "move", "keyring"]).exits(0);
    bus.lock();
    transcript!(person.run(["status"]), @r"
    exit: 1
    ----- stdout -----
    Status: healthy
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION], [N]ms)
      account: unknown, as the token cannot be read

    ----- stderr -----
    error: Cannot use the keyring: it is locked
    hint: Unlock the keyring, or keep the token in a file with `DA_CREDENTIAL_STORE=file`
    ");
}

#[test]
fn a_fault_of_the_server_is_not_taken_for_a_refusal() {
    let broken = StandIn::start(|asked, stream| {
        if asked.path == "/api/health" {
            return reply(stream, 200, "", r#"{"status":"healthy","version":"1"}"#);
        }
        reply(stream, 500, "", r#"{"detail":"Internal Server Error"}"#);
    });
    let run = Person::at(broken.url()).da(["status", "--json"]).env("DA_TOKEN", "x").run().exits(3);
    let status: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&status["token"]["accepted"], &status["server"]["reachable"]), (&Value::Null, &Value::Bool(true)));
    let run = Person::at(broken.url()).da(["status"]).env("DA_TOKEN", "x").run().exits(3);
    assert!(run.stdout.contains("account: unknown, as the token from `DA_TOKEN` could not be checked"), "{run:?}");
}

#[test]
fn a_clock_that_is_off_is_told_with_its_direction() {
    let old = StandIn::fixed(200, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", r#"{"status":"healthy","version":"1"}"#);
    let run = Person::at(old.url()).run(["status", "--json"]).exits(4);
    let status: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(status["clock_skew_seconds"].as_i64().unwrap() > 900_000_000, "{status}");
    assert_eq!(status["warnings"][0]["code"], "clock_skew");
    assert!(status["warnings"][0]["message"].as_str().unwrap().contains("ahead of the server's"), "{status}");
}

#[test]
fn a_token_that_has_ended_is_4_without_asking_the_server() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let text = fs::read_to_string(person.token_file()).unwrap();
    let mut saved: Value = serde_json::from_str(&text).unwrap();
    saved["refresh_expires_at"] = "2026-01-01T00:00:00.000000+00:00".into();
    fs::write(person.token_file(), saved.to_string()).unwrap();
    let run = person.run(["status", "--local"]).exits(4);
    assert!(run.stdout.contains("renewed by itself, ended 2026-01-01"), "{}", run.stdout);
    let said = run.stderr.lines().collect::<Vec<_>>();
    assert!(said[0].starts_with("error: The saved token (file ") && said[0].ends_with(" has ended"), "{said:?}");
    assert_eq!(said[1], "hint: Run `da login` to get a new one");
}

#[test]
fn a_status_never_shows_a_token() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let (token, refresh) = (person.saved_token(), person.saved_refresh_token());
    for args in [&["status"][..], &["status", "--json"], &["status", "--local", "--json"]] {
        let run = person.run(args).exits(0);
        for secret in [token.rsplit('.').next().unwrap(), &refresh[8..]] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{args:?}");
        }
    }
}

#[test]
fn a_status_with_a_refused_token_shows_all_and_is_4() {
    let server = TestServer::start();
    transcript!(Person::at(server.url()).da(["status"]).env("DA_TOKEN", "x").run(), @r"
    exit: 4
    ----- stdout -----
    Status: healthy
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version [VERSION], [N]ms)
      account: token from `DA_TOKEN` not accepted

    ----- stderr -----
    error: The server did not accept the token from `DA_TOKEN` for `http://127.0.0.1:[PORT]`
      caused by: 401 invalid_token: Invalid or expired token (request [REQUEST])
    hint: Unset `DA_TOKEN`, or set it to a token that works
    ");
}

#[test]
fn a_status_without_a_server_is_3() {
    let signed_in = Person::admin(&TestServer::start());
    transcript!(signed_in.run(["status"]), @r"
    exit: 3
    ----- stdout -----
    Status: unreachable
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`)
      account: admin@example.com (role admin)
      token: saved in the file [HOME]/.config/da/token.json, renewed by itself, ends [TIME], in 30 days
      warning: the saved token is in clear text, as `DA_CREDENTIAL_STORE` wants it

    ----- stderr -----
    error: Could not ask for the server's health
      caused by: cannot reach `http://127.0.0.1:[PORT]`: Connection refused (os error 111)
    hint: Is the server running? Choose another one with `--server URL` or `DA_SERVER`
    ");
    transcript!(Person::at(dead_url()).run(["status"]), @r"
    exit: 3
    ----- stdout -----
    Status: unreachable
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`)
      account: not logged in

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
      profile: default (the default)
      server: http://127.0.0.1:[PORT] (from `DA_SERVER`, version 2.0.0, [N]ms)
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
    assert!(run.stdout.contains("[warning] clock") && run.stdout.contains("[ok     ] version"), "{}", run.stdout);
}

#[test]
fn the_help_of_status_and_diagnose() {
    insta::assert_snapshot!(help(["status"]), @r"
    Show profile, server, account and token in force, and whether they work

    It ends with 0 when all is well, 3 when the server cannot be reached or has a fault, 4 when nobody
    is signed in or the token has ended or is refused, and 5 when the password must be changed before
    anything else. What is known is shown all the same.

    Usage: da status [OPTIONS]

    Options:
          --local
              Only show what this machine knows; ask nobody

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da status
      da status --json
      da status --local

    With `--json` there is always one object with these keys, and with null for what is not known:
      status              the server's word, such as `healthy`; `unreachable`, `unknown`
      profile             name, source: flag, environment, rule, config, default
      server              url, source: flag, environment, profile, config, default;
                          reachable, version, latency_ms
      account             null, or email, role, verified, must_change_password
      token               null, or source: token_file, environment, environment_file, saved;
                          storage: keyring, file; path, clear_text, kind: session, pat;
                          accepted, expires_at, refresh_expires_at
      clock_skew_seconds  how far this machine is ahead of the server
      warnings            code, message
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

#[test]
fn a_server_of_another_program_is_healthy_in_its_own_words() {
    for (word, healthy) in [("healthy", true), ("ok", true), ("OK", true), ("degraded", false), ("unhealthy", false)] {
        let server = StandIn::start(move |asked, stream| {
            let body = format!(r#"{{"status":"{word}","version":"99.1.0","detail":"Not Found"}}"#);
            reply(stream, if asked.path == "/api/health" { 200 } else { 404 }, "", &body);
        });
        let person = Person::at(server.url()).env("DA_TOKEN", "eyJhbGciOiJIUzI1NiJ9.eyJ0eXAiOiJwYXQifQ.c2ln");
        let report: Value = serde_json::from_str(&person.run(["diagnose", "--json"]).stdout).unwrap();
        assert_eq!(report["overall"] == "healthy", healthy, "{word}: {report}");
        let checks = report["checks"].as_array().unwrap();
        let version = checks.iter().find(|check| check["name"] == "version").unwrap();
        assert_eq!(version["status"], "ok", "{version}");
        person.run(["status"]).exits(if healthy { 0 } else { 3 });
    }
}

#[test]
fn the_version_of_another_da_is_compared() {
    let server = StandIn::start(|asked, stream| {
        let health = r#"{"status":"healthy","version":"99.1.0"}"#;
        let refusal = r#"{"detail":"No","code":"missing_credential"}"#;
        let (status, body) = if asked.path == "/api/health" { (200, health) } else { (401, refusal) };
        reply(stream, status, "", body);
    });
    let report: Value = serde_json::from_str(&Person::at(server.url()).run(["diagnose", "--json"]).stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let version = checks.iter().find(|check| check["name"] == "version").unwrap();
    assert_eq!(version["status"], "warning", "{version}");
}
