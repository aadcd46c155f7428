use clap::Args;
use clap_complete::Shell;

use crate::cli::error::CliError;

/// Write the completions of a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionArgs {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  da completion bash > ~/.local/share/bash-completion/completions/da
  da completion zsh > ~/.zfunc/_da
  da completion fish > ~/.config/fish/completions/da.fish";

pub(crate) fn run(args: &CompletionArgs) -> Result<(), CliError> {
    use std::io::Write as _;

    // By way of a buffer: the generator panics when the reader has gone.
    let script = script(args.shell);
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&script).and_then(|()| stdout.flush()).map_err(CliError::Output)
}

/// Returns the completions of a shell.
pub(super) fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::cli::command(), "da", &mut script);
    script
}
