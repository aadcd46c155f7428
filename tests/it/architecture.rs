//! The direction of dependencies (`src/lib.rs` shows it): what each part of the program may use of the others.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A part of the program, and the only paths outside itself that it may name. The longest matching prefix counts.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    // Text, for rustdoc and `da help`.
    ("docs", &[]),
    ("files", &[]),
    ("api", &["domain"]),
    ("store", &["domain"]),
    ("store::sqlite", &["store", "domain"]),
    ("app", &["store", "domain", "files"]),
    // Handlers know the store's errors and the words of its filters; what they do goes through `app`.
    (
        "server",
        &[
            "api",
            "app",
            "domain",
            "files",
            "store::StoreError",
            "store::AuditFilter",
            "store::TokenFilter",
            "store::UserFilter",
            "store::tokens::Unused",
        ],
    ),
    ("client", &["api", "domain", "files"]),
    ("credentials", &["domain", "files", "client::ServerUrl"]),
    ("cli", &["client", "api", "domain", "credentials", "docs", "files"]),
    // The only commands that run on the server's host.
    ("cli::commands::serve", &["cli", "client", "api", "domain", "credentials", "files", "app", "store", "server"]),
    ("cli::commands::server", &["cli", "client", "api", "domain", "credentials", "files", "app", "store", "server"]),
];

/// Paths that are closed although a prefix of them is open: the port does not lead to its implementation.
const CLOSED: &[(&str, &str)] = &[("app", "store::sqlite"), ("store", "store::sqlite"), ("server", "store::sqlite")];

/// Returns every Rust file below `src`.
pub(crate) fn sources() -> Vec<PathBuf> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join("src"), &mut found);
    found.sort();
    found
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the code of a file without comments and without its unit tests, which stand last or in files of their own.
pub(crate) fn code(path: &Path) -> String {
    let relative = path.strip_prefix(root()).unwrap();
    if relative.iter().any(|part| part == "tests" || part == "tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let tests = text.match_indices("\n#[cfg(test)]\n").map(|(at, _)| at).find(|at| {
        let mut rest = text[*at..].lines().skip(2).skip_while(|line| line.starts_with("#["));
        rest.next().is_some_and(|line| line.starts_with("mod "))
    });
    let lines =
        text[..tests.unwrap_or(text.len())].lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the module of a file: `src/app/tokens.rs` is `app::tokens`, `src/app/mod.rs` is `app`.
fn module(path: &Path) -> Vec<String> {
    let relative = path.strip_prefix(root().join("src")).unwrap().with_extension("");
    let mut parts: Vec<String> = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// Returns every path of this crate that `code` names, from the crate's root.
fn references(module: &[String], code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (keyword, base) in [("crate::", None), ("super::", Some(module))] {
        for (at, _) in code.match_indices(keyword) {
            let before = &code[..at];
            if before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$')) || before.ends_with("super::")
            {
                continue;
            }
            let (mut path, mut rest) = (base.unwrap_or_default().to_vec(), &code[at..]);
            while let Some(tail) = rest.strip_prefix("super::") {
                path.pop();
                rest = tail;
            }
            tree(&mut path, rest.strip_prefix("crate::").unwrap_or(rest), &mut found);
        }
    }
    found
}

/// Reads one use tree, `a::{b, c::d}`, below `path`; returns what follows it.
fn tree<'a>(path: &mut Vec<String>, text: &'a str, found: &mut BTreeSet<String>) -> &'a str {
    let text = text.trim_start();
    if let Some(inner) = text.strip_prefix('{') {
        return branches(path, inner, found);
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        // A glob, or the angle bracket of a type argument: all that stands before counts.
        found.insert(path.join("::"));
        return rest.strip_prefix('*').unwrap_or(rest);
    }
    path.push(name.to_owned());
    let rest = match rest.strip_prefix("::") {
        Some(deeper) => tree(path, deeper, found),
        None => {
            found.insert(path.join("::"));
            rest
        }
    };
    path.pop();
    rest
}

fn branches<'a>(path: &mut Vec<String>, mut rest: &'a str, found: &mut BTreeSet<String>) -> &'a str {
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if let Some(tail) = rest.strip_prefix('}') {
            return tail;
        }
        if rest.is_empty() {
            return rest;
        }
        let before = rest.len();
        rest = tree(path, rest, found);
        if let Some(tail) = rest.trim_start().strip_prefix("as ") {
            rest = tail.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_' || c.is_whitespace());
        }
        if rest.len() == before {
            rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
        }
    }
}

fn is_within(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Returns the part of the program that `module` belongs to, with what it may use.
fn part(module: &str) -> Option<&'static (&'static str, &'static [&'static str])> {
    ARROWS.iter().filter(|(part, _)| is_within(module, part)).max_by_key(|(part, _)| part.len())
}

fn is_allowed(from: &str, to: &str) -> bool {
    let Some((part, open)) = part(from) else { return false };
    let closed = CLOSED.iter().any(|(closed_for, path)| closed_for == part && is_within(to, path));
    !closed && (is_within(to, part) || open.iter().any(|path| is_within(to, path)))
}

#[test]
fn arrows_point_inward() {
    let mut wrong = Vec::new();
    for path in sources() {
        let module = module(&path);
        if module.is_empty() {
            continue;
        }
        let from = module.join("::");
        for to in references(&module, &code(&path)) {
            // A module declares its own children, and names nothing by the bare root.
            if to.is_empty() || is_within(&to, &from) {
                continue;
            }
            if !is_allowed(&from, &to) {
                wrong.push(format!("{from} must not use {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_part_of_the_program_is_in_the_table() {
    for path in sources() {
        let module = module(&path);
        assert!(module.is_empty() || part(&module.join("::")).is_some(), "{}", path.display());
    }
}

#[test]
fn a_wrong_arrow_is_found_in_every_spelling() {
    let module = |text: &str| -> Vec<String> { text.split("::").map(str::to_owned).collect() };
    let wrong = |from: &str, text: &str| {
        references(&module(from), text).into_iter().filter(|to| !is_allowed(from, to)).collect::<Vec<_>>()
    };
    assert_eq!(wrong("domain::token", "use crate::api::Method;"), ["api::Method"]);
    assert_eq!(wrong("app::tokens", "use crate::store::{Store, sqlite::SqliteStore};"), ["store::sqlite::SqliteStore"]);
    assert_eq!(wrong("app", "use super::server::router;"), ["server::router"]);
    assert_eq!(wrong("app::tokens", "use super::super::api;"), ["api"]);
    assert_eq!(wrong("cli::commands::login", "let x = crate::app::App::new();"), ["app::App::new"]);
    assert_eq!(
        wrong("client", "use crate::{api::{self, Endpoint as E}, domain::Secret, cli::ui::Ui};"),
        ["cli::ui::Ui"]
    );
    assert_eq!(wrong("credentials::file", "use crate::client::{Client, ServerUrl};"), ["client::Client"]);
    assert!(wrong("cli::commands::serve", "use crate::{server, store::sqlite::Sqlite};").is_empty());
    assert!(wrong("store::sqlite::users", "use super::rows; use crate::{domain::User, store::UserReads};").is_empty());
    assert!(wrong("server::error", "use crate::{app::AppError, store::StoreError};").is_empty());
}
