//! The documentation under `src/docs/`: it defines every id that the sources cite, and lists what the code has.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use da::api::ErrorCode;

use crate::architecture::root;

/// The letters of ids: requirements, decisions and rules, each followed by a dash and two digits.
const LETTERS: &[u8] = b"ACDIKMNOS";
/// What is searched for ids. Not `src/docs/`, which would then vouch for itself.
const CITING: [&str; 8] = ["src", "tests", "README.md", "Cargo.toml", "install.sh", ".ci", ".cargo", ".clippy.toml"];
const PAGES: &str = "src/docs";

#[test]
fn every_cited_id_is_defined() {
    let defined = defined(&pages());
    let mut missing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in CITING.iter().flat_map(|name| files(&root().join(name))) {
        if path.starts_with(root().join(PAGES)) {
            continue;
        }
        // Pictures and the corpus of the fuzz targets hold no text.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for id in ids(&text).difference(&defined) {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            missing.entry(id.clone()).or_default().insert(name);
        }
    }
    assert!(missing.is_empty(), "add a row to a table in {PAGES} (requirements.md for most ids): {missing:#?}");
}

#[test]
fn every_id_that_a_page_mentions_is_defined() {
    let (pages, mut mentioned) = (pages(), BTreeSet::new());
    pages.iter().for_each(|(_, text)| mentioned.extend(ids(text)));
    assert_eq!(mentioned.difference(&defined(&pages)).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn no_id_is_defined_twice() {
    let mut seen = BTreeSet::new();
    for (name, text) in pages() {
        for id in text.lines().filter_map(definition) {
            assert!(seen.insert(id.clone()), "{name} defines {id} again");
        }
    }
}

#[test]
fn a_definition_is_a_table_row_or_a_list_item_that_begins_with_the_id() {
    assert_eq!(definition("| S-05 | one kind |").as_deref(), Some("S-05"));
    assert_eq!(definition("- **D-44** A token.").as_deref(), Some("D-44"));
    for other in ["see S-05", "| what | S-05 |", "- D-44 a token", "| S-5 | x |", "| X-05 | x |"] {
        assert_eq!(definition(other), None, "{other}");
    }
    let found: Vec<_> = ids("A-01..A-03, (S-17), SHA-256, AES-256, ID-10, K-1").into_iter().collect();
    assert_eq!(found, ["A-01", "A-03", "S-17"]);
}

#[test]
fn the_api_page_lists_every_error_code() {
    let page = page("http_api.md");
    let missing: Vec<_> = ErrorCode::ALL
        .iter()
        .filter(|code| !page.contains(&format!("| `{code}` |")))
        .map(|code| code.as_str())
        .collect();
    assert!(missing.is_empty(), "add a row `| status | `code` | meaning |` to {PAGES}/http_api.md for {missing:?}");
}

#[test]
fn the_api_page_lists_every_operation() {
    let page = page("http_api.md");
    let routes = da::server::router::table().into_iter().filter(|route| !route.page);
    let missing: Vec<_> = routes
        .map(|route| format!("| {} | `{}` |", route.method.as_str(), route.path))
        .filter(|row| !page.contains(row))
        .collect();
    assert!(missing.is_empty(), "add these rows to {PAGES}/http_api.md: {missing:#?}");
}

#[test]
fn what_the_readme_and_the_operations_page_both_configure_is_the_same() {
    let (readme, operations) = (fs::read_to_string(root().join("README.md")).unwrap(), page("operations.md"));
    for language in ["ini", "caddyfile", "nginx"] {
        let block = |text: &str| {
            let (_, rest) = text.split_once(&format!("```{language}\n"))?;
            rest.split_once("```").map(|(block, _)| block.to_owned())
        };
        let (in_readme, in_operations) = (block(&readme), block(&operations));
        assert!(in_operations.is_some(), "{language}");
        assert!(in_readme.is_none() || in_readme == in_operations, "{language}: README.md and operations.md differ");
    }
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(PAGES).join(name)).unwrap()
}

/// Returns the name and the text of every page.
fn pages() -> Vec<(String, String)> {
    let paths = files(&root().join(PAGES)).into_iter().filter(|path| path.extension().is_some_and(|end| end == "md"));
    paths.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

fn defined(pages: &[(String, String)]) -> BTreeSet<String> {
    pages.iter().flat_map(|(_, text)| text.lines().filter_map(definition)).collect()
}

/// Returns the id that a line defines: `| S-05 | ...` or `- **D-44** ...`.
fn definition(line: &str) -> Option<String> {
    let rest = line.strip_prefix("| ").or_else(|| line.strip_prefix("- **"))?;
    let id = rest.get(..4).filter(|text| ids(text).contains(*text))?;
    let ended = rest[4..].starts_with(" |") || rest[4..].starts_with("**");
    ended.then(|| id.to_owned())
}

/// Returns every id in a text.
fn ids(text: &str) -> BTreeSet<String> {
    let bytes = text.as_bytes();
    let is_word = |at: Option<&u8>| at.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let is_id = |at: usize| {
        let end = at + 4;
        LETTERS.contains(&bytes[at])
            && bytes[at + 1] == b'-'
            && bytes[at + 2..end].iter().all(u8::is_ascii_digit)
            && !is_word(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && !is_word(bytes.get(end))
    };
    (0..bytes.len().saturating_sub(3)).filter(|at| is_id(*at)).map(|at| text[at..at + 4].to_owned()).collect()
}

/// Returns the file, or every file below the directory, without generated ones.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let entries = entries.filter(|path| !path.ends_with("corpus") && !path.ends_with("target"));
    entries.flat_map(|path| files(&path)).collect()
}
