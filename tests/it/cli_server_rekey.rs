//! Another master key: `da server rekey` (D-08, D-12, S-50).

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::ExitStatusExt as _},
    path::{Path, PathBuf},
};

use da::{
    app::master_key::MasterKey,
    domain::{
        AuditId, Timestamp,
        audit::{AuditRow, ChainHead, ChainKey, GENESIS},
    },
};
use rusqlite::{Connection, params};
use serde_json::json;

use crate::support::{Api, Run, TestHome, TestServer, Trace, rounds, transcript};

const KEY: &str = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=";

/// Starts a server with something in it, and ends it; returns a session and a token of it, too.
fn at_rest() -> (TestServer, Api, Api) {
    let mut server = TestServer::start();
    let admin = server.admin();
    let token = admin.with_new_token("before");
    server.host(&["server", "keys", "rotate"]).run().exits(0);
    assert!(server.terminate().success());
    (server, admin, token)
}

#[track_caller]
fn head(server: &TestServer) -> String {
    let run = server.host(&["server", "audit", "verify"]).run().exits(0);
    run.stderr.trim().strip_prefix("Head: ").unwrap().to_owned()
}

fn key_files(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.starts_with("master.key")).collect();
    names.sort();
    names
}

#[test]
fn everything_goes_on_under_a_new_key_and_the_old_one_opens_nothing_new() {
    let (mut server, admin, token) = at_rest();
    let data = server.data_dir();
    let (old_key, old_head) = (fs::read_to_string(data.join("master.key")).unwrap(), head(&server));
    let backup = data.with_file_name("before.db");
    server.host(&["server", "backup", backup.to_str().unwrap()]).run().exits(0);
    transcript!(server.host(&["server", "rekey"]).run(), @"
    exit: 0
    ----- stdout -----
    The master key is changed

    ----- stderr -----
    Head of the audit log: 5:[SEAL]; it was 4:[SEAL]
    warning: Backups made before now open only with the former key: keep it, it is in `[HOME]/data/master.key.old-1`
    ");
    assert_eq!(key_files(&data), ["master.key", "master.key.old-1"]);
    assert_ne!(fs::read_to_string(data.join("master.key")).unwrap(), old_key);
    let kept = data.join("master.key.old-1");
    assert_eq!(fs::read_to_string(&kept).unwrap(), old_key);
    for file in [&kept, &data.join("master.key")] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let new_head = head(&server);
    server.host(&["server", "audit", "verify", "--head", &new_head]).run().exits(0);
    server.host(&["server", "audit", "verify", "--head", &old_head]).run().exits(1);
    server.restart();
    for caller in [&admin, &token] {
        caller.get("/auth/me").is(200);
    }
    admin.with_new_token("after").get("/auth/me").is(200);
    let row = admin.get("/api/admin/audit?action=master_key.rekey").is(200).json()["items"][0].clone();
    assert_eq!((&row["via"], &row["params"]), (&json!("system"), &json!({ "former_head": old_head })));
    assert!(server.terminate().success());
    server.host(&["server", "audit", "verify"]).run().exits(0);

    let refused = server.host(&["server", "keys", "list"]).env("DA_MASTER_KEY", old_key.trim()).run();
    transcript!(refused, @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The master key in DA_MASTER_KEY is not the one this store was made with; put the right key back
    ");
    // What was backed up before opens with the key that was kept.
    let home = TestHome::new();
    let restored = home.path().join("restored");
    home.da(["server", "restore", backup.to_str().unwrap(), "--data-dir"]).arg(&restored).run().exits(0);
    let setup = TestServer::empty().env("DA_MASTER_KEY_FILE", kept.to_str().unwrap()).data_in(&restored);
    setup.start().stranger().with(token.bearer()).get("/auth/me").is(200);
}

#[test]
fn a_key_of_ones_own_is_put_in_place() {
    let (mut server, _, token) = at_rest();
    let file = server.data_dir().with_file_name("own.key");
    fs::write(&file, KEY).unwrap();
    let rekey = || server.host(&["server", "rekey", "--new-key-file", file.to_str().unwrap()]);
    let exposed = rekey().run().exits(1);
    assert!(exposed.stderr.contains("can be read by others"), "{}", exposed.stderr);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    rekey().run().exits(0);
    assert_eq!(fs::read_to_string(server.data_dir().join("master.key")).unwrap().trim(), KEY);
    transcript!(rekey().run(), @"
    exit: 0
    ----- stdout -----
    This master key is in force already; nothing was changed

    ----- stderr -----
    ");
    assert_eq!(key_files(&server.data_dir()), ["master.key", "master.key.old-1"]);
    server.restart();
    token.get("/auth/me").is(200);
}

#[test]
fn a_running_server_keeps_its_key() {
    let server = TestServer::start();
    transcript!(server.host(&["server", "rekey"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `[HOME]/data`: another process of `da` is using this data directory; stop it first, or choose another directory
    ");
    assert_eq!(key_files(&server.data_dir()), ["master.key"]);
    server.admin().get("/auth/me").is(200);
}

#[test]
fn a_log_that_was_changed_is_not_sealed_anew() {
    let (mut server, admin, _) = at_rest();
    server.change_store("UPDATE audit_log SET user_id = NULL WHERE seq = 2", []);
    transcript!(server.host(&["server", "rekey"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The audit log is broken at row 2: the row was changed, or one before it was removed; nothing was changed
    ");
    assert_eq!(key_files(&server.data_dir()), ["master.key"]);
    server.host(&["server", "audit", "verify"]).run().exits(1);
    server.restart();
    admin.get("/auth/me").is(200);
}

#[test]
fn a_key_from_a_variable_is_changed_by_whoever_sets_it() {
    let mut server = TestServer::with_admin().env("DA_MASTER_KEY", KEY).start();
    let token = server.admin().with_new_token("before");
    assert!(server.terminate().success());
    let file = server.data_dir().with_file_name("new.key");
    let rekey = |args: &[&str]| server.host(&["server", "rekey"]).args(args).env("DA_MASTER_KEY", KEY).run();
    transcript!(rekey(&[]), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: The master key is set by DA_MASTER_KEY, which this cannot change
    hint: Name a file for the new key with `--new-key-file FILE`
    ");
    let named = ["--new-key-file", file.to_str().unwrap()];
    transcript!(rekey(&named), @"
    exit: 0
    ----- stdout -----
    The master key is changed

    ----- stderr -----
    Head of the audit log: 4:[SEAL]; it was 3:[SEAL]
    warning: Keep the former key: backups made before now open only with it
    warning: Before the server starts, set DA_MASTER_KEY to the content of `[HOME]/new.key`
    ");
    // As if the first had been cut off before it could say so.
    transcript!(rekey(&named), @"
    exit: 0
    ----- stdout -----
    This master key is in force already; nothing was changed

    ----- stderr -----
    Before the server starts, set DA_MASTER_KEY to the content of `[HOME]/new.key`
    ");
    let data = server.data_dir();
    assert_eq!(key_files(&data), [] as [&str; 0]);
    let old = server.host(&["server", "keys", "list"]).env("DA_MASTER_KEY", KEY).run().exits(1);
    assert!(old.stderr.contains("The master key in DA_MASTER_KEY is not the one"), "{}", old.stderr);
    let key = fs::read_to_string(&file).unwrap();
    let again = TestServer::empty().env("DA_MASTER_KEY", key.trim()).data_in(&data).start();
    again.stranger().with(token.bearer()).get("/auth/me").is(200);
}

#[test]
fn a_key_in_a_named_file_is_changed_by_whoever_names_it() {
    let home = TestHome::new();
    let (old, new) = (home.path().join("old.key"), home.path().join("new.key"));
    MasterKey::create(&old).unwrap();
    let mut server = TestServer::with_admin().env("DA_MASTER_KEY_FILE", old.to_str().unwrap()).start();
    assert!(server.terminate().success());
    let rekey = |server: &TestServer| {
        let command = server.host(&["server", "rekey", "--json", "--new-key-file", new.to_str().unwrap()]);
        command.env("DA_MASTER_KEY_FILE", &old).run()
    };
    let run = rekey(&server).exits(0);
    let told: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&told["signing_keys"], &told["former_key"]), (&json!(1), &json!(null)), "{told}");
    assert_eq!(told["new_key"], new.to_str().unwrap());
    let again: serde_json::Value = serde_json::from_str(&rekey(&server).exits(0).stdout).unwrap();
    assert_eq!((&told["changed"], &again), (&json!(true), &json!({ "changed": false })));
    let again = TestServer::empty().env("DA_MASTER_KEY_FILE", new.to_str().unwrap()).data_in(&server.data_dir());
    again.start().admin().get("/auth/me").is(200);
}

/// Runs the command on `data` and kills it as one of its threads enters its `nth` of these calls; tells whether it came
/// that far.
fn dies_at_change(calls: &str, nth: usize, data: &Path) -> bool {
    let trace = Trace::new();
    let kill = format!("inject={calls}:signal=KILL:when={nth}");
    let words = trace.of(&[&format!("trace={calls}"), &kill]);
    let home = TestHome::new();
    let mut command = home.command(&words[0]);
    command.args(&words[1..]).args([env!("CARGO_BIN_EXE_da"), "server", "rekey", "--data-dir"]).arg(data);
    let status = command.output().unwrap().status;
    assert!(status.success() || status.signal() == Some(9), "{status}: {:?}", trace.lines());
    !status.success()
}

fn copied(from: &Path, home: &TestHome) -> PathBuf {
    let data = home.path().join("data");
    Run::of(home.command("cp").arg("-a").args([from, &data]), b"").exits(0);
    data
}

#[test]
fn killed_at_any_change_of_a_file_it_leaves_a_store_that_one_of_the_keys_opens() {
    let (server, _, token) = at_rest();
    let (mut undone, mut finished) = (0, 0);
    // The calls are counted per thread: the store's hides the last steps of the main one, which are renames.
    for calls in ["write,pwrite64,ftruncate,rename,fsync,fdatasync,unlink", "rename"] {
        for nth in 1.. {
            let home = TestHome::new();
            let data = copied(&server.data_dir(), &home);
            let died = dies_at_change(calls, nth, &data);
            let on_host = |args: &[&str]| home.da(args).env("DA_DATA_DIR", &data).run().exits(0);
            // First without the lock, which changes nothing; then with it, which settles what is left.
            on_host(&["server", "audit", "verify"]);
            on_host(&["server", "keys", "list"]);
            on_host(&["server", "audit", "verify"]);
            let is_new = key_files(&data) == ["master.key", "master.key.old-1"];
            assert!(is_new || key_files(&data) == ["master.key"], "{:?}", key_files(&data));
            if nth % rounds(8, 1) == 0 {
                let again = TestServer::empty().data_in(&data).start();
                again.stranger().with(token.bearer()).get("/auth/me").is(200);
            }
            match (died, is_new) {
                (false, _) => {
                    assert!(is_new);
                    break;
                }
                (true, true) => finished += 1,
                (true, false) => undone += 1,
            }
        }
    }
    eprintln!("killed {} times: {undone} changes undone, {finished} finished by the next start", undone + finished);
    assert!(undone > 0 && finished > 1, "killed only before or only after the change: {undone}, {finished}");
}

/// Appends rows to the log of a store at rest, as the server would have written them.
fn lengthen(server: &TestServer, rows: i64, params: &str) {
    let data = server.data_dir();
    let key: ChainKey = MasterKey::read(&data.join("master.key")).unwrap().chain_key();
    let mut head: ChainHead = head(server).parse().unwrap();
    assert_ne!(head.seal, GENESIS);
    let store = Connection::open(data.join("da.db")).unwrap();
    store.execute_batch("BEGIN").unwrap();
    let insert = "INSERT INTO audit_log (seq, id, at, via, action, resource, params, result, seal) \
                  VALUES (?1, ?2, ?3, 'system', 'login', 'auth', ?4, 'ok', ?5)";
    let mut insert = store.prepare(insert).unwrap();
    for seq in head.seq + 1..=head.seq + rows {
        let (id, at) = (AuditId::random(), Timestamp::from_micros(1_800_000_000_000_000 + seq));
        let row = AuditRow {
            seq,
            id,
            at,
            user_id: None,
            via: "system".to_owned(),
            action: "login".to_owned(),
            resource: "auth".to_owned(),
            params: params.to_owned(),
            result: "ok".to_owned(),
            ip: None,
            request_id: None,
        };
        let seal = key.seal(&head.seal, &row);
        insert.execute(params![seq, id.as_bytes(), at.as_micros(), params, seal]).unwrap();
        head = ChainHead { seq, seal };
    }
    let packed = [&head.seq.to_be_bytes()[..], &head.seal, &key.seal_head(&head)].concat();
    store.execute("UPDATE meta SET value = ?1 WHERE key = 'audit_head'", [packed]).unwrap();
    store.execute_batch("COMMIT").unwrap();
}

#[test]
fn a_long_log_takes_no_more_memory() {
    const ROWS: i64 = 30_000;
    /// Far below what the log takes: 30,000 rows of 4 KiB.
    const LIMIT: &str = "--data=67108864";
    let (mut server, _, token) = at_rest();
    lengthen(&server, ROWS, &format!("{{\"note\":\"{}\"}}", "x".repeat(4096)));
    let mut command = server.host(&[]).into_command();
    let program = command.get_program().to_owned();
    let environment: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.map(Into::into))).collect();
    command = std::process::Command::new("prlimit");
    command.arg(LIMIT).arg(program).args(["server", "rekey", "--json"]).env_clear();
    command.envs(
        environment.into_iter().filter_map(|(name, value): (_, Option<std::ffi::OsString>)| Some((name, value?))),
    );
    let run = Run::of(&mut command, b"").exits(0);
    let told: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(told["audit_rows"].as_i64().unwrap() > ROWS, "{told}");
    server.host(&["server", "audit", "verify"]).run().exits(0);
    server.restart();
    token.get("/auth/me").is(200);
}
