//! `da server doctor`: what an operator should know before it hurts; `da diagnose` says who can mend what.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use serde_json::Value;

use crate::{
    admin_socket::ask,
    schema_upgrade::lay_out,
    support::{
        ADMIN_PASSWORD, Operator, Person, Run, TestHome, TestServer, certify, certify_until, help, keys, transcript,
    },
};

/// Runs the doctor and returns what it said, with its exit code.
fn doctor(server: &TestServer, code: i32) -> Value {
    let run = server.host(&["server", "doctor", "--json"]).run().exits(code);
    serde_json::from_str(&run.stdout).unwrap()
}

/// Returns the checks that are not `ok`, each with its detail.
fn troubles(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let troubles = checks.filter(|check| check["status"] != "ok");
    troubles
        .map(|check| {
            assert_eq!(check["mender"], "operator", "{check}");
            format!("{} {}: {}", check["status"].as_str().unwrap(), check["name"].as_str().unwrap(), check["detail"])
        })
        .collect()
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_sound_installation_is_healthy_beside_its_server_and_without_it() {
    let mut server = TestServer::start();
    server.admin().create_token("ci");
    insta::with_settings!({ filters => [vec![
        (r"enough for \d+ connections", "enough for [N] connections"),
        (r"\d+ MiB free, the store has \d+ MiB", "[N] MiB free, the store has [N] MiB"),
    ], crate::support::filters()].concat() }, {
        insta::assert_snapshot!(server.host(&["server", "doctor"]).run().transcript(), @"
        exit: 0
        ----- stdout -----
        Overall: healthy
          [ok     ] settings (those of the server that runs)
          [ok     ] limits (none is lifted)
          [ok     ] listening (127.0.0.1:[PORT], clear text on this machine)
          [ok     ] proxies (none is trusted)
          [ok     ] descriptors (enough for [N] connections)
          [ok     ] data_directory (`[HOME]/data`, for its owner alone)
          [ok     ] server (one runs on this directory)
          [ok     ] backups (none in `[HOME]/data/backups`)
          [ok     ] scheduled_backups (none are asked for)
          [ok     ] schema (3 of 3)
          [ok     ] store (every page is sound)
          [ok     ] master_key (it is the one of this store)
          [ok     ] audit_log (3 rows, intact)
          [ok     ] audit_log_and_backups (no local backup is newer than the audit log)
          [ok     ] email_addresses (all in their canonical form)
          [ok     ] clock ([TIME])
          [ok     ] disk_space ([N] MiB free, the store has [N] MiB)

        ----- stderr -----
        ");
    });
    let report = doctor(&server, 0);
    assert_eq!(keys(&report), ["checks", "overall", "suggested_actions"]);
    assert_eq!(report["overall"], "healthy");
    assert!(server.terminate().success());
    let before = listed(&server.data_dir());
    let stopped = doctor(&server, 0);
    assert!(stopped.to_string().contains("none runs on this directory"), "{stopped}");
    assert_eq!(listed(&server.data_dir()), before, "nothing is changed");
}

/// Returns name, mode and content of every file in `dir`; the index of the log is `SQLite`'s to make.
fn listed(dir: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let mut files: Vec<_> = entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::metadata(&path).unwrap().permissions().mode(), fs::read(&path).unwrap())
        })
        .filter(|(name, _, content)| !(name.ends_with("-shm") || name.ends_with("-wal") && content.is_empty()))
        .collect();
    files.sort();
    files
}

#[test]
fn what_is_open_to_others_is_found() {
    let server = TestServer::start();
    let data = server.data_dir();
    chmod(&data, 0o755);
    let report = doctor(&server, 1);
    assert!(troubles(&report)[0].starts_with("failed data_directory"), "{report}");
    assert!(report["suggested_actions"][0].as_str().unwrap().contains("chmod 700"), "{report}");
    chmod(&data, 0o700);
    chmod(&data.join("master.key"), 0o644);
    let report = doctor(&server, 1);
    let names: Vec<_> = troubles(&report).iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["failed data_directory", "failed master_key"], "{report}");
    chmod(&data.join("master.key"), 0o600);
    fs::create_dir(data.join("backups")).unwrap();
    let copy = data.join("backups/nightly.db");
    server.on_host(["server".as_ref(), "backup".as_ref(), copy.as_os_str()]).run().exits(0);
    assert_eq!(doctor(&server, 0)["overall"], "healthy");
    chmod(&copy, 0o640);
    assert!(troubles(&doctor(&server, 1))[0].starts_with("failed backups"));
}

