//! A user without a home directory: what needs no saved state works, and the rest says what to set.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Person, Run, TestHome, TestServer};

/// Runs `da` with this environment alone; as another user, who has no home, where the tests run as root.
fn bare(variables: &[(&str, &str)], args: &[&str], stdin: &str) -> Run {
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=54321", "--regid=54321", "--clear-groups"]).arg(program());
        command
    } else {
        Command::new(program())
    };
    command.env_clear().envs(variables.iter().copied()).env("PATH", "/usr/bin:/bin").args(args).current_dir("/");
    Run::of(&mut command, stdin.as_bytes())
}

/// Returns a copy of the program that every user can run, wherever the sources are.
fn program() -> std::path::PathBuf {
    static COPY: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    let dir = COPY.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_da"), dir.path().join("da")).unwrap();
        dir
    });
    dir.path().join("da")
}

/// Homes that are none: not set, not there, not to be entered, no directory.
fn homes() -> Vec<Option<String>> {
    let mut homes = vec![Some("/nonexistent".to_owned()), Some("/dev/null/home".to_owned())];
    if rustix::process::geteuid().is_root() {
        homes.extend([None, Some("/root".to_owned())]);
    }
    homes
}

#[test]
fn what_needs_no_saved_state_works_without_a_home() {
    let server = TestServer::start();
    let token = Person::admin(&server).new_token("ci");
    let plain = server.user(&server.admin(), "ann@example.com", "viewer").with_new_token("git").bearer().to_owned();
    let url = server.url();
    for home in homes() {
        let mut variables = vec![("DA_SERVER", url.as_str()), ("DA_TOKEN", token.as_str())];
        variables.extend(home.as_deref().map(|home| ("HOME", home)));
        for args in [
            &["whoami"][..],
            &["whoami", "--json"],
            &["token", "list"],
            &["token", "print"],
            &["status"],
            &["diagnose"],
            &["admin", "list-users"],
            &["completion", "bash"],
            &["help", "exit-codes"],
        ] {
            let run = bare(&variables, args, "");
            assert_eq!(run.code, Some(0), "{home:?} {args:?}: {}{}", run.stdout, run.stderr);
        }
        let git = ["credential", "git", "--host", "git.example.org", "get"];
        // Helpers hand out no token of an admin.
        variables[1].1 = &plain;
        let run = bare(&variables, &git, "protocol=https\nhost=git.example.org\n\n").exits(0);
        assert!(run.stdout.contains("password="), "{home:?}: {}", run.stdout);
    }
}

#[test]
fn what_needs_saved_state_says_what_to_set() {
    let server = TestServer::start();
    let url = server.url();
    for home in homes() {
        let mut variables = vec![("DA_SERVER", url.as_str())];
        variables.extend(home.as_deref().map(|home| ("HOME", home)));
        let run = bare(&variables, &["whoami"], "").exits(4);
        assert!(run.stderr.contains("Not logged in") && run.stderr.contains("DA_TOKEN"), "{home:?}: {}", run.stderr);
        let before = server.admin().get("/api/sessions").is(200).json()["items"].as_array().unwrap().len();
        for args in [
            &["login", "--email", ADMIN_EMAIL, "--password-stdin"][..],
            &["profile", "add", "work"],
            &["setup", "init", "--server", "https://id.example.org"],
        ] {
            let args: Vec<_> =
                args.iter().copied().chain(["--server", &url].into_iter().filter(|_| args[0] != "setup")).collect();
            let run = bare(&variables, &args, ADMIN_PASSWORD).exits(1);
            assert!(run.stderr.contains("DA_CONFIG_DIR"), "{home:?} {args:?}: {}", run.stderr);
        }
        let after = server.admin().get("/api/sessions").is(200).json()["items"].as_array().unwrap().len();
        assert_eq!(after, before + 1, "no session was made in vain");
        let run = bare(&variables[1..], &["whoami"], "").exits(2);
        assert!(run.stderr.contains("No server configured"), "{home:?}: {}", run.stderr);
    }
}

#[test]
fn a_named_directory_that_cannot_be_entered_is_told() {
    let home = TestHome::new();
    fs::write(home.path().join("file"), "").unwrap();
    let run = home.da(["whoami", "--config-dir", "file/da"]).env("DA_SERVER", "http://127.0.0.1:9").run().exits(1);
    assert!(run.stderr.contains("Cannot reach") && run.stderr.contains("--config-dir"), "{}", run.stderr);
}
