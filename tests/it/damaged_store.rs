//! A store that cannot be trusted is refused, with a word on what to do, and touched by nobody (S-53, S-55).

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Barrier,
    thread,
};

use rustix::process::Signal;
use serde_json::json;

use crate::{
    schema_upgrade::lay_out,
    support::{TestHome, TestServer, process},
};

/// Every file of a directory, with its mode and bytes. An empty log and the index of a log are no data: whoever looks at
/// a database makes them.
type Contents = BTreeMap<PathBuf, (u32, Vec<u8>)>;

fn contents(dir: &Path) -> Contents {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            let mode = fs::metadata(&path).unwrap().mode();
            let bytes = fs::read(&path).unwrap();
            (path, (mode, bytes))
        })
        .filter(|(path, (_, bytes))| !(path.ends_with("da.db-shm") || path.ends_with("da.db-wal") && bytes.is_empty()))
        .collect()
}

/// The data of a server that was used and has ended in order.
struct UsedStore(TestHome);

impl UsedStore {
    fn new() -> Self {
        let store = Self(TestHome::new());
        let mut server = TestServer::with_admin().data_in(&store.dir()).start();
        let admin = server.admin();
        (0..30).for_each(|n| drop(admin.create_token(&format!("t{n}"))));
        assert_eq!(server.terminate().code(), Some(0));
        store
    }

    fn dir(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// Asserts that `da serve` and the commands of the host refuse it with status 1, name `file`, say what to do, and
    /// leave everything as it is.
    fn is_refused(&self, case: &str, file: &str, advice: &str) {
        let before = contents(&self.dir());
        let named = self.file(file).display().to_string();
        for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["server", "migrate"]] {
            let run = self.0.da(command).env("DA_DATA_DIR", self.dir()).run().exits(1);
            let (code, text) = (run.code, run.stderr);
            assert!(text.contains(&named) && text.contains(advice), "{case}: {code:?} {text}");
            assert!(!text.contains("setup"), "{case}: {text}");
            assert_eq!(run.stdout, "", "{case}");
            let after = contents(&self.dir());
            let names = |contents: &Contents| contents.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&after), names(&before), "{case}");
            for (path, bytes) in &after {
                assert!(bytes == &before[path], "{case}: {} was changed: {text}", path.display());
            }
        }
    }

    /// Asserts that it is a working store after all.
    fn works(&self) {
        TestServer::with_admin().data_in(&self.dir()).start().admin();
    }
}

fn private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_database_that_is_no_sound_store_of_ours_is_refused_untouched() {
    let store = UsedStore::new();
    let path = store.file("da.db");
    let sound = fs::read(&path).unwrap();
    let with = |at: usize, bytes: &[u8]| {
        let mut changed = sound.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        changed
    };
    let foreign = store.0.path().join("foreign.db");
    let other = rusqlite::Connection::open(&foreign).unwrap();
    other.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)").unwrap();
    other.close().unwrap();
    let restore = "da server restore";
    for (case, bytes, advice) in [
        ("empty", Vec::new(), restore),
        ("cut off in the header", sound[..60].to_vec(), restore),
        ("cut off behind the first page", sound[..4096].to_vec(), restore),
        ("cut off in the middle", sound[..sound.len() / 8192 * 4096].to_vec(), restore),
        ("a damaged page", with(4096, &[0xa5; 512]), restore),
        ("no database", b"hello, world\n".repeat(1000), "choose another directory"),
        ("another program's database", fs::read(&foreign).unwrap(), "choose another directory"),
        ("made by a newer program", with(60, &99_u32.to_be_bytes()), "newer"),
    ] {
        fs::write(&path, bytes).unwrap();
        store.is_refused(case, "da.db", advice);
    }
    fs::write(&path, sound).unwrap();
    store.works();
}

