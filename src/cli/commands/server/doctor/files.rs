//! The data directory, who uses it, and the backups in it.

use std::{fs, io, path::Path, time::UNIX_EPOCH};

use crate::{
    cli::{
        checkup::Check,
        commands::server::{host, running::is_served, scheduled::period, settings::Values},
        moment,
    },
    domain::Timestamp,
    store::sqlite::newest_in,
};

pub(super) fn checks(values: &Values, dir: &Path, now: Timestamp) -> Vec<Check> {
    let backups_dir = dir.join("backups");
    vec![directory(dir), server(dir), backups(&backups_dir, now), scheduled(values, &backups_dir, now)]
}

fn directory(dir: &Path) -> Check {
    const NAME: &str = "data_directory";
    let shown = dir.display();
    let exposed = match fs::metadata(dir) {
        Err(error) => {
            return Check::broken(NAME, format!("`{shown}`: {error}"), "Name it with `--data-dir` or DA_DATA_DIR");
        }
        Ok(found) if !found.is_dir() => {
            return Check::broken(
                NAME,
                format!("`{shown}` is no directory"),
                "Name it with `--data-dir` or DA_DATA_DIR",
            );
        }
        Ok(found) => mode(&found) & 0o077 != 0,
    };
    if exposed {
        return Check::broken(NAME, format!("other users may enter `{shown}`"), format!("`chmod 700 '{shown}'`"));
    }
    let open: Vec<_> = ["da.db", "da.db-wal", "da.db-shm", "master.key", "lock", "setup-code", "admin.sock"]
        .into_iter()
        .filter(|name| fs::symlink_metadata(dir.join(name)).is_ok_and(|file| mode(&file) & 0o077 != 0))
        .collect();
    if open.is_empty() {
        return Check::ok(NAME, format!("`{shown}`, for its owner alone"));
    }
    let detail = format!("other users may use {} in `{shown}`", open.join(", "));
    Check::broken(NAME, detail, format!("In `{shown}`: `chmod 600 {}`", open.join(" ")))
}

fn server(dir: &Path) -> Check {
    const NAME: &str = "server";
    match is_served(dir) {
        Ok(true) => Check::ok(NAME, "one runs on this directory"),
        Ok(false) => Check::ok(NAME, "none runs on this directory"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Check::ok(NAME, "none ever ran on this directory"),
        Err(error) => {
            let detail = format!("`{}`: {error}", dir.join("lock").display());
            Check::broken(NAME, detail, "Run this as the user of the service")
        }
    }
}

fn backups(dir: &Path, now: Timestamp) -> Check {
    const NAME: &str = "backups";
    let shown = dir.display();
    let listed = match fs::read_dir(dir) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Check::ok(NAME, format!("none in `{shown}`")),
        Err(error) => return Check::broken(NAME, format!("`{shown}`: {error}"), "Run this as the user of the service"),
    };
    let files: Vec<_> = listed.filter_map(|entry| entry.ok()?.metadata().ok()).filter(fs::Metadata::is_file).collect();
    if files.iter().any(|file| mode(file) & 0o077 != 0) {
        return Check::broken(
            NAME,
            format!("other users may read some in `{shown}`"),
            format!("`chmod 600 '{shown}'/*`"),
        );
    }
    let newest =
        files.iter().filter_map(|file| Some(file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_micros()));
    let newest = newest.max().and_then(|micros| i64::try_from(micros).ok()).map(Timestamp::from_micros);
    let age = newest.map(|made| format!(", the newest {} old", moment::span(now.since(made)))).unwrap_or_default();
    Check::ok(NAME, format!("{} in `{shown}`{age}", files.len()))
}

/// One that is missing for two periods has failed more than once.
fn scheduled(values: &Values, dir: &Path, now: Timestamp) -> Check {
    const NAME: &str = "scheduled_backups";
    let period = match period(values) {
        Ok(Some(period)) => period,
        Ok(None) => return Check::ok(NAME, "none are asked for"),
        Err(error) => return Check::failed(NAME, &error),
    };
    let advice =
        "The server's log tells why, beside `the scheduled backup failed`; `da server backup FILE` takes one by hand";
    match newest_in(dir, now) {
        Err(error) => Check::failed(NAME, &host::said(error)),
        Ok(None) => Check::broken(NAME, format!("none in `{}`", dir.display()), advice),
        Ok(Some(newest)) => {
            let age = format!("the newest is {} old", moment::span(now.since(newest)));
            if now.since(newest) > period * 2 { Check::broken(NAME, age, advice) } else { Check::ok(NAME, age) }
        }
    }
}

#[cfg(unix)]
fn mode(found: &fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(found)
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0
}
