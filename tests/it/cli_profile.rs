//! `da profile ...`, and two accounts side by side: O-08, S-60, S-64.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, thread};

use serde_json::Value;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Person, SessionBus, StandIn, TestServer, help, transcript};

const BOB: &str = "bob@example.com";
const BOBS: &str = "a quiet morning";

fn config(person: &Person) -> String {
    fs::read_to_string(person.home.config_dir().join("config.yaml")).unwrap_or_default()
}

/// Signs in as the admin, and as Bob with the profile `bob`.
fn both(server: &TestServer, person: &Person) {
    server.admin().add_user(BOB, "viewer", BOBS);
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    let login = ["login", "--profile", "bob", "--email", BOB, "--password-stdin"];
    person.da(login).stdin(BOBS).run().exits(0);
}

fn email(person: &Person, args: &[&str]) -> String {
    let run = person.run([&["whoami", "--json"][..], args].concat()).exits(0);
    let who: Value = serde_json::from_str(&run.stdout).unwrap();
    who["email"].as_str().unwrap().to_owned()
}

#[test]
fn two_accounts_of_one_server_live_side_by_side() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    person.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    server.admin().add_user(BOB, "viewer", BOBS);
    let login = ["login", "--profile", "bob", "--email", BOB, "--password-stdin"];
    transcript!(person.da(login).stdin(BOBS).run(), @r"
    exit: 0
    ----- stdout -----
    Logged in as bob@example.com (role: viewer) with the profile `bob`

    ----- stderr -----
    ");
    transcript!(person.run(["whoami", "--profile", "bob"]), @r"
    exit: 0
    ----- stdout -----
    Email: bob@example.com
    Role:  viewer
    Server: http://127.0.0.1:[PORT]
    Profile: bob (from `--profile`)
    Token: saved in the file [HOME]/.config/da/profiles/bob/token.json, renewed by itself, ends [TIME], in 30 days

    ----- stderr -----
    ");
    transcript!(person.da(["whoami", "--json"]).env("DA_PROFILE", "bob").run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "email": "bob@example.com",
      "role": "viewer",
      "server": "http://127.0.0.1:[PORT]",
      "profile": "bob",
      "profile_source": "environment",
      "type": "session",
      "expires_at": "[TIME]",
      "refresh_expires_at": "[TIME]",
      "source": "saved",
      "storage": "file",
      "verified": true,
      "must_change_password": false
    }

    ----- stderr -----
    "#);
    assert_eq!(
        (email(&person, &[]), email(&person, &["--profile", "default"])),
        (ADMIN_EMAIL.into(), ADMIN_EMAIL.into())
    );
    transcript!(person.run(["profile", "list"]), @r"
    exit: 0
    ----- stdout -----
      NAME         SERVER                         ACCOUNT                  TOKEN
      bob          http://127.0.0.1:[PORT]         bob@example.com          file
    * default      http://127.0.0.1:[PORT]         admin@example.com        file

    ----- stderr -----
    ");
    transcript!(person.run(["profile", "list", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    [
      {
        "name": "bob",
        "server": "http://127.0.0.1:[PORT]",
        "account": "bob@example.com",
        "storage": "file",
        "in_force": false
      },
      {
        "name": "default",
        "server": "http://127.0.0.1:[PORT]",
        "account": "admin@example.com",
        "storage": "file",
        "in_force": true
      }
    ]

    ----- stderr -----
    "#);

    let dir = person.home.config_dir().join("profiles");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&dir.join("bob")), mode(&dir.join("bob/token.json"))), (0o700, 0o700, 0o600));

    transcript!(person.run(["logout", "--profile", "bob"]), @r"
    exit: 0
    ----- stdout -----
    Logged out of the profile `bob`.

    ----- stderr -----
    ");
    assert!(!dir.join("bob/token.json").exists());
    transcript!(person.run(["whoami", "--profile", "bob"]), @r"
    exit: 4
    ----- stdout -----

    ----- stderr -----
    error: Not logged in to `http://127.0.0.1:[PORT]` with the profile `bob`
    hint: Run `da login --profile bob`, or set `DA_TOKEN`
    ");
    assert_eq!(email(&person, &[]), ADMIN_EMAIL);
}

#[test]
fn two_accounts_are_kept_apart_in_the_keyring_and_renewed_at_the_same_time() {
    let (server, bus) = (TestServer::with_admin().env("DA_ACCESS_MINUTES", "1").start(), SessionBus::with_keyring());
    let person = bus.person(server.url());
    both(&server, &person);
    thread::scope(|scope| {
        for (args, expected) in [(&[][..], ADMIN_EMAIL), (&["--profile", "bob"], BOB)] {
            for _ in 0..3 {
                let person = &person;
                scope.spawn(move || (0..4).for_each(|_| assert_eq!(email(person, args), expected)));
            }
        }
    });
    let id = fs::read_to_string(person.home.config_dir().join("state/keyring-id")).unwrap();
    let id: Value = serde_json::from_str(&id).unwrap();
    for name in ["default", "bob"] {
        let account = format!("{}#{name}#{}", server.url(), id["id"].as_str().unwrap());
        assert!(bus.entry(&account).is_some(), "{name}");
    }
    person.run(["auth", "storage", "move", "file", "--profile", "bob"]).exits(0);
    let settings: Value = serde_yaml::from_str(&config(&person)).unwrap();
    assert_eq!(settings["profiles"]["bob"]["credential_store"], "file");
    assert_eq!(settings["credential_store"], Value::Null);
    assert_eq!((email(&person, &[]).as_str(), email(&person, &["--profile", "bob"]).as_str()), (ADMIN_EMAIL, BOB));
    assert!(!person.token_file().exists());
    person.run(["logout"]).exits(0);
    assert_eq!(email(&person, &["--profile", "bob"]), BOB);
}

#[test]
fn a_token_is_imported_into_its_profile() {
    let server = TestServer::start();
    let token = Person::admin(&server).new_token("ci");
    let person = Person::at(server.url());
    transcript!(person.da(["import-token", "--token", "-", "--profile", "ci"]).stdin(&token).run(), @r"
    exit: 0
    ----- stdout -----
    Imported token for admin@example.com (role: admin) with the profile `ci`.

    ----- stderr -----
    ");
    assert!(!person.token_file().exists());
    assert_eq!(email(&person, &["--profile", "ci"]), ADMIN_EMAIL);
    person.run(["whoami"]).exits(4);
}

#[test]
fn the_token_of_a_profile_never_goes_to_another_server() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    both(&server, &person);
    let other = StandIn::fixed(401, "", r#"{"detail":"No"}"#);
    for args in [&["whoami"][..], &["status"], &["token", "list"], &["logout"], &["diagnose"]] {
        person.da(args).args(["--profile", "bob", "--server", &other.url()]).run();
        person.da(args).env("DA_PROFILE", "bob").env("DA_SERVER", other.url()).run();
        person.da(args).env("DA_PROFILE", "nobody").env("DA_SERVER", other.url()).run();
    }
    assert!(other.asked().iter().all(|asked| asked.header("authorization").is_none()), "{:?}", other.asked());
    assert_eq!(email(&person, &["--profile", "bob"]), BOB);
}

#[test]
fn a_profile_comes_and_goes() {
    let person = Person::at("http://127.0.0.1:9");
    transcript!(person.run(["profile", "add", "work"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: The profile has no server
    hint: Name it with `--server URL`
    ");
    transcript!(person.run(["profile", "add", "work", "--server", "https://id.example.org"]), @r"
    exit: 0
    ----- stdout -----
    The profile `work` is for https://id.example.org

    ----- stderr -----
    Sign in with `da login --profile work`
    ");
    transcript!(person.run(["profile", "add", "work", "--server", "https://id.example.org/", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "name": "work",
      "server": "https://id.example.org"
    }

    ----- stderr -----
    "#);
    transcript!(person.run(["profile", "add", "work", "--server", "https://other.example.org"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: There is a profile `work` for another server
    hint: `da login --profile work --server https://other.example.org` gives it this one
    ");
    transcript!(person.run(["profile", "show", "work"]), @r"
    exit: 0
    ----- stdout -----
    Profile: work
    Server: https://id.example.org
    Account: not logged in

    ----- stderr -----
    ");
    transcript!(person.run(["profile", "show", "nobody"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: There is no profile `nobody`
    hint: `da login --profile nobody --server URL` makes it; `da profile list` shows those there are
    ");
    transcript!(person.run(["profile", "remove", "work"]), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Nothing was changed: it would count for every shell and job of yours, and there is no terminal
    hint: Say `--yes` if that is meant
    ");
    transcript!(person.run(["profile", "remove", "default", "--yes"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The profile `default` is always there
    hint: `da logout` forgets its token, `da setup init --server URL` gives it another server
    ");
    transcript!(person.run(["profile", "remove", "work", "--yes"]), @r"
    exit: 0
    ----- stdout -----
    Removed the profile `work`

    ----- stderr -----
    ");
    transcript!(person.run(["profile", "remove", "work", "--yes"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: There is no profile `work`
    hint: `da login --profile work --server URL` makes it; `da profile list` shows those there are
    ");
    assert_eq!(config(&person), "profiles: {}\n");
}

#[test]
fn a_profile_with_a_token_is_not_removed() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    both(&server, &person);
    person.run(["profile", "use", "bob", "--yes"]).exits(0);
    person.run(["profile", "rules", "add", "bob", "--dir", ".", "--yes"]).exits(0);
    transcript!(person.run(["profile", "remove", "bob", "--yes"]), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: A token is saved for the profile `bob`
    hint: Run `da logout --profile bob` first
    ");
    person.run(["logout", "--profile", "bob"]).exits(0);
    transcript!(person.run(["profile", "remove", "bob", "--yes", "--json"]), @r#"
    exit: 0
    ----- stdout -----
    {
      "name": "bob",
      "rules_removed": 1
    }

    ----- stderr -----
    "#);
    assert_eq!(config(&person), "profiles: {}\n", "nothing leads to it any more");
    assert_eq!(email(&person, &[]), ADMIN_EMAIL);
}

#[test]
fn tokens_imported_at_the_same_time_make_all_their_profiles() {
    let server = TestServer::start();
    let token = Person::admin(&server).new_token("ci");
    let person = Person::at(server.url());
    thread::scope(|scope| {
        for number in 0..8 {
            let (person, token) = (&person, &token);
            scope.spawn(move || {
                let import = ["import-token", "--token", "-", "--profile", &format!("p{number}")];
                person.da(import).stdin(token).run().exits(0);
            });
        }
    });
    let list: Value = serde_json::from_str(&person.run(["profile", "list", "--json"]).exits(0).stdout).unwrap();
    let signed_in = list.as_array().unwrap().iter().filter(|row| row["account"] == ADMIN_EMAIL).count();
    assert_eq!(signed_in, 8, "{list}");
}

#[test]
fn a_server_that_is_named_beside_a_profile() {
    let server = TestServer::start();
    let person = Person::at(server.url());
    both(&server, &person);
    // For one call: nothing is signed in there, and nothing is remembered.
    let before = config(&person);
    person.run(["whoami", "--profile", "bob", "--server", "http://127.0.0.1:9"]).exits(4);
    assert_eq!(config(&person), before);
    // A sign-in to another server changes the profile only if that is named as well.
    let other = TestServer::start();
    let url = other.url();
    person.run(["profile", "use", "bob", "--yes"]).exits(0);
    let before = config(&person);
    let login = ["login", "--email", ADMIN_EMAIL, "--password-stdin", "--server", &url];
    transcript!(person.da(login).stdin(ADMIN_PASSWORD).run(), @r"
    exit: 0
    ----- stdout -----
    Logged in as admin@example.com (role: admin) with the profile `bob`

    ----- stderr -----
    The profile `bob` keeps its server `http://127.0.0.1:[PORT]`; name this one with `--server` each time
    ");
    assert_eq!(config(&person), before);
    person.da(login).args(["--profile", "bob"]).stdin(ADMIN_PASSWORD).run().exits(0);
    let settings: Value = serde_yaml::from_str(&config(&person)).unwrap();
    assert_eq!(settings["profiles"]["bob"]["server"], url);
}

#[test]
fn the_help_of_profiles() {
    insta::assert_snapshot!(help(["profile"]), @r"
    Keep several servers and accounts apart

    A profile is a server and an account on it. In force is the one of `--profile`, else of
    `DA_PROFILE`, else of a rule for the server that the call names or for the directory it is made in,
    else of `da profile use`, else `default`. `da login --profile NAME --server URL` makes one and signs
    in.

    Usage: da profile [OPTIONS] <COMMAND>

    Commands:
      list    List the profiles, and who is signed in where
      show    Show one profile: the one in force, and why, or the one that is named
      add     Make a profile for the server of `--server`
      use     Choose the profile that is in force where nothing else chooses one
      remove  Remove a profile that nobody is signed in to, and the rules that lead to it
      rules   List, add and remove the rules by which a directory or a server chooses a profile

    Options:
      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da profile list
      da login --profile work --server https://id.example.org
      DA_PROFILE=work da whoami
      da profile rules add work --dir ~/work
    ");
    insta::assert_snapshot!(help(["profile", "list"]), @r"
    List the profiles, and who is signed in where

    Usage: da profile list [OPTIONS]

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da profile list
      da profile list --json
    ");
    insta::assert_snapshot!(help(["profile", "show"]), @r"
    Show one profile: the one in force, and why, or the one that is named

    Usage: da profile show [OPTIONS] [NAME]

    Arguments:
      [NAME]  Name of the profile

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da profile show
      da profile show work --json
    ");
    insta::assert_snapshot!(help(["profile", "add"]), @r"
    Make a profile for the server of `--server`

    Usage: da profile add [OPTIONS] <NAME>

    Arguments:
      <NAME>  Its name: `a-z`, `0-9`, `.`, `_` and `-`

    Options:
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da profile add work --server https://id.example.org
    ");
    insta::assert_snapshot!(help(["profile", "use"]), @r"
    Choose the profile that is in force where nothing else chooses one

    It changes what every shell and job of yours uses. A script rather sets `DA_PROFILE`, which only
    counts for itself; without a terminal this asks for `--yes`.

    Usage: da profile use [OPTIONS] <NAME>

    Arguments:
      <NAME>
              Name of the profile

    Options:
      -y, --yes
              Change it without a terminal, too

      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da profile use work
      da profile use default --yes
    ");
    insta::assert_snapshot!(help(["profile", "remove"]), @r"
    Remove a profile that nobody is signed in to, and the rules that lead to it

    Usage: da profile remove [OPTIONS] <NAME>

    Arguments:
      <NAME>  Name of the profile

    Options:
      -y, --yes   Remove it without a terminal, too
      -h, --help  Print help

    [GLOBAL OPTIONS]

    Examples:
      da profile remove work
    ");
    insta::assert_snapshot!(help(["profile", "rules"]), @r"
    List, add and remove the rules by which a directory or a server chooses a profile

    In a directory and below it the longest rule counts; a rule for a server counts where a call names
    that server.

    Usage: da profile rules [OPTIONS] [COMMAND]

    Commands:
      add     Choose a profile by directory (`--dir`), or by the server of a call (`--server`)
      remove  Remove the rule for a directory (`--dir`) or for a server (`--server`)

    Options:
      -h, --help
              Print help (see a summary with '-h')

    [GLOBAL OPTIONS]

    Examples:
      da profile rules
      da profile rules add work --dir ~/work
      da profile rules remove --dir ~/work
    ");
    insta::assert_snapshot!(help(["profile", "rules", "add"]), @r"
    Choose a profile by directory (`--dir`), or by the server of a call (`--server`)

    Usage: da profile rules add [OPTIONS] <NAME>

    Arguments:
      <NAME>  Name of the profile

    Options:
          --dir <DIR>  Directory in and below which it is used
      -y, --yes        Add it without a terminal, too
      -h, --help       Print help

    [GLOBAL OPTIONS]

    Examples:
      da profile rules add work --dir ~/work
      da profile rules add work --server https://id.example.org
    ");
    insta::assert_snapshot!(help(["profile", "rules", "remove"]), @r"
    Remove the rule for a directory (`--dir`) or for a server (`--server`)

    Usage: da profile rules remove [OPTIONS]

    Options:
          --dir <DIR>  Directory of the rule
      -y, --yes        Remove it without a terminal, too
      -h, --help       Print help

    [GLOBAL OPTIONS]

    Examples:
      da profile rules remove --dir ~/work
      da profile rules remove --server https://id.example.org
    ");
}
