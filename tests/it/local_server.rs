//! Commands without a named server: they use a server of the user's own, or say what to name (D-43).

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::Value;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, TestHome, TestServer, transcript, wait_for};

/// Starts a server on the default data directory of a home; the commands of [`TestServer::on_host`] have that home.
fn own_server() -> TestServer {
    let home = TestHome::new();
    let data = home.path().join(".local/share/da");
    TestServer::with_admin().data_in(&data).start_in(home)
}

fn server_in_force(server: &TestServer) -> (String, String) {
    let run = server.on_host(["status", "--local", "--json"]).run();
    let json: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    (json["server"]["url"].as_str().unwrap().to_owned(), json["server"]["source"].as_str().unwrap().to_owned())
}

#[test]
fn a_server_of_ones_own_needs_no_option_on_any_port() {
    let mut server = own_server();
    let login = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];
    server.on_host(login).stdin(ADMIN_PASSWORD).run().exits(0);
    let run = server.on_host(["whoami"]).run().exits(0);
    assert!(run.stdout.contains(&server.url()), "{}", run.stdout);
    assert_eq!(server_in_force(&server), (server.url(), "default".to_owned()));
    let address = server.data_dir().join("address");
    assert_eq!(fs::read_to_string(&address).unwrap(), format!("{}\n", server.url()));
    assert_eq!(fs::metadata(&address).unwrap().permissions().mode() & 0o777, 0o600);

    // The next start may be on another port; the token stays that of the old address.
    let before = server.url();
    assert_eq!(server.terminate().code(), Some(0));
    assert!(!address.exists(), "it goes with the server");
    server.restart_elsewhere();
    assert_ne!(server.url(), before);
    assert_eq!(server_in_force(&server).0, server.url());
    let run = server.on_host(["whoami"]).run().exits(4);
    assert!(run.stderr.contains(&format!("The saved token belongs to `{before}`")), "{}", run.stderr);
}

#[test]
fn the_port_of_a_killed_server_is_sent_nothing() {
    let mut server = own_server();
    let login = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];
    server.on_host(login).stdin(ADMIN_PASSWORD).run().exits(0);
    server.kill9();
    assert!(server.data_dir().join("address").exists(), "nobody could remove it");
    // Another user takes the port that is free now.
    let calls = Arc::new(AtomicUsize::new(0));
    let thief = wait_for("the port to be free", || TcpListener::bind(server.address()).ok());
    thread::spawn({
        let calls = Arc::clone(&calls);
        move || {
            thief.incoming().for_each(|_| {
                calls.fetch_add(1, Ordering::Relaxed);
            })
        }
    });
    for args in [&login[..], &["whoami"], &["import-token", "--token", "-"], &["logout"], &["status"]] {
        let run = server.on_host(args).stdin(ADMIN_PASSWORD).run().exits(2);
        assert!(run.stderr.starts_with("error: No server configured\n"), "{args:?}: {}", run.stderr);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    transcript!(server.on_host(["whoami"]).run(), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: No server configured
    hint: The saved token belongs to `http://127.0.0.1:[PORT]`: name it with `--server http://127.0.0.1:[PORT]` or `DA_SERVER`
    ");
    transcript!(TestHome::new().da(["whoami"]).run(), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: No server configured
    hint: Name it with `--server URL` or `DA_SERVER`; `da login --server URL` remembers it. Your own `da serve` is found while it runs on its usual data directory
    ");
}

#[test]
fn an_address_that_others_could_have_written_is_not_used() {
    let server = own_server();
    for path in [server.data_dir(), server.data_dir().join("address")] {
        let good = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(good.mode() | 0o022)).unwrap();
        let run = server.on_host(["whoami"]).run().exits(2);
        assert!(run.stderr.contains("No server configured"), "{}: {}", path.display(), run.stderr);
        fs::set_permissions(&path, good).unwrap();
        server.on_host(["whoami"]).run().exits(4);
    }
}

#[test]
fn a_server_on_another_data_directory_is_not_ones_own() {
    let server = TestServer::start();
    assert!(server.data_dir().join("address").exists());
    let run = server.on_host(["whoami"]).run().exits(2);
    assert!(run.stderr.contains("No server configured"), "{}", run.stderr);
}

/// Commands that talk to no server, or that say themselves what has to be named.
const WITHOUT_A_SERVER: [&str; 7] = ["serve", "server", "completion", "help", "profile", "setup init", "generate"];

/// Returns what makes a command whole that clap does not require.
fn more(path: &str) -> &'static [&'static str] {
    match path {
        "login" | "auth login" => &["--email", "a@b.c", "--password-stdin"],
        "import-token" | "auth import-token" => &["--token", "-"],
        "token revoke" | "auth token revoke" => &["--all", "--yes"],
        "token rotate" | "auth token rotate" => &["x"],
        "auth password change" => &["--password-stdin"],
        "auth password reset" => &["--token", "-", "--password-stdin"],
        "setup bootstrap" => &["--code-file", "-", "--password-stdin"],
        "admin set-password" => &["--password-stdin"],
        "admin remove-user" | "session revoke-others" => &[],
        _ => &[],
    }
}

fn value(arg: &clap::Arg) -> String {
    let possible = arg.get_possible_values().first().map(|value| value.get_name().to_owned());
    possible.unwrap_or_else(|| {
        match arg.get_id().as_str() {
            "email" | "user" => "a@b.c",
            "host" | "hosts" => "git.example.org",
            "role" => "viewer",
            "operation" => "get",
            "place" => "file",
            "command" => "true",
            _ => "x",
        }
        .to_owned()
    })
}

/// Returns a whole command line for every command without commands of its own below it.
fn lines(command: &clap::Command, path: &str, found: &mut Vec<(String, Vec<String>)>) {
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        let path = format!("{path} {}", child.get_name()).trim().to_owned();
        lines(child, &path, found);
        if child.has_subcommands() && child.is_subcommand_required_set() {
            continue;
        }
        let mut words: Vec<_> = path.split(' ').map(str::to_owned).collect();
        for arg in child.get_arguments().filter(|arg| arg.is_required_set()) {
            words.extend(arg.get_long().map(|long| format!("--{long}")));
            words.push(value(arg));
        }
        words.extend(more(&path).iter().map(|word| (*word).to_owned()));
        found.push((path, words));
    }
}

#[test]
fn every_command_that_needs_a_server_says_that_none_is_configured() {
    let mut found = Vec::new();
    lines(&da::cli::command(), "", &mut found);
    let is_exempt =
        |path: &str| WITHOUT_A_SERVER.iter().any(|exempt| path == *exempt || path.starts_with(&format!("{exempt} ")));
    let home = TestHome::new();
    let (exempt, needing): (Vec<_>, Vec<_>) = found.into_iter().partition(|(path, _)| is_exempt(path));
    assert!(needing.len() > 45 && exempt.len() > 15, "{} and {}", needing.len(), exempt.len());
    let mut wrong = Vec::new();
    for (path, words) in &needing {
        let question = match path.as_str() {
            "credential git" => "protocol=https\nhost=git.example.org\n\n",
            "credential docker" => "https://git.example.org",
            _ => "one\ntwo\n",
        };
        let run = home.da(words).stdin(question).run();
        let said = format!("{}{}", run.stdout, run.stderr);
        // docker's protocol has one exit code for all that is wrong.
        let code = if path == "credential docker" { 1 } else { 2 };
        if !said.contains("No server configured") || run.code != Some(code) {
            wrong.push(format!("da {}: {:?}\n{said}", words.join(" "), run.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!home.config_dir().join("token.json").exists());
}
