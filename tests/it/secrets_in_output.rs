//! No secret in any output, log, error or stored byte (S-57, S-65): one whole session with random secrets, watched
//! everywhere, except where a secret is meant to be shown once.

use std::{cell::RefCell, fs, path::Path};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use proptest::prelude::*;

use crate::support::{ADMIN_EMAIL, Person, Run, TestServer, wait_for};

/// Everything that must not be seen, in the forms in which it could slip out.
#[derive(Default)]
struct Secrets(RefCell<Vec<(&'static str, Vec<u8>)>>);

impl Secrets {
    /// Watches out for a password, code or value.
    fn add(&self, what: &'static str, secret: &str) {
        let json = serde_json::to_string(secret).unwrap();
        let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let forms = [secret, json.trim_matches('"'), &format!("{secret:?}"), &percent]
            .map(|form| form.as_bytes().to_vec())
            .into_iter()
            .chain([STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret)].map(String::into_bytes));
        self.0.borrow_mut().extend(forms.map(|form| (what, form)));
    }

    /// Watches out for a token: no claim is secret, the signature is, and so makes the whole.
    fn add_token(&self, what: &'static str, token: &str) {
        let signature = token.rsplit('.').next().unwrap();
        assert!(signature.len() > 40);
        self.0.borrow_mut().push((what, signature.as_bytes().to_vec()));
        self.0.borrow_mut().push((what, token.as_bytes()[..token.len() - 1].to_vec()));
    }

    #[track_caller]
    fn are_not_in(&self, place: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        for (what, secret) in self.0.borrow().iter() {
            // The search in text is many times faster; only a raw key is no text.
            let found = match std::str::from_utf8(secret) {
                Ok(secret) => text.contains(secret),
                Err(_) => bytes.windows(secret.len()).any(|window| window == secret),
            };
            assert!(!found, "the {what} is in {place}:\n{text}");
        }
    }

    #[track_caller]
    fn are_not_in_run(&self, run: &Run) {
        self.are_not_in("stdout", run.stdout.as_bytes());
        self.are_not_in("stderr", run.stderr.as_bytes());
    }

    fn are_in_no_file(&self, directory: &Path, except: &[&str]) {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                self.are_in_no_file(&entry.path(), except);
            } else if entry.file_type().unwrap().is_file() && !except.contains(&name.as_str()) {
                self.are_not_in(&name, &fs::read(entry.path()).unwrap());
            }
        }
    }
}

/// A session from setup to sign-out, at the loudest.
struct Session<'a> {
    person: &'a Person,
    secrets: &'a Secrets,
}

impl Session<'_> {
    /// Runs a command as loud as it gets; whatever it says is watched.
    #[track_caller]
    fn run(&self, args: &[&str], stdin: &str, code: i32) -> Run {
        let run = self.loud(args, stdin).exits(code);
        self.secrets.are_not_in_run(&run);
        run
    }

    fn loud(&self, args: &[&str], stdin: &str) -> Run {
        let da = self.person.da(args).arg("-vvv").env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        da.stdin(stdin).run()
    }

    /// Runs a command that shows a new secret on stdout, and only there; returns stdout.
    #[track_caller]
    fn reveal(&self, args: &[&str], stdin: &str) -> String {
        let run = self.loud(args, stdin).exits(0);
        self.secrets.are_not_in_run(&run);
        let shown = run.stdout.trim_end().to_owned();
        assert!(!run.stderr.contains(shown.split_whitespace().last().unwrap()), "{}", run.stderr);
        shown
    }
}

fn passwords() -> impl Strategy<Value = [String; 4]> {
    // Blanks inside, quotes, escapes, percent signs, wide characters: all that an encoder could trip over.
    let password = "[a-zA-Z0-9 %\"\\\\'$`{}<>&éß中]{12,24}[a-z]{8}".prop_map(|text| format!("p{text}"));
    [password.clone(), password.clone(), password.clone(), password]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_secret_is_in_any_output_log_or_file(passwords in passwords(), key in any::<[u8; 32]>()) {
        a_whole_session(&passwords, &key);
    }
}

