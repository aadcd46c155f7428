//! TLS in the binary: a certificate, its trust on the client, its replacement (D-15, O-03, S-68).

use std::{fs, os::unix::fs::PermissionsExt as _};

use rustix::process::Signal;

use crate::support::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Run, TestHome, TestServer, certify, for_ninety_days, transcript, wait_for,
    write_certified,
};

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
      caused by: cannot trust `https://127.0.0.1:[PORT]`: no trusted authority has signed its certificate
    hint: If this is your server, name its certificate, or that of the authority that signed it, with `--ca-file FILE`
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
    error: The private key `key.pem` does not belong to the certificate `other.pem`
    ");
    transcript!(serve("key.pem", "cert.pem"), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Certificate and key are swapped: `key.pem` holds a private key, and `cert.pem` a certificate
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

/// Starts a server with a certificate as `openssl req -x509` makes it: marked as that of an authority.
fn start_as_openssl_does() -> (TestServer, std::path::PathBuf) {
    let home = TestHome::new();
    let directory = home.path().to_owned();
    let mut params = for_ninety_days(&["127.0.0.1", "localhost"]);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    write_certified(&directory, params);
    let setup = TestServer::with_admin().arg("--tls-cert").arg("cert.pem").arg("--tls-key").arg("key.pem");
    (setup.start_in(home), directory)
}

#[test]
fn a_self_signed_certificate_is_trusted_once_it_is_named_and_remembered_with_the_profile() {
    let (server, directory) = start_as_openssl_does();
    server.wait_for_log("CA:TRUE");
    let home = TestHome::new();
    let refused = login(&home, &server, &[]).exits(3);
    assert!(
        refused.stderr.contains("CA:TRUE") || refused.stderr.contains("no trusted authority"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains("Other("), "{}", refused.stderr);
    fs::copy(directory.join("cert.pem"), home.path().join("server.pem")).unwrap();
    // Named by a path that is valid here only; remembered by one that is valid everywhere.
    login(&home, &server, &["--server", &server.url(), "--ca-file", "server.pem"]).exits(0);
    let config = fs::read_to_string(home.config_dir().join("config.yaml")).unwrap();
    let path = home.path().join("server.pem");
    assert!(config.contains(&format!("ca_file: {}", path.display())), "{config}");
    for command in [&["whoami"][..], &["token", "list"], &["status"]] {
        home.da(command).run().exits(0);
    }
    // The variable and the option win.
    let wrong = TestHome::new();
    certify(wrong.path());
    let wrong = wrong.path().join("cert.pem");
    home.da(["whoami"]).env("DA_CA_FILE", &wrong).run().exits(3);
    home.da(["whoami", "--ca-file", wrong.to_str().unwrap()]).run().exits(3);
    // For another server the file counts for nothing.
    let (other, _) = start();
    home.da(["status", "--server", &other.url()]).run().exits(3);
    fs::remove_file(path).unwrap();
    let gone = home.da(["whoami"]).run().exits(1);
    assert!(gone.stderr.contains("server.pem"), "{}", gone.stderr);
    // A new server has no certificates of the one before.
    home.da(["setup", "init", "--server", "https://id.example.org"]).run().exits(0);
    assert!(!fs::read_to_string(home.config_dir().join("config.yaml")).unwrap().contains("ca_file"));
}

#[test]
fn setup_and_import_remember_the_certificate_too() {
    let (server, directory) = start_as_openssl_does();
    let ca = directory.join("cert.pem");
    let ca = ca.to_str().unwrap();
    let home = TestHome::new();
    home.da(["setup", "init", "--server", &server.url(), "--ca-file", ca]).run().exits(0);
    home.da(["login", "--email", ADMIN_EMAIL, "--password-stdin"]).stdin(ADMIN_PASSWORD).run().exits(0);
    let token = home.da(["token", "create", "--name", "ci", "--raw"]).run().exits(0).stdout;
    let second = TestHome::new();
    let import = ["import-token", "--server", &server.url(), "--ca-file", ca, "--token", "-", "--profile", "ci"];
    second.da(import).stdin(&token).run().exits(0);
    second.da(["whoami", "--profile", "ci"]).run().exits(0);
}

#[test]
fn swapped_files_and_a_foreign_key_are_named_at_a_reload() {
    let (server, directory) = start();
    let (cert, key) = (directory.join("cert.pem"), directory.join("key.pem"));
    let (good_cert, good_key) = (fs::read(&cert).unwrap(), fs::read(&key).unwrap());
    fs::write(&cert, &good_key).unwrap();
    fs::write(&key, &good_cert).unwrap();
    server.signal(Signal::HUP);
    server.wait_for_log("swapped");
    certify(&directory);
    fs::write(&cert, &good_cert).unwrap();
    server.signal(Signal::HUP);
    server.wait_for_log("does not belong to the certificate");
    assert!(!server.log().contains("KeyMismatch"), "{}", server.log());
    let doctor = server.host(&["server", "doctor"]).run().exits(1);
    assert!(doctor.stdout.contains("does not belong to the certificate"), "{}", doctor.stdout);
}

#[test]
fn the_doctor_names_what_clients_refuse_and_the_name_in_the_public_url() {
    let home = TestHome::new();
    let directory = home.path().to_owned();
    write_certified(&directory, for_ninety_days(&["127.0.0.1"]));
    let setup = TestServer::with_admin().arg("--tls-cert").arg("cert.pem").arg("--tls-key").arg("key.pem");
    let server = setup.arg("--public-url").arg("https://id.example.org").start_in(home);
    server.wait_for_log("it is not for `id.example.org`");
    let doctor = server.host(&["server", "doctor"]).run().exits(0);
    assert!(doctor.stdout.contains("it is not for `id.example.org`"), "{}", doctor.stdout);
}
