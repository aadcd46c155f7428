//! `da server audit verify`: whoever changes the log behind the server's back is found out (D-12).

use rusqlite::Connection;

use crate::support::{TestServer, transcript};

/// A server at rest, with a log of some rows.
fn at_rest() -> TestServer {
    let mut server = TestServer::start();
    let admin = server.admin();
    for name in ["a", "b", "c"] {
        admin.create_token(name);
    }
    assert!(server.terminate().success());
    server
}

fn tamper(server: &TestServer, sql: &str) {
    let store = Connection::open(server.data_dir().join("da.db")).unwrap();
    let changed = store.execute(sql, []).unwrap();
    assert_ne!(changed, 0, "`{sql}` changed nothing");
}

#[track_caller]
fn head(server: &TestServer) -> String {
    let run = server.host(&["server", "audit", "verify"]).run().exits(0);
    run.stderr.trim().strip_prefix("Head: ").unwrap().to_owned()
}

#[test]
fn an_untouched_log_is_intact_also_while_the_server_runs() {
    let mut server = at_rest();
    transcript!(server.host(&["server", "audit", "verify"]).run(), @"
    exit: 0
    ----- stdout -----
    The audit log is intact: 5 rows

    ----- stderr -----
    Head: 5:[SEAL]
    ");
    server.restart();
    transcript!(server.host(&["server", "audit", "verify"]).run(), @"
    exit: 0
    ----- stdout -----
    The audit log is intact: 5 rows

    ----- stderr -----
    Head: 5:[SEAL]
    ");
}

#[test]
fn a_changed_row_is_found() {
    let server = at_rest();
    tamper(&server, "UPDATE audit_log SET user_id = NULL WHERE seq = 3");
    transcript!(server.host(&["server", "audit", "verify"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The audit log is broken at row 3: the row was changed, or one before it was removed
    hint: Keep this store as evidence; compare with a backup and the server's own log
    ");
}

#[test]
fn a_removed_row_is_found() {
    let server = at_rest();
    tamper(&server, "DELETE FROM audit_log WHERE seq = 3");
    transcript!(server.host(&["server", "audit", "verify"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The audit log is broken at row 3: the row is missing
    hint: Keep this store as evidence; compare with a backup and the server's own log
    ");
}

#[test]
fn a_removed_row_is_found_though_the_others_close_ranks() {
    let server = at_rest();
    tamper(&server, "DELETE FROM audit_log WHERE seq = 3");
    tamper(&server, "UPDATE audit_log SET seq = seq - 1 WHERE seq > 3");
    transcript!(server.host(&["server", "audit", "verify"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The audit log is broken at row 3: the row was changed, or one before it was removed
    hint: Keep this store as evidence; compare with a backup and the server's own log
    ");
}

#[test]
fn an_inserted_row_is_found() {
    let server = at_rest();
    tamper(
        &server,
        "INSERT INTO audit_log SELECT 6, id, at, user_id, via, action, resource, params, result, ip, request_id, \
         duration_ms, seal FROM audit_log WHERE seq = 5",
    );
    transcript!(server.host(&["server", "audit", "verify"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The audit log is broken at row 6: the row was changed, or one before it was removed
    hint: Keep this store as evidence; compare with a backup and the server's own log
    ");
}

#[test]
fn a_tail_that_was_cut_off_is_found_and_no_new_row_hides_it() {
    let mut server = at_rest();
    tamper(&server, "DELETE FROM audit_log WHERE seq >= 4");
    transcript!(server.host(&["server", "audit", "verify"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The audit log is broken at row 4: the tail of the log was cut off
    hint: Keep this store as evidence; compare with a backup and the server's own log
    ");
    server.restart();
    server.admin();
    let run = server.host(&["server", "audit", "verify"]).run().exits(1);
    assert!(run.stderr.contains("broken at row 4"), "{}", run.stderr);
}

#[test]
fn a_replaced_head_is_found_and_stops_the_start() {
    let server = at_rest();
    tamper(&server, "UPDATE meta SET value = zeroblob(72) WHERE key = 'audit_head'");
    transcript!(server.host(&["server", "audit", "verify"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The audit log is broken at row 5: the recorded head of the log was changed
    hint: Keep this store as evidence; compare with a backup and the server's own log
    ");
    // No row can be added to such a log, so the server does not start on it.
    let run = server.host(&["serve", "--listen", "127.0.0.1:0"]).run().exits(1);
    assert!(run.stderr.contains("the recorded head of the log was changed"), "{}", run.stderr);
}

#[test]
fn a_log_that_was_rolled_back_is_found_by_a_head_noted_before() {
    let mut server = at_rest();
    let (store, copy) = (server.data_dir().join("da.db"), server.data_dir().join("old.db"));
    let old_head = head(&server);
    std::fs::copy(&store, &copy).unwrap();
    server.restart();
    server.admin().create_token("d");
    assert!(server.terminate().success());
    let new_head = head(&server);
    server.host(&["server", "audit", "verify", "--head", &old_head]).run().exits(0);

    std::fs::copy(&copy, &store).unwrap();
    assert_eq!(head(&server), old_head, "by itself the old log is intact");
    transcript!(server.host(&["server", "audit", "verify", "--head", &new_head]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The audit log is broken at row 5: the given head is not part of the log: the log was rolled back or replaced
    hint: Keep this store as evidence; compare with a backup and the server's own log
    ");
    transcript!(server.host(&["server", "audit", "verify", "--head", "nonsense"]).run(), @"
    exit: 2
    ----- stdout -----

    ----- stderr -----
    error: invalid value 'nonsense' for '--head <HEAD>': expected `NUMBER:SEAL` as the server's log gives it

    For more information, try '--help'.
    ");
}

#[test]
fn the_server_notes_the_head_in_its_own_log() {
    let server = at_rest();
    assert!(server.log().contains(&head(&server)), "{}", server.log());
}

#[test]
fn a_directory_without_a_store_or_with_another_key_is_said() {
    let server = at_rest();
    transcript!(server.host(&["server", "audit", "verify", "--data-dir", "none"]).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: `none/da.db`: there is no store here; name its directory with `--data-dir` or DA_DATA_DIR
    ");
    let other_key = "0".repeat(64);
    transcript!(server.host(&["server", "audit", "verify"]).env("DA_MASTER_KEY", other_key).run(), @"
    exit: 1
    ----- stdout -----

    ----- stderr -----
    error: The master key in DA_MASTER_KEY is not the one this store was made with; put the right key back
    ");
}