fn a_whole_session([first, second, eves, reset]: &[String; 4], key: &[u8; 32]) {
    let secrets = Secrets::default();
    for password in [first, second, eves, reset] {
        secrets.add("password", password);
    }
    let master_key = STANDARD.encode(key);
    secrets.add("master key", &master_key);
    secrets.0.borrow_mut().push(("master key", key.to_vec()));
    let setup = TestServer::empty().env("DA_MASTER_KEY", &master_key).env("RUST_LOG", "trace").arg("-vvv");
    let server = setup.env("DA_LOGIN_LIMIT_PER_ADDRESS", "0").start();
    let code_file = server.data_dir().join("setup-code");
    let code = fs::read_to_string(&code_file).unwrap();
    secrets.add("setup code", code.trim());

    let person = Person::at(server.url());
    let session = Session { person: &person, secrets: &secrets };
    let code_file = code_file.to_str().unwrap();
    let bootstrap = ["setup", "bootstrap", ADMIN_EMAIL, "--password-stdin", "--code-file"];
    session.run(&[&bootstrap[..], &["-"]].concat(), &format!("wrong code\n{first}\n"), 5);
    session.run(&[&bootstrap[..], &[code_file]].concat(), first, 0);
    secrets.add_token("session", &person.saved_token());
    secrets.add("refresh token", &person.saved_refresh_token());
    sign_in_and_out(&session, first);
    let tokens = use_tokens(&session);
    hand_out(&session);
    administer(&session, eves, reset);
    session.run(&["auth", "password", "change", "--password-stdin"], &format!("{first}\n{second}\n"), 0);
    session.run(&["auth", "password", "change", "--password-stdin"], &format!("{first}\n{second}\n"), 1);
    session.run(&["admin", "audit"], "", 0);
    session.run(&["admin", "audit", "--json"], "", 0);
    session.run(&["token", "revoke", "--secret", "-"], &tokens, 0);
    session.run(&["logout"], "", 0);
    session.run(&["whoami"], "", 4);

    wait_for("the log of the last request", || server.log().contains("/auth/logout").then_some(()));
    secrets.are_not_in("the server's log", server.log().as_bytes());
    secrets.are_in_no_file(&server.data_dir(), &["setup-code"]);
    secrets.are_in_no_file(person.home.path(), &[]);
}

fn sign_in_and_out(session: &Session<'_>, password: &str) {
    let login = ["login", "--email", ADMIN_EMAIL, "--password-stdin"];
    session.run(&login, "not the password, but perhaps another one's", 4);
    session.run(&[&login[..], &["--json"]].concat(), password, 0);
    session.secrets.add_token("session", &session.person.saved_token());
    session.secrets.add("refresh token", &session.person.saved_refresh_token());
    let storage = ["auth", "storage", "show", "--json"];
    for args in [&["whoami"][..], &["whoami", "--json"], &["status"], &["status", "--json"], &["diagnose"], &storage] {
        session.run(args, "", 0);
    }
    // As an argument it is warned of, and not repeated; wrong usage beside it neither.
    session.run(&["login", "--email", ADMIN_EMAIL, "--password", password], "", 0);
    session.run(&["login", "--email", ADMIN_EMAIL, "--password", password, "--nonsense"], "", 2);
    session.run(&["login", "--password", password, "--password-stdin"], "", 2);
    session.run(&["login", "--password", password, "--password-stdin", "--json"], "", 2);
    session.secrets.add_token("session", &session.person.saved_token());
    session.secrets.add("refresh token", &session.person.saved_refresh_token());
}

fn use_tokens(session: &Session<'_>) -> String {
    let shown = session.reveal(&["token", "create", "--name", "shown"], "");
    session.secrets.add_token("token", shown.split("DA_TOKEN=").nth(1).unwrap());
    let token = session.reveal(&["token", "create", "--name", "raw", "--raw"], "");
    session.secrets.add_token("token", &token);
    session.run(&["token", "list"], "", 0);
    session.run(&["token", "show", "raw", "--json"], "", 0);
    session.run(&["token", "revoke", "shown", "--yes"], "", 0);
    session.run(&["import-token", "--token", "-", "--server", "http://127.0.0.1:9"], &token, 3);
    session.run(&["import-token", "--token", &token, "--nonsense"], "", 2);
    session.run(&["import-token", &token], "", 2);
    session.run(&["token", "show", "raw", &token, "--json"], "", 2);
    // A token that was cut or altered on its way is no longer one, but most of it still is secret.
    let cut = &token[..token.len() - 4];
    session.run(&["import-token", "--token", "-"], cut, 4);
    for value in [cut, &format!("{token} {token}"), &format!("Bearer {token}")] {
        let da = session.person.da(["whoami", "-vvv"]).env("DA_TOKEN", value).env("RUST_LOG", "trace");
        session.secrets.are_not_in_run(&da.run());
    }
    let url = format!("http://ann:{token}@127.0.0.1:9");
    session.run(&["whoami", "--server", &url], "", 2);
    token
}

