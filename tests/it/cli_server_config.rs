//! What the server is told, and what it understood: `da-server.yaml`, `da server config show` (D-21, M-52).

use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
};

use serde_json::Value;

use crate::support::{TestHome, TestServer, transcript};

/// Returns a home whose server has this settings file.
fn with_file(text: &str) -> TestHome {
    let home = TestHome::new();
    fs::DirBuilder::new().mode(0o700).create(home.path().join("data")).unwrap();
    let file = home.path().join("data/da-server.yaml");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    home
}

#[test]
fn settings_are_shown_with_their_sources_and_secrets_masked() {
    let home = with_file("listen: 127.0.0.1:9000\ntrusted_proxies: [10.0.0.0/8, 192.0.2.1]\nadmin_password: hunter2\n");
    let show = |args: &[&str]| {
        let all = [&["server", "config", "show"], args].concat();
        let run = home.da(all).env("DA_DATA_DIR", home.path().join("data")).env("DA_SESSION_HOURS", "8");
        run.env("DA_MASTER_KEY", "00112233").run()
    };
    transcript!(show(&[]), @r#"
    exit: 0
    ----- stdout -----
    data_dir                 "[HOME]/data"   DA_DATA_DIR
    listen                   "127.0.0.1:[PORT]"             [HOME]/data/da-server.yaml
    metrics_listen           -                            not set
    public_url               -                            not set
    allow_hosts              -                            not set
    trusted_proxies          "10.0.0.0/8,192.0.2.1"       [HOME]/data/da-server.yaml
    behind_proxy             "false"                      default
    tls_cert                 -                            not set
    tls_key                  -                            not set
    log_format               "auto"                       default
    login_limit_per_address  "20"                         default
    login_limit_per_account  "100"                        default
    session_hours            "8"                          DA_SESSION_HOURS
    access_minutes           "60"                         default
    refresh_days             "30"                         default
    refresh_idle_days        "14"                         default
    browser_idle_hours       "8"                          default
    sessions_per_user        "10"                         default
    token_max_days           "0"                          default
    token_limit              "1000"                       default
    ended_token_days         "90"                         default
    cookie_name              "access_token"               default
    reset_hours              "24"                         default
    hash_queue               "64"                         default
    backup_hours             "0"                          default
    external_hint            "false"                      default
    admin_email              -                            not set
    admin_password           "********"                   [HOME]/data/da-server.yaml
    admin_password_file      -                            not set
    master_key               "********"                   DA_MASTER_KEY
    master_key_file          -                            not set

    ----- stderr -----
    "#);
    let run = show(&["--json"]).exits(0);
    let shown: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(shown["session_hours"], serde_json::json!({ "value": "8", "source": "DA_SESSION_HOURS" }));
    assert_eq!(shown["admin_password"]["value"], "********");
    assert!(!run.stdout.contains("hunter2") && !run.stdout.contains("00112233"), "{}", run.stdout);
}

#[test]
fn a_wrong_settings_file_stops_the_start() {
    for (file, said) in [
        ("lissten: 127.0.0.1:1\n", "unknown setting `lissten`; did you mean `listen`?"),
        ("zzz: 1\n", "unknown setting `zzz`"),
        ("behind_proxy: maybe\n", "`behind_proxy` has the wrong form"),
        ("- listen\n", "must hold `key: value` lines"),
        ("listen: \"127.0.0.1:1\\r\"\n", "line end"),
        ("listen: [\n", "da-server.yaml"),
        ("listen: localhost\n", "an address and a port"),
        ("session_hours: 25\n", "a whole number from 1 to 24"),
        ("login_limit_per_address: -1\n", "a whole number from 0"),
        ("trusted_proxies: [nowhere]\n", "an address or a network"),
        ("public_url: ftp://x\n", "an http or https URL"),
        ("allow_hosts: [\"id.example.org:443\"]\n", "a host name without a port"),
        ("log_format: xml\n", "text, json or auto"),
        ("tls_cert: cert.pem\n", "A certificate needs its key"),
    ] {
        let home = with_file(file);
        let run = home.da(["serve", "--data-dir", "data"]).run().exits(2);
        assert!(run.stdout.is_empty() && run.stderr.contains(said), "{file}: {}", run.stderr);
        assert!(!home.path().join("data/da.db").exists(), "{file}: a wrong setting leaves nothing behind");
    }
    let home = with_file("lissten: 127.0.0.1:1\n");
    transcript!(home.da(["serve", "--data-dir", "data"]).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: `data/da-server.yaml`: unknown setting `lissten`; did you mean `listen`?
    hint: `da server config show` tells what was understood; `da serve --help` tells more
    ");
    transcript!(home.da(["server", "config", "show", "--data-dir", "data"]).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: `data/da-server.yaml`: unknown setting `lissten`; did you mean `listen`?
    hint: `da server config show` tells what was understood; `da serve --help` tells more
    ");
    transcript!(home.da(["serve", "--config", "missing.yaml"]).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: `missing.yaml`: No such file or directory (os error 2)
    hint: Name the settings file with `--config` or DA_SERVER_CONFIG, or leave it out
    ");
}

#[test]
fn a_variable_that_is_wrong_is_named() {
    let home = TestHome::new();
    transcript!(home.da(["serve"]).env("DA_LISTEN", "127.0.0.1").run(), @r#"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: `listen` from DA_LISTEN is "127.0.0.1", which is not an address and a port such as 127.0.0.1:[PORT]
    hint: `da server config show` tells what was understood; `da serve --help` tells more
    "#);
    transcript!(home.da(["serve"]).env("DA_LISTEN", "127.0.0.1:8000\r").run(), @r#"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: `listen` from DA_LISTEN holds a line end: "127.0.0.1:[PORT]\r"
    hint: `da server config show` tells what was understood; `da serve --help` tells more
    "#);
}

#[test]
fn a_running_server_is_shown_with_the_flags_and_variables_it_was_started_with() {
    let setup = TestServer::with_admin().env("DA_SESSION_HOURS", "3").arg("--public-url=https://id.example.org");
    let mut server = setup.start();
    let show =
        |server: &TestServer| server.host(&["server", "config", "show"]).env("DA_SESSION_HOURS", "5").run().exits(0);
    let line = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(key)).unwrap_or_default();
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    let run = show(&server);
    assert!(run.stderr.contains("These are the settings of the server that runs on"), "{}", run.stderr);
    assert_eq!(line(&run.stdout, "session_hours"), "\"3\" DA_SESSION_HOURS");
    assert_eq!(line(&run.stdout, "public_url"), "\"https://id.example.org\" command line");
    assert!(!run.stdout.contains("correct horse battery"), "{}", run.stdout);
    let run = server.host(&["server", "config", "show", "--json"]).run().exits(0);
    let told: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(told["session_hours"], serde_json::json!({ "value": "3", "source": "DA_SESSION_HOURS" }));
    assert!(server.terminate().success());
    let run = show(&server);
    assert_eq!(run.stderr, "");
    assert_eq!(line(&run.stdout, "session_hours"), "\"5\" DA_SESSION_HOURS");
    assert_eq!(line(&run.stdout, "public_url"), "- not set");
}

#[test]
fn a_dash_is_no_file_of_the_host_and_nothing_of_that_name_is_made() {
    let server = TestServer::start();
    let beside = server.data_dir().parent().unwrap().to_owned();
    for command in [
        &["server", "backup", "-"][..],
        &["server", "backup", "verify", "-"],
        &["server", "restore", "-"],
        &["server", "restore", "-", "--rehearse"],
        &["server", "rekey", "--new-key-file", "-"],
        &["server", "doctor", "--config", "-"],
        &["server", "migrate", "--data-dir", "-"],
        &["server", "keys", "list", "--data-dir=-"],
        &["serve", "--tls-cert", "-", "--tls-key", "-"],
        &["serve", "--data-dir", "-", "--listen", "127.0.0.1:0"],
    ] {
        let run = server.host(command).run().exits(2);
        assert!(run.stderr.contains("./-"), "{command:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{command:?}");
        assert!(!beside.join("-").exists(), "{command:?}");
    }
    server.host(&["server", "backup", "./-"]).run().exits(0);
    assert!(beside.join("-").exists());
}
