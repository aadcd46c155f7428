//! Commands that write settings or credentials, where that cannot be done: they fail before anything is made on the server,
//! and leave what was there as it was.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown, symlink},
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Person, Run, SmallDisk, TestHome, TestServer};

const LOGIN: [&str; 4] = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn sessions(server: &TestServer) -> usize {
    let admin = server.admin();
    let count = admin.get("/api/sessions").is(200).json()["items"].as_array().unwrap().len();
    admin.post_empty("/auth/logout").is(200);
    count
}

/// Returns every file below a directory with its content, links with their target.
fn tree(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(path) = waiting.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if metadata.is_symlink() {
            found.push((path.clone(), fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()));
        } else if !path.components().any(|part| part.as_os_str() == "state") {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn the_target_of_a_link_is_written_whole_and_keeps_its_mode() {
    let server = TestServer::start();
    let home = TestHome::new();
    let (dotfiles, config) = (home.path().join("dotfiles"), home.config_dir().join("config.yaml"));
    fs::create_dir_all(home.config_dir()).unwrap();
    fs::create_dir(&dotfiles).unwrap();
    let target = dotfiles.join("da.yaml");
    for (mode, hops) in [(0o644, 1), (0o600, 1), (0o640, 2)] {
        fs::write(&target, "sync: {every: 5}\n").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
        let _ = fs::remove_file(&config);
        if hops == 2 {
            symlink("da.yaml", dotfiles.join("again")).unwrap();
            symlink("../../dotfiles/again", &config).unwrap();
        } else {
            symlink(&target, &config).unwrap();
        }
        home.da(LOGIN).args(["--server", &server.url()]).stdin(ADMIN_PASSWORD).run().exits(0);
        home.da(["whoami"]).run().exits(0);
        home.da(["profile", "add", "work", "--server", "https://id.example.org"]).run().exits(0);
        assert!(config.is_symlink());
        let text = fs::read_to_string(&target).unwrap();
        assert!(text.starts_with("sync:") && text.contains(&server.url()) && text.contains("work"), "{text}");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o7777, mode);
        let left = fs::read_dir(&dotfiles).unwrap().count();
        assert_eq!(left, hops, "no temporary file stays");
    }
}

/// A fault of the place of the settings.
struct Fault {
    name: &'static str,
    said: &'static str,
    /// Makes the fault in the configuration directory, in which somebody is signed in; takes a free directory.
    make: fn(&Path, &Path),
}

const LINKS: &[Fault] = &[
    Fault {
        name: "a dangling link",
        said: "a file that does not exist",
        make: |config, free| symlink(free.join("gone.yaml"), config).unwrap(),
    },
    Fault {
        name: "a loop of links",
        said: "loop of links",
        make: |config, free| {
            symlink(free.join("b"), free.join("a")).unwrap();
            symlink(free.join("a"), free.join("b")).unwrap();
            symlink(free.join("a"), config).unwrap();
        },
    },
    Fault {
        name: "a link to itself",
        said: "loop of links",
        make: |config, _| symlink("config.yaml", config).unwrap(),
    },
    Fault {
        name: "a link to a directory",
        said: "which is not a file",
        make: |config, free| symlink(free, config).unwrap(),
    },
    Fault {
        name: "a directory",
        said: "not a file that `da` could have written",
        make: |config, _| fs::create_dir(config).unwrap(),
    },
];

/// Every command that writes settings or credentials, with what it reads.
fn writers(url: &str, token: &str) -> Vec<(Vec<String>, String)> {
    let words = |line: &str| line.split(' ').map(|word| word.replace("URL", url)).collect::<Vec<_>>();
    vec![
        (words("login --server URL --email admin@example.com --password-stdin"), ADMIN_PASSWORD.to_owned()),
        (
            words("login --server URL --insecure-storage --email admin@example.com --password-stdin"),
            ADMIN_PASSWORD.to_owned(),
        ),
        (
            words("login --profile new --server URL --email admin@example.com --password-stdin"),
            ADMIN_PASSWORD.to_owned(),
        ),
        (words("import-token --server URL --token -"), token.to_owned()),
        (words("import-token --profile new --server URL --token -"), token.to_owned()),
        (words("setup init --server URL"), String::new()),
        (words("profile add new --server URL"), String::new()),
        (words("profile use old --yes"), String::new()),
        (words("profile remove old --yes"), String::new()),
        (words("profile rules add old --server https://x.example.org --yes"), String::new()),
        (words("pair --server URL --name x"), String::new()),
        (words("auth storage move file --server URL"), String::new()),
    ]
}

#[test]
fn a_link_that_cannot_be_written_through_is_told_before_the_sign_in() {
    let server = TestServer::start();
    let (person, url) = (Person::admin(&server), server.url());
    let token = person.new_token("ci");
    let before = sessions(&server);
    for fault in LINKS {
        let dir = person.home.config_dir();
        let free = person.home.path().join(fault.name.replace(' ', "-"));
        fs::create_dir(&free).unwrap();
        let config = dir.join("config.yaml");
        (fault.make)(&config, &free);
        let kept = tree(&dir);
        for (args, stdin) in writers(&url, &token) {
            let run = person.home.da(&args).stdin(&stdin).run().exits(1);
            assert!(run.stderr.contains(fault.said), "{}, {args:?}: {}", fault.name, run.stderr);
            assert!(run.stderr.contains("hint: "), "{}, {args:?}: {}", fault.name, run.stderr);
            assert_eq!(tree(&dir), kept, "{}, {args:?}", fault.name);
        }
        if config.is_dir() && !config.is_symlink() {
            fs::remove_dir(&config).unwrap();
        } else {
            fs::remove_file(&config).unwrap();
        }
    }
    assert_eq!(sessions(&server), before, "no session was made");
    person.run(["whoami"]).exits(0);
}

/// Runs `da` as a user who may not write everywhere.
fn as_nobody(person: &Person, args: &[String], stdin: &str) -> Run {
    let mut command = if is_root() {
        let mut command = person.home.command("setpriv");
        command.args(["--reuid=54321", "--regid=54321", "--clear-groups"]).arg(person.home.path().join("da"));
        command
    } else {
        person.home.command(env!("CARGO_BIN_EXE_da"))
    };
    command.args(args);
    Run::of(&mut command, stdin.as_bytes())
}

/// Gives everything in the person's home to the user of [`as_nobody`].
fn give_away(person: &Person) {
    if is_root() {
        fs::copy(env!("CARGO_BIN_EXE_da"), person.home.path().join("da")).unwrap();
        let run = Run::of(Command::new("chown").args(["-hR", "54321:54321"]).arg(person.home.path()), b"");
        run.exits(0);
    }
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_the_sign_in() {
    let server = TestServer::start();
    let (person, url) = (Person::admin(&server), server.url());
    let token = person.new_token("ci");
    let dir = person.home.config_dir();
    let dotfiles = person.home.path().join("dotfiles");
    fs::create_dir(&dotfiles).unwrap();
    fs::write(dotfiles.join("da.yaml"), "profiles: {old: {server: 'https://old.example.org'}}\n").unwrap();
    symlink(dotfiles.join("da.yaml"), dir.join("config.yaml")).unwrap();
    give_away(&person);
    let before = sessions(&server);
    // With the directory closed, settings behind the link can still be written; tokens cannot.
    for (closed, commands) in [(&dotfiles, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10][..]), (&dir, &[0, 1, 3][..])] {
        fs::set_permissions(closed, fs::Permissions::from_mode(0o500)).unwrap();
        let kept = (tree(&dir), tree(&dotfiles));
        let writers = writers(&url, &token);
        for (args, stdin) in commands.iter().map(|number| &writers[*number]) {
            let run = as_nobody(&person, args, stdin).exits(1);
            assert!(run.stderr.contains("Permission denied"), "{} {args:?}: {}", closed.display(), run.stderr);
            assert!(run.stderr.contains("hint: "), "{args:?}: {}", run.stderr);
            assert_eq!((tree(&dir), tree(&dotfiles)), kept, "{args:?}");
        }
        if closed == &dir {
            let args = ["logout".to_owned(), "--server".to_owned(), url.clone()];
            let run = as_nobody(&person, &args, "").exits(1);
            assert!(run.stderr.contains("Permission denied"), "{}", run.stderr);
        }
        fs::set_permissions(closed, fs::Permissions::from_mode(0o700)).unwrap();
    }
    assert_eq!(sessions(&server), before, "no session was made, and none ended");
    as_nobody(&person, &["whoami".to_owned(), "--server".to_owned(), url], "").exits(0);
}

#[test]
fn a_file_of_another_user_behind_a_link_stays_theirs() {
    if !is_root() {
        return;
    }
    let server = TestServer::start();
    let person = Person::admin(&server);
    let target = person.home.path().join("theirs.yaml");
    fs::write(&target, "a: 1\n").unwrap();
    chown(&target, Some(12_345), None).unwrap();
    symlink(&target, person.home.config_dir().join("config.yaml")).unwrap();
    let before = sessions(&server);
    let login = person.home.da(LOGIN).args(["--server", &server.url()]).stdin(ADMIN_PASSWORD).run().exits(1);
    assert!(login.stderr.contains("belongs to another user"), "{}", login.stderr);
    assert_eq!((sessions(&server), fs::read_to_string(&target).unwrap().as_str()), (before, "a: 1\n"));
}

#[test]
fn a_directory_of_another_user_holds_no_settings_of_ours() {
    if !is_root() {
        return;
    }
    let server = TestServer::start();
    let person = Person::admin(&server);
    for owner in [12_345, 0] {
        chown(person.home.config_dir(), Some(owner), None).unwrap();
        for args in [&["whoami"][..], &["token", "list"], &["profile", "list"], &LOGIN, &["logout"]] {
            let run = person.da(args).stdin(ADMIN_PASSWORD).run();
            if owner == 0 {
                assert!(run.code == Some(0) || args == ["logout"], "{args:?}: {}", run.stderr);
            } else {
                assert_eq!(run.code, Some(1), "{args:?}: {}", run.stderr);
                assert!(run.stderr.contains("belongs to another user"), "{args:?}: {}", run.stderr);
                assert!(run.stderr.contains("--config-dir"), "{args:?}: {}", run.stderr);
            }
        }
    }
}

#[test]
fn on_a_full_or_read_only_disk_nothing_is_begun() {
    let server = TestServer::start();
    let disk = SmallDisk::mount("256k");
    let dir = disk.path().join("da");
    let da = |args: &[&str], stdin: &str| {
        let mut words = vec![env!("CARGO_BIN_EXE_da")];
        words.extend(args);
        let mut command = disk.command(&words);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("DA_CONFIG_DIR", &dir);
        command.env("DA_CREDENTIAL_STORE", "file").env("DA_SERVER", server.url());
        Run::of(&mut command, stdin.as_bytes())
    };
    da(&LOGIN, ADMIN_PASSWORD).exits(0);
    let token = da(&["token", "create", "--name", "ci", "--raw"], "").exits(0).stdout;
    let before = sessions(&server);
    let url = server.url();
    let login_here = ["login", "--server", &url, "--email", ADMIN_EMAIL, "--password-stdin"];
    for (said, begin, end) in [
        ("No space left", SmallDisk::fill as fn(&SmallDisk), SmallDisk::free as fn(&SmallDisk)),
        ("Read-only file system", SmallDisk::make_read_only, SmallDisk::make_writable),
    ] {
        begin(&disk);
        for (args, stdin) in [
            (&LOGIN[..], ADMIN_PASSWORD),
            (&login_here, ADMIN_PASSWORD),
            (&["import-token", "--token", "-"], token.trim()),
            (&["setup", "init", "--server", &url], ""),
            (&["profile", "add", "new", "--server", &url], ""),
        ] {
            let run = da(args, stdin).exits(1);
            assert!(run.stderr.contains(said), "{args:?}: {}", run.stderr);
        }
        da(&["whoami"], "").exits(0);
        end(&disk);
    }
    assert_eq!(sessions(&server), before, "no session was made");
    disk.fill();
    da(&["logout"], "").exits(0);
    disk.free();
    assert_eq!(sessions(&server), before - 1, "to sign out needs no space");
}

#[test]
fn a_sign_in_that_cannot_be_kept_is_ended_and_the_old_one_stays() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    let (before, kept) = (sessions(&server), person.saved_token());
    // The check passes; what is in the way comes while the password is asked for.
    let mut terminal = person.terminal(["login", "--server", &server.url(), "--email", ADMIN_EMAIL]);
    terminal.expect("Password: ");
    let config = person.home.config_dir().join("config.yaml");
    fs::create_dir(&config).unwrap();
    terminal.send_line(ADMIN_PASSWORD);
    let (code, screen) = terminal.wait();
    assert_eq!(code, Some(1), "{screen}");
    fs::remove_dir(&config).unwrap();
    assert_eq!((sessions(&server), person.saved_token()), (before, kept));
    person.run(["whoami"]).exits(0);
}

