//! `da serve`: where it listens, what it says, how it ends (A-40, D-15, S-52).

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Operator, TestHome, TestServer, process, transcript, wait_for};

#[test]
fn stdout_is_the_address_alone() {
    let server = TestServer::start();
    server.admin();
    assert_eq!(server.stdout(), format!("listening on {}\n", server.url()));
}

#[test]
fn a_taken_port_leaves_nothing_behind() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = TestHome::new();
    let address = taken.local_addr().unwrap().to_string();
    transcript!(home.da(["serve", "--data-dir", "data", "--listen", &address]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot listen on 127.0.0.1:[PORT]: Address already in use (os error 98)
    hint: Is another server running? Choose another address with `--listen HOST:PORT`
    ");
    assert!(!home.path().join("data").exists());
}

#[test]
fn clear_text_beyond_loopback_is_refused_unless_a_proxy_ends_tls() {
    let home = TestHome::new();
    transcript!(home.da(["serve", "--data-dir", "data", "--listen", "0.0.0.0:0"]).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Will not listen on 0.0.0.0:0 in clear text: passwords and tokens would be readable
    hint: Use `--tls-cert` and `--tls-key`, or `--behind-proxy` if a proxy in front ends TLS
    ");
    assert!(!home.path().join("data").exists());
    let mut child = serve(&home, &["--behind-proxy", "--listen", "0.0.0.0:0"]).spawn().unwrap();
    let mut line = [0; 20];
    child.stdout.take().unwrap().read_exact(&mut line).unwrap();
    assert_eq!(&line, b"listening on http://");
    process::signal(&child, Signal::TERM);
    assert!(process::wait(&mut child, "the server to end").success());
}

fn serve(home: &TestHome, args: &[&str]) -> Command {
    let mut command = home.da([&["serve", "--data-dir", "data"], args].concat()).into_command();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let server = TestServer::start();
    transcript!(server.host(&["serve", "--listen", "127.0.0.1:0"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/data`: another process of `da` is using this data directory; stop it first, or choose another directory
    ");
}

#[test]
fn it_ends_in_order_though_clients_are_idle_or_half_open() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = TestServer::start();
        let idle = TcpStream::connect(server.address()).unwrap();
        let mut half = TcpStream::connect(server.address()).unwrap();
        half.write_all(b"POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").unwrap();
        let mut kept = TcpStream::connect(server.address()).unwrap();
        kept.write_all(format!("GET /live HTTP/1.1\r\nHost: {}\r\n\r\n", server.address()).as_bytes()).unwrap();
        assert_ne!(kept.read(&mut [0; 100]).unwrap(), 0);

        let began = Instant::now();
        server.signal(signal);
        assert!(server.wait().success(), "{}", server.log());
        assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
        server.wait_for_log(if signal == Signal::TERM { "SIGTERM" } else { "SIGINT" });
        let log = std::fs::metadata(server.data_dir().join("da.db-wal"));
        assert!(log.is_ok_and(|log| log.len() == 0), "the write-ahead log is written back");
        drop((idle, half, kept));
    }
}

#[test]
fn a_hangup_without_a_certificate_ends_nothing() {
    let server = TestServer::start();
    server.signal(Signal::HUP);
    server.wait_for_log("there is no certificate to reload");
    server.admin();
}

#[test]
fn requests_are_logged_but_probes_are_not() {
    let server = TestServer::start();
    for probe in ["/live", "/ready", "/healthz"] {
        server.stranger().get(probe).is(200);
    }
    server.admin().get("/auth/me?secret=1").is(200);
    server.wait_for_log("/auth/me");
    let log = server.log();
    for line in log.lines() {
        let row: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(row["timestamp"].is_string() && row["level"].is_string(), "{line}");
    }
    let access: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|row: &Value| row["target"] == "da::access")
        .collect();
    let paths: Vec<_> = access.iter().map(|row| row["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/auth/token", "/auth/me"]);
    let fields = ["method", "path", "status", "ip", "micros", "request_id"];
    assert!(fields.iter().all(|field| access[0].get(field).is_some()) && access[0]["micros"].is_u64(), "{access:?}");
    assert!(!log.contains("secret=1") && !log.contains("correct horse"), "{log}");
}

#[test]
fn the_log_can_be_text() {
    let server = TestServer::with_admin().arg("--log-format").arg("text").start();
    server.admin();
    server.wait_for_log("/auth/token");
    let line = server.log().lines().find(|line| line.contains("/auth/token")).unwrap().to_owned();
    assert!(line.contains(" INFO ") && line.contains("status=200") && !line.contains('\u{1b}'), "{line}");
}

#[test]
fn a_lifted_limit_is_warned_of() {
    let server = TestServer::with_admin().env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    server.wait_for_log("WARN");
    let warning = server.log().lines().find(|line| line.contains("WARN")).unwrap().to_owned();
    assert!(warning.contains("login_limit_per_address") && warning.contains("switched off"), "{warning}");
    let quiet = TestServer::start();
    assert!(!quiet.log().contains("WARN"), "{}", quiet.log());
}

#[test]
fn it_runs_as_a_service_does_without_a_home() {
    let home = TestHome::new();
    let mut command = serve(&home, &["--listen", "127.0.0.1:0"]);
    command.env_clear().env("DA_DATA_DIR", home.path().join("data")).env("DA_ADMIN_EMAIL", "admin@example.com");
    command.env("DA_ADMIN_PASSWORD", "correct horse battery");
    let mut child = command.spawn().unwrap();
    let mut line = [0; 20];
    child.stdout.take().unwrap().read_exact(&mut line).unwrap();
    process::signal(&child, Signal::TERM);
    assert!(process::wait(&mut child, "the server to end").success());
    assert!(home.path().join("data/da.db").exists());
    assert!(!home.path().join(".config").exists(), "the server needs nothing of the client's");
}

#[test]
fn the_commands_of_the_host_write_nothing_to_the_home() {
    let mut server = TestServer::start();
    let nowhere = "/dev/null/home";
    server.host(&["server", "audit", "verify"]).env("HOME", nowhere).run().exits(0);
    server.host(&["server", "config", "show"]).env("HOME", nowhere).run().exits(0);
    assert!(server.terminate().success());
    server.host(&["server", "recover-admin", "a@example.org"]).env("HOME", nowhere).run().exits(0);
    server.host(&["server", "migrate"]).env("HOME", nowhere).run().exits(0);
}

#[test]
fn without_any_place_for_its_data_it_says_what_to_name() {
    let run = TestHome::new().da(["serve"]).env("HOME", "/dev/null/home").run();
    transcript!(run, @"
exit: 1
----- stdout -----

----- stderr -----
error: `/dev/null/home/.local/share/da`: cannot inspect: Not a directory (os error 20)
");
}

#[test]
fn a_request_in_flight_is_finished() {
    let mut server = TestServer::start();
    let admin = Operator::admin(&server);
    let mut login = TcpStream::connect(server.address()).unwrap();
    let body = r#"{"email":"admin@example.com","password":"correct horse battery"}"#;
    let head = format!(
        "POST /auth/token HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        server.address(),
        body.len()
    );
    login.write_all(head.as_bytes()).unwrap();
    // The interim answer shows that the request has begun.
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut begun = [0; 25];
    login.read_exact(&mut begun).unwrap();
    assert_eq!(&begun, interim);
    login.write_all(&body.as_bytes()[..10]).unwrap();
    server.signal(Signal::TERM);
    server.wait_for_log("SIGTERM");
    wait_for("the listener to close", || TcpStream::connect(server.address()).is_err().then_some(()));
    login.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = String::new();
    login.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("access_token"), "{answer}");
    assert!(server.wait().success());
    admin.da(&["whoami"]).exits(3);
}
