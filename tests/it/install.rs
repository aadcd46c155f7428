//! The one-line installer against the real server, with the real program (A-33, A-34, D-23, S-31).

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Run, TestHome, TestServer};

/// Runs a line in `sh`, in this home.
fn sh(home: &TestHome, line: &str) -> Run {
    let mut command = home.command("sh");
    command.args(["-c", line]);
    Run::of(&mut command, b"")
}

/// Runs the installed program.
fn installed(home: &TestHome, args: &[&str], stdin: &str) -> Run {
    let mut command: Command = home.command(home.path().join(".local/bin/da"));
    command.args(args);
    Run::of(&mut command, stdin.as_bytes())
}

#[test]
fn the_one_line_installs_a_working_program_that_knows_its_server() {
    let server = TestServer::start();
    let home = TestHome::new();
    let run = sh(&home, &format!("curl -fsSL {}/cli/install.sh | sh", server.url())).exits(0);
    assert!(run.stdout.contains("da login") || run.stderr.contains("da login"), "{}", run.stdout);

    let program = home.path().join(".local/bin/da");
    assert_eq!(fs::metadata(&program).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(fs::read(&program).unwrap(), fs::read(env!("CARGO_BIN_EXE_da")).unwrap());
    let version = installed(&home, &["--version"], "").exits(0);
    assert_eq!(version.stdout, format!("da {}\n", env!("CARGO_PKG_VERSION")));

    // No server is named here: the installer has noted it.
    let login = installed(&home, &["login", "--email", ADMIN_EMAIL, "--password-stdin"], ADMIN_PASSWORD).exits(0);
    assert_eq!(login.stdout, format!("Logged in as {ADMIN_EMAIL} (role: admin)\n"));
    let who = installed(&home, &["whoami"], "").exits(0);
    assert!(who.stdout.contains(&server.url()), "{}", who.stdout);
}

#[test]
fn uninstalling_takes_the_program_away_and_leaves_the_settings() {
    let server = TestServer::start();
    let home = TestHome::new();
    let url = server.url();
    sh(&home, &format!("curl -fsSL {url}/cli/install.sh | sh")).exits(0);
    sh(&home, &format!("curl -fsSL {url}/cli/install.sh | sh -s -- --uninstall")).exits(0);
    assert!(!home.path().join(".local/bin/da").exists());
    assert!(home.config_dir().join("config.yaml").exists());
}

#[test]
fn a_build_with_another_digest_is_not_installed() {
    let server = TestServer::start();
    let dist = server.data_dir().join("dist");
    fs::create_dir_all(&dist).unwrap();
    let name = format!("da-linux-{}", std::env::consts::ARCH);
    fs::write(dist.join(&name), "#!/bin/sh\necho da 0.1.0\n").unwrap();
    fs::write(dist.join(format!("{name}.sha256")), format!("{}  {name}\n", "0".repeat(64))).unwrap();
    let home = TestHome::new();
    let run = sh(&home, &format!("curl -fsSL {}/cli/install.sh | sh", server.url()));
    assert!(run.code.is_some_and(|code| code != 0), "{run:?}");
    assert!(!home.path().join(".local/bin/da").exists());
}

#[test]
fn downloads_are_attachments_and_unknown_systems_are_told_what_to_do() {
    let server = TestServer::start();
    let stranger = server.stranger();
    let name = format!("da-linux-{}", std::env::consts::ARCH);
    let answer = stranger.get("/cli/download?part=sha256").is(200);
    assert!(answer.body.trim_ascii_end().ends_with(name.as_bytes()));
    let missing = stranger.get("/cli/download?os=windows&arch=aarch64").is(404);
    assert_eq!(missing.json()["code"], "no_build");
    assert!(missing.json()["detail"].as_str().unwrap().contains("dist"));
    for query in
        ["os=../../etc/passwd&arch=x86_64", "os=linux&arch=%2e%2e", "os=linux&arch=x86_64&part=key", "os=LINUX"]
    {
        stranger.get(&format!("/cli/download?{query}")).refused_as(400, "bad_request");
    }
}