/// Tokens that are made for somebody else's program: it is given them, and nobody else is.
fn hand_out(session: &Session<'_>) {
    session.run(&["exec", "-vvv", "--", "true"], "", 0);
    session.run(&["exec", "-vvv", "--", "/nowhere"], "", 127);
    let shown = session.reveal(&["exec", "-vvv", "--", "/bin/sh", "-c", "echo \"$DA_TOKEN\""], "");
    session.secrets.add_token("token of `exec`", &shown);

    let git = |operation| ["credential", "git", "--host", "git.example.org", operation];
    let asked = "protocol=https\nhost=git.example.org\n\n";
    let shown = session.reveal(&git("get"), asked);
    let token = shown.lines().find_map(|line| line.strip_prefix("password=")).unwrap();
    let docker = |operation| ["credential", "docker", "--host", "registry.example.org", operation];
    let shown = session.reveal(&docker("get"), "https://registry.example.org");
    let given: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(given["Secret"], token, "one for all helpers");
    session.secrets.add_token("token of the helpers", token);
    for other in ["protocol=http\nhost=git.example.org\n\n", "protocol=https\nhost=other.example.org\n\n"] {
        session.run(&git("get"), other, 0);
    }
    session.run(&docker("get"), "https://other.example.org", 1);
    session.run(&docker("list"), "", 0);
    let kept = format!("{{\"ServerURL\":\"registry.example.org\",\"Username\":\"x\",\"Secret\":\"{token}\"}}");
    session.run(&docker("store"), &kept, 1);
    let refused = format!("protocol=https\nhost=git.example.org\nusername=x\npassword={token}\n\n");
    session.run(&git("store"), &refused, 0);
    session.run(&git("erase"), &refused, 0);
    session.run(&docker("erase"), "https://registry.example.org", 0);
}

fn administer(session: &Session<'_>, eves: &str, reset: &str) {
    let eve = "eve@example.com";
    session.run(&["admin", "add-user", eve], "", 0);
    session.run(&["admin", "set-password", eve, "--password-stdin"], eves, 0);
    session.run(&["admin", "set-password", eve, "--password", eves], "", 0);
    let shown = session.reveal(&["admin", "reset-password", eve, "--json"], "");
    let value = serde_json::from_str::<serde_json::Value>(&shown).unwrap()["reset_token"].as_str().unwrap().to_owned();
    session.secrets.add("reset value", &value);
    let args = ["auth", "password", "reset", "--token", "-", "--password-stdin"];
    session.run(&args, &format!("{value}\nshort\n"), 1);
    session.run(&args, &format!("{value}\n{reset}\n"), 0);
    session.run(&args, &format!("{value}\n{reset}\n"), 1);
    session.run(&["admin", "list-users", "--json"], "", 0);
    session.run(&["admin", "deactivate", eve], "", 0);
    session.run(&["login", "--email", eve, "--password-stdin", "--config-dir", "elsewhere"], reset, 4);
}

#[test]
fn a_server_that_cannot_start_does_not_repeat_its_secrets() {
    let home = crate::support::TestHome::new();
    for (name, value) in [
        ("DA_MASTER_KEY", "hunter2"),
        ("DA_MASTER_KEY", "hunter2\nhunter2"),
        ("DA_ADMIN_PASSWORD", "hunter2\n"),
        ("DA_ADMIN_PASSWORD", "hunter2"),
        ("DA_ADMIN_PASSWORD_FILE", "hunter2\n"),
    ] {
        let da = home.da(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "-vvv"]);
        let run = da.env("DA_ADMIN_EMAIL", ADMIN_EMAIL).env(name, value).run();
        assert!(run.code != Some(0) && !run.stderr.contains("hunter2"), "{name}: {run:?}");
        assert!(!run.stdout.contains("hunter2"), "{name}: {run:?}");
    }
    fs::create_dir_all(home.path().join("data")).unwrap();
    let file = home.path().join("data/da-server.yaml");
    fs::write(&file, "admin_password: \"hunter2\\nhunter2\"\n").unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let run = home.da(["server", "config", "show", "--data-dir", "data"]).run();
    assert!(run.stderr.contains("line end"), "{run:?}");
    assert!(!run.stderr.contains("hunter2") && !run.stdout.contains("hunter2"), "{run:?}");
}
