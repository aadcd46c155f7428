//! The benchmarks: `cargo bench`, or some of them, `cargo bench -- p1 p6`.
//!
//! Every figure with a bar is a ratio of two things measured side by side in one run, or a size; the bars are those of
//! the table that is printed at the end. Nothing here passes or fails by time: a bar that is missed is said.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "a benchmark fails by panicking, prints its table, and stands outside the program's layers"
)]

mod checks;
mod commands;
mod figure;
mod fill;
mod listing;
mod load;
mod logins;
mod machine;
mod memory;
mod naive;
mod pages;
mod readme;
mod requests;
mod revocation;
mod subject;
#[path = "../it/support/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "the tests' own support; a benchmark needs a part of it")]
mod support;
mod writes;
mod yardstick;

use std::process::ExitCode;

use figure::Figure;

const USAGE: &str = "\
usage: cargo bench -- [p1 .. p9 | page]... [--ten-million] [--write-readme]
  --ten-million    p2 at 10,000,000 tokens too: some minutes, and 2 GB below the directory for temporary files
  --write-readme   put the table into README.md, in place of the rows measured before";

/// A benchmark and the bars it measures.
struct Benchmark {
    name: &'static str,
    about: &'static str,
    run: fn(&Options) -> Vec<Figure>,
}

const ALL: [Benchmark; 10] = [
    Benchmark { name: "p1", about: "a token check over HTTP, beside its yardsticks", run: requests::run },
    Benchmark { name: "p2", about: "a check in process, by number of tokens", run: checks::run },
    Benchmark { name: "p3", about: "bytes of store per token", run: fill::run },
    Benchmark { name: "p4", about: "checks and memory while many sign in", run: logins::run },
    Benchmark { name: "p5", about: "durable writes, together and one by one", run: writes::run },
    Benchmark { name: "p6", about: "the command line beside gh", run: commands::run },
    Benchmark { name: "p7", about: "requests after a revocation", run: revocation::run },
    Benchmark { name: "p8", about: "pages of an admin's list, by number of tokens", run: listing::run },
    Benchmark { name: "p9", about: "memory at rest", run: memory::run },
    Benchmark { name: "page", about: "a page of 300 tokens", run: pages::run },
];

/// What was asked for.
struct Options {
    names: Vec<String>,
    ten_million: bool,
    write_readme: bool,
}

impl Options {
    /// Reads the command line; nothing if it is not understood.
    fn read(args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self { names: Vec::new(), ten_million: false, write_readme: false };
        for arg in args {
            match arg.as_str() {
                // Cargo says so to every benchmark.
                "--bench" => {}
                "--ten-million" => options.ten_million = true,
                "--write-readme" => options.write_readme = true,
                name if ALL.iter().any(|one| one.name == name) => options.names.push(arg),
                _ => return None,
            }
        }
        Some(options)
    }

    fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| wanted == name)
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if options.wants("p6") && !commands::is_gh_there() {
        eprintln!("p6 measures beside GitHub's command line, which is missing: `apt-get install gh`");
        return ExitCode::FAILURE;
    }
    let before = machine::description();
    let mut figures = Vec::new();
    for benchmark in ALL.iter().filter(|one| options.wants(one.name)) {
        eprintln!("{}: {}", benchmark.name, benchmark.about);
        for figure in (benchmark.run)(&options) {
            eprintln!("  {figure}");
            figures.push(figure);
        }
    }
    println!("\n{before}\n\n{}", figure::table(&figures));
    if options.write_readme {
        readme::write(&before, &figures);
    }
    ExitCode::SUCCESS
}
