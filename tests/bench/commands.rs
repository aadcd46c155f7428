//! P-6: the command line beside GitHub's, which is known to be quick.

use std::{
    process::{Command, Stdio},
    time::Instant,
};

use crate::{
    Options,
    figure::{Bar, Figure, median},
    subject::Subject,
    support::TestHome,
};

const RUNS: usize = 41;

/// Tells whether `gh` can be run.
pub(crate) fn is_gh_there() -> bool {
    Command::new("gh").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

pub(crate) fn run(_: &Options) -> Vec<Figure> {
    let subject = Subject::start();
    let home = TestHome::new();
    let da = |args: &[&str]| {
        let command = home.da(args).env("DA_SERVER", subject.server.url()).env("DA_TOKEN", subject.token.bearer());
        command.into_command()
    };
    let gh = |args: &[&str]| {
        let mut command = home.command("gh");
        command.args(args);
        command
    };
    // Not signed in, `gh auth status` asks no server: the shortest way it has.
    let help = compare(|| da(&["--help"]), || gh(&["--help"]));
    let who = compare(|| da(&["whoami"]), || gh(&["auth", "status"]));
    vec![
        Figure::new("P-6", "`da --help` / `gh --help`", help.ratio, "", Bar::AtMost(0.06)),
        Figure::new("P-6", "`da whoami` on loopback / `gh auth status`", who.ratio, "", Bar::AtMost(0.08)),
        Figure::new("P-6", "`da --help`", help.millis, " ms", Bar::Told),
        Figure::new("P-6", "`da whoami`", who.millis, " ms", Bar::Told),
    ]
}

struct Compared {
    ratio: f64,
    /// The median of ours.
    millis: f64,
}

/// Runs both in turns.
fn compare(ours: impl Fn() -> Command, theirs: impl Fn() -> Command) -> Compared {
    assert!(quiet(&mut ours()).status().unwrap().success(), "{:?}", ours());
    let (mut ratios, mut millis) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (own, other) = (time(&mut ours()), time(&mut theirs()));
        ratios.push(own / other);
        millis.push(own);
    }
    Compared { ratio: median(ratios), millis: median(millis) }
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

/// Returns how long `command` takes from its start to its end, in milliseconds.
fn time(command: &mut Command) -> f64 {
    let began = Instant::now();
    quiet(command).status().unwrap();
    began.elapsed().as_secs_f64() * 1e3
}
