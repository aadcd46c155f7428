//! Man pages: clap's sections, then examples, environment, files and exit status from the program's own registries.

use std::io::{self, Write as _};

use clap::Command;
use clap_mangen::Man;

use super::File;
use crate::cli::{
    commands::help,
    error::EXIT_CODES,
    markdown::{self, roff::escaped},
    topics::{TOPICS, Topic},
};

/// Files that a user may meet.
const FILES: [(&str, &str); 4] = [
    ("~/.config/da/config.yaml", "Settings: the key \"server\" names the server to talk to."),
    ("~/.config/da/token.json", "The saved token, where no keyring answers; only its owner may read it."),
    ("~/.config/da/state/", "Locks, when a notice was given, and which servers' tokens the keyring holds."),
    ("~/.config/da", "Another directory with --config-dir, DA_CONFIG_DIR or XDG_CONFIG_HOME."),
];

/// The same commands stand at the top level and under `auth` (D-17); each has one page.
const UNDER_AUTH_TOO: [&str; 5] = ["login", "logout", "whoami", "import-token", "token"];

/// Returns a page for the program, for each command that is shown in help, and for each topic.
pub(super) fn pages() -> io::Result<Vec<File>> {
    let mut command = crate::cli::command();
    command.build();
    let mut pages = Vec::new();
    add(&command, "da", &mut pages)?;
    pages.extend(TOPICS.iter().map(|topic| (format!("da-{}.7", topic.name), topic_page(topic).into_bytes())));
    Ok(pages)
}

fn add(command: &Command, name: &str, pages: &mut Vec<File>) -> io::Result<()> {
    pages.push((format!("{name}.1"), page(command, name)?));
    let shown = command.get_subcommands().filter(|child| !child.is_hide_set());
    for child in shown.filter(|child| name != "da-auth" || !UNDER_AUTH_TOO.contains(&child.get_name())) {
        add(child, &format!("{name}-{}", child.get_name()), pages)?;
    }
    Ok(())
}

fn page(command: &Command, name: &str) -> io::Result<Vec<u8>> {
    let version = concat!("da ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone().display_name(name)).title(name).source(version).manual("da");
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    if command.get_subcommands().any(|child| !child.is_hide_set()) {
        man.render_subcommands_section(&mut out)?;
    }
    examples(command, &mut out)?;
    section(&mut out, "ENVIRONMENT", help::variables().map(|variable| (variable.name.to_owned(), variable.meaning)))?;
    section(&mut out, "FILES", FILES.iter().map(|(path, meaning)| ((*path).to_owned(), *meaning)))?;
    section(&mut out, "EXIT STATUS", EXIT_CODES.iter().map(|(exit, meaning)| (exit.code().to_string(), *meaning)))?;
    Ok(out)
}

/// The help text's own examples, line by line.
fn examples(command: &Command, out: &mut Vec<u8>) -> io::Result<()> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    writeln!(out, ".SH EXAMPLES\n.nf")?;
    for line in help.lines().skip(1) {
        writeln!(out, "{}", escaped(line.trim_start()))?;
    }
    writeln!(out, ".fi")
}

fn section(out: &mut Vec<u8>, title: &str, entries: impl Iterator<Item = (String, &'static str)>) -> io::Result<()> {
    writeln!(out, ".SH \"{title}\"")?;
    for (term, meaning) in entries {
        writeln!(out, ".TP\n\\fB{}\\fR\n{}", escaped(&term), escaped(&meaning.replace('`', "")))?;
    }
    Ok(())
}

/// A topic has the text of `da help TOPIC`. The first line has man programs run `tbl` for the tables.
fn topic_page(topic: &Topic) -> String {
    let (name, summary) = (escaped(topic.name), escaped(topic.summary));
    let version = concat!("da ", env!("CARGO_PKG_VERSION"));
    let body = markdown::roff::render(&markdown::parse(topic.text));
    format!(
        "'\\\" t\n.TH da\\-{name} 7 \"\" \"{version}\" da\n.SH NAME\nda\\-{name} \\- {summary}\n{body}\
         .SH \"SEE ALSO\"\n.BR da (1)\n"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

    use super::*;

    #[test]
    fn every_page_has_the_sections_that_readers_look_for() {
        let pages = pages().unwrap();
        assert!(pages.iter().any(|(name, _)| name == "da-token-create.1"));
        assert!(!pages.iter().any(|(name, _)| name == "da-auth-login.1" || name.contains("generate")));
        assert!(pages.iter().any(|(name, _)| name == "da-operations.7"));
        for (name, page) in pages.into_iter().filter(|(name, _)| name.ends_with(".1")) {
            let page = String::from_utf8(page).unwrap();
            for title in ["NAME", "SYNOPSIS", "EXAMPLES", "ENVIRONMENT", "FILES", "\"EXIT STATUS\""] {
                assert!(
                    page.contains(&format!(".SH {title}")) || page.contains(&format!(".SH \"{title}\"")),
                    "{name}: {title}"
                );
            }
        }
    }
}
