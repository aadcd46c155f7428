//! The admin socket: every `da admin` command on the server's host without a token (O-01, D-14).

use std::{
    fs,
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _},
        net::UnixStream,
    },
    path::PathBuf,
    process::Command,
};

use da::{
    api::{Access, Method},
    server::router::table,
};
use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, Answer, Operator, PATIENCE, Run, TestHome, TestServer, exchange_on, transcript};

fn socket(server: &TestServer) -> PathBuf {
    server.data_dir().join("admin.sock")
}

/// Runs `da admin ... --local` on the host, as somebody who has never signed in.
fn local(server: &TestServer, args: &[&str]) -> Run {
    local_fed(server, args, "")
}

fn local_fed(server: &TestServer, args: &[&str], stdin: &str) -> Run {
    server.host(&["admin", "--local"]).args(args).stdin(stdin).run()
}

/// Sends a request through the socket by hand.
pub(crate) fn ask(server: &TestServer, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut stream = UnixStream::connect(socket(server)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
    exchange_on(&mut stream, request.as_bytes()).unwrap().unwrap()
}

#[test]
fn every_admin_command_works_without_a_token_and_is_audited_as_the_host() {
    let server = TestServer::start();
    transcript!(local_fed(&server, &["add-user", "ann@example.org", "--password-stdin"], "a quiet morning"), @"
    exit: 0
    ----- stdout -----
    Created user: ann@example.org (id: [UUID], role: analyst)

    ----- stderr -----
    ");
    let ann = server.stranger().sign_in("ann@example.org", "a quiet morning");
    let token = ann.post("/auth/tokens", &json!({ "name": "nightly" })).is(201).json();
    let id = token["id"].as_str().unwrap();
    for args in [
        &["list-users"][..],
        &["show-user", "ann@example.org"],
        &["set-role", "ann@example.org", "km_admin"],
        &["token", "list"],
        &["token", "revoke", id, "--yes"],
        &["session", "list"],
        &["session", "revoke-user", "ann@example.org", "--yes"],
        &["deactivate", "ann@example.org"],
        &["activate", "ann@example.org"],
        &["reset-password", "ann@example.org"],
        &["remove-user", "ann@example.org", "--yes"],
        &["audit"],
    ] {
        local(&server, args).exits(0);
    }
    ann.get("/auth/me").refused_as(401, "account_unknown");
    let rows = local(&server, &["audit", "--json", "--limit", "100"]).exits(0).stdout;
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let uid = rustix::process::getuid().as_raw();
    let by_host: Vec<&str> = rows
        .iter()
        .filter(|row| row["via"] == format!("host:{uid}") && row["user_id"].is_null() && row["ip"].is_null())
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    for action in
        ["user.create", "user.update", "token.admin_revoke", "session.revoke", "user.reset_password", "user.delete"]
    {
        assert!(by_host.contains(&action), "{action}: {by_host:?}");
    }
    server.host(&["server", "audit", "verify"]).run().exits(0);
}

#[test]
fn the_safeguards_hold_on_the_host_too() {
    let server = TestServer::start();
    transcript!(local(&server, &["remove-user", ADMIN_EMAIL, "--yes"]), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not remove the user: Cannot delete the last active admin
      caused by: 409 last_admin (request [REQUEST])
    ");
    transcript!(local(&server, &["add-user", "bob@example.org", "--issue-token"]), @"
    exit: 5
    ----- stdout -----

    ----- stderr -----
    error: Could not add the user: This endpoint requires an interactive session, not a PAT
      caused by: 403 session_required (request [REQUEST])
    hint: Sign in with `da login`; a token from `da token create` cannot do this
    ");
}

#[test]
fn it_acts_for_no_account_and_shows_no_page() {
    let server = TestServer::start();
    for line in table() {
        let method = line.method.as_str();
        let path = line.path.replace("{id}", "6fa459ea-ee8a-4ca4-894e-db77e160355e");
        let json = if line.method == Method::Get { "" } else { "Content-Type: application/json\r\n" };
        let answer = ask(&server, method, &path, json, "");
        let cell = format!("{method} {path}");
        match line.access {
            Access::Public => assert!(answer.status != 401, "{cell}: {}", answer.text()),
            Access::Admin | Access::Host if !line.page => {
                assert!(!matches!(answer.status, 401 | 403), "{cell}: {}", answer.text());
            }
            _ => answer.refused_as(403, "person_required"),
        }
    }
}

#[test]
fn hostile_input_is_refused_there_as_anywhere() {
    const JSON: &str = "Content-Type: application/json\r\n";
    let server = TestServer::start();
    let large = format!(r#"{{"email":"{}"}}"#, "x".repeat(64 * 1024));
    for line in table().into_iter().filter(|line| line.access == Access::Host && line.method != Method::Get) {
        let path = line.path.replace("{id}", "AAAAAAAAAAAAAAAA");
        for body in ["[]", "null", "{", r#"{"a":1,"a":1}"#, "{\"a\":\"\u{0}\"}", &"[".repeat(60_000)] {
            ask(&server, "POST", &path, JSON, body).refused_as(422, "invalid_body");
        }
        ask(&server, "POST", &path, JSON, &large).refused_as(413, "body_too_large");
        ask(&server, "POST", &path, "Content-Type: text/plain\r\n", "{}").refused_as(415, "not_json");
        for id in ["%27%3B%20DROP%20TABLE%20users%3B", "..%2F..%2Fetc", "%00", "x%0d%0ay", "\u{e9}"] {
            let path = line.path.replace("{id}", id);
            if path != line.path {
                assert!(matches!(ask(&server, "POST", &path, JSON, "{}").status, 400 | 404), "{path}");
            }
        }
    }
    local(&server, &["list-users"]).exits(0);
}

#[test]
fn a_credential_is_judged_on_the_host_as_anywhere() {
    let server = TestServer::start();
    let admin = server.admin();
    let viewer = server.user(&admin, "eve@example.org", "viewer");
    let header = |api: &crate::support::Api| format!("Authorization: Bearer {}\r\n", api.bearer());
    ask(&server, "GET", "/api/users", &header(&viewer), "").refused_as(403, "role_required");
    ask(&server, "GET", "/api/users", &header(&admin), "").is(200);
    ask(&server, "GET", "/api/users", "Authorization: Bearer x\r\n", "").refused_as(401, "invalid_token");
    ask(&server, "GET", "/api/users", "", "").is(200);
    // What only the host may do is nobody's over the network, whatever headers say.
    let recover = json!({ "email": "eve@example.org" });
    admin.post("/api/admin/recover", &recover).refused(
        403,
        "host_required",
        "This works on the server's host only: run the command there",
    );
    server.stranger().post("/api/admin/recover", &recover).refused_as(401, "missing_credential");
    let rows = admin.get("/api/admin/audit?action=access_denied").is(200).json();
    assert_eq!(rows["items"][0]["resource"], "POST /api/admin/recover");
}

#[test]
fn the_socket_is_private_and_goes_with_its_server() {
    let mut server = TestServer::start();
    let metadata = fs::symlink_metadata(socket(&server)).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);

    // One that is left over does not keep the next server from starting.
    server.kill9();
    assert!(socket(&server).exists());
    transcript!(local(&server, &["list-users"]), @"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    error: No server runs on the data directory `[HOME]/data`
    hint: Start it with `da serve`, or name another directory with `--data-dir` or `DA_DATA_DIR`
    ");
    server.restart();
    local(&server, &["list-users"]).exits(0);

    // An open connection does not keep the server from ending, and the file goes.
    let _idle = UnixStream::connect(socket(&server)).unwrap();
    assert!(server.terminate().success());
    assert!(!socket(&server).exists());
    local(&server, &["list-users"]).exits(3);

    // What is no socket is not removed, and the server serves without one.
    fs::write(socket(&server), "mine").unwrap();
    server.restart();
    server.wait_for_log("there is no admin socket");
    assert_eq!(fs::read_to_string(socket(&server)).unwrap(), "mine");
}

#[test]
fn another_user_is_not_answered_even_with_the_file_wide_open() {
    let server = TestServer::start();
    for dir in [server.data_dir().parent().unwrap().to_owned(), server.data_dir()] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::set_permissions(socket(&server), fs::Permissions::from_mode(0o777)).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "curl", "-sS", "--max-time", "20"]);
    command.arg("--unix-socket").arg(socket(&server)).arg("http://localhost/api/users").env_clear();
    let run = Run::of(command.env("PATH", "/usr/bin:/bin"), b"");
    assert_ne!(run.code, Some(0), "{}", run.stdout);
    assert_eq!(run.stdout, "");
    server.wait_for_log("another user opened the admin socket");
}

#[test]
fn a_path_too_long_for_a_socket_moves_it_to_the_runtime_directory() {
    let home = TestHome::new();
    let runtime = home.path().join("run");
    fs::create_dir(&runtime).unwrap();
    let long = home.path().join("d".repeat(110));
    let server = TestServer::with_admin().env("XDG_RUNTIME_DIR", runtime.to_str().unwrap()).data_in(&long).start();
    let run = server.host(&["admin", "list-users", "--local"]).env("XDG_RUNTIME_DIR", &runtime).run().exits(0);
    assert!(run.stdout.contains(ADMIN_EMAIL));
    let run = server.host(&["admin", "list-users", "--local"]).run().exits(1);
    assert!(run.stderr.contains("too long") && run.stderr.contains("XDG_RUNTIME_DIR"), "{}", run.stderr);
    drop(server);

    let server = TestServer::with_admin().data_in(&home.path().join("e".repeat(110))).start();
    server.wait_for_log("there is no admin socket");
    server.admin().get("/auth/me").is(200);
}

#[test]
fn wrong_usage_is_told() {
    let server = TestServer::start();
    transcript!(server.host(&["admin", "list-users", "--local", "--server", &server.url()]).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: the argument '--local' cannot be used with '--server <URL>'

    Usage: da admin list-users --local

    For more information, try '--help'.
    ");
    transcript!(server.host(&["admin", "list-users", "--data-dir", "/x"]).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: the following required arguments were not provided:
      --local

    Usage: da admin list-users --local --data-dir <DIR>

    For more information, try '--help'.
    ");
    transcript!(server.host(&["admin", "list-users", "--local", "--data-dir", "/nowhere"]).run(), @"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    error: No server runs on the data directory `/nowhere`
    hint: Start it with `da serve`, or name another directory with `--data-dir` or `DA_DATA_DIR`
    ");
}

#[test]
fn a_locked_out_admin_is_restored_while_the_server_runs() {
    let server = TestServer::start();
    let admin = Operator::admin(&server);
    transcript!(server.host(&["server", "recover-admin", ADMIN_EMAIL, "--password-stdin"]).stdin("x").run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Could not restore the admin: Password must be at least 8 characters
      caused by: 400 weak_password (request [REQUEST])
    ");
    let recover = server.host(&["server", "recover-admin", ADMIN_EMAIL, "--password-stdin"]);
    transcript!(recover.stdin("a password to remember\n").run(), @"
    exit: 0
    ----- stdout -----
    admin@example.com is an active admin with a new password; old sessions are ended

    ----- stderr -----
    ");
    admin.da(&["whoami"]).exits(4);
    admin.sign_in(ADMIN_EMAIL, "a password to remember");

    transcript!(server.host(&["server", "recover-admin", "new@example.org"]).run(), @r"
    exit: 0
    ----- stdout -----
    [SECRET]

    ----- stderr -----
    warning: There is no account new@example.org: this creates a new admin
    new@example.org is an active admin now
    Set a password with `da auth password reset` and this value, within 24 h:
    ");
    let value = server.host(&["server", "recover-admin", "new@example.org", "--reset-value"]).run().exits(0).stdout;
    admin
        .da_fed(
            &["auth", "password", "reset", "--token", "-", "--password-stdin"],
            &format!("{value}a fresh evening\n"),
        )
        .exits(0);
    admin.sign_in("new@example.org", "a fresh evening");
    let run = admin.da(&["admin", "audit", "--action", "recover_admin", "--json"]).exits(0);
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(rows.iter().all(|row| row["via"].as_str().unwrap().starts_with("host:")), "{rows:?}");
}
