//! Hidden: writes the man pages and completions that are shipped with the program, from its own command tree.

mod man;

use std::{fs, path::PathBuf};

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use super::completion;
use crate::cli::error::CliError;

/// Write man pages or completions into a directory
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// What to write
    what: Artefact,
    /// The directory
    dir: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Artefact {
    Man,
    Completions,
}

pub(crate) fn run(args: &GenerateArgs) -> Result<(), CliError> {
    let files = match args.what {
        Artefact::Man => man::pages().map_err(CliError::Output)?,
        Artefact::Completions => completions(),
    };
    let written = fs::create_dir_all(&args.dir)
        .and_then(|()| files.iter().try_for_each(|(name, content)| fs::write(args.dir.join(name), content)));
    written.map_err(|error| CliError::failed(format!("Cannot write to `{}`: {error}", args.dir.display())))
}

/// A file's name and content.
type File = (String, Vec<u8>);

fn completions() -> Vec<File> {
    let names = [
        (Shell::Bash, "da.bash"),
        (Shell::Zsh, "_da"),
        (Shell::Fish, "da.fish"),
        (Shell::PowerShell, "_da.ps1"),
        (Shell::Elvish, "da.elv"),
    ];
    names.into_iter().map(|(shell, name)| (name.to_owned(), completion::script(shell))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use std::{collections::BTreeMap, path::Path};

    use super::*;

    fn assert_same(dir: &str, files: Vec<File>) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
        let stored: BTreeMap<_, _> = fs::read_dir(&path)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
            })
            .collect();
        let generated: BTreeMap<_, _> = files.into_iter().collect();
        let again = format!("cargo run -- generate {dir} {dir}");
        assert_eq!(stored.keys().collect::<Vec<_>>(), generated.keys().collect::<Vec<_>>(), "run `{again}`");
        for (name, content) in generated {
            assert!(stored[&name] == content, "{dir}/{name} is stale: run `{again}`");
        }
    }

    #[test]
    fn stored_man_pages_are_those_of_this_program() {
        assert_same("man", man::pages().unwrap());
    }

    #[test]
    fn stored_completions_are_those_of_this_program() {
        assert_same("completions", completions());
    }
}
