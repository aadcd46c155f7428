//! The store itself: schema, pages, keys, audit log, room, and the clock that it was written by.

use std::path::Path;

use crate::{
    app::{
        audit::{ChainVerdict, verify_chain},
        keys,
        readiness::MIN_FREE_BYTES,
    },
    cli::{
        checkup::Check,
        commands::server::{
            host,
            local_backups::{ADVICE, Newer, newer},
            settings::Values,
        },
        moment,
    },
    domain::Timestamp,
    store::{
        AuditFilter, Store, StoreError,
        sqlite::{self, ReadOnlyStore},
    },
};

pub(super) fn checks(values: &Values, dir: &Path, now: Timestamp) -> Vec<Check> {
    let schema = match sqlite::schema_version(dir) {
        Ok(schema) => schema,
        Err(error) => return vec![Check::failed("schema", &host::said(error))],
    };
    let mut checks = vec![if schema.found < schema.known {
        let advice = "`da server migrate`, or the next start of the server, upgrades it after a backup";
        Check::warning("schema", format!("{} of {}", schema.found, schema.known), advice)
    } else {
        Check::ok("schema", format!("{} of {}", schema.found, schema.known))
    }];
    let master = match host::existing_master_key(values, dir) {
        Ok(master) => master,
        Err(error) => {
            checks.push(Check::failed("master_key", &error));
            return checks;
        }
    };
    let store = match ReadOnlyStore::open(dir, master.chain_key()) {
        Ok(store) => store,
        Err(error) => {
            checks.push(Check::failed("store", &host::said(error)));
            return checks;
        }
    };
    checks.push(pages(&store));
    let store: &dyn Store = &store;
    let fits = store.read(|reader| keys::check_master_key(reader, &master));
    let knows = fits.is_ok();
    checks.push(match fits {
        Ok(()) => Check::ok("master_key", "it is the one of this store"),
        Err(error) => Check::failed("master_key", &host::said(error)),
    });
    // With another key every row would look as if it had been changed.
    if knows {
        checks.push(chain(store.read(|reader| verify_chain(reader, &master.chain_key(), None))));
        checks.push(backups_and_log(store, dir));
    }
    // The columns of an older schema are read by the upgrade alone.
    if schema.found == schema.known {
        checks.push(email_addresses(store));
    }
    checks.push(clock(store, now));
    checks.push(room(store));
    checks
}

fn pages(store: &ReadOnlyStore) -> Check {
    match store.inspect() {
        Ok(()) => Check::ok("store", "every page is sound"),
        Err(error) => Check::failed("store", &host::said(error)),
    }
}

fn chain(verdict: Result<ChainVerdict, StoreError>) -> Check {
    const NAME: &str = "audit_log";
    match verdict {
        Ok(ChainVerdict::Intact(head)) => Check::ok(NAME, format!("{} rows, intact", head.seq)),
        Ok(ChainVerdict::Broken { seq, reason }) => {
            let advice = "Keep this store as evidence; compare with a backup and the server's own log";
            Check::broken(NAME, format!("broken at row {seq}: {reason}"), advice)
        }
        Err(error) => Check::failed(NAME, &host::said(error)),
    }
}

/// Compares the audit log with the local backups.
fn backups_and_log(store: &dyn Store, dir: &Path) -> Check {
    const NAME: &str = "audit_log_and_backups";
    match newer(store, dir) {
        Ok(None) => Check::ok(NAME, "no local backup is newer than the audit log"),
        Ok(Some(Newer { file, row })) => {
            let detail = format!(
                "`{}` holds row {} of {} UTC, which the audit log does not have",
                file.display(),
                row.seq,
                moment::written(row.at)
            );
            Check::warning(NAME, detail, ADVICE)
        }
        Err(error) => Check::failed(NAME, &error),
    }
}

/// Names the accounts that the upgrade to canonical addresses left as they were.
fn email_addresses(store: &dyn Store) -> Check {
    const NAME: &str = "email_addresses";
    match store.read(|reader| reader.users_with_older_emails()) {
        Err(error) => Check::failed(NAME, &host::said(error)),
        Ok(users) if users.is_empty() => Check::ok(NAME, "all in their canonical form"),
        Ok(users) => {
            let named: Vec<_> = users.iter().map(|user| format!("{} ({})", user.email, user.id)).collect();
            let detail = format!("in an older form: {}", named.join(", "));
            let advice = "Another account has the canonical form, or the address is no longer supported. Such an account \
                          signs in with exactly this form; delete the account that is not needed, or give its owner a new one";
            Check::warning(NAME, detail, advice)
        }
    }
}

/// Compares the clock with the newest row of the audit log, which no clock that goes right can be behind.
fn clock(store: &dyn Store, now: Timestamp) -> Check {
    const NAME: &str = "clock";
    let newest = AuditFilter { limit: 1, ..AuditFilter::default() };
    match store.read(|reader| reader.audit_rows(&newest)) {
        Err(error) => Check::failed(NAME, &host::said(error)),
        Ok(rows) => match rows.first().filter(|row| row.at > now) {
            None => Check::ok(NAME, format!("{} UTC", moment::written(now))),
            Some(row) => {
                let detail = format!("{} behind the newest row of the audit log", moment::span(row.at.since(now)));
                let advice = "Set this machine's clock: with a wrong one, tokens live too long or end too early";
                Check::broken(NAME, detail, advice)
            }
        },
    }
}

fn room(store: &dyn Store) -> Check {
    const NAME: &str = "disk_space";
    let figures = store.figures();
    let (Some(free), Some(size)) = (figures.free_bytes, figures.database_bytes) else {
        return Check::ok(NAME, "not told by this system");
    };
    let detail = format!("{} MiB free, the store has {} MiB", free >> 20, size.div_ceil(1 << 20));
    if free < MIN_FREE_BYTES {
        Check::broken(NAME, detail, "Make room: a full disk stops every change")
    } else if free < size.saturating_mul(2) {
        Check::warning(NAME, detail, "Make room: an upgrade copies the store first, and a backup beside it does too")
    } else {
        Check::ok(NAME, detail)
    }
}
