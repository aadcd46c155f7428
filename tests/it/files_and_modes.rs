//! What lies on the disk is private, and is no credential (S-18, S-52, S-57, S-58).

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use serde_json::json;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Person, Run, TestHome, TestServer, Trace};

/// Lets everybody read and write what the server makes, as far as the umask is concerned.
const CARELESS: [&str; 4] = ["/bin/sh", "-c", r#"umask 000; exec "$@""#, "sh"];

/// Everything in `dir`, and `dir` itself, with its mode.
fn modes(dir: &Path) -> Vec<(PathBuf, bool, u32)> {
    let mut found = Vec::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(path) = waiting.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        found.push((path, metadata.is_dir(), metadata.mode() & 0o7777));
    }
    found
}

#[track_caller]
fn is_private(dir: &Path, expected: &[&str]) {
    let found = modes(dir);
    for (path, is_dir, mode) in &found {
        assert_eq!(*mode, if *is_dir { 0o700 } else { 0o600 }, "{}: {mode:o}", path.display());
    }
    for name in expected {
        assert!(found.iter().any(|(path, ..)| path.ends_with(name)), "{name} is not there: {found:?}");
    }
}

#[test]
fn every_file_is_private_whatever_the_umask() {
    let mut server = TestServer::with_admin().under(CARELESS).start();
    server.admin().create_token("t");
    is_private(&server.data_dir(), &["da.db", "da.db-wal", "da.db-shm", "lock", "master.key"]);
    server.kill9();
    server.restart_elsewhere();
    server.admin();
    is_private(&server.data_dir(), &["da.db-wal"]);

    let fresh = TestServer::empty().under(CARELESS).start();
    is_private(&fresh.data_dir(), &["setup-code"]);
}

