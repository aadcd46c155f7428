//! Which server and which token are in force: D-18, D-19, D-21, S-60, S-64, S-67.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use serde_json::{Value, json};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Person, Run, StandIn, TestHome, TestServer, transcript};

/// A server that accepts every token and notes which one came.
fn recorder() -> StandIn {
    let me = json!({
        "id": "00000000-0000-4000-8000-000000000000", "email": "a@b.c", "name": "a", "display_name": "a",
        "role": "viewer", "is_owner": false, "permissions": [], "groups": [], "typ": "pat", "scopes": null,
        "expires_at": null,
    });
    StandIn::fixed(200, "", me.to_string())
}

fn bearers(server: &StandIn) -> Vec<Option<String>> {
    server.asked().iter().map(|asked| asked.header("authorization").map(str::to_owned)).collect()
}

fn source(run: Run) -> String {
    let json: Value = serde_json::from_str(&run.exits(0).stdout).unwrap();
    json["source"].as_str().unwrap().to_owned()
}

fn write_token(home: &TestHome, content: &str) {
    fs::create_dir_all(home.config_dir()).unwrap();
    fs::write(home.config_dir().join("token.json"), content).unwrap();
    fs::set_permissions(home.config_dir().join("token.json"), fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn the_token_is_flag_then_variable_then_its_file_then_the_saved_one() {
    let server = recorder();
    let home = TestHome::new();
    write_token(
        &home,
        &format!(r#"{{"access_token":"saved","email":"a@b.c","role":"viewer","server":"{}"}}"#, server.url()),
    );
    fs::write(home.path().join("flag"), "flag\n").unwrap();
    fs::write(home.path().join("file"), "file\n").unwrap();
    let da = || home.da(["whoami", "--json"]).env("DA_SERVER", server.url());
    let all = da().arg("--token-file").arg("flag").env("DA_TOKEN", "variable").env("DA_TOKEN_FILE", "file").run();
    assert_eq!(source(all), "token_file");
    assert_eq!(source(da().env("DA_TOKEN", "variable").env("DA_TOKEN_FILE", "file").run()), "environment");
    assert_eq!(source(da().env("DA_TOKEN", "").env("DA_TOKEN_FILE", "file").run()), "environment_file");
    assert_eq!(source(da().run()), "saved");
    let sent: Vec<_> = bearers(&server).into_iter().flatten().collect();
    assert_eq!(sent, ["Bearer flag", "Bearer variable", "Bearer file", "Bearer saved"]);
}

#[test]
fn a_token_file_that_cannot_be_read_is_no_reason_to_use_another_token() {
    let server = recorder();
    let person = Person::at(server.url());
    fs::write(person.home.path().join("empty"), "\n").unwrap();
    transcript!(person.da(["whoami", "--token-file", "nowhere"]).env("DA_TOKEN", "variable").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot read the token file `nowhere`: No such file or directory (os error 2)
    hint: Put a token that works into that file
    ");
    transcript!(person.da(["whoami"]).env("DA_TOKEN_FILE", "empty").run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot read the token file `empty`: it is empty
    hint: Unset `DA_TOKEN_FILE`, or put a token that works into that file
    ");
    assert!(server.asked().is_empty());
}

#[test]
fn the_server_is_flag_then_variable_then_config_then_default() {
    let home = TestHome::new();
    let local = |run: Run| {
        let json: Value = serde_json::from_str(&run.exits(4).stdout).unwrap();
        (json["server"]["url"].as_str().unwrap().to_owned(), json["server"]["source"].as_str().unwrap().to_owned())
    };
    let status = || home.da(["status", "--local", "--json"]);
    let is = |url: &str, source: &str| (url.to_owned(), source.to_owned());
    assert!(status().run().exits(2).stderr.contains("No server configured"));
    home.da(["setup", "init", "--server", "https://three.example.org"]).run().exits(0);
    assert_eq!(local(status().run()), is("https://three.example.org", "config"));
    let two = || status().env("DA_SERVER", "https://two.example.org/");
    assert_eq!(local(two().run()), is("https://two.example.org", "environment"));
    assert_eq!(
        local(two().arg("--server").arg("https://one.example.org").run()),
        is("https://one.example.org", "flag")
    );
    transcript!(status().env("DA_SERVER", "two.example.org").run(), @r#"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"The environment variable `DA_SERVER` cannot be used: not a server URL: expected one such as `https://id.example.org`","causes":[],"hint":"Set `DA_SERVER` anew, or unset it","exit_code":2,"status":null,"code":null,"request_id":null}}
    "#);
}

#[test]
fn a_token_of_the_environment_is_never_stored() {
    let server = TestServer::start();
    let token = Person::admin(&server).new_token("ci");
    let person = Person::at(server.url());
    for args in [&["whoami"][..], &["token", "list"], &["status"], &["diagnose"], &["logout"]] {
        person.da(args).env("DA_TOKEN", &token).run().exits(0);
    }
    assert!(!person.token_file().exists());
    server.stranger().with(&token).get("/auth/me").is(200);
    // Signing in meanwhile stores the session, not the variable.
    let login = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];
    transcript!(person.da(login).env("DA_TOKEN", &token).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin)

    ----- stderr -----
    warning: The token from `DA_TOKEN` wins over the login you are about to save
    ");
    assert_ne!(person.saved_token(), token);
    transcript!(person.da(["logout"]).env("DA_TOKEN", &token).run(), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    The token from `DA_TOKEN` still works here
    ");
}

#[test]
fn login_says_that_the_variable_wins_before_it_asks() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    let da = person.da(["login", "--email", "ann@example.org"]).env("DA_TOKEN", "x").env("TERM", "dumb").into_command();
    let mut terminal = crate::support::Terminal::start(&da);
    terminal.expect("warning: The token from `DA_TOKEN` wins over the login you are about to save");
    terminal.expect("Password: ");
    terminal.interrupt();
    assert!(!person.token_file().exists());
}

#[test]
fn importing_says_that_the_variable_wins_before_it_asks() {
    let person = Person::at("http://127.0.0.1:9").env("DA_TOKEN", "x").env("TERM", "dumb");
    let mut terminal = person.terminal(["import-token"]);
    terminal.expect("warning: The token from `DA_TOKEN` wins over the token you are about to save");
    terminal.expect("Token: ");
    terminal.interrupt();
}

#[test]
fn a_saved_token_is_never_sent_to_another_server() {
    let home_server = TestServer::start();
    let person = Person::admin(&home_server);
    let other = recorder();
    for args in [&["whoami"][..], &["token", "list"], &["status"], &["diagnose"], &["logout"], &["admin", "list-users"]]
    {
        person.da(args).arg("--server").arg(other.url()).run();
        person.da(args).env("DA_SERVER", other.url()).run();
    }
    assert!(bearers(&other).iter().all(Option::is_none), "{:?}", other.asked());
    person.run(["whoami"]).exits(0);
}

#[test]
fn a_file_of_an_older_tool_belongs_to_the_configured_server() {
    let (configured, other) = (recorder(), recorder());
    let home = TestHome::new();
    home.da(["setup", "init", "--server", &configured.url()]).run().exits(0);
    // Its three keys, indented by two, no newline at the end, and readable by everyone.
    write_token(&home, "{\n  \"access_token\": \"old\",\n  \"email\": \"a@b.c\",\n  \"role\": \"viewer\"\n}");
    let file = home.config_dir().join("token.json");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    transcript!(home.da(["whoami"]).run(), @r"
    exit: 0
    ----- stdout -----
    Email: a@b.c
    Role:  viewer
    Server: http://127.0.0.1:[PORT]
    Token: saved in the file [HOME]/.config/da/token.json, never ends

    ----- stderr -----
    warning: Others could read the saved token in the file [HOME]/.config/da/token.json; its mode is now 0600
    ");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(home.da(["whoami"]).run().exits(0).stderr, "", "the warning is given once");
    home.da(["whoami"]).env("DA_SERVER", other.url()).run().exits(4);
    assert!(other.asked().is_empty());
    assert_eq!(bearers(&configured), [Some("Bearer old".to_owned()), Some("Bearer old".to_owned())]);
}

#[test]
fn the_file_is_written_so_that_older_tools_can_read_it() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let text = fs::read_to_string(person.token_file()).unwrap();
    insta::with_settings!({ filters => crate::support::filters() }, { insta::assert_snapshot!(text, @r#"
    {
      "access_token": "[TOKEN]",
      "email": "admin@example.com",
      "role": "admin",
      "server": "http://127.0.0.1:[PORT]",
      "expires_at": "[TIME]",
      "refresh_token": "[REFRESH TOKEN]",
      "refresh_expires_at": "[TIME]"
    }
    "#); });
    assert!(!text.ends_with('\n'));
}

#[test]
fn a_link_in_place_of_the_file_is_refused_and_its_target_untouched() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let victim = person.home.path().join("victim");
    fs::rename(person.token_file(), &victim).unwrap();
    symlink(&victim, person.token_file()).unwrap();
    let before = fs::read(&victim).unwrap();
    transcript!(person.run(["whoami"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/.config/da/token.json` is a symbolic link, and is not followed
    hint: Remove it: `rm '[HOME]/.config/da/token.json'`
    ");
    let login = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];
    transcript!(person.da(login).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/.config/da/token.json` is a symbolic link, and is not followed
    hint: Remove it: `rm '[HOME]/.config/da/token.json'`
    ");
    transcript!(person.run(["logout"]), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    warning: `[HOME]/.config/da/token.json` is a symbolic link, and is not followed; it is removed
    ");
    assert_eq!(fs::read(&victim).unwrap(), before);
    assert!(!person.token_file().is_symlink());
}

#[test]
fn a_damaged_file_is_told_and_logout_removes_it() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    for content in ["", "hunter2", "{", "[]", r#"{"email":"hunter2"}"#, r#"{"access_token":""}"#, "\u{0}\u{1}"] {
        write_token(&person.home, content);
        let run = person.run(["whoami"]).exits(1);
        assert!(run.stderr.contains("is damaged") && !run.stderr.contains("hunter2"), "{content:?}: {}", run.stderr);
    }
    transcript!(person.run(["whoami"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The saved token in the file [HOME]/.config/da/token.json is damaged: line 1, column 1
    hint: Run `da logout` to remove it, then `da login`
    ");
    transcript!(person.run(["logout"]), @r"
    exit: 0
    ----- stdout -----
    Logged out.

    ----- stderr -----
    warning: the saved token in the file [HOME]/.config/da/token.json is damaged: line 1, column 1; it is removed
    ");
    assert!(!person.token_file().exists());
    // A variable is not in the way of a damaged file, and a login mends it.
    write_token(&person.home, "{");
    person.da(["token", "print"]).env("DA_TOKEN", "x").run().exits(0);
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    person.run(["whoami"]).exits(0);
}

#[test]
fn a_damaged_config_is_named_and_kept() {
    let home = TestHome::new();
    fs::create_dir_all(home.config_dir()).unwrap();
    let config = home.config_dir().join("config.yaml");
    fs::write(&config, "server: [").unwrap();
    transcript!(home.da(["whoami"]).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/.config/da/config.yaml` is not a YAML file of settings (line 2)
    hint: Mend the file, or remove it and run `da setup init --server URL`
    ");
    assert_eq!(fs::read_to_string(&config).unwrap(), "server: [");
    fs::write(&config, "server: ftp://x\n").unwrap();
    transcript!(home.da(["whoami"]).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The key `server` in `[HOME]/.config/da/config.yaml` cannot be used: not a server URL: the scheme must be `https` or `http`
    hint: Mend the file, or remove it and run `da setup init --server URL`
    ");
}

#[test]
fn the_end_of_a_token_is_announced_once_a_day() {
    let server = TestServer::start();
    let admin = Person::admin(&server);
    let token = admin.run(["token", "create", "--name", "ci", "--ttl", "3d", "--raw"]).exits(0).stdout;
    let person = Person::at(server.url());
    let whoami = |quiet: &[&str]| person.da(["whoami"]).env("DA_TOKEN", token.trim()).args(quiet).run().exits(0).stderr;
    assert_eq!(whoami(&["--quiet"]), "");
    assert_eq!(whoami(&["--json"]), "");
    let first = whoami(&[]);
    assert!(
        first.starts_with("warning: The token from `DA_TOKEN` ends ") && first.ends_with(", in 3 days\n"),
        "{first}"
    );
    assert_eq!(whoami(&[]), "");
}