#[test]
fn a_damaged_or_foreign_store_is_found() {
    let server = TestServer::start();
    server.admin().create_token("ci");
    server.change_store("UPDATE audit_log SET result = 'ok!' WHERE seq = 2", []);
    let found = troubles(&doctor(&server, 1));
    assert!(found.len() == 1 && found[0].starts_with("failed audit_log: \"broken at row 2"), "{found:?}");

    let other = TestServer::start();
    fs::copy(other.data_dir().join("master.key"), server.data_dir().join("master.key")).unwrap();
    let found = troubles(&doctor(&server, 1));
    assert!(found.len() == 1 && found[0].starts_with("failed master_key"), "{found:?}");
}

#[test]
fn an_older_schema_and_a_missing_store_are_told() {
    let home = TestHome::new();
    let data = home.path().join("data");
    lay_out("schema-v1", &data);
    chmod(&data, 0o700);
    let run = home.da(["server", "doctor", "--data-dir", "data", "--json"]).run().exits(0);
    let found = troubles(&serde_json::from_str(&run.stdout).unwrap());
    assert!(found.len() == 1 && found[0].starts_with("warning schema: \"1 of "), "{found:?}");
    let run = home.da(["server", "doctor", "--data-dir", "nowhere"]).run().exits(1);
    assert!(
        run.stdout.contains("[failed ] data_directory") && run.stdout.contains("[failed ] schema"),
        "{}",
        run.stdout
    );
    assert!(!home.path().join("nowhere").exists());
}

