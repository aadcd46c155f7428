//! TLS in the binary: a certificate, its trust on the client, its replacement (D-15, O-03, S-68).

use std::{fs, os::unix::fs::PermissionsExt as _};

use rustix::process::Signal;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Run, TestHome, TestServer, certify, transcript, wait_for};

fn start() -> (TestServer, std::path::PathBuf) {
    let home = TestHome::new();
    let directory = home.path().to_owned();
    certify(&directory);
    let setup = TestServer::with_admin().arg("--tls-cert").arg("cert.pem").arg("--tls-key").arg("key.pem");
    (setup.start_in(home), directory)
}

fn login(home: &TestHome, server: &TestServer, args: &[&str]) -> Run {
    let login = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];
    home.da([&login, args].concat()).env("DA_SERVER", server.url()).stdin(ADMIN_PASSWORD).run()
}

#[test]
fn a_certificate_is_trusted_only_when_named() {
    let (server, directory) = start();
    assert!(server.stdout().starts_with("listening on https://127.0.0.1:"), "{}", server.stdout());
    let home = TestHome::new();
    transcript!(login(&home, &server, &[]), @"
    exit: 3
    ----- stdout -----

    ----- stderr -----
    error: Login failed
      caused by: cannot reach `https://127.0.0.1:[PORT]`: invalid peer certificate: UnknownIssuer
    hint: Name the authority that signed its certificate with `--ca-file FILE`
    ");
    assert!(!home.config_dir().join("token.json").exists());
    let ca = directory.join("cert.pem");
    transcript!(login(&home, &server, &["--ca-file", ca.to_str().unwrap()]), @"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    ");
    let by_variable = home.da(["whoami"]).env("DA_SERVER", server.url()).env("DA_CA_FILE", &ca).run().exits(0);
    assert!(by_variable.stdout.contains(ADMIN_EMAIL), "{}", by_variable.stdout);
    transcript!(home.da(["whoami", "--ca-file", "none.pem"]).env("DA_SERVER", server.url()).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Nothing was sent
      caused by: cannot use the CA file `none.pem`: No such file or directory (os error 2)
    hint: Name a file of PEM certificates with `--ca-file` or `DA_CA_FILE`
    ");
}

#[test]
fn clear_text_to_a_tls_port_is_a_clear_error() {
    let (server, _) = start();
    let home = TestHome::new();
    let url = server.url().replace("https", "http");
    let run = home.da(["status"]).env("DA_SERVER", url).run().exits(1);
    assert!(run.stderr.contains("This port speaks HTTPS only"), "{}", run.stderr);
}

#[test]
fn a_hangup_takes_the_new_certificate_and_a_broken_one_changes_nothing() {
    let (server, directory) = start();
    let home = TestHome::new();
    let old = home.path().join("old.pem");
    fs::copy(directory.join("cert.pem"), &old).unwrap();
    login(&home, &server, &["--ca-file", old.to_str().unwrap()]).exits(0);

    fs::write(directory.join("cert.pem"), "nonsense").unwrap();
    server.signal(Signal::HUP);
    server.wait_for_log("the old ones stay in use");
    login(&home, &server, &["--ca-file", old.to_str().unwrap()]).exits(0);

    certify(&directory);
    server.signal(Signal::HUP);
    server.wait_for_log("certificate and key reloaded");
    let new = directory.join("cert.pem");
    wait_for("the new certificate", || {
        (login(&home, &server, &["--ca-file", new.to_str().unwrap()]).code == Some(0)).then_some(())
    });
    login(&home, &server, &["--ca-file", old.to_str().unwrap()]).exits(3);
}

#[test]
fn a_certificate_that_cannot_serve_stops_the_start() {
    let home = TestHome::new();
    certify(home.path());
    let serve = |cert: &str, key: &str| {
        home.da(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "--tls-cert", cert, "--tls-key", key]).run()
    };
    transcript!(serve("none.pem", "key.pem"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot read `none.pem`: I/O error: No such file or directory (os error 2)
    ");
    transcript!(serve("cert.pem", "none.pem"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot examine `none.pem`: No such file or directory (os error 2)
    ");
    transcript!(serve("key.pem", "key.pem"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: No certificate in `key.pem`; it needs at least one `BEGIN CERTIFICATE` block
    ");
    let cert = fs::read(home.path().join("cert.pem")).unwrap();
    certify(home.path());
    fs::write(home.path().join("other.pem"), cert).unwrap();
    transcript!(serve("other.pem", "key.pem"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The certificate `other.pem` and the key `key.pem` do not work together: keys may not be consistent: KeyMismatch
    ");
    fs::set_permissions(home.path().join("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    transcript!(serve("cert.pem", "key.pem"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The private key `key.pem` can be read by every user; run `chmod o= 'key.pem'`
    ");
    assert!(!home.path().join("data").exists());
}