#[test]
fn copies_are_private_whatever_the_umask() {
    let (server, home) = (TestServer::start(), TestHome::new());
    let da = env!("CARGO_BIN_EXE_da");
    let copies = home.path().join("copies");
    fs::create_dir(&copies).unwrap();
    fs::set_permissions(&copies, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let careless = |args: &[&str]| {
        let mut command = home.command(CARELESS[0]);
        command.args(&CARELESS[1..]).arg(da).args(args);
        crate::support::Run::of(&mut command, b"").exits(0)
    };
    let (copy, data) = (copies.join("copy.db"), server.data_dir());
    careless(&["server", "backup", copy.to_str().unwrap(), "--data-dir", data.to_str().unwrap()]);
    is_private(&copies, &["copy.db"]);
    let restored = home.path().join("restored");
    careless(&["server", "restore", copy.to_str().unwrap(), "--data-dir", restored.to_str().unwrap()]);
    is_private(&restored, &["da.db"]);
}

/// Unwraps the plain signing key as the documentation of the format says, to know what must be nowhere.
fn signing_seed(data: &Path) -> Vec<u8> {
    let master = STANDARD.decode(fs::read_to_string(data.join("master.key")).unwrap().trim()).unwrap();
    let store = rusqlite::Connection::open(data.join("da.db")).unwrap();
    let (kid, record): (String, Vec<u8>) =
        store.query_row("SELECT kid, secret_enc FROM signing_keys", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(record[0], 1);
    let secret = Salt::new(HKDF_SHA256, &record[1..17]).extract(&master);
    let info = [b"da/wrap/v1/signing-key".as_slice()];
    let key = LessSafeKey::new(UnboundKey::from(secret.expand(&info, &AES_256_GCM).unwrap()));
    let nonce = Nonce::try_assume_unique_for_key(&record[17..29]).unwrap();
    let mut sealed = record[29..].to_vec();
    let pkcs8 = key.open_in_place(nonce, Aad::from(format!("signing-key\0{kid}")), &mut sealed).unwrap();
    // RFC 8410 section 7: the seed is an octet string in an octet string.
    let at = pkcs8.windows(4).position(|window| window == [0x04, 0x22, 0x04, 0x20]).unwrap() + 4;
    pkcs8[at..at + 32].to_vec()
}

#[test]
fn neither_the_store_nor_a_backup_holds_anything_that_could_be_used() {
    let mut server = TestServer::start();
    let admin = server.admin();
    let token = admin.with_new_token("t");
    let password = "a rather quiet morning";
    let user = admin.add_user("ann@example.com", "viewer", password);
    let session = server.stranger().sign_in("ann@example.com", password);
    let reset = admin.post_empty(&format!("/api/users/{}/reset-password", user["id"].as_str().unwrap())).is(200).json();
    let reset = reset["reset_token"].as_str().unwrap().to_owned();
    let copy = server.data_dir().with_file_name("copy.db");
    server.on_host(["server", "backup", copy.to_str().unwrap()]).run().exits(0);

    let seed = signing_seed(&server.data_dir());
    let mut secrets = vec![
        ("the reset value", reset.into_bytes()),
        ("a password", password.as_bytes().to_vec()),
        ("the admin's password", ADMIN_PASSWORD.as_bytes().to_vec()),
        ("the signing key in base64", STANDARD.encode(&seed).trim_end_matches('=').as_bytes().to_vec()),
        ("the signing key", seed),
    ];
    for bearer in [admin.bearer(), token.bearer(), session.bearer()] {
        // The signature alone would do: what it signs can be guessed.
        let signature = bearer.rsplit('.').next().unwrap();
        secrets.push(("a bearer", bearer.as_bytes().to_vec()));
        secrets.push(("a signature", signature.as_bytes().to_vec()));
        let raw = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(signature).unwrap();
        secrets.push(("a raw signature", raw));
    }
    let log = fs::read(server.data_dir().join("da.db-wal")).unwrap();
    assert_eq!(server.terminate().code(), Some(0));
    let database = fs::read(server.data_dir().join("da.db")).unwrap();
    for (place, bytes) in [("the log", log), ("the database", database), ("the backup", fs::read(copy).unwrap())] {
        let holds = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
        assert!(holds(b"ann@example.com"), "{place} was not used");
        for (name, secret) in &secrets {
            assert!(!holds(secret), "{name} lies in {place}");
        }
    }
    assert!(!server.log().contains(password) && !server.log().contains(token.bearer()));
}

#[test]
fn the_environment_and_arguments_of_the_server_hold_only_what_it_was_given() {
    let server = TestServer::empty().start();
    let code = fs::read_to_string(server.data_dir().join("setup-code")).unwrap();
    let body = json!({ "email": ADMIN_EMAIL, "password": ADMIN_PASSWORD, "setup_code": code.trim() });
    let session = server.stranger().post("/auth/bootstrap", &body).is(200).json()["access_token"].clone();
    let token = server.stranger().with(session.as_str().unwrap()).create_token("t")["token"].clone();
    let key = fs::read_to_string(server.data_dir().join("master.key")).unwrap();
    for name in ["cmdline", "environ"] {
        let shown = match fs::read(format!("/proc/{}/{name}", server.pid())) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            // A process without core dumps is closed to everybody but root.
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => continue,
            Err(error) => panic!("{name}: {error}"),
        };
        let expected = if name == "cmdline" { "serve" } else { "DA_CREDENTIAL_STORE=file" };
        assert!(shown.split('\0').any(|word| word == expected), "{name}: {shown}");
        let secrets = [ADMIN_PASSWORD, code.trim(), key.trim(), session.as_str().unwrap(), token.as_str().unwrap()];
        assert!(secrets.iter().all(|secret| !secret.is_empty() && !shown.contains(secret)), "{name}: {shown}");
    }
}

#[test]
fn core_dumps_are_off_before_the_first_secret_is_read() {
    let trace = Trace::new();
    let _server = TestServer::with_admin().under(trace.of(&["trace=prctl,openat"])).start();
    let lines = trace.lines();
    let off = lines.iter().position(|line| line.contains("PR_SET_DUMPABLE, SUID_DUMP_DISABLE) = 0"));
    let key = lines.iter().position(|line| line.contains("master.key"));
    assert!(off.unwrap() < key.unwrap(), "{lines:?}");
}

#[test]
fn core_dumps_of_a_client_are_off_before_it_reads_a_token_too() {
    let server = TestServer::start();
    let person = Person::admin(&server);
    for args in [&["whoami"][..], &["token", "print"], &["exec", "true"], &["status"]] {
        let trace = Trace::new();
        let words = trace.of(&["trace=prctl,openat,openat2"]);
        let mut command = person.home.command(&words[0]);
        command.args(&words[1..]).arg(env!("CARGO_BIN_EXE_da")).args(args).env("DA_SERVER", server.url());
        Run::of(&mut command, b"").exits(0);
        let lines = trace.lines();
        let off = lines.iter().position(|line| line.contains("PR_SET_DUMPABLE, SUID_DUMP_DISABLE) = 0"));
        let token = lines.iter().position(|line| line.contains("token.json"));
        assert!(off.unwrap() < token.unwrap(), "{args:?}: {lines:?}");
    }
}

#[test]
fn sigterm_leaves_a_store_that_is_one_file() {
    let (mut server, elsewhere) = (TestServer::start(), TestHome::new());
    let token = server.admin().with_new_token("t");
    let half_open = std::net::TcpStream::connect(server.address()).unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(server.terminate().code(), Some(0), "{}", server.log());
    assert!(begun.elapsed() < std::time::Duration::from_secs(10));
    drop(half_open);
    let wal = fs::metadata(server.data_dir().join("da.db-wal")).map_or(0, |metadata| metadata.len());
    assert_eq!(wal, 0, "{}", server.log());
    let data = elsewhere.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    for name in ["da.db", "master.key"] {
        fs::copy(server.data_dir().join(name), data.join(name)).unwrap();
    }
    let copy = TestServer::with_admin().data_in(&data).start();
    copy.stranger().with(token.bearer()).get("/auth/me").is(200);
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn a_setup_code_that_others_may_read_is_not_taken() {
    let mut server = TestServer::empty().start();
    let code = server.data_dir().join("setup-code");
    assert_eq!(server.terminate().code(), Some(0));
    for mode in [0o644, 0o640, 0o604] {
        set_mode(&code, mode);
        let run = server.on_host(["serve", "--listen", "127.0.0.1:0"]).run().exits(1);
        assert!(run.stderr.contains("setup-code") && run.stderr.contains("chmod 600"), "{}", run.stderr);
    }
    set_mode(&code, 0o600);
    server.restart();
}

#[test]
fn settings_that_others_may_read_hold_no_secret() {
    let home = TestHome::new();
    let file = home.path().join("da-server.yaml");
    let show = || home.da(["server", "config", "show", "--config"]).arg(&file).run();
    let key = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
    for secret in [format!("master_key: {key}\n"), "admin_password: correct horse battery\n".to_owned()] {
        fs::write(&file, format!("listen: 127.0.0.1:0\n{secret}")).unwrap();
        for mode in [0o644, 0o640, 0o604] {
            set_mode(&file, mode);
            let run = show().exits(2);
            let name = secret.split(':').next().unwrap();
            assert!(run.stderr.contains(&format!("`{name}` is a secret")), "{}", run.stderr);
            assert!(run.stderr.contains("chmod 600") && !run.stderr.contains(key), "{}", run.stderr);
        }
        set_mode(&file, 0o600);
        show().exits(0);
    }
    fs::write(&file, "listen: 127.0.0.1:0\nadmin_password_file: /run/secrets/admin\n").unwrap();
    set_mode(&file, 0o644);
    show().exits(0);
}

/// Umasks from one that lets everybody in to one that closes everything, the owner included.
const UMASKS: [&str; 4] = ["0000", "0077", "0022", "0777"];

/// Returns the start of a command line that runs with this umask.
fn with_umask(umask: &str) -> Vec<String> {
    ["/bin/sh", "-c", &format!(r#"umask {umask}; exec "$@""#), "sh"].map(str::to_owned).to_vec()
}

#[test]
fn every_file_of_the_server_has_its_mode_whatever_the_umask() {
    for umask in UMASKS {
        let mut server = TestServer::empty().under(with_umask(umask)).start();
        is_private(
            &server.data_dir(),
            &["da.db", "da.db-wal", "lock", "master.key", "setup-code", "address", "admin.sock"],
        );
        let on_host = |args: &[&str]| {
            let shell = with_umask(umask);
            let mut command = server.on_host(["x"]).into_command();
            let environment: Vec<_> = command.get_envs().map(|(k, v)| (k.to_owned(), v.unwrap().to_owned())).collect();
            command = std::process::Command::new(&shell[0]);
            command.args(&shell[1..]).arg(env!("CARGO_BIN_EXE_da")).args(args).env_clear().envs(environment);
            Run::of(&mut command, b"").exits(0)
        };
        let copies = server.data_dir().with_file_name("copies");
        fs::create_dir(&copies).unwrap();
        set_mode(&copies, 0o700);
        let (copy, restored) = (copies.join("copy.db"), copies.join("restored/below"));
        on_host(&["server", "backup", copy.to_str().unwrap()]);
        on_host(&["server", "restore", copy.to_str().unwrap(), "--data-dir", restored.to_str().unwrap()]);
        is_private(&copies, &["copy.db", "da.db"]);
        assert_eq!(server.terminate().code(), Some(0));
        let on_host = |args: &[&str]| {
            let shell = with_umask(umask);
            let mut command = std::process::Command::new(&shell[0]);
            command.args(&shell[1..]).arg(env!("CARGO_BIN_EXE_da")).args(args).env_clear();
            command.env("DA_DATA_DIR", server.data_dir());
            Run::of(&mut command, b"").exits(0)
        };
        on_host(&["server", "recover-admin", "ann@example.org"]);
        on_host(&["server", "rekey"]);
        is_private(&server.data_dir(), &["da.db", "master.key", "master.key.old-1"]);
    }
}

#[test]
fn every_file_of_the_client_has_its_mode_whatever_the_umask() {
    let server = TestServer::start();
    for umask in UMASKS {
        let home = TestHome::new();
        let da = |args: &[&str], stdin: &str| {
            let shell = with_umask(umask);
            let mut command = home.command(&shell[0]);
            command.args(&shell[1..]).arg(env!("CARGO_BIN_EXE_da")).args(args);
            Run::of(&mut command, stdin.as_bytes()).exits(0)
        };
        let url = server.url();
        let login = ["login", "--server", &url, "--email", ADMIN_EMAIL, "--password-stdin"];
        da(&login, ADMIN_PASSWORD);
        da(&[&login[..], &["--profile", "work"]].concat(), ADMIN_PASSWORD);
        let git = ["credential", "git", "--host", "git.example.org", "get"];
        da(&git, "protocol=https\nhost=git.example.org\n\n");
        let token = da(&["token", "create", "--name", "ci", "--ttl", "3d", "--raw"], "").stdout;
        fs::write(home.path().join("token"), token).unwrap();
        da(&["whoami", "--token-file", "token"], "");
        is_private(
            &home.config_dir(),
            &["token.json", "config.yaml", "state", "lock", "device", "profiles/work/token.json"],
        );
        // A command that is run keeps the umask that was given.
        let run = da(&["exec", "--", "sh", "-c", "umask"], "");
        assert_eq!(run.stdout.trim(), umask);
        da(&["generate", "man", "man"], "");
        let page = fs::metadata(home.path().join("man/da.1")).unwrap().mode() & 0o777;
        let given = u32::from_str_radix(umask, 8).unwrap();
        assert_eq!(page, 0o666 & !(given & 0o077));
    }
}
