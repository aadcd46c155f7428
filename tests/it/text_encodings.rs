//! Texts that an editor or a shell of Windows wrote: a byte order mark is dropped, UTF-16 is named, line ends are no part
//! of a secret.

use std::{fs, path::Path, process::Command};

use serde_json::json;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Person, Run, TestHome, TestServer, certify};

const MARK: &str = "\u{feff}";

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(order).collect()
}

type Reader<'a> = Box<dyn Fn(&[u8]) -> Run + 'a>;

/// One place that `da` reads a text from: `run` gives it these bytes.
struct Place<'a> {
    name: &'static str,
    text: String,
    run: Reader<'a>,
}

fn place<'a>(name: &'static str, text: impl Into<String>, run: impl Fn(&[u8]) -> Run + 'a) -> Place<'a> {
    Place { name, text: text.into(), run: Box::new(run) }
}

/// Checks one place: with a mark, with CR LF line ends and with more line ends the text is as good, and UTF-16 is named.
#[track_caller]
fn check(place: &Place<'_>) {
    let Place { name, text, run } = place;
    let crlf = text.replace('\n', "\r\n");
    for good in
        [text.clone(), format!("{MARK}{text}"), format!("{MARK}{crlf}"), format!("{text}\n"), format!("{crlf}\r\n")]
    {
        let run = run(good.as_bytes());
        assert_eq!(run.code, Some(0), "{name}, {good:?}: {}{}", run.stdout, run.stderr);
    }
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let run = run(&utf16(text, order));
        let said = format!("{}{}", run.stdout, run.stderr);
        assert_ne!(run.code, Some(0), "{name}: {said}");
        assert!(said.contains("UTF-16") && said.contains("save it as UTF-8"), "{name}: {said}");
    }
}

#[test]
fn the_client_reads_texts_with_a_mark_and_names_utf16() {
    let server = TestServer::start();
    let admin = Person::admin(&server);
    let token = admin.new_token("ci");
    let plain = server.user(&server.admin(), "ann@example.com", "viewer").with_new_token("git").bearer().to_owned();
    let person = Person::at(server.url());
    let file = person.home.path().join("text");
    let stdin = |args: &[&str], bytes: &[u8]| {
        let mut command = person.da(args).into_command();
        Run::of(&mut command, bytes)
    };
    let from_file = |bytes: &[u8]| fs::write(&file, bytes).unwrap();
    let config = person.home.config_dir().join("config.yaml");
    fs::create_dir_all(person.home.config_dir()).unwrap();
    let saved = json!({ "access_token": token, "email": "a@b.c", "role": "admin", "server": server.url() });
    let places = [
        place("--token-file", format!("{token}\n"), |bytes| {
            from_file(bytes);
            person.run(["whoami", "--token-file", "text"])
        }),
        place("DA_TOKEN_FILE", format!("{token}\n"), |bytes| {
            from_file(bytes);
            person.da(["whoami"]).env("DA_TOKEN_FILE", "text").run()
        }),
        place("import-token", format!("{token}\n"), |bytes| stdin(&["import-token", "--token", "-"], bytes)),
        place("--password-stdin", format!("{ADMIN_PASSWORD}\n"), |bytes| {
            stdin(&["login", "--email", ADMIN_EMAIL, "--password-stdin"], bytes)
        }),
        place("token.json", saved.to_string(), |bytes| {
            fs::write(person.token_file(), bytes).unwrap();
            person.run(["whoami"])
        }),
        place("config.yaml", format!("server: {}\n", server.url()), |bytes| {
            fs::write(&config, bytes).unwrap();
            person.da(["whoami"]).env("DA_SERVER", "").env("DA_TOKEN", &token).run()
        }),
        place("rules in config.yaml", format!("server: {}\nrules: []\n", server.url()), |bytes| {
            fs::write(&config, bytes).unwrap();
            let run = person.run(["profile", "rules"]);
            fs::remove_file(&config).unwrap();
            run
        }),
        place("credential git", "protocol=https\nhost=git.example.org\n\n", |bytes| {
            let mut command = person
                .da(["credential", "git", "--host", "git.example.org", "get"])
                .env("DA_TOKEN", &plain)
                .into_command();
            let run = Run::of(&mut command, bytes);
            assert!(run.code != Some(0) || run.stdout.contains("password="), "{}", run.stdout);
            run
        }),
        place("credential docker", "https://r.example.org\n", |bytes| {
            let mut command = person
                .da(["credential", "docker", "--host", "r.example.org", "get"])
                .env("DA_TOKEN", &plain)
                .into_command();
            Run::of(&mut command, bytes)
        }),
    ];
    places.iter().for_each(check);
}

#[test]
fn the_host_reads_texts_with_a_mark_and_names_utf16() {
    let home = TestHome::new();
    let file = home.path().join("text");
    let private = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    };
    let mut server = TestServer::start();
    let key = fs::read_to_string(server.data_dir().join("master.key")).unwrap();
    assert_eq!(server.terminate().code(), Some(0));
    let places = [
        place("da-server.yaml", "session_hours: 12\n", |bytes| {
            private(bytes);
            let run = home.da(["server", "config", "show", "--config", "text"]).run();
            assert!(run.code != Some(0) || run.stdout.contains("12"), "{}", run.stdout);
            run
        }),
        place("DA_MASTER_KEY_FILE", key.clone(), |bytes| {
            private(bytes);
            server.on_host(["server", "keys", "list"]).env("DA_MASTER_KEY_FILE", &file).run()
        }),
        place("master.key", key, |bytes| {
            let path = server.data_dir().join("master.key");
            let before = fs::read(&path).unwrap();
            fs::write(&path, bytes).unwrap();
            let run = server.on_host(["server", "keys", "list"]).run();
            fs::write(&path, before).unwrap();
            run
        }),
    ];
    places.iter().for_each(check);
}