#[test]
fn a_vanished_database_is_not_made_anew_and_asks_for_no_new_admin() {
    let store = UsedStore::new();
    fs::remove_file(store.file("da.db")).unwrap();
    store.is_refused("vanished", "da.db", "da server restore");
    fs::remove_file(store.file("master.key")).unwrap();
    store.is_refused("vanished with its key", "master.key", "put the file back");
    assert!(!store.file("setup-code").exists());
}

#[test]
fn a_database_that_vanishes_under_the_server_stops_changes_and_opens_no_setup() {
    let server = TestServer::start();
    let admin = server.admin();
    let token = admin.with_new_token("t");
    fs::remove_file(server.data_dir().join("da.db")).unwrap();
    admin.post("/auth/tokens", &json!({ "name": "n" })).refused_as(503, "store_unavailable");
    let body = json!({ "email": "eve@example.com", "password": "a quiet morning", "setup_code": "x" });
    server.stranger().post("/auth/bootstrap", &body).refused_as(403, "bootstrap_closed");
    token.get("/auth/me").is(200);
    assert!(!server.data_dir().join("da.db").exists() && !server.data_dir().join("setup-code").exists());
}

#[test]
fn a_missing_wrong_malformed_or_exposed_master_key_is_refused() {
    let store = UsedStore::new();
    let path = store.file("master.key");
    let right = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    store.is_refused("missing", "master.key", "put the file back");
    private(&path, b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    store.is_refused("wrong", "", "put the right key back");
    private(&path, b"not a key\n");
    store.is_refused("malformed", "master.key", "32 bytes in base64");
    private(&path, b"");
    store.is_refused("empty", "master.key", "32 bytes in base64");
    private(&path, &right);
    for mode in [0o644, 0o640, 0o604] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        store.is_refused("exposed", "master.key", "chmod 600");
    }
    private(&path, &right);
    store.works();
}

#[test]
fn a_wrong_master_key_is_found_before_an_older_store_is_upgraded() {
    let store = UsedStore(TestHome::new());
    lay_out("schema-v1", &store.dir());
    fs::set_permissions(store.dir(), fs::Permissions::from_mode(0o700)).unwrap();
    private(&store.file("master.key"), b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    store.is_refused("older, with the wrong key", "master.key", "put the right key back");
}

#[test]
fn a_second_server_on_a_directory_is_refused_and_the_first_goes_on() {
    let server = TestServer::start();
    let admin = server.admin();
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["server", "migrate"]] {
        let run = server.on_host(command).run().exits(1);
        assert!(run.stderr.contains(server.data_dir().to_str().unwrap()), "{}", run.stderr);
        assert!(run.stderr.contains("another process"), "{}", run.stderr);
        admin.create_token("after");
    }
}

#[test]
fn of_servers_started_at_once_on_a_new_directory_one_serves() {
    const SERVERS: usize = 6;
    let home = TestHome::new();
    let ready = Barrier::new(SERVERS);
    let ends: Vec<_> = thread::scope(|scope| {
        let starts: Vec<_> = (0..SERVERS)
            .map(|_| {
                scope.spawn(|| {
                    let serve = ["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"];
                    let mut command = home.da(serve).into_command();
                    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
                    ready.wait();
                    let mut child = command.spawn().unwrap();
                    let mut line = String::new();
                    let mut stdout = BufReader::new(child.stdout.take().unwrap());
                    stdout.read_line(&mut line).unwrap();
                    // The one that serves goes on until all others had their turn.
                    ready.wait();
                    if !line.is_empty() {
                        process::signal(&child, Signal::TERM);
                    }
                    let mut log = String::new();
                    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
                    (line, process::wait(&mut child, "a server to end").code(), log)
                })
            })
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let (serving, refused): (Vec<_>, Vec<_>) = ends.into_iter().partition(|(line, ..)| !line.is_empty());
    assert_eq!(serving.len(), 1, "{serving:?}");
    assert_eq!(serving[0].1, Some(0), "{serving:?}");
    for (_, code, log) in refused {
        assert!(code == Some(1) && log.contains("another process"), "{code:?}: {log}");
    }
    TestServer::with_admin().data_in(&home.path().join("data")).start().admin();
}
