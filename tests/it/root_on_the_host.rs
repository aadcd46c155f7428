//! Commands of the host that root runs in the data directory of the service leave nothing there that root owns: the
//! service could not read it.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    schema_upgrade::lay_out,
    support::{TestHome, process, wait_for},
};

/// The user of the service: somebody else if root runs the tests. Otherwise the commands run as the owner, and the same
/// rule holds: every file belongs to the owner of the directory.
fn service() -> (u32, u32) {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    if user == 0 { (12_345, 12_346) } else { (user, group) }
}

/// Every file and directory in `dir`, and `dir` itself.
fn all(dir: &Path) -> Vec<PathBuf> {
    let mut found = vec![dir.to_owned()];
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if fs::symlink_metadata(&path).unwrap().is_dir() { found.extend(all(&path)) } else { found.push(path) }
    }
    found
}

/// A data directory of the service.
struct Data {
    home: TestHome,
    dir: PathBuf,
}

impl Data {
    fn laid_out(fixture: &str) -> Self {
        let home = TestHome::new();
        let dir = home.path().join("data");
        lay_out(fixture, &dir);
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
        let data = Self { home, dir };
        data.give_to_service();
        data
    }

    /// Gives all of it to the service, and takes away what SQLite leaves beside a closed database.
    fn give_to_service(&self) {
        let (user, group) = service();
        all(&self.dir).iter().for_each(|path| chown(path, Some(user), Some(group)).unwrap());
    }

    #[track_caller]
    fn belongs_to_service(&self, case: &str) {
        for path in all(&self.dir) {
            let found = fs::symlink_metadata(&path).unwrap();
            assert_eq!((found.uid(), found.gid()), service(), "{case}: {}", path.display());
        }
    }

    #[track_caller]
    fn run(&self, args: &[&str], stdin: &str) {
        self.home.da(args).env("DA_DATA_DIR", &self.dir).stdin(stdin).run().exits(0);
        self.belongs_to_service(&args.join(" "));
    }
}

#[test]
fn no_command_of_the_host_leaves_files_of_root_in_the_directory_of_the_service() {
    let data = Data::laid_out("schema-v1");
    // The first one upgrades the store after a backup.
    data.run(&["server", "migrate"], "");
    assert_eq!(fs::read_dir(data.dir.join("backups")).unwrap().count(), 1);
    data.run(&["server", "migrate", "--check"], "");
    data.run(&["server", "recover-admin", "ann@example.com", "--password-stdin"], "correct horse battery\n");
    data.run(&["server", "recover-admin", "ann@example.com", "--reset-value"], "");
    data.run(&["server", "keys", "list"], "");
    data.run(&["server", "keys", "rotate"], "");
    data.run(&["server", "audit", "verify"], "");
    data.run(&["server", "config", "show"], "");
    data.run(&["server", "doctor"], "");
    let inside = data.dir.join("backups/by-hand.db");
    data.run(&["server", "backup", inside.to_str().unwrap()], "");
    data.run(&["server", "backup", "verify", inside.to_str().unwrap()], "");
    data.run(&["server", "restore", inside.to_str().unwrap(), "--rehearse"], "");
    data.run(&["server", "rekey"], "");
    assert!(data.dir.join("master.key.old-1").exists());
    let key = data.dir.join("new.key");
    fs::rename(data.dir.join("master.key"), data.dir.join("set.key")).unwrap();
    let rekey = ["server", "rekey", "--new-key-file", key.to_str().unwrap()];
    data.home
        .da(rekey)
        .env("DA_DATA_DIR", &data.dir)
        .env("DA_MASTER_KEY_FILE", data.dir.join("set.key"))
        .run()
        .exits(0);
    data.belongs_to_service("rekey with a file");
    fs::rename(&key, data.dir.join("master.key")).unwrap();

    let copy = data.home.path().join("copy.db");
    data.run(&["server", "backup", copy.to_str().unwrap()], "");
    fs::remove_file(data.dir.join("da.db")).unwrap();
    data.run(&["server", "restore", copy.to_str().unwrap()], "");
    // As an operator does on a new machine: an empty directory of the service.
    fs::remove_dir_all(&data.dir).unwrap();
    fs::create_dir(&data.dir).unwrap();
    fs::set_permissions(&data.dir, fs::Permissions::from_mode(0o700)).unwrap();
    data.give_to_service();
    data.run(&["server", "restore", copy.to_str().unwrap()], "");
}

#[test]
fn a_server_that_root_starts_and_that_is_killed_leaves_no_files_of_root() {
    for options in [&[][..], &["--backups"]] {
        let data = Data::laid_out("schema-v2");
        fs::remove_dir_all(&data.dir).unwrap();
        fs::create_dir(&data.dir).unwrap();
        fs::set_permissions(&data.dir, fs::Permissions::from_mode(0o700)).unwrap();
        data.give_to_service();
        let mut serve = data.home.da(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]).into_command();
        if !options.is_empty() {
            serve.env("DA_BACKUP_HOURS", "1");
        }
        let mut child = serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let last = data.dir.join(if options.is_empty() { "admin.sock" } else { "backups" });
        wait_for("the server to run", || (last.exists() && data.dir.join("setup-code").exists()).then_some(()));
        wait_for("the socket", || data.dir.join("admin.sock").exists().then_some(()));
        child.kill().unwrap();
        process::wait(&mut child, "the server to die");
        data.belongs_to_service("serve, killed");
    }
}

#[test]
fn the_service_itself_goes_on_after_root() {
    if service().0 == rustix::process::geteuid().as_raw() {
        // Nobody else is there to go on; that files belong to the owner is asserted above.
        return;
    }
    let data = Data::laid_out("schema-v2");
    data.run(&["server", "migrate"], "");
    data.run(&["server", "keys", "rotate"], "");
    // Where the tests live may be closed to others.
    let open = tempfile::tempdir_in("/tmp").unwrap();
    fs::set_permissions(open.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (program, moved) = (open.path().join("da"), open.path().join("data"));
    fs::copy(env!("CARGO_BIN_EXE_da"), &program).unwrap();
    assert!(Command::new("cp").arg("-a").arg(&data.dir).arg(&moved).status().unwrap().success());
    let (user, group) = service();
    let mut doctor = Command::new("setpriv");
    doctor.args([&format!("--reuid={user}"), &format!("--regid={group}"), "--clear-groups"]);
    doctor.arg(&program).args(["server", "keys", "rotate", "--data-dir"]).arg(&moved);
    let run = doctor.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", &moved).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn a_backup_into_the_home_of_somebody_else_stays_with_root() {
    let data = Data::laid_out("schema-v2");
    let home = data.home.path().join("ann");
    fs::create_dir(&home).unwrap();
    let caller = rustix::process::geteuid().as_raw();
    if caller == 0 {
        chown(&home, Some(23_456), None).unwrap();
    }
    let copy = home.join("copy.db");
    data.run(&["server", "backup", copy.to_str().unwrap()], "");
    assert_eq!(fs::metadata(&copy).unwrap().uid(), caller);
}
