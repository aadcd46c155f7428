//! What the integration tests stand on: a private home, the real binary, a real server, a terminal.

mod api;
mod browser;
mod disk;
mod home;
mod http;
mod keyring;
mod metrics;
mod operator;
pub(crate) mod original;
mod person;
pub(crate) mod process;
mod running;
mod server;
mod stand_in;
mod terminal;
mod tls;
mod trace;
mod transcript;
mod visitor;

pub(crate) use api::{Api, jwt_part, stored_id};
pub(crate) use browser::{Browser, Options};
pub(crate) use disk::{SmallDisk, mount_namespace, net_namespace};
pub(crate) use home::TestHome;
pub(crate) use http::{Answer, exchange, exchange_on, keys};
pub(crate) use keyring::SessionBus;
pub(crate) use metrics::Metrics;
pub(crate) use operator::Operator;
pub(crate) use person::{Person, dead_url, help};
pub(crate) use running::Running;
pub(crate) use server::{ADMIN_EMAIL, ADMIN_PASSWORD, Setup, TestServer};
pub(crate) use stand_in::{Asked, StandIn, reply};
pub(crate) use terminal::Terminal;
pub(crate) use tls::{TlsClient, certify, certify_until, for_ninety_days, write_certified};
pub(crate) use trace::Trace;
pub(crate) use transcript::{Run, filters, transcript};
pub(crate) use visitor::Visitor;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// How long a test waits for something that should happen at once; generous, as the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Returns how often a costly test does what it does: as a rule `usual`, with `DA_TEST_LONG=1` as often as it takes to
/// believe it.
pub(crate) fn rounds(usual: usize, long: usize) -> usize {
    if std::env::var_os("DA_TEST_LONG").is_some_and(|value| value == "1") { long } else { usual }
}

/// Sets a flag at its end, by a panic too: nobody who works until then is waited for in vain.
pub(crate) struct SetOnDrop<'a>(pub(crate) &'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks `probe` again and again until it has an answer.
pub(crate) fn wait_for<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_terminal_shows_prompts_and_hides_what_is_typed_blind() {
    let home = TestHome::new();
    let script = r#"stty -echo; printf 'Password: ' >/dev/tty; read secret </dev/tty; stty echo; echo; echo "got ${#secret}"; exit 5"#;
    let mut terminal = Terminal::start(home.command("/bin/sh").args(["-c", script]));
    terminal.expect("Password: ");
    terminal.send_line("hunter2");
    terminal.expect("got 7");
    let (code, screen) = terminal.wait();
    assert_eq!(code, Some(5));
    assert!(!screen.contains("hunter2"), "{screen}");
}

#[test]
fn ctrl_c_on_a_terminal_reaches_the_command() {
    let home = TestHome::new();
    let mut terminal =
        Terminal::start(home.command("/bin/sh").args(["-c", "trap 'echo caught; exit 7' INT; echo ready; read line"]));
    terminal.expect("ready");
    terminal.interrupt();
    terminal.expect("caught");
    assert_eq!(terminal.wait().0, Some(7));
}

#[test]
fn a_command_starts_with_an_empty_environment_in_a_private_home() {
    let home = TestHome::new();
    let run = Run::of(&mut home.command("/usr/bin/env"), b"");
    let mut names: Vec<&str> = run.stdout.lines().filter_map(|line| line.split('=').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["DA_CREDENTIAL_STORE", "HOME", "PATH"]);
    assert!(run.stdout.contains(home.path().to_str().unwrap()));
}
