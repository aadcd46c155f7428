//! The tests' own browsers: what they start also ends.

use std::{fs, path::Path};

use crate::support::{Browser, wait_for};

/// Returns how many processes name this profile in their arguments.
fn processes_of(profile: &Path) -> usize {
    let profile = profile.to_str().unwrap().as_bytes();
    let commands =
        fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read(entry.unwrap().path().join("cmdline")).ok());
    commands.filter(|command| command.windows(profile.len()).any(|part| part == profile)).count()
}

#[test]
fn a_browser_leaves_no_process_behind() {
    let browser = Browser::start();
    let profile = browser.profile();
    assert!(processes_of(&profile) > 1, "a browser is several processes");
    drop(browser);
    wait_for("the end of a closed browser", || (processes_of(&profile) == 0).then_some(()));
}

#[test]
fn a_browser_ends_with_a_driver_that_was_killed() {
    let mut browser = Browser::start();
    let profile = browser.profile();
    assert!(processes_of(&profile) > 1, "a browser is several processes");
    browser.kill_driver();
    wait_for("the end of a browser without a driver", || (processes_of(&profile) == 0).then_some(()));
}
