//! A backup taken while changes go on holds all that was acknowledged before it began (S-56).

use std::{
    collections::HashSet,
    fs,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crate::support::{Api, SetOnDrop, TestHome, TestServer, wait_for};

/// A change that the server has acknowledged.
enum Acknowledged {
    Made(Api),
    Revoked(Api),
}

impl Acknowledged {
    fn made(&self) -> Option<&str> {
        if let Self::Made(token) = self { Some(token.bearer()) } else { None }
    }

    fn revoked(&self) -> Option<&str> {
        if let Self::Revoked(token) = self { Some(token.bearer()) } else { None }
    }
}

#[test]
fn a_backup_under_load_misses_nothing_that_was_acknowledged_before() {
    const BACKUPS: usize = 3;
    let (server, home) = (TestServer::start(), TestHome::new());
    let admin = server.admin();
    let (acknowledged, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let count = || acknowledged.lock().unwrap().len();
    let copies: Vec<_> = (0..BACKUPS).map(|n| home.path().join(format!("copy{n}.db"))).collect();
    let mut known = Vec::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let made = admin.create_token("load");
                    let token = admin.with(made["token"].as_str().unwrap());
                    acknowledged.lock().unwrap().push(Acknowledged::Made(token.clone()));
                    if made["prefix"].as_str().unwrap().starts_with(['0', '1', '2', '3', '4']) {
                        admin.delete(&format!("/auth/tokens/{}", made["id"].as_str().unwrap())).is(204);
                        acknowledged.lock().unwrap().push(Acknowledged::Revoked(token));
                    }
                }
            });
        }
        let end = SetOnDrop(&stop);
        for copy in &copies {
            let reached = count() + 50;
            wait_for("fifty more tokens", || (count() > reached).then_some(()));
            known.push(count());
            server.on_host(["server".as_ref(), "backup".as_ref(), copy.as_os_str()]).run().exits(0);
            server.on_host(["server".as_ref(), "backup".as_ref(), "verify".as_ref(), copy.as_os_str()]).run().exits(0);
            let rehearse = ["server".as_ref(), "restore".as_ref(), "--rehearse".as_ref(), copy.as_os_str()];
            server.on_host(rehearse).run().exits(0);
        }
        let reached = count();
        wait_for("the changes to go on", || (count() > reached).then_some(()));
        drop(end);
    });
    let ledger = acknowledged.into_inner().unwrap();
    assert!(ledger.len() > *known.last().unwrap());
    for (copy, known) in copies.iter().zip(known) {
        let restored = restored(&home, copy, &server.data_dir().join("master.key"));
        // What was acknowledged before the backup began is in it, made or revoked. Of what came later any part may be.
        let before = &ledger[..known];
        let revoked: HashSet<_> = before.iter().filter_map(Acknowledged::revoked).collect();
        let ever: HashSet<_> = ledger.iter().filter_map(Acknowledged::revoked).collect();
        assert!(!revoked.is_empty() && revoked.len() < before.len());
        for token in before.iter().filter_map(Acknowledged::made) {
            let status = restored.stranger().with(token).get("/auth/me").status;
            let possible: &[u16] = match (revoked.contains(token), ever.contains(token)) {
                (true, _) => &[401],
                (false, false) => &[200],
                (false, true) => &[200, 401],
            };
            assert!(possible.contains(&status), "{status}, not {possible:?}");
        }
        restored.on_host(["server", "audit", "verify"]).run().exits(0);
        restored.stranger().with(admin.bearer()).create_token("after");
    }
}

/// Restores `copy` into a new place beside it, with the master key, and starts a server there.
fn restored(home: &TestHome, copy: &Path, master_key: &Path) -> TestServer {
    let sound = rusqlite::Connection::open_with_flags(copy, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let verdict: String = sound.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    drop(sound);
    let data = copy.with_extension("data");
    let words = ["server".as_ref(), "restore".as_ref(), copy.as_os_str(), "--data-dir".as_ref(), data.as_os_str()];
    home.da(words).run().exits(0);
    fs::copy(master_key, data.join("master.key")).unwrap();
    TestServer::with_admin().data_in(&data).start()
}