/// Starts a server that must stop by itself, or answers until it is told to end.
fn started(home: &TestHome, data: &str, variables: &[(&str, &Path)], args: &[&str]) -> Run {
    let script = r#""$@" & pid=$!; for i in $(seq 200); do
        kill -0 $pid 2>/dev/null || break
        if [ -s "$OUT" ]; then kill -TERM $pid; break; fi
        sleep 0.05
    done; wait $pid"#;
    let out = home.path().join(format!("{data}.out"));
    let mut command: Command = home.command("/bin/sh");
    command.args([
        "-c",
        &script.replacen(r#""$@" &"#, r#""$@" >"$OUT" &"#, 1),
        "sh",
        env!("CARGO_BIN_EXE_da"),
        "serve",
    ]);
    command.args(["--listen", "127.0.0.1:0", "--data-dir", data]).args(args).env("OUT", out);
    command.env("DA_ADMIN_EMAIL", ADMIN_EMAIL);
    command.envs(variables.iter().copied());
    Run::of(&mut command, b"")
}

#[test]
fn the_first_password_is_read_as_it_was_meant() {
    let home = TestHome::new();
    let file = home.path().join("password");
    for good in [format!("{MARK}{ADMIN_PASSWORD}\r\n"), format!("{ADMIN_PASSWORD}\n\n")] {
        fs::write(&file, good).unwrap();
        let setup = TestServer::empty()
            .env("DA_ADMIN_EMAIL", ADMIN_EMAIL)
            .env("DA_ADMIN_PASSWORD_FILE", file.to_str().unwrap());
        let server = setup.start();
        server.stranger().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD);
    }
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        fs::write(&file, utf16(ADMIN_PASSWORD, order)).unwrap();
        let run = started(&home, "data", &[("DA_ADMIN_PASSWORD_FILE", &file)], &[]).exits(1);
        assert!(run.stderr.contains("UTF-16"), "{}", run.stderr);
    }
}

#[test]
fn a_setup_code_may_have_passed_through_an_editor() {
    for (before, after) in [("", ""), (MARK, ""), (MARK, "\r\n"), ("", "\r\n\r\n")] {
        let server = TestServer::empty().start();
        let code = fs::read_to_string(server.data_dir().join("setup-code")).unwrap();
        let person = Person::at(server.url());
        let file = person.home.path().join("code");
        let args = ["setup", "bootstrap", ADMIN_EMAIL, "--password-stdin", "--code-file", "code"];
        fs::write(&file, utf16(code.trim(), u16::to_le_bytes)).unwrap();
        let run = person.da(args).stdin(ADMIN_PASSWORD).run().exits(1);
        assert!(run.stderr.contains("UTF-16"), "{}", run.stderr);
        fs::write(&file, format!("{before}{}{after}", code.trim())).unwrap();
        person.da(args).stdin(ADMIN_PASSWORD).run().exits(0);
    }
}

#[test]
fn certificates_and_keys_may_begin_with_a_mark() {
    let home = TestHome::new();
    certify(home.path());
    let path = |name: &str| home.path().join(name);
    let (certificate, key, ca) = (path("cert.pem"), path("key.pem"), path("ca.pem"));
    fs::copy(&certificate, &ca).unwrap();
    for file in [&certificate, &key] {
        let good = fs::read(file).unwrap();
        fs::write(file, utf16(&String::from_utf8(good.clone()).unwrap(), u16::to_be_bytes)).unwrap();
        let args = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
        let password = path("password");
        fs::write(&password, ADMIN_PASSWORD).unwrap();
        let run = started(&home, "data", &[("DA_ADMIN_PASSWORD_FILE", &password)], &args);
        assert!(run.code != Some(0) && run.stderr.contains("UTF-16"), "{}", run.stderr);
        fs::write(file, [MARK.as_bytes(), &good].concat()).unwrap();
    }
    let server = TestServer::with_admin()
        .arg("--tls-cert")
        .arg(certificate.to_str().unwrap())
        .arg("--tls-key")
        .arg(key.to_str().unwrap())
        .start();
    let person = Person::at(server.url());
    let plain = fs::read(&ca).unwrap();
    fs::write(&ca, utf16(&String::from_utf8(plain.clone()).unwrap(), u16::to_le_bytes)).unwrap();
    let login = || {
        let da = person.da(["login", "--email", ADMIN_EMAIL, "--password-stdin"]).stdin(ADMIN_PASSWORD);
        da.env("DA_CA_FILE", &ca).run()
    };
    assert!(login().exits(1).stderr.contains("UTF-16"));
    fs::write(&ca, [MARK.as_bytes(), &plain].concat()).unwrap();
    login().exits(0);
}
