//! The `da` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    da::cli::main()
}