#[test]
fn commands_at_the_same_time_lose_nothing() {
    let server = TestServer::start();
    let home = TestHome::new();
    let names: Vec<_> = (0..8).map(|number| format!("p{number}")).collect();
    thread::scope(|scope| {
        for (number, name) in names.iter().enumerate() {
            let (home, url) = (&home, server.url());
            scope.spawn(move || {
                if number % 2 == 0 {
                    home.da(["profile", "add", name, "--server", &url]).run().exits(0);
                } else {
                    let login = home.da(LOGIN).args(["--profile", name, "--server", &url]).stdin(ADMIN_PASSWORD);
                    login.run().exits(0);
                }
                let dir = format!("{name}.example.org");
                home.da(["profile", "rules", "add", name, "--yes", "--server", &format!("https://{dir}")])
                    .run()
                    .exits(0);
            });
        }
    });
    let profiles: serde_json::Value =
        serde_json::from_str(&home.da(["profile", "list", "--json"]).run().stdout).unwrap();
    assert_eq!(profiles.as_array().unwrap().len(), names.len() + 1, "{profiles}");
    let rules: serde_json::Value = serde_json::from_str(&home.da(["profile", "rules", "--json"]).run().stdout).unwrap();
    assert_eq!(rules.as_array().unwrap().len(), names.len(), "{rules}");
    for name in names.iter().skip(1).step_by(2) {
        home.da(["whoami", "--profile", name]).run().exits(0);
    }
}
