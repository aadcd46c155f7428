//! A small disk: a tmpfs in a mount namespace of its own, which nobody else sees and which ends with the test.
//!
//! Root makes the namespace directly, others by way of a user namespace. Where the machine allows neither, the tests that
//! need a disk fail and say so.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use super::Run;

/// A mounted disk; gone when it is dropped.
pub(crate) struct SmallDisk {
    place: TempDir,
    /// Keeps the namespace while its input is open.
    holder: Child,
}

impl SmallDisk {
    /// Mounts an empty disk of `size`, such as `8m`.
    pub(crate) fn mount(size: &str) -> Self {
        let place = tempfile::Builder::new().prefix("da-disk-").tempdir().unwrap();
        let script = r#"mount -t tmpfs -o "size=$1,mode=0700" da-test "$2" && echo mounted && exec cat"#;
        let words = mount_namespace();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(["/bin/sh", "-c", script, "sh", size]).arg(place.path());
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(
            line.trim(),
            "mounted",
            "this machine lets us mount no tmpfs: run as root, or allow user namespaces"
        );
        Self { place, holder }
    }

    /// Returns where it is mounted, for whoever is in the namespace.
    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }

    /// Returns the start of a command line that runs in the namespace.
    pub(crate) fn enter(&self) -> Vec<String> {
        let target = self.holder.id().to_string();
        let mut words = vec!["nsenter", "--target", &target, "--mount"];
        if !is_root() {
            words.extend(["--user", "--preserve-credentials"]);
        }
        words.push("--");
        words.into_iter().map(str::to_owned).collect()
    }

    /// Prepares a command in the namespace.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let words = self.enter();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(args).current_dir("/");
        command
    }

    /// Leaves not one byte free.
    pub(crate) fn fill(&self) {
        self.shell(r#"! cat /dev/zero >"$1/ballast" 2>/dev/null"#);
    }

    /// Gives back what [`Self::fill`] has taken.
    pub(crate) fn free(&self) {
        self.shell(r#"rm "$1/ballast""#);
    }

    /// Lets nobody open a file for writing from now on.
    pub(crate) fn make_read_only(&self) {
        self.shell(r#"mount --bind "$1" "$1"; mount -o remount,bind,ro "$1""#);
    }

    /// Takes [`Self::make_read_only`] back.
    pub(crate) fn make_writable(&self) {
        self.shell(r#"umount "$1""#);
    }

    /// Returns the names of the files on it.
    pub(crate) fn names(&self) -> Vec<String> {
        self.shell(r#"ls -A "$1""#).stdout.lines().map(str::to_owned).collect()
    }

    /// Returns a digest of each file on it.
    pub(crate) fn digests(&self) -> String {
        self.shell(r#"cd "$1"; sha256sum *"#).stdout
    }

    fn shell(&self, script: &str) -> Run {
        let mut command = self.command(&["/bin/sh", "-euc", script, "sh"]);
        Run::of(command.arg(self.path()), b"").exits(0)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}

/// Returns the start of a command line that runs in a mount namespace of its own, and may mount there.
pub(crate) fn mount_namespace() -> Vec<String> {
    namespace("--mount")
}

/// Returns the start of a command line that runs in a network of its own, and may set it up.
pub(crate) fn net_namespace() -> Vec<String> {
    namespace("--net")
}

fn namespace(kind: &str) -> Vec<String> {
    let mut words = vec!["unshare", kind];
    if !is_root() {
        words.push("--map-root-user");
    }
    words.push("--");
    words.into_iter().map(str::to_owned).collect()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
