//! A store with a flipped bit is refused, or serves what it holds: no panic, no setup, nobody let in who was not before,
//! and what is taken back shows in the audit log (S-53).
//!
//! SQLite's database has no checksums, so a flip within a value is not found at the start. Its log has: it is cut off
//! before the damaged place.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::Stdio,
    thread,
};

use rustix::process::Signal;
use uuid::Uuid;

use crate::support::{Api, Run, TestHome, TestServer, process, rounds};

/// A store that ended with changes in its log, and what it knows.
struct Original {
    _home: TestHome,
    data: PathBuf,
    live: Vec<String>,
    dead: Vec<String>,
    head: String,
}

impl Original {
    fn new() -> Self {
        let home = TestHome::new();
        let data = home.path().join("data");
        let mut server = TestServer::with_admin().data_in(&data).start();
        let admin = server.admin();
        let made = |n: usize| {
            let row = admin.create_token(&format!("t{n}"));
            (format!("/auth/tokens/{}", row["id"].as_str().unwrap()), row["token"].as_str().unwrap().to_owned())
        };
        let mut rows: Vec<_> = (0..20).map(made).collect();
        // What is in the database, and beside it what is in the log only.
        assert_eq!(server.terminate().code(), Some(0));
        server.restart_elsewhere();
        let admin = server.admin();
        let dead: Vec<_> = rows.drain(..10).collect();
        dead.iter().for_each(|(path, _)| drop(admin.delete(path).is(204)));
        let run = server.on_host(["server", "audit", "verify"]).run().exits(0);
        let head = run.stderr.split_once("Head: ").unwrap().1.trim().to_owned();
        server.kill9();
        let tokens = |rows: Vec<(String, String)>| rows.into_iter().map(|(_, token)| token).collect();
        Self { _home: home, data, live: tokens(rows), dead: tokens(dead), head }
    }
}

/// What became of the damaged copies.
#[derive(Debug, Default)]
struct Tally {
    refused: usize,
    served: usize,
    /// Tokens that no longer work, or work again.
    changed: usize,
    /// Stores whose audit log is not complete up to the head that was noted before.
    noticed: usize,
}

/// Flips bit number `bit` of `file` in a copy of the store, and starts a server there.
fn flip(original: &Original, file: &str, bit: usize, tally: &mut Tally) {
    let (home, case) = (TestHome::new(), format!("bit {bit} of {file}"));
    let data = home.path().join("data");
    Run::of(home.command("cp").arg("-a").args([&original.data, &data]), b"").exits(0);
    let mut bytes = fs::read(data.join(file)).unwrap();
    bytes[bit / 8] ^= 1 << (bit % 8);
    fs::write(data.join(file), bytes).unwrap();

    let mut command = home.da(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data).into_command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let log = thread::spawn(move || {
        let mut bytes = Vec::new();
        drop(stderr.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let serves = line.trim().strip_prefix("listening on http://").map(|address| address.parse().unwrap());
    let changes = serves.map(|address| changes(original, &Api::stranger(address), &case));
    if serves.is_some() {
        process::signal(&child, Signal::TERM);
    }
    let status = process::wait(&mut child, "the server to end");
    let log = log.join().unwrap();
    assert!(!log.contains("panicked"), "{case}: {log}");
    let Some(Changes { lost, revived }) = changes else {
        tally.refused += 1;
        assert_eq!(status.code(), Some(1), "{case}: {log}");
        assert!(log.contains("error: ") && !data.join("setup-code").exists(), "{case}: {log}");
        return;
    };
    let noticed = !is_intact(original, &home, &data);
    if file == "da.db" {
        // What was revoked stands in the log.
        assert_eq!(revived, 0, "{case}");
    } else {
        // A log with a damaged place ends before it: what came after is gone with its audit rows.
        assert!(noticed || lost + revived == 0, "{case}: {lost} lost and {revived} revived, unnoticed");
    }
    tally.served += 1;
    tally.changed += lost + revived;
    tally.noticed += usize::from(noticed);
}

struct Changes {
    lost: usize,
    revived: usize,
}

/// Counts the tokens that are not what they were; the server must know what it does with each.
fn changes(original: &Original, server: &Api, case: &str) -> Changes {
    let works = |token: &&String| {
        let status = server.with(token).get("/auth/me").status;
        assert!(matches!(status, 200 | 401 | 500 | 503), "{case}: {status}");
        status == 200
    };
    let live = original.live.iter().filter(works).count();
    Changes { lost: original.live.len() - live, revived: original.dead.iter().filter(works).count() }
}

/// Tells whether the audit log is complete up to the head that was noted outside of the store.
fn is_intact(original: &Original, home: &TestHome, data: &Path) -> bool {
    let run = home.da(["server", "audit", "verify", "--head", &original.head]).env("DA_DATA_DIR", data).run();
    assert!(matches!(run.code, Some(0 | 1)), "{run:?}");
    run.code == Some(0)
}

/// Flips a bit in each of as many parts of `file`, at another place in each run.
fn flips(file: &str) -> Tally {
    let (original, parts, mut tally) = (Original::new(), rounds(12, 400), Tally::default());
    let bits = fs::read(original.data.join(file)).unwrap().len() * 8;
    for part in 0..parts {
        let within = usize::try_from(Uuid::new_v4().as_u128() % (bits / parts) as u128).unwrap();
        flip(&original, file, part * (bits / parts) + within, &mut tally);
    }
    eprintln!("{parts} flips in {bits} bits of {file}: {tally:?}");
    assert_eq!(tally.refused + tally.served, parts);
    tally
}

#[test]
fn a_flipped_bit_in_the_database_is_refused_or_harms_only_its_row() {
    flips("da.db");
}

#[test]
fn a_flipped_bit_in_the_log_takes_nothing_back_unnoticed() {
    let tally = flips("da.db-wal");
    assert!(tally.noticed > 0, "{tally:?}");
}
