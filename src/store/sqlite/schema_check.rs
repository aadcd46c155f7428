//! Compares the schema of a database with the one that the migrations make.
//!
//! A trigger, a view or a changed table makes a database do something else than `da` asks of it: a trigger on
//! `revoked_at` can ignore every revocation. Damage checks do not see that, so a database is used only when its schema
//! is exactly the one of its `user_version`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rusqlite::Connection;

use super::{
    error::{store_error, unusable},
    schema::{self, Migration},
};
use crate::{domain::Timestamp, store::StoreError};

/// The tables that `ANALYZE` makes. They hold statistics, so a database may have them.
const STATISTICS: [(&str, &str); 2] = [
    ("sqlite_stat1", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"),
    ("sqlite_stat4", "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)"),
];

/// Type and name of an object.
type Name = (String, String);

/// Table and SQL of an object. The indexes that SQLite makes itself have no SQL.
type Definition = (String, Option<String>);

/// Refuses the database at `path` unless its schema is exactly the one that `migrations` make up to `version`.
pub(super) fn refuse_foreign(
    connection: &Connection,
    path: &Path,
    version: i32,
    migrations: &[Migration],
    remedy: &str,
) -> Result<(), StoreError> {
    schema::refuse_unknown(path, version, migrations)?;
    let refused =
        |what: String| Err(unusable(path, format!("{what}. Someone changed the database outside `da`; {remedy}")));
    let found = match read(connection).map_err(store_error)? {
        Ok(found) => found,
        Err((kind, name)) => {
            return refused(format!("its schema lists the {kind} `{name}` in a way that `da` never does"));
        }
    };
    let expected = made_by(migrations, version).map_err(store_error)?;
    let is_foreign = |(name, definition): &(&Name, &Definition)| {
        !expected.contains_key(*name) && !is_statistics(&name.0, &name.1, definition)
    };
    if let Some(((kind, name), _)) = found.iter().find(is_foreign) {
        return refused(format!("it holds the {kind} `{name}`, which `da` did not make"));
    }
    for (object, ours) in &expected {
        let (kind, name) = object;
        match found.get(object) {
            Some(definition) if definition == ours => {}
            Some(_) => return refused(format!("its {kind} `{name}` is not as `da` made it")),
            None => return refused(format!("its {kind} `{name}` is missing")),
        }
    }
    Ok(())
}

fn is_statistics(kind: &str, name: &str, (table, sql): &Definition) -> bool {
    kind == "table" && table == name && STATISTICS.contains(&(name, sql.as_deref().unwrap_or_default()))
}

/// Reads the schema. An object that is listed twice, or that shares its pages with another, is an error that names it.
fn read(connection: &Connection) -> rusqlite::Result<Result<BTreeMap<Name, Definition>, Name>> {
    let mut statement = connection.prepare("SELECT type, name, tbl_name, sql, rootpage FROM sqlite_schema")?;
    let mut rows = statement.query([])?;
    let (mut objects, mut pages) = (BTreeMap::new(), BTreeSet::new());
    while let Some(row) = rows.next()? {
        let name: Name = (row.get(0)?, row.get(1)?);
        let page: Option<i64> = row.get(4)?;
        let has_pages = page.is_some_and(|page| page > 1);
        let shares_pages = has_pages && !pages.insert(page);
        let is_stored = matches!(name.0.as_str(), "table" | "index");
        let is_known = objects.insert(name.clone(), (row.get(2)?, row.get(3)?)).is_some();
        if is_known || shares_pages || (is_stored && !has_pages) {
            return Ok(Err(name));
        }
    }
    Ok(Ok(objects))
}

/// Returns the schema that the migrations make, by running them on an empty database in memory.
fn made_by(migrations: &[Migration], version: i32) -> rusqlite::Result<BTreeMap<Name, Definition>> {
    let empty = Connection::open_in_memory()?;
    for migration in migrations.iter().filter(|migration| migration.version <= version) {
        schema::apply(&empty, migration, Timestamp::from_micros(0))?;
    }
    Ok(read(&empty)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::schema::MIGRATIONS;

    fn store(version: i32) -> Connection {
        let connection = Connection::open_in_memory().expect("opens");
        for migration in MIGRATIONS.iter().filter(|migration| migration.version <= version) {
            schema::apply(&connection, migration, Timestamp::from_micros(1)).expect("migrates");
        }
        connection
    }

    fn check(connection: &Connection, version: i32) -> Result<(), String> {
        let checked = refuse_foreign(connection, Path::new("da.db"), version, MIGRATIONS, "restore a backup");
        checked.map_err(|error| error.to_string())
    }

    #[test]
    fn the_schema_of_every_version_is_accepted_and_of_no_other() {
        let newest = schema::newest(MIGRATIONS);
        for made in 1..=newest {
            for claimed in [i32::MIN, -1, 0, 1, 2, 3, newest, newest + 1, i32::MAX] {
                assert_eq!(check(&store(made), claimed).is_ok(), made == claimed, "{made} {claimed}");
            }
        }
    }

    #[test]
    fn every_foreign_changed_or_missing_object_is_named() {
        let cases = [
            ("CREATE TRIGGER evil BEFORE UPDATE ON users BEGIN SELECT RAISE(IGNORE); END", "the trigger `evil`"),
            ("CREATE VIEW evil AS SELECT * FROM users", "the view `evil`"),
            ("CREATE TABLE evil (x)", "the table `evil`"),
            ("CREATE INDEX evil ON users (name)", "the index `evil`"),
            ("CREATE TABLE evil (x INTEGER PRIMARY KEY AUTOINCREMENT)", "`evil`"),
            ("CREATE UNIQUE INDEX evil ON users (role)", "the index `evil`"),
            ("DROP INDEX users_by_role", "its index `users_by_role` is missing"),
            (
                "DROP INDEX users_by_role; CREATE INDEX users_by_role ON users (active)",
                "its index `users_by_role` is not",
            ),
            ("DROP INDEX users_by_role; CREATE INDEX users_by_rank ON users (role, active)", "`users_by_ra"),
            ("ALTER TABLE users ADD COLUMN evil TEXT", "its table `users` is not as `da` made it"),
            ("ALTER TABLE users DROP COLUMN metadata", "its table `users` is not as `da` made it"),
            ("ALTER TABLE users RENAME COLUMN metadata TO data", "its table `users` is not as `da` made it"),
            ("ALTER TABLE password_resets RENAME TO resets", "`resets`"),
            ("DROP TABLE audit_log; CREATE VIEW audit_log AS SELECT 1 AS seq", "the view `audit_log`"),
            ("DROP TABLE audit_log", "audit_log"),
            (
                "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'UNIQUE', '') \
                 WHERE name = 'users'",
                "its table `users` is not as `da` made it",
            ),
            (
                "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema \
                 WHERE name = 'users') WHERE name = 'roles'",
                "`users`",
            ),
            (
                "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) \
                 SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema WHERE name = 'roles'",
                "`roles`",
            ),
        ];
        for (sql, named) in cases {
            let connection = store(schema::newest(MIGRATIONS));
            connection.execute_batch(sql).expect(sql);
            let refusal = check(&connection, schema::newest(MIGRATIONS)).expect_err(sql);
            assert!(refusal.contains(named), "{sql}: {refusal}");
        }
    }

    #[test]
    fn statistics_and_a_rewritten_file_are_accepted() {
        let connection = store(schema::newest(MIGRATIONS));
        connection.execute_batch("ANALYZE; VACUUM; REINDEX").expect("runs");
        assert_eq!(check(&connection, schema::newest(MIGRATIONS)), Ok(()));
    }
}
