//! Stores of older schemas are upgraded and used: M-54, D-05.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    architecture::root,
    support::{TestHome, TestServer},
};

const PASSWORD: &str = "correct horse battery";

/// Copies a data directory as an older version left it.
pub(crate) fn lay_out(name: &str, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(root().join("tests/fixtures").join(name)).unwrap() {
        let entry = entry.unwrap();
        let copy = to.join(entry.file_name());
        fs::copy(entry.path(), &copy).unwrap();
        fs::set_permissions(&copy, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
}

#[test]
fn a_store_of_the_first_schema_is_upgraded_with_everything_in_it() {
    let home = TestHome::new();
    let data = home.path().join("data");
    lay_out("schema-v1", &data);
    let token = fs::read_to_string(data.join("token")).unwrap();
    let server = TestServer::empty().data_in(&data).start_in(home);
    let backups: Vec<_> = fs::read_dir(data.join("backups")).unwrap().collect();
    assert_eq!(backups.len(), 1, "a backup comes first");

    // A token without an end works on, with its owner and its name.
    let ann = server.stranger().with(token.trim());
    assert_eq!(ann.get("/auth/me").is(200).json()["email"], "ann@example.com");
    let tokens = ann.get("/auth/tokens").is(200).json();
    let names: Vec<_> =
        tokens.as_array().unwrap().iter().map(|row| (&row["name"], row["revoked_at"].is_null())).collect();
    assert_eq!(names, [(&json!("gone"), false), (&json!("nightly"), true)]);
    let users = ann.get("/api/users").is(200).json();
    let bob = &users.as_array().unwrap()[1];
    assert_eq!((&bob["email"], &bob["active"]), (&json!("bob@example.com"), &json!(false)));

    // Its session is told as one, and so is a new one beside it, which can be continued.
    let login = json!({ "email": "ann@example.com", "password": PASSWORD, "want_refresh": true });
    let entered = server.stranger().post("/auth/token", &login).is(200).json();
    let sessions = ann.get("/api/admin/sessions").is(200).json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 2, "{sessions}");
    assert_eq!(sessions["items"][1]["device_fingerprint"], "unknown");
    let refresh = json!({ "refresh_token": entered["refresh_token"] });
    server.stranger().post("/auth/refresh", &refresh).is(200);

    // The log of the old store and the rows since are one chain.
    server.on_host(["server", "audit", "verify"]).run().exits(0);
}

#[test]
fn a_store_of_the_second_schema_is_upgraded_with_everything_in_it() {
    let home = TestHome::new();
    let data = home.path().join("data");
    lay_out("schema-v2", &data);
    let before = tokens(&data);
    assert_eq!(before.len(), 4);
    let token = fs::read_to_string(data.join("token")).unwrap();
    let mut server = TestServer::empty().data_in(&data).start_in(home);
    let backups: Vec<_> = fs::read_dir(data.join("backups")).unwrap().collect();
    assert_eq!(backups.len(), 1, "a backup comes first");

    let ann = server.stranger().with(token.trim());
    let rows = ann.get("/auth/tokens").is(200).json();
    let shown: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["name"], row["revoked_at"].is_null(), row["replaced_by"].is_null(), &row["renewable"]))
        .collect();
    let (yes, no) = (json!(true), json!(false));
    let (ci, gone, nightly) = (json!("ci"), json!("gone"), json!("nightly"));
    let expected =
        [(&ci, true, true, &yes), (&ci, true, false, &yes), (&gone, false, true, &no), (&nightly, true, true, &no)];
    assert_eq!(shown, expected);
    server.on_host(["server", "audit", "verify"]).run().exits(0);
    assert_eq!(server.terminate().code(), Some(0));
    assert_eq!(tokens(&data), before, "the rebuilt table keeps numbers, ids and successors");
}

/// Number, id, name and successor of a token.
type Token = (i64, Vec<u8>, String, Option<Vec<u8>>);

fn tokens(data: &Path) -> Vec<Token> {
    let store = rusqlite::Connection::open(data.join("da.db")).unwrap();
    let mut statement =
        store.prepare("SELECT seq, id, name, replaced_by FROM personal_access_tokens ORDER BY seq").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
    rows.map(Result::unwrap).collect()
}