#[test]
fn settings_that_weaken_are_told() {
    let mut server = TestServer::start();
    assert!(server.terminate().success());
    let with = |pairs: &[(&str, &str)], code: i32| -> Vec<String> {
        let mut command = server.host(&["server", "doctor", "--json"]);
        for (name, value) in pairs {
            command = command.env(name, value);
        }
        let run: Run = command.run().exits(code);
        troubles(&serde_json::from_str(&run.stdout).unwrap())
    };
    let lifted = with(&[("DA_LOGIN_LIMIT_PER_ADDRESS", "0"), ("DA_SESSIONS_PER_USER", "0")], 0);
    assert_eq!(lifted, [r#"warning limits: "lifted: login_limit_per_address, sessions_per_user""#]);
    let lifted = with(&[("DA_TOKEN_LIMIT", "0"), ("DA_ENDED_TOKEN_DAYS", "0")], 0);
    assert_eq!(lifted, [r#"warning limits: "lifted: token_limit, ended_token_days""#]);
    assert!(with(&[("DA_TOKEN_LIMIT", "-1")], 2)[0].starts_with("failed limits"));
    assert!(with(&[("DA_SESSION_HOURS", "99")], 2)[0].starts_with("failed limits"));
    assert!(with(&[("DA_LISTEN", "0.0.0.0:8000")], 2)[0].starts_with("failed listening"));
    assert!(with(&[("DA_LISTEN", "0.0.0.0:8000"), ("DA_BEHIND_PROXY", "true")], 0)[0].starts_with("warning proxies"));
    assert!(with(&[("DA_TRUSTED_PROXIES", "0.0.0.0/0")], 0)[0].starts_with("warning proxies"));
    let home = TestHome::new();
    certify(home.path());
    let (cert, key) = (home.path().join("cert.pem"), home.path().join("key.pem"));
    let tls = [("DA_TLS_CERT", cert.to_str().unwrap()), ("DA_TLS_KEY", key.to_str().unwrap())];
    assert_eq!(with(&tls, 0), [""; 0]);
    fs::write(&key, "no key").unwrap();
    assert!(with(&tls, 1)[0].starts_with("failed listening"));
}

#[test]
fn beside_a_server_its_own_settings_are_judged() {
    let setup = TestServer::with_admin().env("DA_SESSIONS_PER_USER", "0").env("DA_ADMIN_PASSWORD_FILE", "nowhere");
    let mut server = setup.arg("--trusted-proxy=0.0.0.0/0").start();
    let weak = [r#"warning limits: "lifted: sessions_per_user""#, r#"warning proxies: "public addresses are trusted""#];
    assert_eq!(troubles(&doctor(&server, 0)), weak);
    // What the command itself is told is of no account.
    let run = server.host(&["server", "doctor", "--json"]).env("DA_LISTEN", "0.0.0.0:8000").run().exits(0);
    assert_eq!(troubles(&serde_json::from_str(&run.stdout).unwrap()), weak);

    let told = ask(&server, "GET", "/api/admin/settings", "", "").is(200);
    assert!(!told.text().contains(ADMIN_PASSWORD), "{}", told.text());
    let told = told.json();
    let of = |key: &str| told.as_array().unwrap().iter().find(|item| item["key"] == key).unwrap().clone();
    assert_eq!((&of("admin_password")["value"], &of("master_key")["value"]), (&"********".into(), &Value::Null));
    assert_eq!(of("sessions_per_user")["source"], "DA_SESSIONS_PER_USER");
    assert!(Path::new(of("admin_password_file")["value"].as_str().unwrap()).is_absolute());
    server.admin().get("/api/admin/settings").refused_as(403, "host_required");

    // Who cannot ask says whose settings were judged.
    fs::remove_file(server.data_dir().join("admin.sock")).unwrap();
    let found = troubles(&doctor(&server, 0));
    assert!(found.len() == 1 && found[0].starts_with("warning settings: \"those of this command"), "{found:?}");
    assert!(server.terminate().success());
    let stopped = doctor(&server, 0);
    assert_eq!(stopped["checks"][0]["detail"], "those of this command, as no server runs");
}

#[test]
fn beside_a_server_its_own_master_key_is_judged() {
    const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const OTHER: &str = "//////////////////////////////////////////8=";
    let with_key = |server: &TestServer, key: &str, code: i32| {
        let run = server.host(&["server", "doctor", "--json"]).env("DA_MASTER_KEY", key).run().exits(code);
        troubles(&serde_json::from_str(&run.stdout).unwrap())
    };
    // It has a file: what this shell has is of no account.
    assert_eq!(with_key(&TestServer::start(), OTHER, 0), [""; 0]);
    // It has one from its environment: only who has it too can look into the store.
    let server = TestServer::with_admin().env("DA_MASTER_KEY", ONE).start();
    let unknown = r#"warning master_key: "the server has it from its environment, and tells nobody""#;
    assert_eq!(troubles(&doctor(&server, 0)), [unknown]);
    assert_eq!(with_key(&server, ONE, 0), [""; 0]);
    assert!(with_key(&server, OTHER, 1)[0].starts_with("failed master_key"));
}

#[test]
fn the_end_of_the_certificate_is_told_three_weeks_before() {
    let mut server = TestServer::start();
    assert!(server.terminate().success());
    let home = TestHome::new();
    let (cert, key) = (home.path().join("cert.pem"), home.path().join("key.pem"));
    let certificate = |code: i32| {
        let doctor = server.host(&["server", "doctor", "--json"]).env("DA_TLS_CERT", &cert).env("DA_TLS_KEY", &key);
        let report: Value = serde_json::from_str(&doctor.run().exits(code).stdout).unwrap();
        let found = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "certificate").cloned();
        let found = found.unwrap();
        (
            found["status"].as_str().unwrap().to_owned(),
            found["detail"].as_str().unwrap().to_owned(),
            report["suggested_actions"].to_string(),
        )
    };
    const DAY: i64 = 24 * 60 * 60;
    let now = UNIX_EPOCH.elapsed().unwrap();
    let days_from_now = |days: i64| Duration::from_secs(now.as_secs().checked_add_signed(days * DAY).unwrap());
    for (days, code, status, words) in [
        (90, 0, "ok", "in 90 days"),
        (22, 0, "ok", "in 22 days"),
        (20, 0, "warning", "in 20 days"),
        (-3, 1, "failed", "3 days ago"),
    ] {
        certify_until(home.path(), days_from_now(days));
        let (found, detail, advice) = certificate(code);
        assert_eq!(found, status, "{detail}");
        assert!(detail.ends_with(words), "{detail}");
        assert_eq!(advice.contains("kill -HUP"), status != "ok", "{advice}");
    }
    // Of a chain, the first to end counts.
    let intermediate = TestHome::new();
    certify_until(intermediate.path(), days_from_now(5));
    certify_until(home.path(), days_from_now(90));
    let chain = fs::read_to_string(&cert).unwrap() + &fs::read_to_string(intermediate.path().join("cert.pem")).unwrap();
    fs::write(&cert, chain).unwrap();
    assert!(certificate(0).1.ends_with("in 5 days"));
    certify_until(home.path(), Duration::from_secs(253_402_300_799));
    let (status, detail, _) = certificate(0);
    assert_eq!(status, "warning");
    assert!(detail.starts_with("it has no end"), "{detail}");
}

#[test]
fn a_clock_that_was_set_back_is_told() {
    let server = TestServer::start();
    server.admin();
    let home = TestHome::new();
    let mut command = home.command("faketime");
    command.args(["-f", "-2d", env!("CARGO_BIN_EXE_da"), "server", "doctor", "--data-dir"]).arg(server.data_dir());
    let run = Run::of(&mut command, b"").exits(1);
    assert!(run.stdout.contains("[failed ] clock (2 days behind"), "{}", run.stdout);
}

#[test]
fn diagnose_separates_what_you_can_mend_from_what_the_operator_can() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    admin.adds("bob@example.com", "analyst");
    let bob = Person::at(server.url());
    let login = server.stranger().sign_in("bob@example.com", "a quiet morning");
    admin.da(&["admin", "deactivate", "bob@example.com"]).exits(0);
    let run = bob.da(["diagnose"]).env("DA_TOKEN", login.bearer()).run();
    transcript!(run, @"
    exit: 4
    ----- stdout -----
    Overall: unhealthy
      [ok     ] api (http://127.0.0.1:[PORT], [N]ms, clear text on this machine)
      [ok     ] version (da [VERSION], server [VERSION])
      [ok     ] clock (0 s apart)
      [failed ] token (The server did not accept the token from `DA_TOKEN` for `http://127.0.0.1:[PORT]`: 401 account_deactivated: Account deactivated (request [REQUEST]))
      [ok     ] files ([HOME]/.config/da, no keyring: there is no session bus (D-Bus))
    For the server's operator:
      - An admin can activate the account again

    ----- stderr -----
    error: The check `token` failed
    ");
    let run = bob.da(["diagnose", "--json"]).env("DA_TOKEN", login.bearer()).run().exits(4);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let token = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "token").unwrap();
    assert_eq!((&token["status"], &token["mender"]), (&Value::from("failed"), &Value::from("operator")));

    // The store is locked: the server says that it is degraded, and nothing here can mend that.
    let other = rusqlite::Connection::open(server.data_dir().join("da.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let report = crate::support::wait_for("a degraded server", || {
        let run = bob.run(["diagnose", "--json"]).exits(0);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        (report["checks"][0]["status"] == "warning").then_some(report)
    });
    assert_eq!((&report["checks"][0]["name"], &report["checks"][0]["mender"]), (&"api".into(), &"operator".into()));
    let token = &report["checks"][3];
    assert_eq!((&token["name"], &token["mender"]), (&"token".into(), &"you".into()));
    other.execute_batch("ROLLBACK").unwrap();
    assert!(!run.stdout.contains(ADMIN_PASSWORD));
}

#[test]
fn the_help_of_doctor() {
    insta::assert_snapshot!(help(["server", "doctor"]), @"
    Check settings, files, store, audit log, disk and clock on the server's host

    Changes nothing, and works beside a running server and without one. Beside one it judges the
    settings of that server, whatever flags and variables it was started with. Reads the whole store.
    Run it as the user of the service.

    Usage: da server doctor [OPTIONS]

    Options:
          --data-dir <DIR>
              Directory of the store and the keys

          --config <FILE>
              Settings file [default: da-server.yaml in the data directory]

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da server doctor
      da server doctor --data-dir /var/lib/da --json
    ");
}
