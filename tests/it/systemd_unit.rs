//! The unit of the README, as systemd itself judges it, and what it starts.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    architecture::root,
    support::{Run, TestHome, TestServer},
};

/// Where the unit has the program.
const INSTALLED: &str = "/usr/local/bin/da";
/// systemd's own scale goes from 0 (locked away) to 100; up to 20, the unit is called "OK".
const MOST_EXPOSED: u8 = 20;

/// Returns the unit as the README has it.
fn unit() -> String {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("`/etc/systemd/system/da.service`:\n\n```ini\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

/// Writes the unit, with the program where the tests have it.
fn written(home: &TestHome) -> PathBuf {
    let path = home.path().join("da.service");
    fs::write(&path, unit().replace(INSTALLED, env!("CARGO_BIN_EXE_da"))).unwrap();
    path
}

fn analyze(home: &TestHome, words: &[&str]) -> Run {
    let mut command: Command = home.command("systemd-analyze");
    command.env("SYSTEMD_COLORS", "0").args(words).arg(written(home));
    Run::of(&mut command, b"")
}

#[test]
fn systemd_understands_every_line_of_the_unit() {
    let home = TestHome::new();
    let run = analyze(&home, &["verify", "--man=no"]).exits(0);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
}

#[test]
fn the_unit_leaves_little_exposed() {
    let home = TestHome::new();
    let threshold = format!("--threshold={MOST_EXPOSED}");
    let run = analyze(&home, &["security", "--offline=true", "--no-pager", &threshold]).exits(0);
    let verdict = run.stdout.lines().last().unwrap();
    assert!(verdict.contains("Overall exposure level"), "{verdict}");
    eprintln!("{verdict}");
    // A check that cannot fail would be none: without its sandbox the unit is over the threshold.
    let bare: String = unit()
        .lines()
        .filter(|line| !line.starts_with("Protect") && !line.starts_with("Restrict"))
        .collect::<Vec<_>>()
        .join("\n");
    let path = home.path().join("bare.service");
    fs::write(&path, bare.replace(INSTALLED, env!("CARGO_BIN_EXE_da"))).unwrap();
    let mut command = home.command("systemd-analyze");
    command.args(["security", "--offline=true", "--no-pager", &threshold]).arg(path);
    assert_ne!(Run::of(&mut command, b"").code, Some(0));
}

#[test]
fn what_the_unit_starts_is_a_server() {
    let unit = unit();
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let args = line.strip_prefix(&format!("{INSTALLED} serve ")).unwrap();
    let setup = args.split(' ').fold(TestServer::with_admin(), |setup, arg| setup.arg(arg));
    setup.start().admin();
}
