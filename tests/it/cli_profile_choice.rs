//! Which profile is in force, and that nothing but its owner changes that: O-08, D-18.

use std::{fs, os::unix::fs::symlink};

use serde_json::Value;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Run, TestHome, TestServer, transcript};

/// A home with the profiles `a` to `d`, without any choice between them.
fn home() -> TestHome {
    let home = TestHome::new();
    for name in ["a", "b", "c", "d"] {
        let server = format!("https://{name}.example.org");
        home.da(["profile", "add", name, "--server", &server]).run().exits(0);
    }
    home
}

fn config(home: &TestHome) -> String {
    fs::read_to_string(home.config_dir().join("config.yaml")).unwrap()
}

#[track_caller]
fn chosen(run: Run) -> (String, String) {
    let json: Value = serde_json::from_str(&run.exits(0).stdout).unwrap();
    (json["name"].as_str().unwrap().to_owned(), json["source"].as_str().unwrap().to_owned())
}

#[test]
fn the_profile_is_flag_then_variable_then_rule_then_the_one_in_use_then_default() {
    let home = home();
    let show = || home.da(["profile", "show", "--json"]);
    let is = |name: &str, source: &str| (name.to_owned(), source.to_owned());
    assert_eq!(chosen(show().run()), is("default", "default"));
    home.da(["profile", "use", "d", "--yes"]).run().exits(0);
    assert_eq!(chosen(show().run()), is("d", "config"));
    home.da(["profile", "rules", "add", "c", "--dir", ".", "--yes"]).run().exits(0);
    assert_eq!(chosen(show().run()), is("c", "rule"));
    assert_eq!(chosen(show().env("DA_PROFILE", "b").run()), is("b", "environment"));
    assert_eq!(chosen(show().env("DA_PROFILE", "").run()), is("c", "rule"));
    assert_eq!(chosen(show().env("DA_PROFILE", "b").args(["--profile", "a"]).run()), is("a", "flag"));
    assert_eq!(chosen(show().args(["--profile", "default"]).run()), is("default", "flag"));
    home.da(["profile", "rules", "add", "b", "--server", "https://x.example.org", "--yes"]).run().exits(0);
    assert_eq!(chosen(show().env("DA_SERVER", "https://x.example.org/").run()), is("b", "rule"));
    assert_eq!(chosen(show().args(["--server", "https://x.example.org"]).run()), is("b", "rule"));
    assert_eq!(chosen(show().env("DA_SERVER", "https://y.example.org").run()), is("c", "rule"));
    transcript!(home.da(["profile", "show"]).run(), @r"
    exit: 0
    ----- stdout -----
    Profile: c (by the rule for `[HOME]`)
    Server: https://c.example.org
    Account: not logged in
    Rule: --dir [HOME]

    ----- stderr -----
    ");
    transcript!(home.da(["profile", "rules"]).run(), @r"
    exit: 0
    ----- stdout -----
    PROFILE      WHEN
    c            --dir [HOME]
    b            --server https://x.example.org

    ----- stderr -----
    ");
    transcript!(home.da(["profile", "rules", "--json"]).run(), @r#"
    exit: 0
    ----- stdout -----
    [
      {
        "dir": "[HOME]",
        "server": null,
        "profile": "c"
      },
      {
        "dir": null,
        "server": "https://x.example.org",
        "profile": "b"
      }
    ]

    ----- stderr -----
    "#);
}

#[test]
fn the_rule_of_the_nearest_directory_counts_by_whatever_way_one_came() {
    let home = home();
    let path = |below: &str| home.path().join(below);
    for directory in ["src/inner/deep", "srcs", "elsewhere"] {
        fs::create_dir_all(path(directory)).unwrap();
    }
    symlink(path("src/inner"), path("short")).unwrap();
    home.da(["profile", "rules", "add", "a", "--dir", "src", "--yes"]).run().exits(0);
    transcript!(home.da(["profile", "rules", "add", "b", "--dir", "short", "--yes"]).run(), @r"
    exit: 0
    ----- stdout -----
    `[HOME]/src/inner` now chooses the profile `b`

    ----- stderr -----
    ");
    let at = |directory: &str| {
        let mut command = home.da(["profile", "show", "--json"]).into_command();
        chosen(Run::of(command.current_dir(path(directory)), b"")).0
    };
    for (directory, name) in [
        ("src", "a"),
        ("src/inner", "b"),
        ("src/inner/deep", "b"),
        ("short/deep", "b"),
        ("srcs", "default"),
        ("elsewhere", "default"),
    ] {
        assert_eq!(at(directory), name, "{directory}");
    }
    transcript!(home.da(["profile", "rules", "remove", "--dir", "short/../inner", "--yes", "--json"]).run(), @r#"
    exit: 0
    ----- stdout -----
    {
      "dir": "[HOME]/src/inner",
      "server": null,
      "removed": true
    }

    ----- stderr -----
    "#);
    assert_eq!(at("src/inner"), "a");
    transcript!(home.da(["profile", "rules", "remove", "--dir", "elsewhere", "--yes"]).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: There is no rule for `[HOME]/elsewhere`
    hint: `da profile rules` lists them
    ");
    transcript!(home.da(["profile", "rules", "add", "a", "--yes"]).run(), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: A rule is for a directory or for a server
    hint: Name one, with `--dir DIR` or with `--server URL`
    ");
    transcript!(home.da(["profile", "rules", "add", "a", "--dir", "nowhere", "--yes"]).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: Cannot look at `nowhere`: No such file or directory (os error 2)
    ");
    transcript!(home.da(["profile", "rules", "add", "nobody", "--dir", ".", "--yes"]).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: There is no profile `nobody`
    hint: `da login --profile nobody --server URL` makes it; `da profile list` shows those there are
    ");
}

#[test]
fn without_a_terminal_nothing_is_changed_for_everybody() {
    let home = home();
    let before = config(&home);
    transcript!(home.da(["profile", "use", "a"]).run(), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: Nothing was changed: it would count for every shell and job of yours, and there is no terminal
    hint: Set `DA_PROFILE=a` for this job alone, or say `--yes`
    ");
    transcript!(home.da(["profile", "use", "a", "--json"]).run(), @r#"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    {"error":{"message":"Nothing was changed: it would count for every shell and job of yours, and there is no terminal","causes":[],"hint":"Set `DA_PROFILE=a` for this job alone, or say `--yes`","exit_code":2,"status":null,"code":null,"request_id":null}}
    "#);
    home.da(["profile", "rules", "add", "a", "--dir", "."]).run().exits(2);
    home.da(["profile", "remove", "a"]).run().exits(2);
    // Only the profile `a` has a server.
    for (flag, variable, code) in [("a", "", 4), ("default", "a", 2)] {
        home.da(["whoami", "--profile", flag]).env("DA_PROFILE", variable).run().exits(code);
        home.da(["profile", "list"]).env("DA_PROFILE", variable).run().exits(0);
    }
    assert_eq!(config(&home), before);

    let mut terminal = crate::support::Terminal::start(&home.da(["profile", "use", "a"]).into_command());
    terminal.expect("The profile `a` is used where nothing else chooses one");
    assert_eq!(terminal.wait().0, Some(0));
    assert_eq!(config(&home), format!("{before}profile: a\n"));
    transcript!(home.da(["profile", "use", "default", "--yes"]).run(), @r"
    exit: 0
    ----- stdout -----
    The profile `default` is used where nothing else chooses one

    ----- stderr -----
    ");
    assert_eq!(config(&home), before);
    transcript!(home.da(["profile", "use", "nobody", "--yes"]).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: There is no profile `nobody`
    hint: `da login --profile nobody --server URL` makes it; `da profile list` shows those there are
    ");
}

#[test]
fn a_profile_that_is_not_there_is_told() {
    let home = home();
    transcript!(home.da(["whoami", "--profile", "nobody"]).run(), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: There is no profile `nobody` (from `--profile`)
    hint: `da profile list` shows those there are; `da login --profile nobody --server URL` makes one
    ");
    transcript!(home.da(["whoami"]).env("DA_PROFILE", "nobody").run(), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: There is no profile `nobody` (from `DA_PROFILE`)
    hint: `da profile list` shows those there are; `da login --profile nobody --server URL` makes one
    ");
    let before = config(&home);
    fs::write(home.config_dir().join("config.yaml"), format!("{before}profile: gone\n")).unwrap();
    transcript!(home.da(["whoami"]).run(), @r"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: There is no profile `gone` (from `da profile use`)
    hint: `da profile use default` goes back to the default one
    ");
    home.da(["profile", "list"]).run().exits(0);
    home.da(["profile", "use", "default", "--yes"]).run().exits(0);
    assert!(home.da(["whoami"]).run().exits(2).stderr.contains("No server configured"));
}

#[test]
fn a_hostile_name_is_refused_and_leads_nowhere() {
    let home = home();
    let before = config(&home);
    for name in ["..", "../victim", "/etc", "a/b", "A", "-a", ".a", "a\\b", "a b", "é", &"a".repeat(64)] {
        for args in [
            &["whoami", "--profile"][..],
            &["profile", "use", "--yes", "--"],
            &["profile", "add", "--server", "https://x.example.org", "--"],
            &["profile", "remove", "--yes", "--"],
        ] {
            home.da(args).arg(name).run().exits(2);
        }
        home.da(["whoami"]).env("DA_PROFILE", name).run().exits(2);
        let run = home.da(["login", "--server", "http://127.0.0.1:9"]).env("DA_PROFILE", name).run();
        run.exits(2);
    }
    assert_eq!(config(&home), before);
    let entries = fs::read_dir(home.config_dir()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!entries.into_iter().any(|name| name == "profiles"), "a profile has files once it is signed in to");
    fs::write(home.config_dir().join("config.yaml"), "profile: ../victim\n").unwrap();
    transcript!(home.da(["whoami"]).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The key `profile` in `[HOME]/.config/da/config.yaml` cannot be used: a profile's name is 1 to 63 of `a-z`, `0-9`, `.`, `_` and `-`, and begins with a letter or digit
    hint: Mend the file, or remove it and run `da setup init --server URL`
    ");
    fs::write(home.config_dir().join("config.yaml"), "profiles:\n  ../victim: {server: 'http://127.0.0.1:9'}\n")
        .unwrap();
    transcript!(home.da(["whoami"]).run(), @r"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The key `profiles` in `[HOME]/.config/da/config.yaml` cannot be used: a profile's name is 1 to 63 of `a-z`, `0-9`, `.`, `_` and `-`, and begins with a letter or digit
    hint: Mend the file, or remove it and run `da setup init --server URL`
    ");
}

#[test]
fn settings_of_older_tools_stay_in_force_byte_for_byte() {
    let server = TestServer::start();
    let home = TestHome::new();
    fs::create_dir_all(home.config_dir()).unwrap();
    let file = home.config_dir().join("config.yaml");
    let text = format!("# theirs\nserver:   {}\nsync: {{every: 5}}\n", server.url());
    fs::write(&file, &text).unwrap();
    home.da(["login", "--email", ADMIN_EMAIL, "--password-stdin"]).stdin(ADMIN_PASSWORD).run().exits(0);
    for args in [&["whoami"][..], &["status"], &["profile", "list"], &["profile", "show"], &["diagnose"], &["logout"]] {
        home.da(args).run().exits(0);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    home.da(["profile", "add", "work", "--server", "https://id.example.org"]).run().exits(0);
    assert!(config(&home).starts_with(&format!("server: {}\nsync:\n  every: 5\n", server.url())), "{}", config(&home));
}
